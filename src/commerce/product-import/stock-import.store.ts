import { sql } from 'kysely';
import { newUuid } from '../../shared/ids.js';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';
import { StockLevelStore } from '../stock/stock-level.store.js';
import { type LowStock, newlyLow } from '../stock/stock-moves.js';

export interface FirstStock {
  productId: string;
  onHand: number;
  lowStockThreshold: number | null;
}

export interface WantedThreshold {
  productId: string;
  lowStockThreshold: number | null;
}

/** What there is of a product, as it was when it was read. */
export interface KnownStock {
  onHand: number;
  lowStockThreshold: number | null;
}

const levels = new StockLevelStore();

const stockOf = fixedStatement(
  'product-import.stock',
  (of: { orgId: string; ids: readonly string[] }) =>
    sql<KnownStock & { productId: string }>`
      SELECT found.product_id AS "productId", found.on_hand AS "onHand",
        found.low_stock_threshold AS "lowStockThreshold"
      FROM unnest(${of.ids}::uuid[]) AS key (id)
      CROSS JOIN LATERAL (
        SELECT stock_levels.product_id, stock_levels.on_hand, stock_levels.low_stock_threshold
        FROM stock_levels
        WHERE stock_levels.org_id = ${of.orgId}::uuid AND stock_levels.product_id = key.id
        LIMIT 1
      ) AS found`.compile(query),
);

const insertLevels = fixedStatement(
  'product-import.levels',
  (of: {
    orgId: string;
    productIds: readonly string[];
    onHand: readonly number[];
    thresholds: readonly (number | null)[];
  }) =>
    sql`
      INSERT INTO stock_levels (org_id, product_id, on_hand, low_stock_threshold, low_since)
      SELECT ${of.orgId}::uuid, made.product_id, made.on_hand, made.threshold,
        CASE WHEN made.on_hand <= made.threshold THEN now() END
      FROM unnest(${of.productIds}::uuid[], ${of.onHand}::int[], ${of.thresholds}::int[])
        AS made (product_id, on_hand, threshold)`.compile(query),
);

const insertReceipts = fixedStatement(
  'product-import.receipts',
  (of: {
    orgId: string;
    ids: readonly string[];
    productIds: readonly string[];
    quantities: readonly number[];
    actorId: string;
    note: string;
  }) =>
    sql`
      INSERT INTO stock_movements (org_id, id, product_id, kind, quantity, on_hand, actor_id, note)
      SELECT ${of.orgId}::uuid, made.id, made.product_id, 'receipt', made.quantity, made.quantity,
        ${of.actorId}::uuid, ${of.note}
      FROM unnest(${of.ids}::uuid[], ${of.productIds}::uuid[], ${of.quantities}::int[])
        AS made (id, product_id, quantity)`.compile(query),
);

// The clock is read under the locks: when the import began, there may have been enough.
const setThresholds = fixedStatement(
  'product-import.thresholds',
  (of: { orgId: string; productIds: readonly string[]; thresholds: readonly (number | null)[] }) =>
    sql<Record<string, never>>`
      UPDATE stock_levels SET
        low_stock_threshold = wanted.threshold,
        low_since = CASE WHEN stock_levels.on_hand <= wanted.threshold
          THEN coalesce(stock_levels.low_since, clock_timestamp()) END
      FROM unnest(${of.productIds}::uuid[], ${of.thresholds}::int[]) AS wanted (product_id, threshold)
      WHERE stock_levels.org_id = ${of.orgId}::uuid AND stock_levels.product_id = wanted.product_id
        AND stock_levels.product_id = ANY(${of.productIds}::uuid[])
        AND stock_levels.low_stock_threshold IS DISTINCT FROM wanted.threshold`.compile(query),
);

/** What an import does to stock, hundreds of products at a time. */
export class StockImportStore {
  async stockOf(tx: TenantTransaction, ids: readonly string[]): Promise<Map<string, KnownStock>> {
    const rows = await tx.execute(stockOf({ orgId: tx.tenant.orgId, ids }));
    return new Map(rows.map(({ productId, ...stock }) => [productId, stock]));
  }

  /** The first stock of new products, with the movement that it is the sum of. */
  async insert(
    tx: TenantTransaction,
    stock: readonly FirstStock[],
    { actorId, note }: { actorId: string; note: string },
  ): Promise<void> {
    const { orgId } = tx.tenant;
    await tx.execute(
      insertLevels({
        orgId,
        productIds: stock.map(({ productId }) => productId),
        onHand: stock.map(({ onHand }) => onHand),
        thresholds: stock.map(({ lowStockThreshold }) => lowStockThreshold),
      }),
    );
    const received = stock.filter(({ onHand }) => onHand > 0);
    if (received.length === 0) return;
    await tx.execute(
      insertReceipts({
        orgId,
        ids: received.map(() => newUuid()),
        productIds: received.map(({ productId }) => productId),
        quantities: received.map(({ onHand }) => onHand),
        actorId,
        note,
      }),
    );
  }

  /**
   * Locks the levels of the products until the transaction ends, and whoever sells one of them waits.
   *
   * @param wanted of one call after the other, in the order of the products' ids, in which everybody locks them
   * @returns the products that have become low in stock by it
   */
  async setThresholds(
    tx: TenantTransaction,
    wanted: readonly WantedThreshold[],
  ): Promise<LowStock[]> {
    const productIds = wanted.map(({ productId }) => productId);
    const thresholds = wanted.map(({ lowStockThreshold }) => lowStockThreshold);
    const before = await levels.findAndLock(tx, productIds);
    await tx.execute(setThresholds({ orgId: tx.tenant.orgId, productIds, thresholds }));
    const byId = new Map(wanted.map((each) => [each.productId, each.lowStockThreshold]));
    return before.flatMap((level) =>
      newlyLow(level, { ...level, lowStockThreshold: byId.get(level.id) ?? null }),
    );
  }
}
