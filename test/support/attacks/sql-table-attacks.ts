import pg from 'pg';
import { newUuid } from '../../../src/shared/ids.js';
import type { Row, TenantTable } from '../tenant-tables.js';
import {
  type Expected,
  INSUFFICIENT_PRIVILEGE,
  type Privilege,
  type SqlAttack,
  type Target,
} from './sql-attack.js';
import { definitionAttacks } from './sql-definition-attacks.js';
import { pointingAt } from './twin-rows.js';

const quoted = pg.escapeIdentifier;
const literal = pg.escapeLiteral;

export const FOREIGN_KEY_VIOLATION = '23503';
const FEATURE_NOT_SUPPORTED = '0A000';

/** All that is tried on one table. `parents` are the targets that its foreign keys point at. */
export function tableAttacks(target: Target, parents: Target[]): SqlAttack[] {
  return [
    ...readAttacks(target),
    ...writeAttacks(target),
    ...conflictAttacks(target),
    ...mergeAttacks(target),
    ...copyAttacks(target),
    ...referenceAttacks(target, parents),
    ...definitionAttacks(target),
  ];
}

/** A table whose rows the role may not even touch so is refused before its policy is asked. */
function unlessRefused({ privileges }: Target, needed: Privilege[], expected: Expected): Expected {
  return needed.every((privilege) => privileges.includes(privilege))
    ? expected
    : INSUFFICIENT_PRIVILEGE;
}

function readAttacks(target: Target): SqlAttack[] {
  const { table, attacker, victim } = target;
  const [name, owner] = [quoted(table.name), quoted(table.owner)];
  const none = unlessRefused(target, ['SELECT'], 0);
  const locked = unlessRefused(target, ['SELECT', 'UPDATE'], 0);
  return [
    { kind: 'SELECT', text: `SELECT FROM ${name} WHERE ${owner} = $1`, values: [victim] },
    {
      kind: 'SELECT',
      text: `SELECT FROM ${name} WHERE ${owner} IS DISTINCT FROM $1`,
      values: [attacker],
    },
    {
      // Divides by zero as soon as it is asked of a foreign row, before the policy or after it.
      kind: 'SELECT',
      text: `SELECT FROM ${name} AS t WHERE CASE WHEN ${owner} = $1 THEN 1 / (length(t::text) * 0) END = 1`,
      values: [victim],
    },
  ]
    .map((attack): SqlAttack => ({ ...attack, expected: none }))
    .concat(
      ['FOR UPDATE', 'FOR SHARE', 'FOR KEY SHARE'].map((lock) => ({
        kind: 'SELECT FOR UPDATE',
        text: `SELECT FROM ${name} WHERE ${owner} = $1 ${lock}`,
        values: [victim],
        expected: locked,
      })),
    );
}

function writeAttacks(target: Target): SqlAttack[] {
  const { table, attacker, victim, theirs } = target;
  const [name, owner] = [quoted(table.name), quoted(table.owner)];
  const updated = unlessRefused(target, ['SELECT', 'UPDATE'], 0);
  const attacks: SqlAttack[] = [
    {
      kind: 'INSERT',
      ...insertion(table, anew(table, theirs[0])),
      expected: INSUFFICIENT_PRIVILEGE,
    },
    {
      kind: 'INSERT',
      ...insertion(table, theirs[0]),
      expected: INSUFFICIENT_PRIVILEGE,
    },
    {
      kind: 'UPDATE',
      text: `UPDATE ${name} SET ${owner} = ${owner} WHERE ${owner} = $1`,
      values: [victim],
      expected: updated,
    },
    {
      kind: 'DELETE',
      text: `DELETE FROM ${name} WHERE ${owner} = $1`,
      values: [victim],
      expected: unlessRefused(target, ['SELECT', 'DELETE'], 0),
    },
    {
      kind: 'UPDATE of org_id',
      text: `UPDATE ${name} SET ${owner} = $1 WHERE ${owner} = $2`,
      values: [victim, attacker],
      expected: INSUFFICIENT_PRIVILEGE,
      expectedUnset: updated,
    },
    {
      kind: 'UPDATE of org_id',
      text: `UPDATE ${name} SET ${owner} = $1 WHERE ${owner} = $2`,
      values: [attacker, victim],
      expected: updated,
    },
  ];
  return attacks.map((attack) => ({ ...attack, commits: true }));
}

