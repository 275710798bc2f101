import type { RequestContext } from '../../identity/index.js';
import { rowLoader } from '../../shared/batch.js';
import type { Page } from '../../shared/page.js';
import type { StockMovementList } from './stock-movement.list.js';
import { type StockMovementRow, StockMovementStore } from './stock-movement.store.js';

const store = new StockMovementStore();

/** The movements of one request, each fetched once. */
export class StockMovementLoader extends rowLoader(store) {
  readonly #children;

  constructor(ctx: RequestContext) {
    super(ctx);
    this.#children = store.list.children(ctx);
  }

  ofProduct(productId: string, list: StockMovementList): Promise<Page<StockMovementRow>> {
    return this.#children('product_id', productId, list);
  }
}
