import type { Permission, RequestContext, UserBelongings } from '../../identity/index.js';
import type { Outbox } from '../../mail/index.js';
import type { Feature } from '../../shared/graphql/index.js';
import type { PaidOrders } from '../payment/paid-orders.js';
import type { StockAlerts } from '../stock/stock-alerts.js';
import { CheckoutStore } from './checkout.store.js';
import { GuestOrders } from './guest-orders.js';
import { IdempotencyKeyStore } from './idempotency-key.store.js';
import { OrderEventLoader, OrderLoader } from './order.loader.js';
import { OrderEventResolver, OrderItemResolver, OrderResolver } from './order.resolver.js';
import { OrderService } from './order.service.js';
import { OrderStore } from './order.store.js';
import { OrderBelongings } from './order-belongings.js';
import { OrderItemStore } from './order-item.store.js';
import { OrderLetters } from './order-letters.js';
import { OrderMoves } from './order-moves.js';
import { PayableOrders } from './payable-orders.js';
import { PlaceOrderService } from './place-order.service.js';

export interface OrderFeature extends Feature<RequestContext, Permission> {
  /** Who changes the status of an order, or wants to hear of it. */
  readonly moves: OrderMoves;
  /** What payments need. */
  readonly payable: PaidOrders;
  readonly belongings: UserBelongings;
  /** For when a guest signs in. */
  readonly ofGuests: GuestOrders;
}

export interface OrderFeatureOptions {
  readonly alerts: StockAlerts;
  /** Where mail is put down. */
  readonly outbox: Outbox;
}

/** What was bought from the organization, and how far that has come. */
export function createOrders({ alerts, outbox }: OrderFeatureOptions): OrderFeature {
  const orders = new OrderStore();
  const items = new OrderItemStore();
  const moves = new OrderMoves(orders, items);
  const letters = new OrderLetters(outbox, items);
  moves.onMovedBeforeStock((tx, moved) => letters.orderMoved(tx, moved));
  const keys = new IdempotencyKeyStore();
  const placing = new PlaceOrderService({ orders, checkout: new CheckoutStore(), keys, alerts });
  return {
    resolvers: [
      new OrderResolver(new OrderService(orders, moves), placing),
      new OrderItemResolver(),
      new OrderEventResolver(),
    ],
    nodes: [
      {
        typeName: 'Order',
        idPrefix: 'order',
        load: (ctx, id) => ctx.use(OrderLoader).byId.load(id),
      },
      {
        typeName: 'OrderEvent',
        idPrefix: 'oevt',
        load: (ctx, id) => ctx.use(OrderEventLoader).byId.load(id),
      },
    ],
    moves,
    payable: new PayableOrders(orders, moves),
    belongings: new OrderBelongings(orders),
    ofGuests: new GuestOrders(orders, keys),
  };
}
