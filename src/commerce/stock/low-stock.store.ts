import { sql } from 'kysely';
import { fetchedPage, type KeysetPage, keysetPage, onPage } from '../../shared/keyset.js';
import type { Page, PageRequest } from '../../shared/page.js';
import {
  fixedStatement,
  shapedStatement,
  type Value,
  value,
} from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';
import type { ProductLoader } from '../product/product.loader.js';

/** A product as it is loaded. */
export type LoadedProduct = NonNullable<Awaited<ReturnType<ProductLoader['byId']['load']>>>;

export type LowProductRow = LoadedProduct & LowLevel;

interface LowLevel {
  /** Of the product. */
  id: string;
  lowSince: Date;
}

/** The longest low first. */
const ORDER = {
  name: 'LOW_SINCE',
  column: 'stock_levels.low_since',
  idColumn: 'stock_levels.product_id',
  type: 'timestamp',
  direction: 'asc',
  property: 'lowSince',
} as const;

/**
 * Levels that are low, of products that are for sale. Each product is looked up by itself: joined, all of the
 * organization's would be read.
 */
function lowLevels(orgId: Value<string> | string) {
  return query
    .selectFrom('stock_levels')
    .where('stock_levels.org_id', '=', sql<string>`${orgId}::uuid`)
    .where('stock_levels.low_since', 'is not', null)
    .innerJoinLateral(
      (db) =>
        db
          .selectFrom('products')
          .select('products.id')
          .where('products.org_id', '=', sql<string>`${orgId}::uuid`)
          .whereRef('products.id', '=', 'stock_levels.product_id')
          .where('products.active', '=', sql<boolean>`true`)
          .where('products.deleted_at', 'is', null)
          .limit(sql<number>`1`)
          .as('product'),
      (join) => join.onTrue(),
    );
}

const listed = shapedStatement((of: { orgId: Value<string>; page: KeysetPage }) =>
  onPage(
    lowLevels(of.orgId)
      .select(['stock_levels.product_id as id', 'stock_levels.low_since as lowSince'])
      .$castTo<LowLevel>(),
    of.page,
  ).compile(),
);

const counted = fixedStatement('stock-levels.count-low', (of: { orgId: string }) =>
  lowLevels(of.orgId).select(sql<number>`count(*)::int`.as('count')).compile(),
);

/** What has to be ordered. */
export class LowStockStore {
  /**
   * A page of the products that are low in stock.
   *
   * @param load finds the products of these ids, in their order
   * @throws BAD_USER_INPUT for a cursor of another list
   */
  async page(
    tx: TenantTransaction,
    request: PageRequest,
    load: (ids: readonly string[]) => Promise<LoadedProduct[]>,
  ): Promise<Page<LowProductRow>> {
    const orgId = value(tx.tenant.orgId);
    const levels = await tx.execute(listed({ orgId, page: keysetPage(ORDER, request) }));
    const rows = await load(levels.map(({ id }) => id));
    const products = levels.map((level, index) => ({
      ...(rows[index] as LoadedProduct),
      ...level,
    }));
    return fetchedPage<LowProductRow>(ORDER, request, products, async () => {
      const [row] = await tx.execute(counted({ orgId: tx.tenant.orgId }));
      return row?.count ?? 0;
    });
  }
}
