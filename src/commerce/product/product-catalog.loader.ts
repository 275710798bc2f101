import DataLoader from 'dataloader';
import type { RequestContext } from '../../identity/index.js';
import type { Page } from '../../shared/page.js';
import type { ProductCriteria } from './product.criteria.js';
import { type FacetKind, type FacetRow, sortedKinds } from './product.facets.js';
import type { ProductList } from './product.list.js';
import { type ListedProduct, ProductStore } from './product.store.js';
import { ProductFacetsStore } from './product-facets.store.js';

const store = new ProductStore();
const facets = new ProductFacetsStore();

/** Products as a filter leaves them, which JSON tells from another one. */
export interface FilteredProducts {
  readonly filter: object | null;
  readonly criteria: ProductCriteria;
}

type Asked =
  | { readonly list: ProductList }
  | { readonly counted: FilteredProducts; kind: FacetKind };
type Found = Promise<Page<ListedProduct> | FacetRow[]>;

/**
 * The catalog as one request sees it. A page and what its products are counted by, when both are asked for at once and of the
 * same filter, are found by one statement: to search all of the organization's products is what is dear about either.
 */
export class ProductCatalogLoader {
  readonly #found: DataLoader<Asked, Page<ListedProduct> | FacetRow[]>;

  constructor(ctx: RequestContext) {
    this.#found = new DataLoader((asked) => Promise.all(find(ctx, asked).map(settled)), {
      cache: false,
    });
  }

  /** @throws BAD_USER_INPUT for a cursor of another list */
  page(list: ProductList): Promise<Page<ListedProduct>> {
    return this.#found.load({ list }) as Promise<Page<ListedProduct>>;
  }

  /** The most frequent come first. */
  countedBy(kind: FacetKind, counted: FilteredProducts): Promise<FacetRow[]> {
    return this.#found.load({ counted, kind }) as Promise<FacetRow[]>;
  }
}

/** What is asked for, each in its place. */
function find({ tx }: RequestContext, asked: readonly Asked[]): Found[] {
  const kinds = new Map<string, Set<FacetKind>>();
  for (const each of asked) {
    if ('list' in each) continue;
    const key = keyOf(each.counted);
    kinds.set(key, (kinds.get(key) ?? new Set()).add(each.kind));
  }
  const counts = new Map<string, Promise<FacetRow[]>>();
  const pages = new Map<Asked, Promise<Page<ListedProduct>>>();
  for (const each of asked) {
    if (!('list' in each)) continue;
    const { list } = each;
    const key = keyOf(list);
    const counted = kinds.get(key);
    if (!counted || counts.has(key) || !store.list.readsAll(list)) {
      pages.set(each, store.list.page(tx, list));
      continue;
    }
    try {
      const found = store.list.summarizedPage<FacetRow>(tx, list, sortedKinds(counted));
      pages.set(
        each,
        found.then(({ page }) => page),
      );
      counts.set(
        key,
        found.then(({ summary }) => summary),
      );
    } catch (error) {
      // A page that cannot be asked for takes no counts with it.
      pages.set(each, Promise.reject(error));
    }
  }
  return asked.map(async (each) => {
    const page = pages.get(each);
    if (page) return page;
    const { counted, kind } = each as Exclude<Asked, { list: unknown }>;
    const key = keyOf(counted);
    const count =
      counts.get(key) ?? facets.count(tx, counted.criteria, sortedKinds(kinds.get(key) ?? []));
    counts.set(key, count);
    return (await count).filter((row) => row.kind === kind);
  });
}

function keyOf({ filter }: Pick<FilteredProducts, 'filter'>): string {
  return JSON.stringify(filter);
}

/** DataLoader takes an Error for the failure of one. */
function settled(found: Found): Promise<Awaited<Found> | Error> {
  return found.catch((error: Error) => error);
}
