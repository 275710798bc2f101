import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType({
  description: 'How much there is of a product, which is always the sum of its stock movements.',
  simpleResolvers: true,
})
export class StockLevel {
  @Field(() => Int, { description: 'Units that are there.' })
  onHand!: number;

  @Field(() => GraphQLSafeInt, { description: 'Units sold, and not returned.' })
  unitsSold!: number;
}
