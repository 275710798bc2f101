import { withAdminConnection } from '../../src/tenancy/index.js';
import type { TestDatabase } from './database.js';

/** Rows of the rollups, each a line of words; in their order. */
export type SalesRows = Record<(typeof ROLLUPS)[number]['table'], string[]>;

const ROLLUPS = [
  { table: 'daily_sales', keys: [] },
  { table: 'daily_product_sales', keys: ['product_id', 'category_id'] },
  { table: 'daily_category_sales', keys: ['category_id'] },
  { table: 'daily_customer_sales', keys: ['customer_id'] },
] as const;

const NIL = '00000000-0000-0000-0000-000000000000';

/** What the rollups of an organization hold. */
export async function storedSales(database: TestDatabase, orgId: string): Promise<SalesRows> {
  return withAdminConnection(database.superuserUrl, async (client) => {
    const entries: [string, string[]][] = [];
    for (const { table, keys } of ROLLUPS) {
      const columns = ['currency', 'day::text', ...keys, ...FIGURES].join(", ' ', ");
      const { rows } = await client.query<{ line: string }>(
        `SELECT concat(${columns}) AS line FROM ${table} WHERE org_id = $1`,
        [orgId],
      );
      entries.push([table, rows.map(({ line }) => line).sort()]);
    }
    return Object.fromEntries(entries) as SalesRows;
  });
}

const FIGURES = [
  'orders',
  'units',
  'gross_amount',
  'refunded_orders',
  'refunded_units',
  'refunded_amount',
] as const;

interface Line {
  order_id: string;
  owner_id: string;
  currency: string;
  paid_at: Date | null;
  ended_at: Date | null;
  product_id: string;
  category_id: string | null;
  quantity: string;
  total_amount: string;
}

/** What they should hold: counted here, order by order, with the days as `Intl` has them. */
export async function recomputedSales(
  database: TestDatabase,
  orgId: string,
  timeZone: string,
): Promise<SalesRows> {
  const lines = await withAdminConnection(database.superuserUrl, async (client) => {
    const { rows } = await client.query<Line>(
      `SELECT order_id, orders.owner_id, currency, paid_at, coalesce(refunded_at, cancelled_at) AS ended_at,
         product_id, category_id, quantity::text, order_items.total_amount::text
       FROM orders JOIN order_items USING (org_id) WHERE order_id = orders.id AND org_id = $1`,
      [orgId],
    );
    return rows;
  });
  // Of sv-SE, a date is written as by ISO 8601.
  const calendar = new Intl.DateTimeFormat('sv-SE', { timeZone });
  const sums = Object.fromEntries(ROLLUPS.map(({ table }) => [table, new Map<string, Sum>()]));
  for (const line of lines.filter(({ paid_at }) => paid_at !== null)) {
    const moments: [Date | null, number][] = [
      [line.paid_at, 0],
      [line.ended_at, 3],
    ];
    for (const [moment, at] of moments) {
      if (moment === null) continue;
      const key = `${line.currency} ${calendar.format(moment)}`;
      const category = line.category_id ?? NIL;
      const customer = line.owner_id[14] === '8' ? NIL : line.owner_id;
      add(sums.daily_sales, key, line, at);
      add(sums.daily_product_sales, `${key} ${line.product_id} ${category}`, line, at);
      add(sums.daily_category_sales, `${key} ${category}`, line, at);
      add(sums.daily_customer_sales, `${key} ${customer}`, line, at);
    }
  }
  const entries = ROLLUPS.map(({ table }): [string, string[]] => [
    table,
    [...(sums[table] as Map<string, Sum>)].map(([key, sum]) => `${key} ${sum.words()}`).sort(),
  ]);
  return Object.fromEntries(entries) as SalesRows;
}

/** Three figures of sales, and three of refunds. */
class Sum {
  readonly #orders = [new Set<string>(), new Set<string>()] as const;
  readonly #figures = [0n, 0n, 0n, 0n, 0n, 0n];

  add({ order_id, quantity, total_amount }: Line, at: number): void {
    this.#orders[at === 0 ? 0 : 1].add(order_id);
    this.#figures[at + 1] = (this.#figures[at + 1] as bigint) + BigInt(quantity);
    this.#figures[at + 2] = (this.#figures[at + 2] as bigint) + BigInt(total_amount);
  }

  words(): string {
    const figures = [...this.#figures];
    figures[0] = BigInt(this.#orders[0].size);
    figures[3] = BigInt(this.#orders[1].size);
    return figures.join(' ');
  }
}

function add(sums: Map<string, Sum> | undefined, key: string, line: Line, at: number): void {
  const sum = sums?.get(key) ?? new Sum();
  sum.add(line, at);
  sums?.set(key, sum);
}
