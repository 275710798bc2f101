import { withAdminConnection } from '../../src/tenancy/index.js';
import type { TestDatabase } from './database.js';
import { eventually } from './eventually.js';

/** Resolves when as many statements of the API wait for somebody else's lock. */
export function blockedStatements({ superuserUrl }: TestDatabase, count: number): Promise<void> {
  return withAdminConnection(superuserUrl, (client) =>
    eventually(async () => {
      const { rows } = await client.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database()
         AND usename = 'rowhouse_app' AND wait_event_type = 'Lock'`,
      );
      return rows.length === count;
    }, `${count} statements wait for a lock`),
  );
}
