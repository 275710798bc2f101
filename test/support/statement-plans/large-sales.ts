/**
 * Statements that sum up the orders of every organization, behind `largeOrders`: by what they are sold on, in UTC, and
 * without refunds. What the sums are does not matter here, but how many rows there are and where they lie.
 */
export function largeSales(): string {
  return [
    rollup('daily_sales', [], 'count(DISTINCT order_id)'),
    rollup('daily_product_sales', ['product_id', 'category_id'], 'count(*)'),
    rollup('daily_category_sales', ['category_id'], 'count(DISTINCT order_id)'),
    rollup('daily_customer_sales', ['customer_id'], 'count(DISTINCT order_id)'),
  ].join('');
}

function rollup(table: string, keys: readonly string[], orders: string): string {
  const columns = ['org_id', 'currency', 'day', ...keys].join(', ');
  return `
    INSERT INTO ${table} (${columns}, orders, units, gross_amount, refunded_orders, refunded_units, refunded_amount)
      SELECT ${columns}, ${orders}, sum(quantity), sum(total_amount), 0, 0, 0
      FROM (
        SELECT orders.org_id, currency, paid_at::date AS day, item.order_id, product_id, quantity, item.total_amount,
          coalesce(category_id, '00000000-0000-0000-0000-000000000000') AS category_id, orders.owner_id AS customer_id
        FROM orders JOIN order_items AS item ON item.org_id = orders.org_id AND item.order_id = orders.id
        WHERE paid_at IS NOT NULL
      ) AS line
      GROUP BY ${columns} ORDER BY day;`;
}
