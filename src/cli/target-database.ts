import { constants } from 'node:os';
import { readDatabaseEnvironment } from '../config/database-environment.js';
import { npmScript } from '../config/npm-script.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded-postgres/index.js';
import { explainDatabaseFault, LOCAL_DIRECTORY, print, Refusal, Shutdown } from '../start/index.js';

/** The database that a command works on. */
export interface TargetDatabase {
  /** Of the role that migrates. */
  ownerUrl: string;
  /** Of the role that serves requests; undefined when only the other one was given. */
  appUrl: string | undefined;
}

/**
 * Runs `work` on the database of MIGRATION_DATABASE_URL, else DATABASE_URL, else on the embedded server.
 * That is started when it does not run, and stopped afterwards unless `npm start` uses it.
 *
 * @throws DatabaseFault, in words for the terminal, for what the database refuses
 */
export async function withTargetDatabase<T>(
  work: (target: TargetDatabase) => Promise<T>,
): Promise<T> {
  const { migrationUrl, servingUrl, embeddedPort } = readDatabaseEnvironment();
  if (migrationUrl !== undefined) return run(work, { ownerUrl: migrationUrl, appUrl: servingUrl });

  const shutdown = new Shutdown();
  const stopListening = shutdown.listen({
    exitCode: (signal) => 128 + constants.signals[signal],
    endWithParent: npmScript() !== undefined,
  });
  let server: EmbeddedPostgres | undefined;
  const starting = startEmbeddedPostgres({
    directory: LOCAL_DIRECTORY,
    ...(embeddedPort !== undefined && { port: embeddedPort }),
    onProgress: (message) => {
      // That it stays or goes afterwards is no news.
      if (server === undefined) print(message);
    },
  });
  shutdown.onEnd(async () => (await starting).stop());
  try {
    server = await starting;
    return await run(work, server);
  } finally {
    await shutdown.run();
    stopListening();
  }
}

async function run<T>(
  work: (target: TargetDatabase) => Promise<T>,
  target: TargetDatabase,
): Promise<T> {
  try {
    return await work(target);
  } catch (error) {
    throw explainDatabaseFault(error, target.ownerUrl);
  }
}

/**
 * @param why a sentence without its full stop
 * @throws Refusal when only the URL for migrations was given
 */
export function requireAppUrl({ appUrl }: TargetDatabase, why: string): string {
  if (appUrl !== undefined) return appUrl;
  throw new Refusal(`${why}: set DATABASE_URL to its URL as well.`);
}