/** INSERT … ON CONFLICT on each unique key, with the values that a row of theirs has there. */
function conflictAttacks(target: Target): SqlAttack[] {
  const { table, theirs, uniques } = target;
  const asOurs = theirsAsOurs(target);
  return uniques.flatMap((columns): SqlAttack[] => {
    const key = columns.map(quoted).join(', ');
    const onConflict = (action: string) => `ON CONFLICT (${key}) DO ${action}`;
    const update = `UPDATE SET ${columns.map((column) => `${quoted(column)} = excluded.${quoted(column)}`)}`;
    const kind = 'INSERT ON CONFLICT';
    const attempts: SqlAttack[] = [
      onConflict('NOTHING'),
      onConflict(update),
      `${onConflict(update)} RETURNING *`,
    ].map((end) => ({
      kind,
      ...insertion(table, theirs[0], end),
      expected: INSUFFICIENT_PRIVILEGE,
      commits: true,
    }));
    const unset = { expectedUnset: INSUFFICIENT_PRIVILEGE, commits: true };
    if (!columns.includes(table.owner)) {
      // A key over all organizations, as a slug is, does tell that it is taken, and nothing else.
      attempts.push(
        {
          kind,
          ...insertion(table, asOurs, onConflict('NOTHING')),
          expected: unlessRefused(target, ['INSERT', 'SELECT'], 0),
          ...unset,
        },
        {
          kind,
          ...insertion(table, asOurs, onConflict(update)),
          expected: INSUFFICIENT_PRIVILEGE,
          ...unset,
        },
      );
    } else if (asOurs && columns.length > 1) {
      // Within the own organization their key is free.
      const added = unlessRefused(target, ['INSERT', 'SELECT'], 1);
      const free = unlessRefused(target, ['INSERT', 'SELECT', 'UPDATE'], 1);
      attempts.push(
        { kind, ...insertion(table, asOurs, onConflict('NOTHING')), expected: added, ...unset },
        { kind, ...insertion(table, asOurs, onConflict(update)), expected: free, ...unset },
      );
    }
    return attempts;
  });
}

function mergeAttacks(target: Target): SqlAttack[] {
  const { table, theirs, victim } = target;
  const [name, owner] = [quoted(table.name), quoted(table.owner)];
  const list = table.columns.map(quoted).join(', ');
  const source = `jsonb_populate_record(NULL::${name}, $1) AS s`;
  const merge = (action: string) => ({
    kind: 'MERGE',
    text: `MERGE INTO ${name} AS t USING ${source} ON t.${owner} = s.${owner} AND s.${owner} = ${literal(victim)} WHEN ${action}`,
    values: [theirs[0]],
    commits: true,
  });
  const inserted = table.columns.map((column) => `s.${quoted(column)}`).join(', ');
  return [
    {
      ...merge(`MATCHED THEN UPDATE SET ${owner} = s.${owner}`),
      expected: unlessRefused(target, ['SELECT', 'UPDATE'], 0),
    },
    {
      ...merge('MATCHED THEN DELETE'),
      expected: unlessRefused(target, ['SELECT', 'DELETE'], 0),
    },
    {
      ...merge(`NOT MATCHED THEN INSERT (${list}) VALUES (${inserted})`),
      expected: INSUFFICIENT_PRIVILEGE,
    },
  ];
}

function copyAttacks(target: Target): SqlAttack[] {
  const { table, ours, victim } = target;
  const [name, owner] = [quoted(table.name), quoted(table.owner)];
  return [
    {
      kind: 'COPY TO',
      text: `COPY (SELECT * FROM ${name} WHERE ${owner} = ${literal(victim)}) TO STDOUT`,
      expected: unlessRefused(target, ['SELECT'], 0),
    },
    {
      kind: 'COPY TO',
      text: `COPY ${name} TO STDOUT`,
      expected: unlessRefused(target, ['SELECT'], ours.length),
      expectedUnset: unlessRefused(target, ['SELECT'], 0),
    },
    {
      kind: 'COPY TO',
      text: `COPY ${name} TO PROGRAM 'true'`,
      expected: INSUFFICIENT_PRIVILEGE,
    },
    {
      kind: 'COPY FROM',
      text: `COPY ${name} FROM STDIN`,
      expected: unlessRefused(target, ['INSERT'], FEATURE_NOT_SUPPORTED),
    },
    { kind: 'COPY FROM', text: `COPY ${name} FROM '/dev/null'`, expected: INSUFFICIENT_PRIVILEGE },
    { kind: 'TRUNCATE', text: `TRUNCATE ${name}`, expected: INSUFFICIENT_PRIVILEGE },
    { kind: 'TRUNCATE', text: `TRUNCATE ${name} CASCADE`, expected: INSUFFICIENT_PRIVILEGE },
  ];
}

