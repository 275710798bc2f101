import type { ClientBase } from 'pg';

/** A table whose rows belong to organizations, as the catalog has it. */
export interface TenantTable {
  name: string;
  /** The column that says whose a row is. */
  owner: string;
  /** Columns that a writer gives, that is, all that are not generated. */
  columns: string[];
  /** Columns of each primary key and unique constraint or index. */
  uniques: string[][];
  /** Foreign keys to other tenant tables, but for the one to the organization itself. */
  references: Reference[];
  /** Columns that name a row and that no foreign key binds, on purpose. */
  unbound: Reference[];
}

export interface Reference {
  name: string;
  columns: string[];
  table: string;
  keys: string[];
}

const TO_CATEGORY: Reference[] = [
  {
    name: 'category_id',
    columns: ['org_id', 'category_id'],
    table: 'categories',
    keys: ['org_id', 'id'],
  },
];

/**
 * What no foreign key binds although it names a row. An event outlives the users that it tells of, an
 * invitation who sent it, a tenant's secret and a publishable key who made it, a movement of stock who brought it
 * about, an item of an order, and what is summed up of orders, the category that it was in; carts, orders, reservations
 * and keys of requests belong to visitors as well, who have no row, and such a key is written before its order. What
 * they name is looked for in their own organization only.
 */
const UNBOUND: Readonly<Record<string, Reference[]>> = {
  audit_events: toUsers('actor_id', 'subject_id'),
  tenant_secrets: toUsers('created_by'),
  publishable_keys: toUsers('created_by'),
  invitations: toUsers('invited_by'),
  stock_movements: toUsers('actor_id'),
  carts: toUsers('owner_id'),
  cart_items: toUsers('owner_id'),
  orders: toUsers('owner_id'),
  order_items: TO_CATEGORY,
  order_events: toUsers('actor_id'),
  idempotency_keys: [
    ...toUsers('owner_id'),
    { name: 'order_id', columns: ['org_id', 'order_id'], table: 'orders', keys: ['org_id', 'id'] },
  ],
  stock_reservations: toUsers('owner_id'),
  daily_product_sales: TO_CATEGORY,
  daily_category_sales: TO_CATEGORY,
  daily_customer_sales: toUsers('customer_id'),
};

function toUsers(...columns: string[]): Reference[] {
  return columns.map((column) => ({
    name: column,
    columns: ['org_id', column],
    table: 'users',
    keys: ['org_id', 'id'],
  }));
}

/** `table.column` of each of them. */
export const UNBOUND_COLUMNS = Object.entries(UNBOUND).flatMap(([table, references]) =>
  references.map(({ name }) => `${table}.${name}`),
);

/** Every table of the product, by name: whoever adds one has it tested. */
export async function tenantTables(client: ClientBase): Promise<TenantTable[]> {
  const { rows } = await client.query<Omit<TenantTable, 'unbound'>>(
    `WITH named (oid, name) AS (
       SELECT oid, relname::text FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
         AND relname NOT LIKE '\\_prisma\\_%'
     )
     SELECT name,
       CASE name WHEN 'organizations' THEN 'id' ELSE 'org_id' END AS owner,
       (SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = named.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '') AS columns,
       (SELECT json_agg(columns) FROM pg_index, LATERAL (
          SELECT array_agg(attname::text) AS columns FROM pg_attribute
          WHERE attrelid = indrelid AND attnum = ANY(indkey::int2[])) AS key
        WHERE indrelid = named.oid AND indisunique) AS uniques,
       (SELECT coalesce(json_agg(json_build_object(
          'name', conname, 'table', other.name,
          'columns', (SELECT array_agg(attname::text ORDER BY place)
             FROM unnest(conkey) WITH ORDINALITY AS key (attnum, place)
             JOIN pg_attribute USING (attnum) WHERE attrelid = conrelid),
          'keys', (SELECT array_agg(attname::text ORDER BY place)
             FROM unnest(confkey) WITH ORDINALITY AS key (attnum, place)
             JOIN pg_attribute USING (attnum) WHERE attrelid = confrelid))), '[]')
        FROM pg_constraint JOIN named AS other ON other.oid = confrelid
        WHERE conrelid = named.oid AND contype = 'f' AND other.name <> 'organizations') AS references
     FROM named ORDER BY name`,
  );
  return rows.map((table) => ({ ...table, unbound: UNBOUND[table.name] ?? [] }));
}

/** A row by the names of its columns, in their text form. */
export type Row = Record<string, unknown>;

/** The row of an organization that has most to it: what can point somewhere does. @throws Error when it has none: the seed of the test lacks it */
export async function anyRow(client: ClientBase, table: TenantTable, orgId: string): Promise<Row> {
  const { rows } = await client.query<{ row: Row }>(
    `SELECT to_jsonb(t) AS row FROM ${table.name} AS t WHERE ${table.owner} = $1
     ORDER BY (SELECT count(*) FROM jsonb_each(to_jsonb(t)) WHERE value = 'null') LIMIT 1`,
    [orgId],
  );
  if (!rows[0]) throw new Error(`Give the organizations of this test a row in ${table.name}.`);
  return Object.fromEntries(table.columns.map((column) => [column, rows[0]?.row[column]]));
}

/** Inserts a row as it is. */
export function insert(client: ClientBase, { name, columns }: TenantTable, row: Row) {
  const list = columns.join(', ');
  return client.query(
    `INSERT INTO ${name} (${list}) SELECT ${list} FROM jsonb_populate_record(NULL::${name}, $1)`,
    [row],
  );
}
