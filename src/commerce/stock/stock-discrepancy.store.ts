import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';

export interface StockDiscrepancyRow {
  productId: string;
  onHand: number;
  sumOfMovements: number;
}

const found = fixedStatement('stock-levels.discrepancies', (of: { orgId: string; limit: number }) =>
  sql<StockDiscrepancyRow>`
    SELECT stock_levels.product_id AS "productId", stock_levels.on_hand AS "onHand",
      ledger.total::float8 AS "sumOfMovements"
    FROM stock_levels
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(stock_movements.quantity), 0) AS total FROM stock_movements
      WHERE stock_movements.org_id = ${of.orgId}::uuid
        AND stock_movements.product_id = stock_levels.product_id
      OFFSET 0
    ) AS ledger
    WHERE stock_levels.org_id = ${of.orgId}::uuid AND stock_levels.on_hand <> ledger.total
    ORDER BY stock_levels.product_id
    LIMIT ${of.limit}::int`.compile(query),
);

/** Holds the stock against its ledger. */
export class StockDiscrepancyStore {
  /** Products of which there is not what their movements come to; there should be none. */
  find(tx: TenantTransaction, limit: number): Promise<StockDiscrepancyRow[]> {
    return tx.execute(found({ orgId: tx.tenant.orgId, limit }));
  }
}
