import type { SelectExpression, SelectQueryBuilder } from 'kysely';
import { sql } from 'kysely';
import type { DB } from './generated/kysely/types.js';
import { query } from './query.js';

/** A table whose rows have an organization, and within it an id of their own. */
export type EntityTable = {
  [Name in keyof DB]: DB[Name] extends { org_id: unknown; id: unknown } ? Name : never;
}[keyof DB];

export type Column<Table extends EntityTable> = SelectExpression<DB, Table>;

/** Rows of a table of which nothing was selected yet. */
export type Rows<Table extends EntityTable> = SelectQueryBuilder<DB, Table, unknown>;

/**
 * The rows of one organization. Kysely takes any table here, but the compiler cannot follow it where the table
 * is not known yet; here it is told.
 *
 * @param orgId what stands for the organization in the statement
 */
export function rowsOf<Table extends EntityTable>(table: Table, orgId: unknown): Rows<Table> {
  const rows = query.selectFrom(table as EntityTable).where(sql.ref(`${table}.org_id`), '=', orgId);
  return rows as unknown as Rows<Table>;
}
