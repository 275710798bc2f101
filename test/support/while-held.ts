import { withAdminConnection } from '../../src/tenancy/index.js';
import type { TestDatabase } from './database.js';
import { eventually } from './eventually.js';

/**
 * Does all of `works`, each of which comes to wait for what is locked, in this order; then they go on.
 *
 * @param lock a statement that locks rows, with its values
 */
export async function whileHeld<T>(
  { superuserUrl }: Pick<TestDatabase, 'superuserUrl'>,
  [statement, values]: readonly [statement: string, values: unknown[]],
  works: readonly (() => Promise<T>)[],
): Promise<T[]> {
  return withAdminConnection(superuserUrl, (holder) =>
    withAdminConnection(superuserUrl, async (watcher) => {
      await holder.query('BEGIN');
      await holder.query(statement, values);
      const working: Promise<T>[] = [];
      for (const work of works) {
        const running = work();
        // Whoever is refused before all wait is told of at the end.
        running.catch(() => undefined);
        working.push(running);
        await eventually(async () => {
          const { rows } = await watcher.query(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
          );
          return rows.length >= working.length;
        }, `${working.length} wait`);
      }
      await holder.query('COMMIT');
      return Promise.all(working);
    }),
  );
}
