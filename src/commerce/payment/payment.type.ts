import { Extensions, Field, ObjectType, registerEnumType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';

export enum PaymentStatus {
  OPEN = 'open',
  AUTHORIZED = 'authorized',
  CAPTURED = 'captured',
  REFUNDED = 'refunded',
  FAILED = 'failed',
  CANCELLED = 'cancelled',
}

registerEnumType(PaymentStatus, {
  name: 'PaymentStatus',
  description: 'How far a payment has come.',
  valuesConfig: {
    OPEN: { description: 'The provider has not said yet what becomes of it.' },
    AUTHORIZED: { description: 'The money is set aside, and about to be taken.' },
    CAPTURED: { description: 'The money is there.' },
    REFUNDED: { description: 'The money went back.' },
    FAILED: { description: 'It was refused; the order can be paid again.' },
    CANCELLED: { description: 'It was let go of before any money was taken.' },
  },
});

@ObjectType({
  implements: Node,
  description: 'Money for an order, at whoever takes it.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'pay' } satisfies NodeExtensions)
export class Payment extends Node {
  @Field(() => PaymentStatus, { description: 'How far it has come.' })
  status!: string;

  @Field({ description: 'Who takes the money: `local` takes none, and is for development.' })
  provider!: string;

  @Field({ description: 'What the provider calls it; its own id until the provider has said so.' })
  reference!: string;

  @Field(() => String, { nullable: true, description: 'Why it has failed; null unless it has.' })
  failure!: string | null;

  @Field({ description: 'When somebody wanted to pay.' })
  createdAt!: Date;

  @Field({ description: 'When its status changed last.' })
  updatedAt!: Date;
}

export const PaymentConnection = connectionType('Payment', () => Payment);
