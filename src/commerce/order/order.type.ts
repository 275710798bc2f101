import { GraphQLEmailAddress, GraphQLSafeInt } from 'graphql-scalars';
import { Extensions, Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';
import { ShippingAddress } from './shipping-address.type.js';

export enum OrderStatus {
  PENDING = 'pending',
  PAID = 'paid',
  SHIPPED = 'shipped',
  DELIVERED = 'delivered',
  CANCELLED = 'cancelled',
  REFUNDED = 'refunded',
}

registerEnumType(OrderStatus, {
  name: 'OrderStatus',
  description: 'How far an order has come.',
  valuesConfig: {
    PENDING: { description: 'Placed, and not paid yet. What was bought has left the stock.' },
    PAID: { description: 'Paid, and to be sent.' },
    SHIPPED: { description: 'On its way.' },
    DELIVERED: { description: 'There.' },
    CANCELLED: { description: 'Will not be sent; what was bought is back in stock.' },
    REFUNDED: { description: 'Sent or not, the money went back.' },
  },
});

@ObjectType({
  implements: Node,
  description:
    'What somebody has bought: products and prices as they were then. It is never deleted.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'order' } satisfies NodeExtensions)
export class Order extends Node {
  @Field(() => GraphQLSafeInt, {
    description: 'Counts the orders of the organization, from 1 and without gaps.',
  })
  number!: number;

  @Field(() => OrderStatus, { description: 'How far it has come.' })
  status!: string;

  @Field(() => GraphQLEmailAddress, {
    description:
      'Where the buyer can be reached, and is written to where the organization wants that: `Organization.orderMail`.',
  })
  email!: string;

  @Field(() => ShippingAddress, { description: 'Where it goes.' })
  shippingAddress!: ShippingAddress;

  @Field(() => Int, {
    description: 'Counts the changes. Send the one you read along with a change.',
  })
  version!: number;

  @Field({ description: 'When it was placed.' })
  placedAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it was paid.' })
  paidAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was sent.' })
  shippedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it arrived.' })
  deliveredAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was cancelled.' })
  cancelledAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When the money went back.' })
  refundedAt!: Date | null;

  @Field({ description: 'When it was last changed.' })
  updatedAt!: Date;
}

export const OrderConnection = connectionType('Order', () => Order);

@ObjectType({
  description: 'A product in an order, as it was when the order was placed.',
  simpleResolvers: true,
})
export class OrderItem {
  @Field({ description: 'Stock keeping unit at that time.' })
  sku!: string;

  @Field({ description: 'Name at that time.' })
  name!: string;

  @Field(() => Int, { description: 'How many, 1 to 9,999.' })
  quantity!: number;
}

@ObjectType({
  implements: Node,
  description: 'What an order has become. It is written once, and never changed.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'oevt' } satisfies NodeExtensions)
export class OrderEvent extends Node {
  @Field(() => OrderStatus, { description: 'What it has become.' })
  status!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'What was noted of it: at most 500 characters; may be empty. Null for customers and guests, who are told no notes.',
  })
  note!: string | null;

  @Field({ description: 'When.' })
  occurredAt!: Date;
}
