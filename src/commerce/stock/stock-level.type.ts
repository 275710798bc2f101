import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType({
  description: 'How much there is of a product, which is always the sum of its stock movements.',
  simpleResolvers: true,
})
export class StockLevel {
  @Field(() => Int, { description: 'Units that are there.' })
  onHand!: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'With this many units or fewer, the product is low in stock; null where nobody wants to know.',
  })
  lowStockThreshold!: number | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Since when it has been low in stock without a break; null while it is not.',
  })
  lowSince!: Date | null;

  @Field(() => GraphQLSafeInt, { description: 'Units sold, and not returned.' })
  unitsSold!: number;
}
