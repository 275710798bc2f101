import { Command } from 'commander';
import type { Client } from 'pg';
import { readDatabaseEnvironment } from '../config/database-environment.js';
import { count, databaseName, explainDatabaseFault, print } from '../start/index.js';
import { auditIsolation, SERVING_ROLE, withAdminConnection } from '../tenancy/index.js';
import { runProgram } from './run-program.js';
import { withTargetDatabase } from './target-database.js';
import { wrappedTable } from './wrapped-table.js';

const DESCRIPTION =
  'Looks in the catalog whether organizations are kept apart. Looks as the role that serves requests, ' +
  `that of DATABASE_URL or of the embedded server; with MIGRATION_DATABASE_URL alone, for ${SERVING_ROLE}. ` +
  'Exits with 1 when something is wrong.';

const COLUMN_WIDTHS = [34, 40, 56, 56];

await runProgram(new Command('npm run audit:isolation').description(DESCRIPTION), (program) => {
  program.action(() =>
    withTargetDatabase(async ({ appUrl, ownerUrl }) => {
      const url = appUrl ?? ownerUrl;
      try {
        await withAdminConnection(url, (client) =>
          audit(client, url, appUrl === undefined ? { servingRole: SERVING_ROLE } : {}),
        );
      } catch (error) {
        throw explainDatabaseFault(error, url);
      }
    }),
  );
});

/** Prints what is wrong, or what has been looked at. Without a role, it is the connected one's turn. */
async function audit(client: Client, url: string, role: { servingRole?: string }): Promise<void> {
  const accepted = readDatabaseEnvironment().acceptedFindings;
  const findings = await auditIsolation(client, { ...role, accepted });
  if (findings.length === 0) {
    const { connected, tables, policies } = await protection(client);
    print(
      `All is well in ${databaseName(url)}: ${role.servingRole ?? connected} reaches ` +
        `${count(tables, 'table')} only through forced row-level security with ` +
        `${count(policies, 'policy', 'policies')}.`,
    );
    return;
  }
  const rows = findings.map(({ check, object, problem, remedy }) => [
    check,
    object,
    problem,
    remedy,
  ]);
  print(wrappedTable([['CHECK', 'OBJECT', 'PROBLEM', 'REMEDY'], ...rows], COLUMN_WIDTHS));
  print(`\n${count(findings.length, 'finding')} in ${databaseName(url)}.`);
  process.exitCode = 1;
}

interface Protection {
  connected: string;
  tables: number;
  policies: number;
}

async function protection(client: Client): Promise<Protection> {
  const { rows } = await client.query<Protection>(
    `SELECT current_user AS connected, count(*)::int AS tables,
            (SELECT count(*)::int FROM pg_policy) AS policies
       FROM pg_class WHERE relrowsecurity AND relforcerowsecurity`,
  );
  return rows[0] as Protection;
}
