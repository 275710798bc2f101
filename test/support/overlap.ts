import { withAdminConnection } from '../../src/tenancy/index.js';
import type { Api } from './api.js';
import { eventually } from './eventually.js';

/**
 * Two requests, the second of which comes when the first has done everything but tell the audit trail, and has
 * committed nothing. Then both go on.
 *
 * @param change writes to the audit trail at its end
 * @param work has to wait for something that `change` has locked, or for the audit trail as well
 */
export async function overlapping<Changed, Worked>(
  { database }: Api,
  change: () => Promise<Changed>,
  work: () => Promise<Worked>,
): Promise<[Changed, Worked]> {
  const waiting = () =>
    withAdminConnection(database.superuserUrl, async (client) => {
      const { rows } = await client.query<{ count: number }>(
        "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      return rows[0]?.count ?? 0;
    });
  return withAdminConnection(database.superuserUrl, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT FROM audit_events LIMIT 0');
    await client.query('LOCK TABLE audit_events IN SHARE MODE');
    const changing = change();
    await eventually(async () => (await waiting()) >= 1, 'the change waits');
    const working = work();
    await eventually(async () => (await waiting()) >= 2, 'the other one waits as well');
    await client.query('COMMIT');
    return [await changing, await working];
  });
}
