import DataLoader from 'dataloader';
import type { RequestContext } from '../../identity/index.js';
import { groupBy, rowLoader } from '../../shared/batch.js';
import type { Page } from '../../shared/page.js';
import type { CategoryList } from './category.list.js';
import { type CategoryRow, CategoryStore, type ListedCategory } from './category.store.js';

const store = new CategoryStore();

/** The categories of one request, each fetched once. */
export class CategoryLoader extends rowLoader(store) {
  /** A category, and before it all that it stands below, from the top; empty for an id without a row. */
  readonly lineage: DataLoader<string, CategoryRow[]>;
  readonly #children;

  constructor(ctx: RequestContext) {
    super(ctx);
    this.#children = store.list.children(ctx);
    this.lineage = new DataLoader(async (ids) =>
      groupBy(ids, await store.findLineages(ctx.tx, ids), ({ ofId }) => ofId),
    );
  }

  ofParent(parentId: string, list: CategoryList): Promise<Page<ListedCategory>> {
    return this.#children('parent_id', parentId, list);
  }
}
