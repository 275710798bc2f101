import type { RequestContext } from '../../identity/index.js';
import { rowLoader } from '../../shared/batch.js';
import type { Page } from '../../shared/page.js';
import type { ProductList } from './product.list.js';
import { type ListedProduct, ProductStore } from './product.store.js';

const store = new ProductStore();

/** The products of one request, each fetched once. */
export class ProductLoader extends rowLoader(store) {
  readonly #children;

  constructor(ctx: RequestContext) {
    super(ctx);
    this.#children = store.list.children(ctx);
  }

  /** Those of the category itself, and not of what is below it. */
  ofCategory(categoryId: string, list: ProductList): Promise<Page<ListedProduct>> {
    return this.#children('category_id', categoryId, list);
  }
}
