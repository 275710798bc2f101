import { ContextSeal } from './context-seal.js';
import { OWNER_ROLE } from './isolation-audit.expectation.js';
import type { AuditClient } from './isolation-audit.js';
import { SEAL_STATE } from './isolation-audit.seal.js';

/** A key that the database verifies seals with. */
export interface SealKey {
  /** Says nothing about the key itself. */
  id: string;
  createdAt: Date;
  /** Null while no other key replaces it. */
  retiresAt: Date | null;
}

/** The seal of a database, as it is now. */
export interface SealState {
  /** Those that are accepted, the oldest first. */
  keys: SealKey[];
  /** Tenant tables that ask for a seal. */
  sealed: string[];
  /** Tenant tables that don't. */
  unsealed: string[];
}

/** What keeps a change of the seal from being made; `message` says what to do. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

/** The id by which a key is known, for showing it. */
export function sealKeyId(key: string): string {
  return new ContextSeal(key).keyId;
}

/** @param client of a role that may act as `rowhouse_owner`; as for all functions here */
export async function readSealState(client: AuditClient): Promise<SealState> {
  return asOwner(client, () => stateOf(client));
}

/**
 * Makes the key known to the database, which accepts its seals from then on but asks for none.
 *
 * @throws SealError when there is another key: replacing that one is rotation
 */
export async function prepareSeal(client: AuditClient, key: string): Promise<SealState> {
  return asOwner(client, async () => {
    await acceptFirst(client, key);
    return stateOf(client);
  });
}

/**
 * Does that, and has every tenant table ask for a seal. Tables that already do stay as they are.
 *
 * @throws SealError as above
 */
export async function enableSeal(client: AuditClient, key: string): Promise<SealState> {
  return asOwner(client, async () => {
    await acceptFirst(client, key);
    for (const { isSealed, creation } of await tablesOf(client)) {
      if (!isSealed) await client.query(creation);
    }
    return stateOf(client);
  });
}

/**
 * Has the tables of a sealed database that do not ask for a seal yet, as new ones do not, ask for one. An
 * unsealed database stays as it is.
 *
 * @returns the names of those tables
 */
export async function extendSeal(client: AuditClient): Promise<string[]> {
  return asOwner(client, async () => {
    const tables = await tablesOf(client);
    const open = tables.some(({ isSealed }) => isSealed)
      ? tables.filter(({ isSealed }) => !isSealed)
      : [];
    for (const { creation } of open) await client.query(creation);
    return open.map(({ name }) => name);
  });
}

/**
 * Accepts a new key from now on, and the ones before it for a while, in which servers change over.
 *
 * @param graceSeconds for how long; 0 retires them at once
 * @throws SealError when there is nothing to replace
 */
export async function rotateSeal(
  client: AuditClient,
  key: string,
  graceSeconds: number,
): Promise<SealState> {
  return asOwner(client, async () => {
    const { keyId } = new ContextSeal(key);
    const { keys } = await stateOf(client);
    const others = keys.filter(({ id }) => id !== keyId);
    if (keys.length === 0) {
      throw new SealError(
        'The database has no key yet. For the first one: npm run db -- seal enable',
      );
    }
    if (others.length === 0) {
      throw new SealError(
        `The database has this key, ${keyId}, and no other. Set TENANT_SEAL_KEY to the new one.`,
      );
    }
    await accept(client, key);
    await client.query(
      `UPDATE tenant_seal.keys
          SET retires_at = least(retires_at, now() + make_interval(secs => $2))
        WHERE id <> $1`,
      [keyId, graceSeconds],
    );
    await client.query('DELETE FROM tenant_seal.keys WHERE retires_at <= now()');
    return stateOf(client);
  });
}

/**
 * Has no table ask for a seal any more. The keys stay, so that servers that still send seals find them
 * accepted.
 */
export async function disableSeal(client: AuditClient): Promise<SealState> {
  return asOwner(client, async () => {
    for (const { isSealed, removal } of await tablesOf(client)) {
      if (isSealed) await client.query(removal);
    }
    return stateOf(client);
  });
}

interface TableSeal {
  name: string;
  isSealed: boolean;
  /** SQL that makes the policy of the seal, and that drops it. */
  creation: string;
  removal: string;
}

async function tablesOf(client: AuditClient): Promise<TableSeal[]> {
  return (await client.query(SEAL_STATE)).rows as TableSeal[];
}

async function stateOf(client: AuditClient): Promise<SealState> {
  const { rows: keys } = await client.query(
    `SELECT id, created_at AS "createdAt", retires_at AS "retiresAt"
       FROM tenant_seal.keys WHERE retires_at IS NULL OR retires_at > now() ORDER BY created_at, id`,
  );
  const tables = await tablesOf(client);
  const named = (isSealed: boolean) =>
    tables.filter((table) => table.isSealed === isSealed).map(({ name }) => name);
  return { keys: keys as SealKey[], sealed: named(true), unsealed: named(false) };
}

async function acceptFirst(client: AuditClient, key: string): Promise<void> {
  const { keys } = await stateOf(client);
  const yours = sealKeyId(key);
  const others = keys.filter(({ id, retiresAt }) => retiresAt === null && id !== yours);
  if (others.length > 0) {
    throw new SealError(
      `The database has another key, ${others.map(({ id }) => id).join(', ')}; yours is ${yours}. ` +
        'To replace it: npm run db -- seal rotate',
    );
  }
  await accept(client, key);
}

async function accept(client: AuditClient, key: string): Promise<void> {
  const { keyId, innerPad, outerPad } = new ContextSeal(key).verifier();
  await client.query(
    `INSERT INTO tenant_seal.keys (id, inner_pad, outer_pad) VALUES ($1, $2, $3)
     ON CONFLICT (id) DO UPDATE SET retires_at = NULL`,
    [keyId, innerPad, outerPad],
  );
}

/** One transaction as the owner, so that everything or nothing is changed. */
async function asOwner<T>(client: AuditClient, work: () => Promise<T>): Promise<T> {
  await client.query(`BEGIN; SET LOCAL ROLE ${OWNER_ROLE}; SET LOCAL lock_timeout = '10s'`);
  try {
    // Two changes of the keys at the same time would not see each other.
    await client.query('LOCK TABLE tenant_seal.keys IN SHARE ROW EXCLUSIVE MODE');
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
