import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType({
  description: 'A product of which there is not what its movements come to.',
  simpleResolvers: true,
})
export class StockDiscrepancy {
  @Field(() => Int, { description: 'Units that are said to be there.' })
  onHand!: number;

  @Field(() => GraphQLSafeInt, { description: 'Units that the movements come to.' })
  sumOfMovements!: number;
}
