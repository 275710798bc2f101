import type { Client } from 'pg';
import { newUuid } from '../../../src/shared/ids.js';
import { withAdminConnection } from '../../../src/tenancy/admin-connection.js';
import type { ContextSeal } from '../../../src/tenancy/context-seal.js';
import { contextStatements } from '../../../src/tenancy/tenant.js';
import type { TestDatabase } from '../database.js';
import { type TenantTable, tenantTables } from '../tenant-tables.js';
import { AttackReport, type AttackResult } from './attack-report.js';
import { newWord } from './made-up-values.js';
import { RowGuard } from './row-guard.js';
import { addShoppers, attacksOfShopper, ownAlone } from './shoppers-in-sql.js';
import type { Privilege, SqlAttack, Target } from './sql-attack.js';
import { serverAttacks } from './sql-definition-attacks.js';
import { tableAttacks } from './sql-table-attacks.js';
import { furnish, rowsOf } from './twin-rows.js';

export interface DatabaseAttackResult extends AttackResult {
  /** Names of the tables that were attacked. */
  tables: string[];
}

export interface DatabaseAttackOptions {
  /** For a database whose contexts are sealed: makes the seals of the attacking organization. */
  seal?: ContextSeal;
}

/** Nothing here should wait for anything. */
const STATEMENT_TIMEOUT_MS = 5_000;

/**
 * Attacks a database in SQL as the serving role: in the context of one organization, and without any,
 * for the rows of its twin; once more as what that becomes for shoppers; and as shoppers for all rows of their own
 * organization that are not theirs. Every tenant table is found in the catalog.
 *
 * Left out is what PostgreSQL lets everybody do who may write at all and which shows and changes no row:
 * LOCK TABLE. So is setting the context to another organization in a database that is not sealed, which
 * is not promised against; in a sealed one it must come to the same as no context. See
 * src/tenancy/README.md.
 */
