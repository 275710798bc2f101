import { SalesLedger } from '../../commerce/index.js';
import { readDatabaseEnvironment } from '../../config/database-environment.js';
import {
  createOrganizationAdministration,
  type OrganizationAdministration,
} from '../../identity/index.js';
import { systemClock } from '../../shared/clock.js';
import { createLogger } from '../../shared/logger.js';
import { databaseName, explainDatabaseFault, Refusal } from '../../start/index.js';
import {
  listOrganizations,
  type OrganizationEntry,
  Tenancy,
  withAdminConnection,
} from '../../tenancy/index.js';
import { requireAppUrl, withTargetDatabase } from '../target-database.js';

/** What the commands of the operator work with. */
export interface OperatorAccess {
  administration: OrganizationAdministration;
  /** For people: `database rowhouse at localhost:5432`. */
  database: string;
  /** The UUID of the organization with this slug. @throws Refusal when there is none */
  find(slug: string): Promise<string>;
}

/** An organization may be large, and who erases it waits at a terminal. */
const STATEMENT_TIMEOUT_MS = 3_600_000;

/**
 * Runs `work` as the role that serves requests: nothing of what the operator does to an organization needs more
 * than its own context, and the policies hold here as well.
 */
export async function withOperatorAccess<T>(
  work: (access: OperatorAccess) => Promise<T>,
): Promise<T> {
  return withTargetDatabase(async (target) => {
    const url = requireAppUrl(
      target,
      'Organizations are worked on as the role that serves requests, through row-level security',
    );
    const settings = {
      url,
      size: 1,
      waitLimitMs: 5_000,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      idleInTransactionTimeoutMs: 60_000,
      sealKey: readDatabaseEnvironment().sealKey,
    };
    const tenancy = new Tenancy(settings, createLogger({ level: 'silent' }));
    const database = databaseName(url);
    try {
      await requireSealAccepted(tenancy, settings.sealKey, database);
      return await work({
        administration: createOrganizationAdministration(tenancy, systemClock, new SalesLedger()),
        database,
        async find(slug) {
          const id = await tenancy.findOrganization(slug);
          if (id === null) throw new Refusal(`There is no organization ${slug} in ${database}.`);
          return id;
        },
      });
    } catch (error) {
      throw explainDatabaseFault(error, url);
    } finally {
      await tenancy.close();
    }
  });
}

/**
 * In a sealed database an organization looks empty to who has no key, or another one: nothing would be done to it, and
 * nothing would be left of it.
 *
 * @throws Refusal, SealRefusedError
 */
async function requireSealAccepted(
  tenancy: Tenancy,
  sealKey: string | undefined,
  database: string,
): Promise<void> {
  if (sealKey !== undefined) return tenancy.ping();
  if (!(await tenancy.isSealAsked())) return;
  throw new Refusal(
    `The ${database} is sealed: set TENANT_SEAL_KEY to the key that the servers have.`,
  );
}

/** Every organization, and where they are: asked of the role that migrates, as requests may not know. */
export async function withEveryOrganization<T>(
  work: (organizations: OrganizationEntry[], database: string) => Promise<T> | T,
): Promise<T> {
  return withTargetDatabase(async ({ ownerUrl }) =>
    work(await withAdminConnection(ownerUrl, listOrganizations), databaseName(ownerUrl)),
  );
}

/** `2026-11-22T01:00Z` */
export function minute(date: Date): string {
  return `${date.toISOString().slice(0, 16)}Z`;
}