/** An own row that points at a row of theirs, through each foreign key. */
function referenceAttacks(target: Target, parents: Target[]): SqlAttack[] {
  const { table, ours, attacker } = target;
  return table.references.flatMap((reference): SqlAttack[] => {
    const theirParent = parents.find((parent) => parent.table.name === reference.table)?.theirs[0];
    const changed = reference.columns.filter((column) => column !== table.owner);
    // One that points somewhere already, if any does: a CHECK may forbid it to the others.
    const child = ours.find((row) => changed.every((column) => row[column] !== null)) ?? ours[0];
    if (!theirParent || !child) return [];
    const pointer = { ...pointingAt(theirParent, reference), [table.owner]: attacker };
    const set = changed.map((column, index) => `${quoted(column)} = $${index + 2}`);
    const pointing = changed.map((column) => `${quoted(column)} IS NULL`).join(', ') || '1';
    const values = [attacker, ...changed.map((column) => pointer[column])];
    return [
      {
        kind: 'foreign key',
        ...insertion(table, { ...anew(table, child), ...freeKey(target), ...pointer }),
        expected: unlessRefused(target, ['INSERT'], FOREIGN_KEY_VIOLATION),
        expectedUnset: INSUFFICIENT_PRIVILEGE,
        commits: true,
      },
      {
        kind: 'foreign key',
        text: `UPDATE ${quoted(table.name)} SET ${set.join(', ') || `${quoted(table.owner)} = $1`} WHERE ctid = (SELECT ctid FROM ${quoted(table.name)} WHERE ${quoted(table.owner)} = $1 ORDER BY ${pointing} LIMIT 1)`,
        values,
        expected: unlessRefused(target, ['SELECT', 'UPDATE'], FOREIGN_KEY_VIOLATION),
        expectedUnset: unlessRefused(target, ['SELECT', 'UPDATE'], 0),
        commits: true,
      },
    ];
  });
}

/**
 * A row of ours that has all values of one of theirs, and so its keys, but for what it points at. It takes
 * no key that a row of ours has; undefined where every such row would.
 */
function theirsAsOurs({ table, ours, theirs, attacker }: Target): Row | undefined {
  const pointers = table.references.flatMap(({ columns }) => columns);
  const candidates = theirs.flatMap((row) =>
    ours.map((own): Row => ({ ...row, ...pick(own, pointers), [table.owner]: attacker })),
  );
  return candidates.find(
    (row) =>
      table.owner === 'id' ||
      !ours.some((own) =>
        table.uniques.some((columns) => columns.every((column) => own[column] === row[column])),
      ),
  );
}

/** Values of theirs for what is unique beside the id: within the own organization they are free. */
function freeKey({ table, ours, theirs }: Target): Row {
  const columns = table.uniques
    .flat()
    .filter((column) => column !== 'id' && column !== table.owner && !isPointer(table, column));
  const key = pick(theirs[0], columns);
  // Each organization counts for itself, so that theirs are ours as well.
  for (const column of columns.filter((name) => typeof key[name] === 'number')) {
    key[column] = Math.max(...ours.map((row) => Number(row[column]))) + 1;
  }
  return key;
}

/** The row with another id, where it has one beside its organization. */
function anew(table: TenantTable, row: Row | undefined): Row {
  return table.columns.includes('id') ? { ...row, id: newUuid() } : { ...row };
}

function isPointer({ references, owner }: TenantTable, column: string): boolean {
  return column !== owner && references.some(({ columns }) => columns.includes(column));
}

function pick(row: Row | undefined, names: string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row?.[name]]));
}

/** Inserts a row as it is, or with what ends the statement. */
export function insertion({ name, columns }: TenantTable, row: Row | undefined, end = '') {
  const list = columns.map(quoted).join(', ');
  return {
    text: `INSERT INTO ${quoted(name)} (${list})
           SELECT ${list} FROM jsonb_populate_record(NULL::${quoted(name)}, $1) ${end}`,
    values: [row],
  };
}
