import DataLoader from 'dataloader';
import type { RequestContext } from '../../identity/index.js';
import { groupBy, rowLoader } from '../../shared/batch.js';
import { type PaymentRow, PaymentStore } from './payment.store.js';

const store = new PaymentStore();

/** The payments of one request, each fetched once. */
export class PaymentLoader extends rowLoader(store) {
  /** By order, the oldest first. */
  readonly ofOrder: DataLoader<string, PaymentRow[]>;

  constructor(ctx: RequestContext) {
    super(ctx);
    this.ofOrder = new DataLoader(async (ids) =>
      groupBy(ids, await store.findOfOrders(ctx.tx, ids), ({ parentId }) => parentId),
    );
  }
}
