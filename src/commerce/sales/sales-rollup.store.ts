import { type RawBuilder, sql } from 'kysely';
import { NIL } from 'uuid';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';

/** In a key, which cannot hold NULL: no category, or a customer who had not signed in. */
export const NONE = sql.lit(NIL);

// Visitors have ids of version 8, made of their cart token, and one of them is nobody's customer: all of them together
// are one row. Users, also those whose account is gone, have ids of another version (RFC 9562, section 4.2).
const CUSTOMER = sql`CASE WHEN substr(orders.owner_id::text, 15, 1) = '8' THEN ${NONE}::uuid ELSE orders.owner_id END`;

/** Moments at which an order counts, each with whether it counts as a refund then. */
const MOMENTS = sql`(VALUES (orders.paid_at, false), (coalesce(orders.refunded_at, orders.cancelled_at), true))
      AS moment (occurred_at, is_refund)`;

/** Sums of rows with `quantity`, `amount` and `is_refund`, each row an order. */
const SUMS = sql`
      count(*) FILTER (WHERE NOT is_refund), coalesce(sum(quantity) FILTER (WHERE NOT is_refund), 0),
      coalesce(sum(amount) FILTER (WHERE NOT is_refund), 0), count(*) FILTER (WHERE is_refund),
      coalesce(sum(quantity) FILTER (WHERE is_refund), 0), coalesce(sum(amount) FILTER (WHERE is_refund), 0)`;

const FIGURES = sql`orders, units, gross_amount, refunded_orders, refunded_units, refunded_amount`;

const ADDED = sql`
      orders = total.orders + excluded.orders, units = total.units + excluded.units,
      gross_amount = total.gross_amount + excluded.gross_amount,
      refunded_orders = total.refunded_orders + excluded.refunded_orders,
      refunded_units = total.refunded_units + excluded.refunded_units,
      refunded_amount = total.refunded_amount + excluded.refunded_amount`;

/**
 * Adds sales to the rollups, by a common table expression `change (order_id, currency, customer_id, day, is_refund)`.
 *
 * Each INSERT asks for what the one before it has returned, so that they run one after the other: whoever has the
 * day's row has all that belongs to the day, and no two wait in a circle.
 *
 * @param changes the expressions up to `change`
 * @param lines where the items of `change` are read: a FROM list with `change` and `item`
 */
function addition(
  orgId: string,
  changes: RawBuilder<unknown>,
  lines: RawBuilder<unknown>,
): RawBuilder<{ days: number }> {
  return sql<{ days: number }>`
    WITH ${changes},
    line AS MATERIALIZED (
      SELECT change.*, item.product_id, coalesce(item.category_id, ${NONE}::uuid) AS category_id, item.quantity,
        item.total_amount AS amount
      FROM ${lines}
    ),
    sale AS MATERIALIZED (
      SELECT currency, day, customer_id, is_refund, sum(quantity) AS quantity, sum(amount) AS amount
      FROM line GROUP BY order_id, currency, day, customer_id, is_refund
    ),
    days AS (
      INSERT INTO daily_sales AS total (org_id, currency, day, ${FIGURES})
      SELECT ${orgId}::uuid, currency, day, ${SUMS} FROM sale GROUP BY currency, day ORDER BY currency, day
      ON CONFLICT (org_id, currency, day) DO UPDATE SET ${ADDED}
      RETURNING 1
    ),
    products AS (
      INSERT INTO daily_product_sales AS total (org_id, currency, day, product_id, category_id, ${FIGURES})
      SELECT ${orgId}::uuid, currency, day, product_id, category_id, ${SUMS}
      FROM line WHERE (SELECT count(*) FROM days) > 0
      GROUP BY currency, day, product_id, category_id ORDER BY currency, day, product_id, category_id
      ON CONFLICT (org_id, currency, day, product_id, category_id) DO UPDATE SET ${ADDED}
      RETURNING 1
    ),
    categories AS (
      INSERT INTO daily_category_sales AS total (org_id, currency, day, category_id, ${FIGURES})
      SELECT ${orgId}::uuid, currency, day, category_id, ${SUMS}
      FROM (
        SELECT currency, day, category_id, is_refund, sum(quantity) AS quantity, sum(amount) AS amount
        FROM line WHERE (SELECT count(*) FROM products) > 0
        GROUP BY order_id, currency, day, category_id, is_refund
      ) AS part
      GROUP BY currency, day, category_id ORDER BY currency, day, category_id
      ON CONFLICT (org_id, currency, day, category_id) DO UPDATE SET ${ADDED}
      RETURNING 1
    ),
    customers AS (
      INSERT INTO daily_customer_sales AS total (org_id, currency, day, customer_id, ${FIGURES})
      SELECT ${orgId}::uuid, currency, day, customer_id, ${SUMS}
      FROM sale WHERE (SELECT count(*) FROM categories) > 0
      GROUP BY currency, day, customer_id ORDER BY currency, day, customer_id
      ON CONFLICT (org_id, currency, day, customer_id) DO UPDATE SET ${ADDED}
    )
    SELECT count(*)::int AS days FROM days`;
}

