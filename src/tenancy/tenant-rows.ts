import { sql } from 'kysely';
import pg from 'pg';
import { literal, RELATION, TENANT_TABLE } from './isolation-audit.scope.js';
import { query } from './query.js';
import type { TenantTransaction } from './tenant-transaction.js';

/** How many rows an organization has in a table. */
export interface TableCount {
  /** With its schema: `public.tasks`. */
  table: string;
  rows: number;
}

interface FoundTable {
  name: string;
  column: string;
  isOwned: boolean;
}

/**
 * Counts the organization's rows in every tenant table that the catalog has, those that no code knows of
 * included. Within its own context the serving role sees all rows of the organization and no others.
 *
 * @returns one entry for each table, by name
 * @throws DatabaseError for a table that the serving role may not read; Error for one that cannot tell
 *   whose its rows are
 */
export async function countTenantRows(tx: TenantTransaction): Promise<TableCount[]> {
  const tables = await tx.execute(sql<FoundTable>`${sql.raw(TABLES)}`.compile(query));
  const stray = tables.find(({ isOwned }) => !isOwned);
  if (stray) throw new Error(`${stray.name} has no ${stray.column}: whose are its rows?`);
  const { orgId } = tx.tenant;
  const counts = tables.map(
    ({ name, column }) =>
      sql`SELECT ${sql.raw(literal(name))} AS "table", count(*)::int AS rows
        FROM ${sql.raw(name)} WHERE ${sql.raw(pg.escapeIdentifier(column))} = ${orgId}::uuid`,
  );
  const all = sql.join(counts, sql` UNION ALL `);
  return tx.execute(sql<TableCount>`${all} ORDER BY 1`.compile(query));
}

/** A partition's rows are counted with its parent's. */
const TABLES = `
  WITH ${RELATION}, ${TENANT_TABLE}
  SELECT name, tenant_column AS "column", tenant_attnum IS NOT NULL AS "isOwned"
  FROM tenant_table WHERE NOT is_partition ORDER BY name`;
