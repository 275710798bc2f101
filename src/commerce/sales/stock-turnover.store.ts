import { sql } from 'kysely';
import { shapedStatement, type Value, value } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';
import { dayBegins } from './day-begins.js';
import type { DayRange } from './local-days.js';

export interface StockTurnoverRow {
  unitsSold: number;
  onHandAtStart: number;
  onHandAtEnd: number;
}

interface Asked {
  orgId: Value<string>;
  from: Value<string>;
  to: Value<string>;
  productId?: Value<string>;
}

/** What the last movement of a product before a moment has left; its ledger is in the order of their times. */
const onHandBefore = (orgId: Value<string>, moment: 'begins' | 'ends') => sql`
  coalesce((
    SELECT stock_movements.on_hand FROM stock_movements
    WHERE stock_movements.org_id = ${orgId}::uuid AND stock_movements.product_id = stock_levels.product_id
      AND stock_movements.created_at < range.${sql.ref(moment)}
    ORDER BY stock_movements.created_at DESC, stock_movements.id DESC LIMIT 1
  ), 0)`;

const turnedOver = shapedStatement(({ orgId, from, to, productId }: Asked) =>
  sql<StockTurnoverRow>`
    WITH range AS MATERIALIZED (
      SELECT ${dayBegins(orgId, sql`${from}::date`)} AS begins, ${dayBegins(orgId, sql`${to}::date + 1`)} AS ends
    )
    SELECT coalesce(sum(each.sold), 0)::float8 AS "unitsSold",
      coalesce(sum(each.at_start), 0)::float8 AS "onHandAtStart",
      coalesce(sum(each.at_end), 0)::float8 AS "onHandAtEnd"
    FROM (
      SELECT ${onHandBefore(orgId, 'begins')} AS at_start, ${onHandBefore(orgId, 'ends')} AS at_end, (
          SELECT sum(daily_product_sales.units - daily_product_sales.refunded_units) FROM daily_product_sales
          WHERE daily_product_sales.org_id = ${orgId}::uuid
            AND daily_product_sales.product_id = stock_levels.product_id
            AND daily_product_sales.day BETWEEN ${from}::date AND ${to}::date
        ) AS sold
      FROM range CROSS JOIN stock_levels
      WHERE stock_levels.org_id = ${orgId}::uuid
        ${productId ? sql`AND stock_levels.product_id = ${productId}::uuid` : sql``}
    ) AS each`.compile(query),
);

export class StockTurnoverStore {
  /** @param productId UUID; of all products without one */
  async find(
    tx: TenantTransaction,
    { from, to }: DayRange,
    productId?: string,
  ): Promise<StockTurnoverRow> {
    const [row] = await tx.execute(
      turnedOver({
        orgId: value(tx.tenant.orgId),
        from: value(from),
        to: value(to),
        ...(productId !== undefined && { productId: value(productId) }),
      }),
    );
    return row ?? { unitsSold: 0, onHandAtStart: 0, onHandAtEnd: 0 };
  }
}
