import type { Client } from 'pg';
import { withAdminConnection } from '../tenancy/admin-connection.js';
import { MigrationError } from './migration.error.js';

/** The key under which Prisma's schema engine lets one migration at a time into a database. */
const PRISMA_LOCK_KEY = 72_707_369;
/** SQLSTATE of what waited for a lock for too long. */
export const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Runs `work` on a connection that no migration runs beside, Prisma's own included. No statement of it
 * waits for another's lock for more than 10 seconds.
 */
export function withMigrationLock<T>(
  url: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  return withAdminConnection(url, async (client) => {
    await client.query("SET lock_timeout = '10s'");
    try {
      await client.query('SELECT pg_advisory_lock($1)', [PRISMA_LOCK_KEY]);
    } catch (cause) {
      if ((cause as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw cause;
      throw new MigrationError(
        'Another migration is running on this database. Try again when it is done.',
        { cause },
      );
    }
    return work(client);
  });
}

/** Runs `work` in one transaction: all of it stays, or nothing. */
export async function inTransaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
