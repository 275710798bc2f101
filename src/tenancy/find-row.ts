import { type CompiledQuery, type Selection, type SelectQueryBuilder, sql } from 'kysely';
import { fixedStatement } from '../shared/statements/index.js';
import { type Column, type EntityTable, rowsOf } from './entity-table.js';
import type { DB } from './generated/kysely/types.js';
import { perId } from './query.js';
import type { TenantTransaction } from './tenant-transaction.js';

type FoundRow<Table extends EntityTable, Columns extends readonly Column<Table>[]> = Selection<
  DB,
  Table,
  Columns[number]
>;

/** Finds a row by its UUID; null for one that the organization does not have. */
type FindById<Row> = (tx: TenantTransaction, id: string) => Promise<Row | null>;

/**
 * Makes the method of a store that finds rows by their UUIDs, in any order, all with one statement.
 *
 * @param what names the statement, where a table has another one with other columns
 */
export function findByIds<
  Table extends EntityTable,
  const Columns extends readonly Column<Table>[],
>(table: Table, columns: Columns, what = 'by-ids') {
  type Row = FoundRow<Table, Columns>;
  const statement = fixedStatement(
    nameOf(table, what),
    (of: { orgId: string; ids: readonly string[] }) => {
      const row = rowsOf(table, of.orgId).select(columns).where(idOf(table), '=', sql`key.id`);
      return perId(of.ids, row) as CompiledQuery<Row>;
    },
  );
  return (tx: TenantTransaction, ids: readonly string[]): Promise<Row[]> =>
    tx.execute(statement({ orgId: tx.tenant.orgId, ids }));
}

/** Makes the one that finds a row as it is now, which nobody else can change before the transaction ends. */
export function findAndLock<
  Table extends EntityTable,
  const Columns extends readonly Column<Table>[],
>(table: Table, columns: Columns): FindById<FoundRow<Table, Columns>> {
  return findOne(nameOf(table, 'lock'), table, columns, (row) => row.forUpdate());
}

/** Makes the one that finds a row which stays as it is until the transaction ends, whoever else holds it. */
export function findAndHold<
  Table extends EntityTable,
  const Columns extends readonly Column<Table>[],
>(table: Table, columns: Columns): FindById<FoundRow<Table, Columns>> {
  return findOne(nameOf(table, 'hold'), table, columns, (row) => row.forShare());
}

/** Makes the one that finds a row which is there until the transaction ends, as a foreign key's check does it. */
export function findAndKeep<
  Table extends EntityTable,
  const Columns extends readonly Column<Table>[],
>(table: Table, columns: Columns): FindById<FoundRow<Table, Columns>> {
  return findOne(nameOf(table, 'keep'), table, columns, (row) => row.forKeyShare());
}

function findOne<Table extends EntityTable, Columns extends readonly Column<Table>[]>(
  name: string,
  table: Table,
  columns: Columns,
  lock: <Row>(row: SelectQueryBuilder<DB, Table, Row>) => SelectQueryBuilder<DB, Table, Row>,
): FindById<FoundRow<Table, Columns>> {
  type Row = FoundRow<Table, Columns>;
  const statement = fixedStatement(name, (of: { orgId: string; id: string }) => {
    const row = rowsOf(table, of.orgId).select(columns).where(idOf(table), '=', of.id);
    return lock(row).compile() as CompiledQuery<Row>;
  });
  return async (tx, id) => {
    const rows = await tx.execute(statement({ orgId: tx.tenant.orgId, id }));
    return rows[0] ?? null;
  };
}

function idOf(table: EntityTable) {
  return sql.ref(`${table}.id`);
}

/** What the statement is prepared under: `api-keys.by-ids`. */
function nameOf(table: EntityTable, what: string): string {
  return `${table.replaceAll('_', '-')}.${what}`;
}
