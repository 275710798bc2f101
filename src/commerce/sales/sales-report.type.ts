import { GraphQLLocalDate, GraphQLSafeInt } from 'graphql-scalars';
import { Field, ObjectType } from 'type-graphql';
import { Money } from '../money/money.type.js';

@ObjectType({
  description:
    'What was sold. An order counts when it is paid, and once more, as refunded, when it is refunded or cancelled after that.',
  simpleResolvers: true,
})
export class SalesFigures {
  @Field(() => GraphQLSafeInt, {
    description: 'Orders that were paid; of a product or a category, those that have it in them.',
  })
  orders!: number;

  @Field(() => GraphQLSafeInt, { description: 'Units in them.' })
  units!: number;

  @Field(() => Money, { description: 'What was paid for them.' })
  gross!: Money;

  @Field(() => GraphQLSafeInt, {
    description: 'Orders that were refunded, or cancelled after they were paid, whenever that was.',
  })
  refundedOrders!: number;

  @Field(() => GraphQLSafeInt, { description: 'Units in those.' })
  refundedUnits!: number;

  @Field(() => Money, { description: 'What had been paid for those.' })
  refunded!: Money;

  @Field(() => Money, {
    description: '`gross` less `refunded`: below zero where more was refunded than sold.',
  })
  net!: Money;

  @Field(() => Money, {
    nullable: true,
    description:
      '`gross` by `orders`, rounded to a whole minor unit, a half to the even one. Null without orders.',
  })
  averageOrderValue!: Money | null;
}

@ObjectType({ description: 'What was sold in some days of a report.', simpleResolvers: true })
export class SalesRow extends SalesFigures {
  @Field(() => GraphQLLocalDate, {
    description:
      'The first day of the interval, which may lie before the range: only sales of the range count. Without an interval, that of the range.',
  })
  start!: string;
}

@ObjectType({ description: 'What was sold in a range of days, in one currency.' })
export class SalesReport {
  // `rows` and `total` are resolved.
}

@ObjectType({ description: 'How many carts became orders.', simpleResolvers: true })
export class CartConversion {
  @Field(() => GraphQLSafeInt, {
    description:
      'Carts that were opened in the range. Those that were merged into another cart do not count.',
  })
  opened!: number;

  @Field(() => GraphQLSafeInt, {
    description: 'Those of them that were ordered, whenever that was.',
  })
  ordered!: number;

  @Field(() => Number, {
    nullable: true,
    description: '`ordered` by `opened`, from 0 to 1. Null where none was opened.',
  })
  rate!: number | null;
}

@ObjectType({
  description: 'How often what there is of a product was sold.',
  simpleResolvers: true,
})
export class StockTurnover {
  @Field(() => GraphQLSafeInt, {
    description: 'Units that were sold in the range, less those refunded in it; in any currency.',
  })
  unitsSold!: number;

  @Field(() => GraphQLSafeInt, {
    description: 'Units that were there when the first day began.',
  })
  onHandAtStart!: number;

  @Field(() => GraphQLSafeInt, {
    description: 'Units that were there when the last day ended; now, where it has not ended.',
  })
  onHandAtEnd!: number;

  @Field(() => Number, { description: 'The mean of these two.' })
  averageOnHand!: number;

  @Field(() => Number, {
    nullable: true,
    description: '`unitsSold` by `averageOnHand`. Null where the latter is 0.',
  })
  turnover!: number | null;
}
