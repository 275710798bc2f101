import { ValidateNested } from 'class-validator';
import { GraphQLEmailAddress, GraphQLSafeInt } from 'graphql-scalars';
import { Field, ID, InputType, Int } from 'type-graphql';
import { Moment, OrderDirection, orderType, PublicId, Text } from '../../shared/graphql/index.js';
import { IdempotencyKey } from './idempotency-key.validator.js';
import { OrderStatus } from './order.type.js';
import { ShippingAddressInput } from './shipping-address.input.js';

@InputType({
  description:
    'What is in the cart is to be ordered. Prices and the total are what they are: nobody sends them.',
})
export class PlaceOrderInput {
  @Field({
    description:
      'Anything that no other order was placed under, such as a UUID: 1 to 200 ASCII letters, digits and signs. Who has no answer sends the same request with the same key again, for 24 hours, and gets the same order.',
  })
  @IdempotencyKey()
  idempotencyKey!: string;

  @Field(() => GraphQLEmailAddress, {
    nullable: true,
    description:
      'Where the buyer can be reached, which is kept with the order; the address of the account when not given. Guests have to give one. The shop may write to it about the order: `Organization.orderMail`.',
  })
  @Text({ max: 254 })
  email?: string | null;

  @Field(() => ShippingAddressInput, { description: 'Where it is to go.' })
  @ValidateNested()
  shippingAddress!: ShippingAddressInput;

  @Field(() => ID, {
    nullable: true,
    description: 'Id of the cart that the buyer has seen, so that no other one is ordered.',
  })
  @PublicId('cart')
  cartId?: string | null;
}

@InputType({ description: 'Which order, in the state that was read, and why it changes.' })
export class ChangeOrderInput {
  @Field(() => ID, { description: 'Which order.' })
  @PublicId('order')
  id!: string;

  @Field(() => Int, { description: 'The version that was read; a stale one is refused.' })
  version!: number;

  @Field({
    defaultValue: '',
    description:
      'For its history, where the people of the organization read it, and customers and guests do not: at most 500 characters.',
  })
  @Text({ max: 500 })
  note!: string;
}

@InputType({ description: 'Which order the money went back of, and whether the goods did.' })
export class RefundOrderInput extends ChangeOrderInput {
  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether what was bought is back in stock: true for what was sent and came back, false for what is lost or broken. When not given, what was not sent is, and what was sent is not.',
  })
  restock?: boolean | null;
}

@InputType({ description: 'Which orders a list shows. All conditions that are given must hold.' })
export class OrderFilter {
  @Field(() => [OrderStatus], { nullable: true, description: 'Being one of these.' })
  status?: OrderStatus[] | null;

  @Field(() => ID, { nullable: true, description: 'Of this user.' })
  @PublicId('user')
  customerId?: string | null;

  @Field(() => Date, { nullable: true, description: 'Placed at this moment or after it.' })
  @Moment()
  placedSince?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Placed before this moment.' })
  @Moment()
  placedUntil?: Date | null;

  @Field(() => GraphQLSafeInt, { nullable: true, description: 'The one with this number.' })
  number?: number | null;
}

export const OrderOrder = orderType('OrderOrder', {
  of: 'orders',
  by: { PLACED_AT: 'When it was placed.', NUMBER: 'The number.' },
  direction: OrderDirection.DESC,
});
export type OrderOrder = InstanceType<typeof OrderOrder>;
