import type { Environment } from '../config/environment.js';
import { backoff } from '../shared/backoff.js';
import { RowhouseError } from '../shared/errors.js';
import type { Tenancy } from '../tenancy/index.js';
import { explainDatabaseFault } from './database-fault.js';
import { UnprotectedDatabase } from './explain-failure.js';
import type { Report } from './report.js';

const PATIENCE_MS = 30_000;
const FIRST_WAIT_MS = 100;
/** Doubled so often, the longest wait is 3.2 seconds. */
const DOUBLINGS = 5;

/**
 * Waits until the database answers and has the tables: in a cluster both may start together.
 *
 * @param patienceMs how long
 * @throws DatabaseFault, in words for a person: when that is over, and at once for what no waiting
 *   changes, such as a wrong password or a database that is not migrated
 */
export async function waitForDatabase(
  tenancy: Tenancy,
  url: string,
  report: Report,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await tenancy.findOrganization('');
      if (attempt > 0) report.progress('PostgreSQL answers.');
      return;
    } catch (error) {
      const fault = explainDatabaseFault(error, url);
      const mayPass = error instanceof RowhouseError && error.code === 'UNAVAILABLE';
      if (!mayPass || Date.now() > deadline) throw fault;
      if (attempt === 0) {
        const reason = fault instanceof Error ? fault.message : String(fault);
        report.progress(`${reason} Trying for ${patienceMs / 1000} seconds …`);
      }
      await backoff(Math.min(attempt, DOUBLINGS), FIRST_WAIT_MS);
    }
  }
}

/** @throws UnprotectedDatabase when the audit, seen as the serving role, finds anything */
export async function refuseWhenUnprotected(
  tenancy: Tenancy,
  { acceptedFindings }: Environment['database'],
): Promise<void> {
  const findings = await tenancy.audit(acceptedFindings);
  if (findings.length > 0) throw new UnprotectedDatabase(findings);
}

/** Tells that the seal protects nothing yet, as while servers are given a key one by one. */
export async function mentionUnusedSeal(tenancy: Tenancy, report: Report): Promise<void> {
  if (await tenancy.isSealAsked()) return;
  report.progress(
    'TENANT_SEAL_KEY is set, but the database asks for no seal yet: npm run db -- seal enable',
  );
}
