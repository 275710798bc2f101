import {
  Arg,
  Args,
  Authorized,
  Ctx,
  Extensions,
  FieldResolver,
  ID,
  Mutation,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { type RequestContext, requireStaff } from '../../identity/index.js';
import { type ListExtensions, PageArgs, toPageRequest } from '../../shared/graphql/index.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import { Money, shown } from '../money/money.type.js';
import { Order } from '../order/order.type.js';
import { PayOrderInput } from './payment.input.js';
import { PaymentLoader } from './payment.loader.js';
import type { PaymentService } from './payment.service.js';
import { MOST_PAYMENTS, type PaymentRow } from './payment.store.js';
import { Payment, PaymentConnection } from './payment.type.js';

@Resolver(() => Payment)
export class PaymentResolver {
  constructor(private readonly service: PaymentService) {}

  @Authorized()
  @Query(() => Payment, {
    nullable: true,
    description: 'A payment by its id; null where there is none.',
  })
  payment(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Which payment.' }) id: string,
  ) {
    return ctx.use(PaymentLoader).byId.load(decodeId('pay', id, 'id'));
  }

  @Authorized()
  @Query(() => PaymentConnection, { description: 'Payments of all orders, newest first.' })
  payments(@Ctx() ctx: RequestContext, @Args(() => PageArgs) page: PageArgs) {
    return this.service.list(ctx, toPageRequest(page));
  }

  @Authorized()
  @Mutation(() => Payment, {
    nullable: true,
    description:
      'Pays an order: your own, or any with `orders:write`. The provider is asked when this has been answered: see `Payment.status`.',
  })
  payOrder(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => PayOrderInput, {
      description: 'Which order, and where the money comes from.',
    })
    input: PayOrderInput,
  ) {
    return this.service.pay(ctx, input);
  }

  @FieldResolver(() => Money, { description: 'How much: the total of the order.' })
  amount(@Root() { amount, currency }: PaymentRow) {
    return shown({ amount, currency });
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'What is wrong with it, for staff alone: what was said last by a provider that fails, refuses to give money back, or tells of another sum. Null when all has gone well since.',
  })
  problem(@Ctx() ctx: RequestContext, @Root() { problem }: PaymentRow) {
    requireStaff(ctx);
    return problem;
  }

  @FieldResolver(() => ID, { description: 'Id of the order that it is for.' })
  orderId(@Root() { orderId }: PaymentRow) {
    return encodeId('order', orderId);
  }
}

/** `Order.payments` */
@Resolver(() => Order)
export class OrderPaymentsResolver {
  @Extensions({ mostRows: MOST_PAYMENTS } satisfies ListExtensions)
  @FieldResolver(() => [Payment], {
    description: 'How it was paid, and what was tried, oldest first; at most 20.',
  })
  payments(@Ctx() ctx: RequestContext, @Root() { id }: { id: string }) {
    return ctx.use(PaymentLoader).ofOrder.load(id);
  }
}
