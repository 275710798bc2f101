import DataLoader from 'dataloader';
import type { RequestContext } from '../../identity/index.js';
import { groupBy, rowLoader } from '../../shared/batch.js';
import { OrderStore } from './order.store.js';
import { type OrderEventRow, OrderEventStore } from './order-event.store.js';
import { type OrderItemRow, OrderItemStore } from './order-item.store.js';

const items = new OrderItemStore();
const events = new OrderEventStore();

/** The orders of one request, each fetched once, with what is in them. */
export class OrderLoader extends rowLoader(new OrderStore()) {
  readonly items: DataLoader<string, OrderItemRow[]>;
  readonly history: DataLoader<string, OrderEventRow[]>;

  constructor(ctx: RequestContext) {
    super(ctx);
    this.items = new DataLoader(async (ids) =>
      groupBy(ids, await items.findOfOrders(ctx.tx, ids), ({ parentId }) => parentId),
    );
    this.history = new DataLoader(async (ids) =>
      groupBy(ids, await events.findOfOrders(ctx.tx, ids), ({ parentId }) => parentId),
    );
  }
}

/** The events of one request, each fetched once. */
export class OrderEventLoader extends rowLoader(events) {}
