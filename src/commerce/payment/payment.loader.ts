import type { RequestContext } from '../../identity/index.js';
import { rowLoader } from '../../shared/batch.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { type PaymentRow, PaymentStore } from './payment.store.js';

const store = new PaymentStore();

/** As they were made. */
const BY_TIME = { field: 'CREATED_AT', direction: 'asc' } as const;

/** The payments of one request, each fetched once. */
export class PaymentLoader extends rowLoader(store) {
  readonly #children;

  constructor(ctx: RequestContext) {
    super(ctx);
    this.#children = store.list.children(ctx);
  }

  ofOrder(orderId: string, request: PageRequest): Promise<Page<PaymentRow>> {
    const list = { filter: null, criteria: {}, orderBy: BY_TIME, request };
    return this.#children('order_id', orderId, list);
  }
}
