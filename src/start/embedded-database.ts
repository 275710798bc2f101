import type { Environment } from '../config/environment.js';
import { startEmbeddedPostgres } from '../embedded-postgres/index.js';
import { deployMigrations } from '../migrations/index.js';
import { DEMO_ORGANIZATIONS, seedDemo } from '../seed/index.js';
import { withAdminConnection } from '../tenancy/index.js';
import { explainDatabaseFault } from './database-fault.js';
import { LOCAL_DIRECTORY } from './local-directory.js';
import type { OpenDatabase } from './open-database.js';
import type { Report } from './report.js';
import type { Shutdown } from './shutdown.js';

/** Starts the embedded server and migrates it. */
export async function startEmbeddedDatabase(
  { embeddedPort }: Environment['database'],
  report: Report,
  shutdown: Shutdown,
): Promise<OpenDatabase> {
  const onProgress = (message: string) => {
    if (!shutdown.isRunning) report.progress(message);
  };
  const starting = startEmbeddedPostgres({
    directory: LOCAL_DIRECTORY,
    ...(embeddedPort !== undefined && { port: embeddedPort }),
    onProgress,
  });
  // Also when the signal comes before the server is there.
  shutdown.onEnd(async () => (await starting).stop());
  const { superuserUrl, ownerUrl, appUrl } = await starting;
  await deployMigrations({ url: ownerUrl, retry: 'interrupted', onProgress }).catch((error) => {
    throw explainDatabaseFault(error, ownerUrl);
  });
  return {
    url: appUrl,
    async prepare(tenancy) {
      const demo = DEMO_ORGANIZATIONS.map(({ slug }) => slug);
      if ((await tenancy.findOrganization('demo')) !== null) return;
      if (await hasOrganizationsBeside(inDatabaseOf(appUrl, superuserUrl), demo)) return;
      onProgress('Making the demo organizations …');
      await seedDemo(tenancy);
    },
  };
}

/** Only a superuser can tell: row-level security is forced on everybody else, the owner included. */
function hasOrganizationsBeside(superuserUrl: string, slugs: string[]): Promise<boolean> {
  return withAdminConnection(superuserUrl, async (superuser) => {
    const { rowCount } = await superuser.query(
      'SELECT FROM organizations WHERE slug <> ALL ($1::text[]) LIMIT 1',
      [slugs],
    );
    return rowCount !== 0;
  });
}

function inDatabaseOf(url: string, superuserUrl: string): string {
  const other = new URL(superuserUrl);
  other.pathname = new URL(url).pathname;
  return other.href;
}
