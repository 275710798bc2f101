import type { GraphQLResolveInfo } from 'graphql';
import {
  Arg,
  Args,
  Authorized,
  Ctx,
  Extensions,
  FieldResolver,
  ID,
  Info,
  Mutation,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { type Permission, type RequestContext, User, UserLoader } from '../../identity/index.js';
import {
  FilterArg,
  type ListExtensions,
  listDemand,
  OrderArg,
  PageArgs,
  toPageRequest,
} from '../../shared/graphql/index.js';
import { encodeId } from '../../shared/ids.js';
import { Money, shown } from '../money/money.type.js';
import { ProductLoader } from '../product/product.loader.js';
import { Product } from '../product/product.type.js';
import {
  ChangeOrderInput,
  OrderFilter,
  OrderOrder,
  PlaceOrderInput,
  RefundOrderInput,
} from './order.input.js';
import { orderList } from './order.list.js';
import { OrderLoader } from './order.loader.js';
import type { OrderService } from './order.service.js';
import type { ListedOrder } from './order.store.js';
import { Order, OrderConnection, OrderEvent, OrderItem } from './order.type.js';
import { MOST_EVENTS, type OrderEventRow } from './order-event.store.js';
import { MOST_ITEMS, type OrderItemRow } from './order-item.store.js';
import type { PlaceOrderService } from './place-order.service.js';

@Resolver(() => Order)
export class OrderResolver {
  constructor(
    private readonly service: OrderService,
    private readonly placing: PlaceOrderService,
  ) {}

  @Authorized()
  @Query(() => Order, { nullable: true, description: 'One order.' })
  order(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the order.' }) id: string,
  ) {
    return this.service.get(ctx, id);
  }

  @Authorized()
  @Query(() => OrderConnection, { description: 'The orders of the organization.' })
  orders(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
    @FilterArg(OrderFilter, 'orders') filter: OrderFilter | null,
    @OrderArg(OrderOrder) orderBy: OrderOrder,
    @Info() info: GraphQLResolveInfo,
  ) {
    const list = orderList(filter, orderBy, toPageRequest(page), listDemand(info));
    return this.service.list(ctx, list);
  }

  @Authorized()
  @Mutation(() => Order, {
    nullable: true,
    description:
      'Orders what is in the own cart, and takes it out of stock. When prices or products are not what the cart shows: CART_CHANGED, with what has changed. Where there is too little: INSUFFICIENT_STOCK, with what there is. Nothing is kept then.',
  })
  placeOrder(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => PlaceOrderInput, { description: 'Where it goes, and under which key.' })
    input: PlaceOrderInput,
  ) {
    return this.placing.place(ctx, input);
  }

  @Authorized<Permission>('orders:write')
  @Mutation(() => Order, {
    nullable: true,
    description: 'Marks a pending order as paid, when the money has come some other way.',
  })
  markOrderPaid(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ChangeOrderInput, { description: 'Which order.' })
    input: ChangeOrderInput,
  ) {
    return this.service.markPaid(ctx, input);
  }

  @Authorized<Permission>('orders:write')
  @Mutation(() => Order, { nullable: true, description: 'Tells that a paid order was sent.' })
  shipOrder(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ChangeOrderInput, { description: 'Which order.' })
    input: ChangeOrderInput,
  ) {
    return this.service.ship(ctx, input);
  }

  @Authorized<Permission>('orders:write')
  @Mutation(() => Order, { nullable: true, description: 'Tells that an order has arrived.' })
  deliverOrder(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ChangeOrderInput, { description: 'Which order.' })
    input: ChangeOrderInput,
  ) {
    return this.service.deliver(ctx, input);
  }

  @Authorized()
  @Mutation(() => Order, {
    nullable: true,
    description:
      'Cancels an order that was not sent yet; what was bought is back in stock. Who has placed it may do so until it is paid; otherwise it takes `orders:write`.',
  })
  cancelOrder(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => ChangeOrderInput, { description: 'Which order.' })
    input: ChangeOrderInput,
  ) {
    return this.service.cancel(ctx, input);
  }

  @Authorized<Permission>('orders:write')
  @Mutation(() => Order, {
    nullable: true,
    description: 'Gives the money for a paid order back, whether it was sent or not.',
  })
  refundOrder(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RefundOrderInput, { description: 'Which order, and whether it came back.' })
    input: RefundOrderInput,
  ) {
    return this.service.refund(ctx, input);
  }

  @FieldResolver(() => Money, { description: 'What all of it costs: the sum of its items.' })
  total(@Root() { totalAmount: amount, currency }: ListedOrder) {
    return shown({ amount, currency });
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Who has placed it; null for who was not signed in, or was removed since.',
  })
  customer(@Ctx() ctx: RequestContext, @Root() { customerId }: ListedOrder) {
    return customerId && ctx.use(UserLoader).byId.load(customerId);
  }

  @Extensions({ mostRows: MOST_ITEMS } satisfies ListExtensions)
  @FieldResolver(() => [OrderItem], { description: 'What was bought: 1 to 100 products.' })
  async items(@Ctx() ctx: RequestContext, @Root() { id, currency }: ListedOrder) {
    const items = await ctx.use(OrderLoader).items.load(id);
    return items.map((item) => ({ ...item, currency }));
  }

  @Extensions({ mostRows: MOST_EVENTS } satisfies ListExtensions)
  @FieldResolver(() => [OrderEvent], { description: 'What it has become so far, oldest first.' })
  history(@Ctx() ctx: RequestContext, @Root() { id }: ListedOrder) {
    return ctx.use(OrderLoader).history.load(id);
  }
}

/** An item, with the currency of its order. */
type PricedItem = OrderItemRow & { currency: string };

@Resolver(() => OrderItem)
export class OrderItemResolver {
  @FieldResolver(() => Money, { description: 'What one cost.' })
  unitPrice(@Root() { priceAmount: amount, currency }: PricedItem) {
    return shown({ amount, currency });
  }

  @FieldResolver(() => Money, { description: 'What all of them cost.' })
  total(@Root() { totalAmount: amount, currency }: PricedItem) {
    return shown({ amount, currency });
  }

  @FieldResolver(() => Product, {
    nullable: true,
    description:
      'The product as it is now; it may be deleted. Null when you may not see it any more, as customers and guests may not what is not for sale.',
  })
  product(@Ctx() ctx: RequestContext, @Root() { productId }: PricedItem) {
    return ctx.use(ProductLoader).byId.load(productId);
  }
}

@Resolver(() => OrderEvent)
export class OrderEventResolver {
  @FieldResolver(() => ID, {
    nullable: true,
    description:
      'Id of the user who did it; null for what nobody did who is signed in. Null for customers and guests, whoever it was.',
  })
  actorId(@Root() { actorId }: OrderEventRow) {
    return actorId && encodeId('user', actorId);
  }

  @FieldResolver(() => User, {
    nullable: true,
    description:
      'Who did it; null also for a user who was removed since. Null for customers and guests, whoever it was.',
  })
  actor(@Ctx() ctx: RequestContext, @Root() { actorId }: OrderEventRow) {
    return actorId && ctx.use(UserLoader).byId.load(actorId);
  }
}
