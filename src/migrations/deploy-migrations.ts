import { withAdminConnection } from '../tenancy/admin-connection.js';
import { failedMigrationError, indent, type Retry, settleFailed } from './failed-migration.js';
import { MigrationError } from './migration.error.js';
import { readMigrationFiles } from './migration-files.js';
import { readHistory } from './migration-history.js';
import { compare, type MigrationStatus, migrationStatus } from './migration-status.js';
import { runPrisma } from './prisma-cli.js';

export interface DeployOptions {
  /** Of the role that migrates. The database is created when the role may do that. */
  url: string;
  /** Which migrations that did not end well are tried anew; none, unless it is said. */
  retry?: Retry;
  /** Told what is being done, and what is odd. */
  onProgress?: (message: string) => void;
}

const NO_SUCH_DATABASE = '3D000';

/**
 * Applies every pending migration with `prisma migrate deploy`. Where there is none, Prisma is not even
 * started: its start alone takes longer than that of the whole server.
 *
 * @returns the names of the applied migrations
 * @throws {MigrationError} when one fails, or one that failed before is unresolved
 */
export async function deployMigrations(options: DeployOptions): Promise<string[]> {
  const { url, retry, onProgress = () => undefined } = options;
  let before = await statusOrNothing(url);
  if (inState(before, 'failed').length > 0) {
    await settleFailed(url, retry, onProgress);
    before = await migrationStatus(url);
  }
  for (const { name } of inState(before, 'changed')) {
    onProgress(
      `prisma/migrations/${name} was changed after it was applied: the database keeps what it had.`,
    );
  }
  const pending = inState(before, 'pending').map(({ name }) => name);
  if (pending.length === 0) return [];

  onProgress(`Applying the pending migrations (${pending.length}) …`);
  const { code, message } = await runPrisma(['migrate', 'deploy'], url);
  if (code !== 0) throw await whyItFailed(url, message);
  const after = await migrationStatus(url);
  return inState(after, 'applied')
    .map(({ name }) => name)
    .filter((name) => pending.includes(name));
}

function inState(migrations: MigrationStatus[], state: MigrationStatus['state']) {
  return migrations.filter((migration) => migration.state === state);
}

async function statusOrNothing(url: string): Promise<MigrationStatus[]> {
  try {
    return await migrationStatus(url);
  } catch (error) {
    if ((error as { code?: string }).code !== NO_SUCH_DATABASE) throw error;
    return compare(await readMigrationFiles(), []);
  }
}

async function whyItFailed(url: string, message: string): Promise<MigrationError> {
  const [history, files] = await Promise.all([
    withAdminConnection(url, readHistory),
    readMigrationFiles(),
  ]);
  const failed = history.find(({ finishedAt }) => finishedAt === null);
  return failed
    ? failedMigrationError(failed, files)
    : new MigrationError(`prisma migrate deploy did not succeed.\n\n${indent(message)}`);
}
