import { NIL } from 'uuid';
import type { Connection } from './connection-pool.js';
import { ConnectionLostError } from './database-error.js';
import type { IsolationFinding } from './isolation-audit.js';
import { SEAL_STATE } from './isolation-audit.seal.js';

/** Asks whether the transaction's seal holds. */
export const VERIFY_SEAL = 'SELECT tenant_seal.verified_org() IS NOT NULL AS holds';

const NOT_ACCEPTED =
  'The database does not accept the seal of this server: TENANT_SEAL_KEY is not, or no longer, among its keys, ' +
  'or connections change backends on the way (a pooler in transaction mode).';

const ADVICE =
  'Look at "npm run db -- seal status". For a first key: npm run db -- seal enable; for one that replaces ' +
  'another: npm run db -- seal rotate. Behind a pooler, use its session mode or connect directly.';

/**
 * The database did not believe the context, as its answer would have been that there is nothing. The
 * connection is given up, because what may be wrong is what we know of it; a new one may do better.
 */
export class SealRefusedError extends ConnectionLostError {
  constructor() {
    super(new Error(`${NOT_ACCEPTED} ${ADVICE}`));
  }
}

/** Whether any table has the policy of the seal. */
export async function isSealAsked({ client }: Connection): Promise<boolean> {
  const { rows } = await client.query<{ isSealed: boolean }>(SEAL_STATE);
  return rows.some(({ isSealed }) => isSealed);
}

/**
 * What is wrong between this server's seal and the database.
 *
 * @param connection of the role that serves requests, outside any transaction
 */
export async function checkSeal(connection: Connection): Promise<IsolationFinding[]> {
  const { client, hasSeal } = connection;
  if (!hasSeal) return (await isSealAsked(connection)) ? [KEY_MISSING] : [];
  await client.query(`BEGIN READ ONLY; ${connection.contextOf({ orgId: NIL, userId: null })}`);
  try {
    const { rows } = await client.query<{ holds: boolean }>(VERIFY_SEAL);
    return rows[0]?.holds ? [] : [REFUSED];
  } finally {
    await client.query('ROLLBACK');
  }
}

const KEY_MISSING: IsolationFinding = {
  check: 'seal-key-missing',
  pitfall: 29,
  object: 'TENANT_SEAL_KEY',
  problem: 'The database is sealed and this server has no key, so that it would see nothing.',
  remedy:
    'Set TENANT_SEAL_KEY to the key that the database was sealed with, or: npm run db -- seal disable',
};

const REFUSED: IsolationFinding = {
  check: 'seal-not-accepted',
  pitfall: 29,
  object: 'TENANT_SEAL_KEY',
  problem: NOT_ACCEPTED,
  remedy: ADVICE,
};
