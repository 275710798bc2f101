import pg from 'pg';
import { newUuid } from '../../../src/shared/ids.js';
import type { Row, TenantTable } from '../tenant-tables.js';
import { pointingAt } from './twin-rows.js';

const quoted = pg.escapeIdentifier;
const literal = pg.escapeLiteral;

/** What a statement must come to: so many rows, or this SQLSTATE. */
export type Expected = number | string;

const INSUFFICIENT_PRIVILEGE = '42501';
const FOREIGN_KEY_VIOLATION = '23503';
const FEATURE_NOT_SUPPORTED = '0A000';

export type Privilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';

/** One statement that the serving role tries. */
export interface SqlAttack {
  /** `SELECT`, `COPY FROM`, `DDL` … */
  kind: string;
  text: string;
  values?: unknown[];
  /** In the context of the attacking organization. */
  expected: Expected;
  /** Without any context, where that is another; null where there is nothing to try. */
  expectedUnset?: Expected | null;
  /** Committed, so that what acts late would show; other attacks are rolled back. */
  commits?: boolean;
}

/** A tenant table with a row of each side, and what the serving role has there. */
export interface Target {
  table: TenantTable;
  /** Rows of the attacking organization. */
  ours: Row[];
  /** Rows of the attacked one. */
  theirs: Row[];
  /** UUIDs of the two organizations. */
  attacker: string;
  victim: string;
  /** Of the serving role. */
  privileges: Privilege[];
  /** Columns of the unique keys that ON CONFLICT can name. */
  uniques: string[][];
  policies: string[];
}

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
      const free = unlessRefused(target, ['INSERT', 'SELECT', 'UPDATE'], 1);
      attempts.push(
        { kind, ...insertion(table, asOurs, onConflict('NOTHING')), expected: free, ...unset },
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
    const child = ours[0];
    if (!theirParent || !child) return [];
    const pointer = { ...pointingAt(theirParent, reference), [table.owner]: attacker };
    const changed = reference.columns.filter((column) => column !== table.owner);
    const set = changed.map((column, index) => `${quoted(column)} = $${index + 2}`);
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
        text: `UPDATE ${quoted(table.name)} SET ${set.join(', ') || `${quoted(table.owner)} = $1`} WHERE ctid = (SELECT ctid FROM ${quoted(table.name)} WHERE ${quoted(table.owner)} = $1 LIMIT 1)`,
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
function theirsAsOurs({ table, ours, theirs, attacker, uniques }: Target): Row | undefined {
  const pointers = table.references.flatMap(({ columns }) => columns);
  const candidates = theirs.flatMap((row) =>
    ours.map((own): Row => ({ ...row, ...pick(own, pointers), [table.owner]: attacker })),
  );
  return candidates.find(
    (row) =>
      table.owner === 'id' ||
      !ours.some((own) =>
        uniques.some((columns) => columns.every((column) => own[column] === row[column])),
      ),
  );
}

/** Values of theirs for what is unique beside the id: within the own organization they are free. */
function freeKey({ table, theirs, uniques }: Target): Row {
  const columns = uniques
    .flat()
    .filter((column) => column !== 'id' && column !== table.owner && !isPointer(table, column));
  return pick(theirs[0], columns);
}

/** What only the owner of a table may do to it. Rolled back: a table that is gone is in nobody's interest. */
function definitionAttacks({ table, policies }: Target): SqlAttack[] {
  const name = quoted(table.name);
  const texts = [
    `ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`,
    `ALTER TABLE ${name} DISABLE TRIGGER ALL`,
    `ALTER TABLE ${name} OWNER TO current_user`,
    `CREATE POLICY everything ON ${name} USING (true)`,
    ...policies.flatMap((policy) => [
      `ALTER POLICY ${quoted(policy)} ON ${name} USING (true)`,
      `DROP POLICY ${quoted(policy)} ON ${name}`,
    ]),
    `CREATE TRIGGER attack BEFORE INSERT ON ${name} FOR EACH ROW
     EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
    `CREATE RULE attack AS ON INSERT TO ${name} DO INSTEAD NOTHING`,
    `CREATE INDEX ON ${name} (${quoted(table.owner)})`,
    `DROP TABLE ${name} CASCADE`,
  ];
  const definitions = texts.map((text) => ({ kind: 'DDL', text }));
  const unprotected = {
    kind: 'SET row_security',
    text: `SET LOCAL row_security = off; SELECT FROM ${name}`,
  };
  return [...definitions, unprotected].map((attack) => ({
    ...attack,
    expected: INSUFFICIENT_PRIVILEGE,
  }));
}

/**
 * What concerns no single tenant table: other roles and their rights, the server's files and figures.
 *
 * @param relations names, quoted, of tables that belong to no tenant, such as the history of migrations
 */
export function serverAttacks(roles: string[], relations: string[]): SqlAttack[] {
  const refused = (kind: string, ...texts: string[]) =>
    texts.map((text): SqlAttack => ({ kind, text, expected: INSUFFICIENT_PRIVILEGE }));
  return [
    ...refused(
      'SET ROLE',
      ...roles.flatMap((role) => [
        `SET ROLE ${quoted(role)}`,
        `SET SESSION AUTHORIZATION ${quoted(role)}`,
      ]),
      'ALTER ROLE CURRENT_USER BYPASSRLS',
      'ALTER ROLE CURRENT_USER SUPERUSER',
    ),
    ...refused('other tables', ...relations.map((relation) => `SELECT FROM ${relation}`)),
    ...refused('SET', 'SET LOCAL session_replication_role = replica'),
    ...refused(
      'DDL',
      'CREATE TEMP TABLE attack (x int)',
      'CREATE TABLE public.attack (x int)',
      'CREATE TABLE tenancy.attack (x int)',
      'CREATE SCHEMA attack',
      'CREATE VIEW public.attack AS SELECT 1',
      "CREATE FUNCTION public.attack() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      "CREATE OR REPLACE FUNCTION tenancy.current_org() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT NULL::uuid'",
    ),
    ...refused(
      'large object',
      'SELECT lo_create(0)',
      "SELECT lo_from_bytea(0, '')",
      "SELECT lo_import('/dev/null')",
      'SELECT FROM pg_largeobject',
    ),
    ...refused(
      'server file',
      "SELECT pg_read_file('PG_VERSION')",
      "SELECT pg_ls_dir('.')",
      "COPY (SELECT 1) TO PROGRAM 'true'",
    ),
    ...refused('statistics', 'SELECT FROM pg_statistic', 'SELECT FROM pg_authid'),
    {
      kind: 'statistics',
      text: "SELECT FROM pg_stats WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
      expected: 0,
    },
    {
      kind: 'statistics',
      text: `SELECT FROM pg_stat_activity
             WHERE usename <> current_user AND query NOT IN ('', '<insufficient privilege>')`,
      expected: 0,
    },
  ];
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

function insertion({ name, columns }: TenantTable, row: Row | undefined, end = '') {
  const list = columns.map(quoted).join(', ');
  return {
    text: `INSERT INTO ${quoted(name)} (${list})
           SELECT ${list} FROM jsonb_populate_record(NULL::${quoted(name)}, $1) ${end}`,
    values: [row],
  };
}
