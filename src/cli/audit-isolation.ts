import { Command } from 'commander';
import type { Client } from 'pg';
import { readDatabaseEnvironment } from '../config/database-environment.js';
import { count, databaseName, explainDatabaseFault, print } from '../start/index.js';
import {
  auditIsolation,
  type IsolationFinding,
  SERVING_ROLE,
  withAdminConnection,
} from '../tenancy/index.js';
import { EVIDENCE_DIRECTORY, readReport, writeReport } from './isolation-report/index.js';
import { runProgram } from './run-program.js';
import { type TargetDatabase, withTargetDatabase } from './target-database.js';
import { wrappedTable } from './wrapped-table.js';

const DESCRIPTION =
  'Looks in the catalog whether organizations are kept apart. Looks as the role that serves requests, ' +
  `that of DATABASE_URL or of the embedded server; with MIGRATION_DATABASE_URL alone, for ${SERVING_ROLE}. ` +
  'Exits with 1 when something is wrong.';

const COLUMN_WIDTHS = [34, 40, 56, 56];

/** Who is to be audited; without a role, whoever is connected. */
interface Subject {
  url: string;
  role: { servingRole?: string };
}

interface Options {
  /** True when no folder was named. */
  report?: string | true;
}

await runProgram(new Command('npm run audit:isolation').description(DESCRIPTION), (program) => {
  program.option(
    '--report [folder]',
    `write all that was looked at as Markdown and HTML, into ${EVIDENCE_DIRECTORY} or the folder`,
  );
  program.action(({ report }: Options) =>
    withTargetDatabase(async (target) => {
      const { appUrl, ownerUrl } = target;
      const url = appUrl ?? ownerUrl;
      const subject = { url, role: appUrl === undefined ? { servingRole: SERVING_ROLE } : {} };
      try {
        await withAdminConnection(url, async (client) => {
          if (report === undefined) await audit(client, subject);
          else await auditWithReport(client, subject, target, report);
        });
      } catch (error) {
        throw explainDatabaseFault(error, url);
      }
    }),
  );
});

/** Prints what is wrong, or what has been looked at. */
async function audit(client: Client, { url, role }: Subject): Promise<IsolationFinding[]> {
  const accepted = readDatabaseEnvironment().acceptedFindings;
  const findings = await auditIsolation(client, { ...role, accepted });
  if (findings.length === 0) {
    const { connected, tables, policies } = await protection(client);
    print(
      `All is well in ${databaseName(url)}: ${role.servingRole ?? connected} reaches ` +
        `${count(tables, 'table')} only through forced row-level security with ` +
        `${count(policies, 'policy', 'policies')}.`,
    );
    return findings;
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
  return findings;
}

/** Does that, and writes it down with all that was found in order, as of one moment. */
async function auditWithReport(
  client: Client,
  subject: Subject,
  { ownerUrl }: TargetDatabase,
  folder: string | true,
): Promise<void> {
  // Ends with the connection.
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const findings = await audit(client, subject);
  const { url, role } = subject;
  const accepted = readDatabaseEnvironment().acceptedFindings;
  const report = await readReport(client, { url, ownerUrl, ...role, findings, accepted });
  const directory = folder === true ? EVIDENCE_DIRECTORY : folder;
  const [markdown, html] = await writeReport(report, directory);
  print(`\nReport: ${markdown}\n        ${html}`);
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
