import type { Client } from 'pg';
import { withAdminConnection } from '../tenancy/admin-connection.js';
import { MigrationError } from './migration.error.js';
import { readDownScript } from './migration-files.js';
import { type HistoryEntry, readHistory } from './migration-history.js';
import { inTransaction, withMigrationLock } from './migration-lock.js';

interface WayBack {
  entry: HistoryEntry;
  script: string;
}

/**
 * The migrations that `rollbackMigrations` would take back.
 *
 * @returns names, newest first; fewer than `count` when fewer are applied
 * @throws {MigrationError} when one of them has no way back
 */
export async function planRollback(url: string, count: number): Promise<string[]> {
  const steps = await withAdminConnection(url, (client) => waysBack(client, count));
  return steps.map(({ entry }) => entry.name);
}

/**
 * Takes back the last `count` applied migrations, newest first. Each is one transaction: its `down.sql`
 * and the deletion of its row from Prisma's history. The first that fails ends it; those before it stay
 * taken back, and of it and those after it nothing has happened.
 *
 * @param options.onProgress told the name of each migration once it is taken back
 * @returns the names, newest first
 * @throws {MigrationError} before anything happens when a `down.sql` is missing; later when one fails
 */
export function rollbackMigrations(options: {
  url: string;
  count: number;
  onProgress?: (name: string) => void;
}): Promise<string[]> {
  const { url, count, onProgress = () => undefined } = options;
  return withMigrationLock(url, async (client) => {
    const steps = await waysBack(client, count);
    for (const step of steps) {
      await takeBack(client, step);
      onProgress(step.entry.name);
    }
    return steps.map(({ entry }) => entry.name);
  });
}

async function waysBack(client: Client, count: number): Promise<WayBack[]> {
  const history = await readHistory(client);
  const failed = history.find(({ finishedAt }) => finishedAt === null);
  if (failed !== undefined) {
    throw new MigrationError(
      `Migration ${failed.name} has failed; nothing of it is there to be taken back. Mend it or delete ` +
        'its folder, and run "npm run db -- deploy --retry" first.',
    );
  }
  const last = history.slice(-count).reverse();
  const steps = await Promise.all(
    last.map(async (entry) => ({ entry, script: await readDownScript(entry.name) })),
  );
  const without = steps.filter(({ script }) => script === undefined);
  if (without.length > 0) {
    const files = without.map(({ entry }) => `  prisma/migrations/${entry.name}/down.sql`);
    throw new MigrationError(
      `Nothing was rolled back, because there is no way back through:\n\n${files.join('\n')}\n\n` +
        'Write it, or check out the version of the code that has it.',
    );
  }
  return steps as WayBack[];
}

async function takeBack(client: Client, { entry, script }: WayBack): Promise<void> {
  const path = `prisma/migrations/${entry.name}/down.sql`;
  try {
    await inTransaction(client, async () => {
      await client.query(script);
      if (client.getTransactionStatus() !== 'T') {
        throw new Error('it ends the transaction by itself, so a part of it may have happened');
      }
      const { rowCount } = await client.query(
        'DELETE FROM public._prisma_migrations WHERE id = $1',
        [entry.id],
      );
      if (rowCount !== 1) throw new Error('its row in _prisma_migrations could not be deleted');
    });
  } catch (cause) {
    throw new MigrationError(
      `${path} failed, and ${entry.name} is as it was:\n\n  ${describe(cause)}`,
      { cause },
    );
  }
}

function describe(cause: unknown): string {
  const { message, detail, hint } = cause as Error & { detail?: string; hint?: string };
  return [message, detail, hint].filter(Boolean).join('\n  ');
}