const changesOf = (
  orgId: string,
  condition: RawBuilder<unknown>,
  orders: RawBuilder<unknown> = sql.table('orders'),
) => sql`
    change AS MATERIALIZED (
      SELECT orders.id AS order_id, orders.currency, ${CUSTOMER} AS customer_id,
        (moment.occurred_at AT TIME ZONE zone.time_zone)::date AS day, moment.is_refund
      FROM (SELECT time_zone FROM organizations WHERE organizations.id = ${orgId}::uuid) AS zone
      CROSS JOIN ${orders} CROSS JOIN LATERAL ${MOMENTS}
      WHERE orders.org_id = ${orgId}::uuid AND orders.paid_at IS NOT NULL AND moment.occurred_at IS NOT NULL
        AND ${condition}
    )`;

/**
 * Lets nobody change the time zone until the transaction ends: who does so locks the row FOR UPDATE. The foreign key of
 * any new row of the organization shares the same lock, so it makes nobody wait who would not anyway.
 *
 * It is a statement of its own, since one that has waited for this lock still sees what was there before: PostgreSQL
 * goes on to the new version of a row only where the key has changed.
 */
const zoneHeld = fixedStatement('sales.hold-zone', (of: { orgId: string }) =>
  query.selectFrom('organizations').select('id').where('id', '=', of.orgId).forKeyShare().compile(),
);

// Of an order that was never counted, all that has become of it.
const added = fixedStatement(
  'sales.add',
  (of: { orgId: string; orderId: string; isRefund: boolean }) =>
    addition(
      of.orgId,
      sql`${changesOf(
        of.orgId,
        sql`orders.id = ${of.orderId}::uuid
          AND (NOT orders.sales_counted OR (moment.is_refund AND ${of.isRefund}::bool))`,
      )},
    marked AS (
      UPDATE orders SET sales_counted = true
      WHERE orders.org_id = ${of.orgId}::uuid AND orders.id = ${of.orderId}::uuid
        AND orders.paid_at IS NOT NULL AND NOT orders.sales_counted
    )`,
      sql`change CROSS JOIN LATERAL (
        SELECT order_items.* FROM order_items
        WHERE order_items.org_id = ${of.orgId}::uuid AND order_items.order_id = change.order_id
        OFFSET 0
      ) AS item`,
    ).compile(query),
);

// Each order is looked up for its id: of many ids at once, all of the organization's might be read.
const changesOfOrders = (
  of: { orgId: string; orderIds: readonly string[] },
  condition = sql`true`,
) =>
  changesOf(
    of.orgId,
    condition,
    sql`unnest(${of.orderIds}::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
        SELECT orders.* FROM orders
        WHERE orders.org_id = ${of.orgId}::uuid AND orders.id = wanted.id
        OFFSET 0
      ) AS orders`,
  );

// Whoever adds to a day locks its row first.
const daysHeld = fixedStatement(
  'sales.hold-days',
  (of: { orgId: string; orderIds: readonly string[] }) =>
    sql<{ day: string }>`
      WITH ${changesOfOrders(of)},
      day AS MATERIALIZED (
        SELECT currency, day FROM change GROUP BY currency, day ORDER BY currency, day
      )
      SELECT day.day::text AS day FROM day CROSS JOIN LATERAL (
        SELECT FROM daily_sales
        WHERE daily_sales.org_id = ${of.orgId}::uuid AND daily_sales.currency = day.currency
          AND daily_sales.day = day.day
        FOR UPDATE
      ) AS held`.compile(query),
);

// What was never counted is not among nobody's sums, and so not taken off them.
const movedToOwners = fixedStatement(
  'sales.move-to-owners',
  (of: { orgId: string; orderIds: readonly string[] }) =>
    sql<Record<string, never>>`
      WITH ${changesOfOrders(of, sql`orders.sales_counted`)},
      sale AS MATERIALIZED (
        SELECT change.currency, change.day, change.customer_id, change.is_refund, item.quantity, item.amount
        FROM change CROSS JOIN LATERAL (
          SELECT sum(order_items.quantity) AS quantity, sum(order_items.total_amount) AS amount FROM order_items
          WHERE order_items.org_id = ${of.orgId}::uuid AND order_items.order_id = change.order_id
        ) AS item
      ),
      taken_off AS (
        INSERT INTO daily_customer_sales AS total (org_id, currency, day, customer_id, ${FIGURES})
        SELECT ${of.orgId}::uuid, currency, day, ${NONE}::uuid, ${SUMS} FROM sale
        GROUP BY currency, day ORDER BY currency, day
        ON CONFLICT (org_id, currency, day, customer_id) DO UPDATE SET
          orders = total.orders - excluded.orders, units = total.units - excluded.units,
          gross_amount = total.gross_amount - excluded.gross_amount,
          refunded_orders = total.refunded_orders - excluded.refunded_orders,
          refunded_units = total.refunded_units - excluded.refunded_units,
          refunded_amount = total.refunded_amount - excluded.refunded_amount
      )
      INSERT INTO daily_customer_sales AS total (org_id, currency, day, customer_id, ${FIGURES})
      SELECT ${of.orgId}::uuid, currency, day, customer_id, ${SUMS} FROM sale
      GROUP BY currency, day, customer_id ORDER BY currency, day, customer_id
      ON CONFLICT (org_id, currency, day, customer_id) DO UPDATE SET ${ADDED}`.compile(query),
);

