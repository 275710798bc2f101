import { withAdminConnection } from '../tenancy/admin-connection.js';
import { hasChecksum, type MigrationFile, readMigrationFiles } from './migration-files.js';
import { type HistoryEntry, readHistory } from './migration-history.js';

/**
 * - `applied`, `pending`: as the words say
 * - `failed`: Prisma began it and it did not end well; nothing is deployed until that is resolved
 * - `changed`: applied, but `migration.sql` is another one now
 * - `missing-on-disk`: applied, but its folder is gone, e.g. on an older branch
 */
export type MigrationState = 'applied' | 'pending' | 'failed' | 'changed' | 'missing-on-disk';

export interface MigrationStatus {
  name: string;
  state: MigrationState;
  appliedAt: Date | null;
}

/**
 * Compares `prisma/migrations` with what the database has recorded.
 *
 * @param url of a role that may read `_prisma_migrations`: the owner's
 * @returns every migration of either side, by name
 */
export async function migrationStatus(url: string): Promise<MigrationStatus[]> {
  const [files, history] = await Promise.all([
    readMigrationFiles(),
    withAdminConnection(url, readHistory),
  ]);
  return compare(files, history);
}

/** The same for a history that was read before. */
export function compare(
  files: readonly MigrationFile[],
  history: readonly HistoryEntry[],
): MigrationStatus[] {
  const entries = new Map(history.map((entry) => [entry.name, entry]));
  const names = new Set([...files.map(({ name }) => name), ...entries.keys()]);
  const scripts = new Map(files.map(({ name, script }) => [name, script]));
  return [...names].sort().map((name) => {
    const entry = entries.get(name);
    return {
      name,
      state: stateOf(entry, scripts.get(name)),
      appliedAt: entry?.finishedAt ?? null,
    };
  });
}

function stateOf(entry: HistoryEntry | undefined, script: string | undefined): MigrationState {
  if (entry === undefined) return 'pending';
  if (entry.finishedAt === null) return 'failed';
  if (script === undefined) return 'missing-on-disk';
  return hasChecksum(script, entry.checksum) ? 'applied' : 'changed';
}
