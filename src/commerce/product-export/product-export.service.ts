import type { RequestContext } from '../../identity/index.js';
import type { RouteEnd, Transfer } from '../../shared/http-route.js';
import type { ProductExportStore } from './product-export.store.js';
import type { ProductLines } from './product-lines.js';

const PAGE_ROWS = 1_000;

/** Writes all products into a file. */
export class ProductExportService {
  readonly #products: ProductExportStore;

  constructor(products: ProductExportStore) {
    this.#products = products;
  }

  async run(ctx: RequestContext, transfer: Transfer, lines: ProductLines): Promise<RouteEnd> {
    // An organization without products gets a file, too.
    transfer.send(lines.head);
    let after = '';
    for (;;) {
      const products = await this.#products.page(ctx.tx, after, PAGE_ROWS);
      if (products.length > 0) transfer.send(lines.of(products));
      const last = products.at(-1);
      if (!last || products.length < PAGE_ROWS) return { isKept: true, text: '' };
      after = last.sku;
      await transfer.taken();
    }
  }
}
