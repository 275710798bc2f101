import { Field, ID, InputType } from 'type-graphql';
import { Moment, OrderDirection, orderType, PublicId } from '../../shared/graphql/index.js';
import { StockMovementKind } from './stock-movement.type.js';

@InputType({
  description: 'Which movements a list shows. All conditions that are given must hold.',
})
export class StockMovementFilter {
  @Field(() => ID, { nullable: true, description: 'Of this product.' })
  @PublicId('prod')
  productId?: string | null;

  @Field(() => [StockMovementKind], { nullable: true, description: 'Of one of these kinds.' })
  kind?: StockMovementKind[] | null;

  @Field(() => Date, { nullable: true, description: 'At this moment or after it.' })
  @Moment()
  since?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Before this moment.' })
  @Moment()
  until?: Date | null;
}

export const StockMovementOrder = orderType('StockMovementOrder', {
  of: 'movements',
  by: { CREATED_AT: 'When it happened.' },
  direction: OrderDirection.DESC,
});
export type StockMovementOrder = InstanceType<typeof StockMovementOrder>;
