import { sql } from 'kysely';
import { query, type TenantTransaction } from '../tenancy/index.js';

/** Keeps a statement, however many rows there are, well below a second. */
const ROWS_PER_STATEMENT = 5_000;

/** A column: its type in PostgreSQL, and what a row has in it. */
export type Column<Row> = readonly [type: string, value: (row: Row) => unknown];

/** Inserts rows into a table of the transaction's organization, column by column as arrays. */
export async function insertRows<Row>(
  tx: TenantTransaction,
  table: string,
  columns: Readonly<Record<string, Column<Row>>>,
  rows: readonly Row[],
): Promise<void> {
  const names = sql.join(Object.keys(columns).map((name) => sql.ref(name)));
  for (let first = 0; first < rows.length; first += ROWS_PER_STATEMENT) {
    const some = rows.slice(first, first + ROWS_PER_STATEMENT);
    const arrays = Object.values(columns).map(
      ([type, value]) => sql`${some.map(value)}::${sql.raw(type)}[]`,
    );
    await tx.execute(
      sql`INSERT INTO ${sql.table(table)} (${names}) SELECT * FROM unnest(${sql.join(arrays)})`.compile(
        query,
      ),
    );
  }
}
