import type { Client } from 'pg';
import { newUuid } from '../../../src/shared/ids.js';
import { withAdminConnection } from '../../../src/tenancy/admin-connection.js';
import type { TestDatabase } from '../database.js';
import { type TenantTable, tenantTables } from '../tenant-tables.js';
import { AttackReport, type AttackResult } from './attack-report.js';
import { newWord } from './made-up-values.js';
import { RowGuard } from './row-guard.js';
import {
  type Privilege,
  type SqlAttack,
  serverAttacks,
  type Target,
  tableAttacks,
} from './sql-attacks.js';
import { furnish, rowsOf } from './twin-rows.js';

export interface DatabaseAttackResult extends AttackResult {
  /** Names of the tables that were attacked. */
  tables: string[];
}

/** Nothing here should wait for anything. */
const STATEMENT_TIMEOUT_MS = 5_000;

/**
 * Attacks a database in SQL as the serving role: in the context of one organization, and without any,
 * for the rows of its twin. Every tenant table is found in the catalog.
 *
 * Left out is what PostgreSQL lets everybody do who may write at all and which shows and changes no row:
 * LOCK TABLE. So is setting the context to another organization, which is not promised against; see
 * src/tenancy/README.md.
 */
export async function attackDatabase(database: TestDatabase): Promise<DatabaseAttackResult> {
  const report = new AttackReport();
  let tables: TenantTable[] = [];
  await withAdminConnection(database.superuserUrl, async (superuser) => {
    tables = ownedTables(await tenantTables(superuser), report);
    const [attacker, victim] = [newUuid(), newUuid()];
    for (const orgId of [attacker, victim]) {
      for (const fault of await furnish(superuser, tables, orgId, { word: newWord() })) {
        report.breach(fault);
      }
    }
    await superuser.query('ANALYZE');
    const targets = await targetsOf(superuser, tables, attacker, victim);
    const guard = new RowGuard(superuser, tables, attacker);
    await guard.remember([attacker, victim]);
    const roles = await otherRoles(superuser);
    await withAdminConnection(database.appUrl, async (app) => {
      await app.query(`SET statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
      const attacks = [
        ...targets.flatMap((target) =>
          tableAttacks(target, targets).map((attack) => ({ on: target.table.name, attack })),
        ),
        ...serverAttacks(roles).map((attack) => ({ on: 'the server', attack })),
      ];
      for (const context of [attacker, null]) {
        for (const { on, attack } of attacks) {
          await make(attack, { on, context, app, guard, report });
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

interface Attempt {
  /** Table, for the line of a breach. */
  on: string;
  /** UUID of the organization; null for no context at all. */
  context: string | null;
  app: Client;
  guard: RowGuard;
  report: AttackReport;
}

async function make(attack: SqlAttack, { on, context, app, guard, report }: Attempt) {
  const { kind, text, commits = false } = attack;
  const expected =
    context === null && attack.expectedUnset !== undefined ? attack.expectedUnset : attack.expected;
  if (expected === null) return;
  report.count(`SQL ${kind}`);
  await app.query(context === null ? 'BEGIN' : `BEGIN; SET LOCAL app.current_org = '${context}'`);
  const outcome = await outcomeOf(app, attack, commits);
  const where = `SQL ${kind} on ${on}, ${context === null ? 'without a context' : 'as another organization'}`;
  if (outcome !== expected) {
    report.breach(
      `${where}: expected ${shown(expected)}, got ${shown(outcome)} from ${text.replaceAll(/\s+/g, ' ').slice(0, 200)}`,
    );
  }
  if (commits && typeof outcome === 'number') {
    const { others } = await guard.undo();
    if (others) report.breach(`${where}: changed rows of another organization: ${text}`);
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

/** Every role but the serving one and those that PostgreSQL brings along. */
async function otherRoles(superuser: Client): Promise<string[]> {
  const { rows } = await superuser.query<{ name: string }>(
    `SELECT rolname::text AS name FROM pg_roles
     WHERE rolname <> 'rowhouse_app' AND (rolname NOT LIKE 'pg\\_%' OR rolname = 'pg_read_all_data')
     ORDER BY rolname`,
  );
  return rows.map(({ name }) => name);
}