// Made anew, it would not be there.
const nobodysNothingRemoved = fixedStatement(
  'sales.remove-nobodys-nothing',
  (of: { orgId: string; days: readonly string[] }) =>
    sql<Record<string, never>>`
      DELETE FROM daily_customer_sales
      WHERE daily_customer_sales.org_id = ${of.orgId}::uuid AND daily_customer_sales.customer_id = ${NONE}::uuid
        AND daily_customer_sales.day = ANY(${of.days}::date[])
        AND daily_customer_sales.orders = 0 AND daily_customer_sales.refunded_orders = 0`.compile(
      query,
    ),
);

const allMarked = fixedStatement('sales.mark-all', (of: { orgId: string }) =>
  sql<Record<string, never>>`
    UPDATE orders SET sales_counted = true
    WHERE orders.org_id = ${of.orgId}::uuid AND orders.paid_at IS NOT NULL AND NOT orders.sales_counted`.compile(
    query,
  ),
);

const addedAll = fixedStatement('sales.add-all', (of: { orgId: string }) =>
  addition(
    of.orgId,
    changesOf(of.orgId, sql`orders.sales_counted`),
    sql`change JOIN order_items AS item ON item.org_id = ${of.orgId}::uuid AND item.order_id = change.order_id`,
  ).compile(query),
);

const emptied = fixedStatement('sales.empty', (of: { orgId: string }) =>
  sql<Record<string, never>>`
    WITH days AS (DELETE FROM daily_sales WHERE daily_sales.org_id = ${of.orgId}::uuid),
    products AS (DELETE FROM daily_product_sales WHERE daily_product_sales.org_id = ${of.orgId}::uuid),
    categories AS (DELETE FROM daily_category_sales WHERE daily_category_sales.org_id = ${of.orgId}::uuid)
    DELETE FROM daily_customer_sales WHERE daily_customer_sales.org_id = ${of.orgId}::uuid`.compile(
    query,
  ),
);

const locked = fixedStatement('sales.lock', (of: { orgId: string }) =>
  query.selectFrom('organizations').select('id').where('id', '=', of.orgId).forUpdate().compile(),
);

const counted = fixedStatement('sales.count-orders', (of: { orgId: string; most: number }) =>
  sql<{ count: number }>`
    SELECT count(*)::int AS count FROM (
      SELECT FROM orders WHERE orders.org_id = ${of.orgId}::uuid LIMIT ${of.most}::int
    ) AS found`.compile(query),
);

/** The four rollups of sales, which are written together. */
export class SalesRollupStore {
  /**
   * Adds one order, or its refund, with two statements that are sent together. From then on the order says that it was
   * counted; of one that was not until its refund, the sale is added along with it.
   *
   * @param orderId UUID of an order whose row says when it was paid, and when it was refunded or cancelled
   * @returns whether there was something to add
   */
  async add(tx: TenantTransaction, orderId: string, isRefund: boolean): Promise<boolean> {
    const { orgId } = tx.tenant;
    const [, [row]] = await Promise.all([
      tx.execute(zoneHeld({ orgId })),
      tx.execute(added({ orgId, orderId, isRefund })),
    ]);
    return (row?.days ?? 0) > 0;
  }

  /**
   * Takes orders off the customers who are nobody, and adds them to those whose they are by now, with all that was counted
   * of them; those that were never counted stay so. The days are locked in a statement of their own, of these as well:
   * one that has waited goes on with the sums of before.
   *
   * @param orderIds UUIDs of orders that were a visitor's when they were counted
   */
  async moveToOwners(tx: TenantTransaction, orderIds: readonly string[]): Promise<void> {
    const { orgId } = tx.tenant;
    await tx.execute(zoneHeld({ orgId }));
    const days = (await tx.execute(daysHeld({ orgId, orderIds }))).map(({ day }) => day);
    await tx.execute(movedToOwners({ orgId, orderIds }));
    await tx.execute(nobodysNothingRemoved({ orgId, days }));
  }

  /** Waits for everybody who is adding something, and keeps others from it until the transaction ends. */
  async lock(tx: TenantTransaction): Promise<void> {
    await tx.execute(locked({ orgId: tx.tenant.orgId }));
  }

  async empty(tx: TenantTransaction): Promise<void> {
    await tx.execute(emptied({ orgId: tx.tenant.orgId }));
  }

  /** Adds all orders of the organization, and all of their refunds. What says that it was counted, was. */
  async addAll(tx: TenantTransaction): Promise<void> {
    const { orgId } = tx.tenant;
    await tx.execute(allMarked({ orgId }));
    await tx.execute(addedAll({ orgId }));
  }

  /** How many orders there are; `most` stands for any more. */
  async countOrders(tx: TenantTransaction, most: number): Promise<number> {
    const [row] = await tx.execute(counted({ orgId: tx.tenant.orgId, most }));
    return row?.count ?? 0;
  }
}
