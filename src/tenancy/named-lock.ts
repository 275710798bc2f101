import { sql } from 'kysely';
import { fixedStatement } from '../shared/statements/index.js';
import { query } from './query.js';
import type { TenantTransaction } from './tenant-transaction.js';

/** A lock of PostgreSQL that stands for no row, and so for none of an organization: its key does. */
interface OfOrganization {
  /** UUID. */
  readonly orgId: string;
  readonly name: string;
}

// A UUID is always as long, so no name and organization give the key of others.
const keyOf = ({ orgId, name }: OfOrganization) =>
  sql<string>`hashtextextended(${orgId}::text || ' ' || ${name}::text, 0)`;

const locked = fixedStatement('named-locks.lock', (of: OfOrganization) =>
  sql<Record<string, never>>`SELECT FROM pg_advisory_xact_lock(${keyOf(of)})`.compile(query),
);

const shared = fixedStatement('named-locks.share', (of: OfOrganization) =>
  sql<Record<string, never>>`SELECT FROM pg_advisory_xact_lock_shared(${keyOf(of)})`.compile(query),
);

const tried = fixedStatement('named-locks.try', (of: OfOrganization) =>
  sql<{ isFree: boolean }>`SELECT pg_try_advisory_xact_lock(${keyOf(of)}) AS "isFree"`.compile(
    query,
  ),
);

/**
 * Locks what has a name and no row, in the organization of the transaction and until it ends. Whoever has locked or shared
 * the name is waited for; other organizations have the same names for themselves.
 *
 * A row that all who are concerned lock is better, where there is one.
 */
export async function lockName(tx: TenantTransaction, name: string): Promise<void> {
  await tx.execute(locked({ orgId: tx.tenant.orgId, name }));
}

/** The same for any number at once, for whom `lockName` waits. */
export async function shareName(tx: TenantTransaction, name: string): Promise<void> {
  await tx.execute(shared({ orgId: tx.tenant.orgId, name }));
}

/** The same as `lockName`, without waiting. @returns false where somebody else has the name */
export async function tryLockName(tx: TenantTransaction, name: string): Promise<boolean> {
  const [row] = await tx.execute(tried({ orgId: tx.tenant.orgId, name }));
  return row?.isFree === true;
}
