import pg from 'pg';
import { newUuid } from '../../../src/shared/ids.js';
import type { Row, TenantTable } from '../tenant-tables.js';
import { isForShopper, pointersToBelongings, shopperColumn } from './shoppers.js';
import {
  type Expected,
  INSUFFICIENT_PRIVILEGE,
  type Privilege,
  type SqlAttack,
} from './sql-attack.js';
import { FOREIGN_KEY_VIOLATION, insertion } from './sql-table-attacks.js';

const quoted = pg.escapeIdentifier;

/** A tenant table, as a shopper of the organization finds it. */
export interface ShopperTarget {
  table: TenantTable;
  /** All tables: some point at others. */
  tables: readonly TenantTable[];
  /** Rows of the organization. */
  rows: Row[];
  orgId: string;
  shopperId: string;
  /** Of shoppers, in one of the columns at least. */
  privileges: Privilege[];
}

/** All that is tried on one table for the rows of the own organization that are not the shopper's. */
export function shopperAttacks(target: ShopperTarget): SqlAttack[] {
  return [...readAttacks(target), ...changeAttacks(target), ...insertAttacks(target)];
}

/** What tells the rows apart that are for the shopper; $1 is the organization, $2 the shopper. */
function shownCondition(table: TenantTable): string {
  const column = shopperColumn(table);
  if (column) return `${quoted(column)} = $2`;
  if (table.name === 'products') return '$2::uuid IS NOT NULL AND active AND deleted_at IS NULL';
  return `$2::uuid IS ${isForAll(table) ? 'NOT NULL' : 'NULL'}`;
}

/** Whose shop it is, in SQL everybody sees who comes there. */
const isForAll = ({ name }: TenantTable) =>
  ['categories', 'stock_levels', 'organizations'].includes(name);

/** What a role may not do at all it is refused before its policy is asked. */
function unlessRefused(
  { privileges }: ShopperTarget,
  needed: readonly Privilege[],
  expected: Expected,
): Expected {
  return needed.every((each) => privileges.includes(each)) ? expected : INSUFFICIENT_PRIVILEGE;
}

function readAttacks(target: ShopperTarget): SqlAttack[] {
  const { table, rows, orgId, shopperId } = target;
  const own = rows.filter((row) => isForAll(table) || isForShopper(table, row, shopperId));
  const [name, owner] = [quoted(table.name), quoted(table.owner)];
  const [shown, values] = [shownCondition(table), [orgId, shopperId]];
  const hidden = `${owner} = $1 AND (${shown}) IS NOT TRUE`;
  const read = { values, expected: unlessRefused(target, ['SELECT'], 0) };
  return [
    {
      // The control: without a row that is seen, others that are not prove nothing.
      kind: 'SELECT of own rows',
      text: `SELECT FROM ${name} WHERE ${owner} = $1 AND ${shown}`,
      values,
      expected: unlessRefused(target, ['SELECT'], own.length),
    },
    { ...read, kind: "SELECT of others' rows", text: `SELECT FROM ${name} WHERE ${hidden}` },
    {
      // Divides by zero as soon as it is asked of a row, before the policy or after it.
      ...read,
      kind: "SELECT of others' rows",
      text: `SELECT FROM ${name} WHERE CASE WHEN ${hidden} THEN 1 / (length(${owner}::text) * 0) END = 1`,
    },
    {
      kind: "SELECT of others' rows",
      text: `SELECT FROM ${name} WHERE ${hidden} FOR UPDATE`,
      values,
      expected: unlessRefused(target, ['SELECT', 'UPDATE'], 0),
    },
  ];
}

function changeAttacks(target: ShopperTarget): SqlAttack[] {
  const { table, orgId, shopperId } = target;
  const [name, owner] = [quoted(table.name), quoted(table.owner)];
  const column = shopperColumn(table);
  // What is for all shoppers is none of theirs to change.
  const others = `${owner} = $1 AND ${column ? `${quoted(column)} <> $2` : '$2::uuid IS NOT NULL'}`;
  const attacks: SqlAttack[] = [
    {
      kind: "UPDATE of others' rows",
      text: `UPDATE ${name} SET ${owner} = ${owner} WHERE ${others}`,
      expected: unlessRefused(target, ['SELECT', 'UPDATE'], 0),
    },
    {
      kind: "DELETE of others' rows",
      text: `DELETE FROM ${name} WHERE ${others}`,
      expected: unlessRefused(target, ['SELECT', 'DELETE'], 0),
    },
  ];
  if (column) {
    attacks.push(
      {
        kind: 'UPDATE of the owner',
        text: `UPDATE ${name} SET ${quoted(column)} = $2 WHERE ${others}`,
        expected: unlessRefused(target, ['SELECT', 'UPDATE'], 0),
      },
      {
        kind: 'UPDATE of the owner',
        text: `UPDATE ${name} SET ${quoted(column)} = gen_random_uuid() WHERE ${owner} = $1 AND ${quoted(column)} = $2`,
        expected: INSUFFICIENT_PRIVILEGE,
      },
    );
  }
  return attacks.map((attack) => ({ ...attack, values: [orgId, shopperId], commits: true }));
}

function insertAttacks(target: ShopperTarget): SqlAttack[] {
  const { table, tables, rows, shopperId } = target;
  const column = shopperColumn(table);
  const others = rows.filter((each) => !isForShopper(table, each, shopperId));
  const [row] = others;
  if (!row) return [];
  const anew = table.columns.includes('id') ? { id: newUuid() } : {};
  const refused = { expected: INSUFFICIENT_PRIVILEGE, commits: true };
  const attacks: SqlAttack[] = [
    { kind: "INSERT as another's", ...insertion(table, { ...row, ...anew }), ...refused },
  ];
  if (!column) return attacks;
  const asOwn = { ...row, [column]: shopperId };
  const key = table.uniques.find((columns) => columns.every((each) => each !== column));
  if (key && table.name !== 'users') {
    const onConflict = `ON CONFLICT (${key.map(quoted)}) DO UPDATE SET ${quoted(column)} = excluded.${quoted(column)}`;
    attacks.push({
      kind: "INSERT over another's",
      ...insertion(table, asOwn, onConflict),
      ...refused,
    });
  }
  const pointers = pointersToBelongings(table, tables);
  const pointing = others.filter((each) => pointers.some((pointer) => each[pointer] !== null));
  if (pointing.length > 0) {
    // Under a key that is free, where the pointer is a part of the key.
    const candidates = pointing.flatMap((other) => {
      const pointer = Object.fromEntries(pointers.map((name) => [name, other[name]]));
      return rows.map((each): Row => ({ ...each, ...anew, ...pointer, [column]: shopperId }));
    });
    const isFree = (each: Row) =>
      !table.uniques.some((key) => rows.some((other) => isAlike(each, other, key)));
    attacks.push({
      kind: "INSERT into another's",
      ...insertion(table, candidates.find(isFree) ?? asOwn),
      commits: true,
      expected: unlessRefused(target, ['INSERT'], FOREIGN_KEY_VIOLATION),
    });
  }
  return attacks;
}

function isAlike(row: Row, other: Row, columns: readonly string[]): boolean {
  return columns.every((column) => row[column] === other[column]);
}
