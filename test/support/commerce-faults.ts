import type { ClientBase } from 'pg';
import { encodeId } from '../../src/shared/ids.js';

/** What must never be found, whatever was done: `$1` is the organization. */
const FAULTS: Readonly<Record<string, string>> = {
  'a stock that is negative, or not the sum of its ledger': `
    SELECT product_id, on_hand, ledger.total::int FROM stock_levels CROSS JOIN LATERAL (
      SELECT coalesce(sum(quantity), 0) AS total FROM stock_movements
      WHERE org_id = $1 AND product_id = stock_levels.product_id) AS ledger
    WHERE org_id = $1 AND (on_hand < 0 OR on_hand <> ledger.total)`,
  'a movement after which there was less than nothing': `
    SELECT id, on_hand FROM stock_movements WHERE org_id = $1 AND on_hand < 0`,
  'units sold that are not those of its ledger': `
    SELECT product_id, units_sold FROM stock_levels WHERE org_id = $1 AND units_sold <> (
      SELECT coalesce(-sum(quantity), 0) FROM stock_movements
      WHERE org_id = $1 AND product_id = stock_levels.product_id AND kind IN ('sale', 'return'))`,
  'numbers of orders with a gap': `
    SELECT count(*), max(number), (SELECT last_number FROM number_series WHERE org_id = $1 AND name = 'orders') AS last
    FROM orders WHERE org_id = $1
    HAVING count(*) <> coalesce(max(number), 0) OR count(*) <> count(DISTINCT number)
      OR count(*) <> coalesce((SELECT last_number FROM number_series WHERE org_id = $1 AND name = 'orders'), 0)`,
  'an order whose total is not that of its items': `
    SELECT id, total_amount FROM orders WHERE org_id = $1 AND total_amount IS DISTINCT FROM (
      SELECT sum(total_amount) FROM order_items WHERE org_id = $1 AND order_id = orders.id)`,
  'an order with another history than versions': `
    SELECT id, version, status FROM orders WHERE org_id = $1 AND (version, status) <> (
      SELECT count(*)::int, (array_agg(status ORDER BY occurred_at DESC, id DESC))[1] FROM order_events
      WHERE org_id = $1 AND order_id = orders.id)`,
  'an order that was not placed from a cart of its owner, or by one key': `
    SELECT id FROM orders WHERE org_id = $1 AND (
      NOT EXISTS (SELECT FROM carts WHERE org_id = $1 AND carts.id = cart_id AND carts.status = 'ordered'
        AND carts.owner_id = orders.owner_id)
      OR 1 <> (SELECT count(*) FROM idempotency_keys AS k WHERE k.org_id = $1 AND k.order_id = orders.id
        AND k.owner_id = orders.owner_id))`,
  'a key without an order': `
    SELECT key FROM idempotency_keys AS k WHERE org_id = $1
      AND NOT EXISTS (SELECT FROM orders WHERE orders.org_id = $1 AND orders.id = k.order_id)`,
  'a cart that is ordered without an order, or has something kept when it is over': `
    SELECT id, status FROM carts WHERE org_id = $1 AND (
      (status = 'ordered') <> EXISTS (SELECT FROM orders WHERE orders.org_id = $1 AND cart_id = carts.id)
      OR status <> 'open' AND EXISTS (SELECT FROM stock_reservations AS r WHERE r.org_id = $1 AND r.cart_id = carts.id
        AND r.expires_at > now()))`,
  'several open carts of one owner': `
    SELECT owner_id FROM carts WHERE org_id = $1 AND status = 'open' GROUP BY owner_id HAVING count(*) > 1`,
  'money that was taken for an order which is not paid, or taken twice': `
    SELECT order_id, array_agg(payments.status) FROM payments JOIN orders ON orders.org_id = $1 AND orders.id = order_id
    WHERE payments.org_id = $1 AND payments.status = 'captured'
    GROUP BY order_id, orders.status HAVING count(*) > 1 OR orders.status IN ('pending', 'cancelled', 'refunded')`,
};

/** What is wrong with stock, orders and money of an organization, seen past row-level security; empty is good. */
export async function commerceFaults(client: ClientBase, orgId: string): Promise<string[]> {
  const faults: string[] = [];
  for (const [what, statement] of Object.entries(FAULTS)) {
    const { rows } = await client.query(statement, [orgId]);
    for (const row of rows) faults.push(`${what}: ${JSON.stringify(row)}`);
  }
  return [...faults, ...(await badlyMovedStock(client, orgId))];
}

/** What each order has sold was taken once, and came back once if it came back; nothing was taken for no order. */
async function badlyMovedStock(client: ClientBase, orgId: string): Promise<string[]> {
  const sold = await client.query(
    `SELECT order_id, product_id, quantity, stock_returned, status FROM order_items
     JOIN orders ON orders.org_id = $1 AND orders.id = order_id WHERE order_items.org_id = $1`,
    [orgId],
  );
  const moved = await client.query(
    `SELECT kind, note, product_id, quantity FROM stock_movements WHERE org_id = $1 AND kind IN ('sale', 'return')`,
    [orgId],
  );
  const wanted = sold.rows.flatMap(({ order_id, product_id, quantity, stock_returned, status }) => {
    const note = encodeId('order', order_id);
    const returned = stock_returned || status === 'cancelled';
    return [
      `sale ${note} ${product_id} ${-quantity}`,
      ...(returned ? [`return ${note} ${product_id} ${quantity}`] : []),
    ];
  });
  const found = moved.rows.map(
    ({ kind, note, product_id, quantity }) => `${kind} ${note} ${product_id} ${quantity}`,
  );
  const missing = without(wanted, found).map((movement) => `a movement is missing: ${movement}`);
  return [
    ...missing,
    ...without(found, wanted).map((movement) => `moved for nothing: ${movement}`),
  ];
}

/** What is in a list more often than in another one. */
function without(list: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return list.filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
