import type pg from 'pg';

/** What orders the rows of a table as they were made: ids do, which count the time. */
const KEYS: Readonly<Record<string, string>> = {
  ...{ users: 'id', projects: 'id', tasks: 'id', categories: 'id', products: 'id', carts: 'id' },
  ...{ stock_movements: 'id', orders: 'id', order_events: 'id', payments: 'id' },
  ...{ stock_levels: 'product_id', cart_items: 'cart_id, product_id' },
  ...{ stock_reservations: 'cart_id, product_id', order_items: 'order_id, product_id' },
  ...{ idempotency_keys: 'order_id, key', number_series: 'name', daily_sales: 'currency, day' },
};

/** Secrets, and what is made of ids. */
const LEFT_OUT = `'{password_hash,request_hash}'::text[]`;

const STATEMENT = Object.entries(KEYS)
  .map(
    ([table, key]) => `(SELECT '${table}' AS what, to_jsonb(${table}) - ${LEFT_OUT} AS row
      FROM ${table} WHERE org_id = $1 ORDER BY ${key})`,
  )
  .join(' UNION ALL ');

/** Every row that an organization has, table by table. @param client a superuser's */
export async function storedRows(client: pg.Client, orgId: string): Promise<object[]> {
  const { rows } = await client.query(STATEMENT, [orgId]);
  return rows;
}