export async function attackDatabase(
  database: TestDatabase,
  { seal }: DatabaseAttackOptions = {},
): Promise<DatabaseAttackResult> {
  const report = new AttackReport();
  let tables: TenantTable[] = [];
  await withAdminConnection(database.superuserUrl, async (superuser) => {
    tables = ownedTables(await tenantTables(superuser), report);
    const [attacker, victim] = [newUuid(), newUuid()];
    const word = newWord();
    for (const [orgId, its] of [
      [attacker, word],
      [victim, newWord()],
    ] as const) {
      for (const fault of await furnish(superuser, tables, orgId, { word: its })) {
        report.breach(fault);
      }
    }
    const shoppers = await addShoppers(superuser, tables, attacker, word);
    await superuser.query('ANALYZE');
    const targets = await targetsOf(superuser, tables, attacker, victim);
    const guard = new RowGuard(superuser, tables, { orgId: attacker });
    await guard.remember([attacker, victim]);
    const [roles, relations] = [await otherRoles(superuser), await otherTables(superuser, tables)];
    await withAdminConnection(database.appUrl, async (app) => {
      await app.query(`SET statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
      const attacks = [
        ...targets.flatMap((target) =>
          tableAttacks(target, targets).map((attack) => ({ on: target.table.name, attack })),
        ),
        ...serverAttacks(roles, relations).map((attack) => ({ on: 'the server', attack })),
      ];
      const backend = { pid: await backendOf(app), clockOffsetMs: 0 };
      const tenant = { orgId: attacker, userId: null };
      const ownSeal = seal?.make(tenant, backend);
      const contexts: Context[] = [
        { name: 'as another organization', isOwn: true, set: contextStatements(tenant, ownSeal) },
        { name: 'without a context', isOwn: false, set: '' },
        {
          name: 'as a shopper of another organization',
          isOwn: true,
          isShopper: true,
          set: `${contextStatements(tenant, ownSeal)}; SET LOCAL ROLE rowhouse_shopper`,
        },
      ];
      if (ownSeal) {
        const forged = { orgId: victim, userId: null };
        contexts.push({
          name: 'in a forged context',
          isOwn: false,
          set: contextStatements(forged, ownSeal),
        });
      }
      for (const context of contexts) {
        for (const { on, attack } of attacks) {
          await make(attack, { on, context, app, guard, report });
        }
      }
      for (const { kind, uuid } of shoppers) {
        const me = { orgId: attacker, userId: uuid };
        const context: Context = {
          name: `as a ${kind}`,
          isOwn: true,
          set: `${contextStatements(me, seal?.make(me, backend))}; SET LOCAL ROLE rowhouse_shopper`,
        };
        const attacking = { orgId: attacker, shopper: { id: uuid, changeable: ownAlone } };
        const ownGuard = new RowGuard(superuser, tables, attacking);
        await ownGuard.remember([attacker, victim]);
        for (const { table, attack } of await attacksOfShopper(superuser, tables, me)) {
          await make(attack, { on: table, context, app, guard: ownGuard, report });
        }
      }
    });
  });
  return { ...report.result, tables: tables.map(({ name }) => name) };
}

/** The tables whose rows can be told by organization; one that cannot is a breach by itself. */
export function ownedTables(tables: TenantTable[], report: AttackReport): TenantTable[] {
  return tables.filter(({ name, owner, columns }) => {
    if (columns.includes(owner)) return true;
    report.breach(`The table ${name} has no ${owner}: nobody can tell whose its rows are.`);
    return false;
  });
}

interface Context {
  /** For the line of a breach. */
  name: string;
  /** Whether it is that of the attacking organization, and holds. */
  isOwn: boolean;
  /** Whether it is that of a shopper, who may do less: whatever is refused, or finds fewer rows, is as it should be. */
  isShopper?: boolean;
  /** The statements that set it, if any. */
  set: string;
}

interface Attempt {
  /** Table, for the line of a breach. */
  on: string;
  context: Context;
  app: Client;
  guard: RowGuard;
  report: AttackReport;
}

async function make(attack: SqlAttack, { on, context, app, guard, report }: Attempt) {
  const { kind, text, commits = false } = attack;
  const expected =
    context.isOwn || attack.expectedUnset === undefined ? attack.expected : attack.expectedUnset;
  if (expected === null) return;
  report.count(`SQL ${kind}`);
  await app.query(`BEGIN; ${context.set}`);
  const outcome = await outcomeOf(app, attack, commits);
  const where = `SQL ${kind} on ${on}, ${context.name}`;
  const isAsExpected = context.isShopper
    ? typeof outcome === 'string' || outcome <= (typeof expected === 'number' ? expected : 0)
    : outcome === expected;
  if (!isAsExpected) {
    report.breach(
      `${where}: expected ${shown(expected)}, got ${shown(outcome)} from ${text.replaceAll(/\s+/g, ' ').slice(0, 200)}`,
    );
  }
  if (commits && typeof outcome === 'number') {
    const { others } = await guard.undo();
    if (others) report.breach(`${where}: changed rows of others: ${text}`);
  }
}

/** Runs the statement and ends the transaction. @returns rows, or the SQLSTATE of whichever failed */
async function outcomeOf(
  app: Client,
  { text, values }: SqlAttack,
  commits: boolean,
): Promise<number | string> {
  let outcome: number | string;
  try {
    const result = await (values ? app.query(text, values) : app.query(text));
    const last = Array.isArray(result) ? result.at(-1) : result;
    outcome = last.rowCount ?? 0;
  } catch (error) {
    outcome = sqlStateOf(error);
  }
  try {
    await app.query(commits && typeof outcome === 'number' ? 'COMMIT' : 'ROLLBACK');
  } catch (error) {
    outcome = sqlStateOf(error);
    await app.query('ROLLBACK');
  }
  return outcome;
}

function sqlStateOf(error: unknown): string {
  const { code } = error as { code?: string };
  // A lost connection: nothing more can be tried.
  if (!code || !/^[0-9A-Z]{5}$/.test(code)) throw error;
  return code;
}

function shown(outcome: number | string): string {
  return typeof outcome === 'number' ? `${outcome} rows` : `SQLSTATE ${outcome}`;
}

async function targetsOf(
  superuser: Client,
  tables: TenantTable[],
  attacker: string,
  victim: string,
): Promise<Target[]> {
  const { rows } = await superuser.query<{
    name: string;
    privileges: Privilege[];
    uniques: string[][];
    policies: string[];
  }>(
    `SELECT relname::text AS name,
       ARRAY(SELECT privilege FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
         WHERE has_table_privilege('rowhouse_app', oid, privilege)) AS privileges,
       (SELECT coalesce(json_agg((SELECT json_agg(attname) FROM pg_attribute
            WHERE attrelid = indrelid AND attnum = ANY (indkey::int2[]))), '[]')
          FROM pg_index WHERE indrelid = pg_class.oid AND indisunique
            AND indpred IS NULL AND indexprs IS NULL) AS uniques,
       ARRAY(SELECT polname::text FROM pg_policy WHERE polrelid = oid) AS policies
     FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY ($1)`,
    [tables.map(({ name }) => name)],
  );
  const targets: Target[] = [];
  for (const table of tables) {
    const found = rows.find(({ name }) => name === table.name);
    const [ours, theirs] = [
      await rowsOf(superuser, table, attacker),
      await rowsOf(superuser, table, victim),
    ];
    // Said already by `furnish`.
    if (!found || ours.length === 0 || theirs.length === 0) continue;
    targets.push({ ...found, table, ours, theirs, attacker, victim });
  }
  return targets;
}

async function backendOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid as number;
}

/** Tables that are no tenant's and not PostgreSQL's: nothing in them is for the serving role. */
async function otherTables(superuser: Client, tables: TenantTable[]): Promise<string[]> {
  const { rows } = await superuser.query<{ name: string }>(
    `SELECT format('%I.%I', nspname, relname) AS name
     FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE relkind IN ('r', 'p', 'm') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
       AND NOT (nspname = 'public' AND relname = ANY ($1))
     ORDER BY 1`,
    [tables.map(({ name }) => name)],
  );
  return rows.map(({ name }) => name);
}

/** Every role but the serving one, what it becomes for shoppers, and those that PostgreSQL brings along. */
async function otherRoles(superuser: Client): Promise<string[]> {
  const { rows } = await superuser.query<{ name: string }>(
    `SELECT rolname::text AS name FROM pg_roles
     WHERE rolname NOT IN ('rowhouse_app', 'rowhouse_shopper') AND (rolname NOT LIKE 'pg\\_%' OR rolname = 'pg_read_all_data')
     ORDER BY rolname`,
  );
  return rows.map(({ name }) => name);
}
