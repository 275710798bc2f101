import type { Environment } from '../config/environment.js';
import { migrationStatus } from '../migrations/index.js';
import type { Tenancy } from '../tenancy/index.js';
import type { Report } from './report.js';
import type { Shutdown } from './shutdown.js';
import { count } from './terminal.js';

/** The database to serve from. */
export interface OpenDatabase {
  /** Of the role that serves requests. */
  url: string;
  /** What is left to do once it is known to be safe, and before anything is served. */
  prepare(tenancy: Tenancy): Promise<void>;
}

/**
 * The database of DATABASE_URL, which is neither migrated nor seeded: that is for `npm run db` alone.
 * Without one, which production insists on, the embedded server: migrated, and seeded when it is empty.
 */
export async function openDatabase(
  environment: Environment,
  report: Report,
  shutdown: Shutdown,
): Promise<OpenDatabase> {
  const { mode, database } = environment;
  if (database.url === undefined) {
    // Loaded when it is needed: commands come through this folder too, and need none of the demo data.
    const { startEmbeddedDatabase } = await import('./embedded-database.js');
    return startEmbeddedDatabase(database, report, shutdown);
  }
  return {
    url: database.url,
    async prepare() {
      if (mode === 'development') await mentionPendingMigrations(database, report);
    },
  };
}

/** Only the role that migrates may look, so this is silent where its URL is not known. */
async function mentionPendingMigrations(
  { url, migrationUrl }: Environment['database'],
  report: Report,
): Promise<void> {
  if (migrationUrl === undefined || migrationUrl === url) return;
  const migrations = await migrationStatus(migrationUrl).catch(() => []);
  const pending = migrations.filter(({ state }) => state === 'pending').length;
  if (pending === 0) return;
  report.progress(`${count(pending, 'migration')} not applied yet: npm run db -- deploy`);
}
