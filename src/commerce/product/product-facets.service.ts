import type { RequestContext } from '../../identity/index.js';
import { badField } from '../../shared/errors.js';
import { textFault } from '../../shared/graphql/index.js';
import { shown } from '../money/money.type.js';
import type { FacetKind, FacetRow } from './product.facets.js';
import { type FilteredProducts, ProductCatalogLoader } from './product-catalog.loader.js';
import type { MetadataFacetRow, ProductFacetsStore } from './product-facets.store.js';

export class ProductFacetsService {
  readonly #store: ProductFacetsStore;

  constructor(store: ProductFacetsStore) {
    this.#store = store;
  }

  of(ctx: RequestContext, products: FilteredProducts): CountedProducts {
    const catalog = ctx.use(ProductCatalogLoader);
    return new CountedProducts(products, (kind) => catalog.countedBy(kind, products));
  }

  /** @throws BAD_USER_INPUT for a key that is empty or too long */
  byMetadata(
    ctx: RequestContext,
    { products: { criteria } }: CountedProducts,
    key: string,
  ): Promise<MetadataFacetRow[]> {
    const fault = textFault(key, { min: 1, max: 200 });
    if (fault) throw badField('key', fault);
    return this.#store.countByKey(ctx.tx, criteria, key);
  }
}

/** The products of a filter, counted by what is asked for. */
export class CountedProducts {
  readonly #count: (kind: FacetKind) => Promise<FacetRow[]>;
  readonly #counted = new Map<FacetKind, Promise<FacetRow[]>>();

  constructor(
    readonly products: FilteredProducts,
    count: (kind: FacetKind) => Promise<FacetRow[]>,
  ) {
    this.#count = count;
  }

  /** @param withSubcategories whether each counts with all that is below it */
  byCategory({ withSubcategories }: { withSubcategories: boolean }): Promise<FacetRow[]> {
    return this.#of(withSubcategories ? 'branch' : 'category');
  }

  async byCurrency() {
    const rows = await this.#of('currency');
    return rows.map(({ currency, count, min, max }) => {
      const price = (amount: number) => shown({ amount, currency: currency as string });
      return { currency, count, min: price(min), max: price(max) };
    });
  }

  async byStock() {
    const { yes, no } = yesAndNo(await this.#of('stock'));
    return { in: yes, out: no };
  }

  async byActive() {
    const { yes, no } = yesAndNo(await this.#of('active'));
    return { active: yes, inactive: no };
  }

  #of(kind: FacetKind): Promise<FacetRow[]> {
    const counted = this.#counted.get(kind) ?? this.#count(kind);
    this.#counted.set(kind, counted);
    return counted;
  }
}

function yesAndNo(rows: FacetRow[]) {
  const countOf = (holds: boolean) => rows.find((row) => row.holds === holds)?.count ?? 0;
  return { yes: countOf(true), no: countOf(false) };
}
