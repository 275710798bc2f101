import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { type model, perId, query, type TenantTransaction } from '../../tenancy/index.js';
import { keepLockOrder } from './lock-order.js';

export type StockLevelRow = Pick<model.StockLevel, 'onHand' | 'lowStockThreshold' | 'lowSince'> & {
  /** Of its product: each has one level. */
  id: string;
  unitsSold: number;
};

const COLUMNS = [
  'stock_levels.product_id as id',
  'stock_levels.on_hand as onHand',
  'stock_levels.low_stock_threshold as lowStockThreshold',
  'stock_levels.low_since as lowSince',
  sql<number>`stock_levels.units_sold::float8`.as('unitsSold'),
] as const;

interface OfProducts {
  orgId: string;
  ids: readonly string[];
}

const oneOf = ({ orgId }: OfProducts) =>
  query
    .selectFrom('stock_levels')
    .select(COLUMNS)
    .where('stock_levels.org_id', '=', orgId)
    .where('stock_levels.product_id', '=', sql<string>`key.id`);

/** What there is, and what sells: of when it is low, the database tells shoppers nothing. */
const byIdsForShoppers = fixedStatement('stock-levels.by-ids-for-shoppers', (of: OfProducts) =>
  perId(
    of.ids,
    query
      .selectFrom('stock_levels')
      .select([
        'stock_levels.product_id as id',
        'stock_levels.on_hand as onHand',
        sql<number | null>`NULL::integer`.as('lowStockThreshold'),
        sql<Date | null>`NULL::timestamptz`.as('lowSince'),
        sql<number>`stock_levels.units_sold::float8`.as('unitsSold'),
      ])
      .where('stock_levels.org_id', '=', of.orgId)
      .where('stock_levels.product_id', '=', sql<string>`key.id`),
  ),
);

const byIds = fixedStatement('stock-levels.by-ids', (of: OfProducts) => perId(of.ids, oneOf(of)));

// Each is found, and so locked, in the order in which the ids are given.
const locked = fixedStatement('stock-levels.lock', (of: OfProducts) =>
  perId(of.ids, oneOf(of).forUpdate()),
);

const thresholdSet = fixedStatement(
  'stock-levels.set-threshold',
  (of: { orgId: string; id: string; threshold: number | null }) =>
    sql<Record<string, never>>`
      UPDATE stock_levels SET
        low_stock_threshold = ${of.threshold}::int,
        low_since = CASE WHEN on_hand <= ${of.threshold}::int THEN coalesce(low_since, clock_timestamp()) END
      WHERE org_id = ${of.orgId}::uuid AND product_id = ${of.id}::uuid`.compile(query),
);

export class StockLevelStore {
  /** For shoppers it is never low. @param ids of products */
  findByIds(tx: TenantTransaction, ids: readonly string[]): Promise<StockLevelRow[]> {
    const statement = tx.tenant.isShopper ? byIdsForShoppers : byIds;
    return tx.execute(statement({ orgId: tx.tenant.orgId, ids }));
  }

  /**
   * The levels of products as they are now, which nobody else can change before the transaction ends. They are locked
   * in the order of the products' ids, whatever the order in which they are asked for: two who want the same ones
   * wait for each other, and never in a circle.
   *
   * @param ids of products, any of them more than once
   * @throws BAD_USER_INPUT where the transaction has locked others, and may lock no more
   */
  async findAndLock(tx: TenantTransaction, ids: readonly string[]): Promise<StockLevelRow[]> {
    keepLockOrder(tx, ids);
    return tx.execute(locked({ orgId: tx.tenant.orgId, ids: [...new Set(ids)].sort() }));
  }

  /** @param id of a product */
  async setThreshold(tx: TenantTransaction, id: string, threshold: number | null): Promise<void> {
    await tx.execute(thresholdSet({ orgId: tx.tenant.orgId, id, threshold }));
  }
}
