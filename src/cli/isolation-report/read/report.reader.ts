import { join } from 'node:path';
import { databaseName, LOCAL_DIRECTORY } from '../../../start/index.js';
import {
  type AuditClient,
  type IsolationCheck,
  type IsolationFinding,
  readBoundary,
} from '../../../tenancy/index.js';
import { checkResults } from '../checks.js';
import type { IsolationReport } from '../report.model.js';
import { readAttacks, readDefects } from './evidence.reader.js';
import { identityOf, readOperatorView } from './operator-view.reader.js';
import { readCommit, readProductVersion } from './product-version.js';

/** Where the tests leave their evidence, and where reports go when no folder is given. */
export const EVIDENCE_DIRECTORY = join(LOCAL_DIRECTORY, 'isolation');

export interface ReportSources {
  /** Of the audited database, as it was audited. */
  url: string;
  /** Of the role that migrates; the same as `url` where there is no other. */
  ownerUrl: string;
  /** The role under audit; by default whoever is connected. */
  servingRole?: string;
  findings: readonly IsolationFinding[];
  /** Checks whose findings were left out. */
  accepted: readonly IsolationCheck[];
}

/**
 * Reads everything that the report tells, once. From the database only the catalog is read, and no row of
 * any organization.
 *
 * @param client in the transaction in which the audit was made, so that both are of one moment
 */
export async function readReport(
  client: AuditClient,
  { url, ownerUrl, servingRole, findings, accepted }: ReportSources,
): Promise<IsolationReport> {
  const { readAs, session, postgres } = await readConnection(client);
  const servingRoles = servingRole === undefined ? [...new Set([readAs, session])] : [servingRole];
  return {
    madeAt: new Date(),
    database: databaseName(url),
    readAs,
    servingRoles,
    versions: {
      rowhouse: await readProductVersion(),
      node: process.versions.node,
      postgres,
      commit: await readCommit(),
    },
    checks: checkResults(findings, accepted),
    findings,
    boundary: await readBoundary(client, servingRoles),
    ...(await readOperatorView(ownerUrl, await identityOf(client))),
    attacks: await readAttacks(join(EVIDENCE_DIRECTORY, 'attacks.json')),
    defects: await readDefects(join(EVIDENCE_DIRECTORY, 'defects.json')),
  };
}

interface Connected {
  readAs: string;
  session: string;
  postgres: string;
}

/** Who is connected to what; from then on, until the transaction ends, names are printed with their schemas. */
async function readConnection(client: AuditClient): Promise<Connected> {
  const { rows } = await client.query(
    `SELECT current_user::text AS "readAs", session_user::text AS session,
            current_setting('server_version') AS postgres, set_config('search_path', '', true)`,
  );
  return rows[0] as Connected;
}
