import { fileURLToPath } from 'node:url';
import type { Launch, LaunchSettings } from '../../server-under-test.ts';

/** Where every peer listens. */
export const HOST = '127.0.0.1';

/** What every peer answers 200 to, without asking the database. */
export const HEALTH_PATH = '/health';

/** Fastify's default, for all peers: Node's own 5 seconds close connections between two rounds. */
export const KEEP_ALIVE_TIMEOUT_MS = 72_000;

/** How the process behind `script`, a `server.ts`, is started. */
export function launchScript(script: URL, settings: LaunchSettings): Launch {
  return {
    args: [fileURLToPath(script)],
    env: {
      NODE_ENV: 'production',
      PORT: String(settings.port),
      DATABASE_URL: settings.databaseUrl,
      POOL_SIZE: String(settings.poolSize),
    },
    readyPath: HEALTH_PATH,
  };
}

/** Ends the process on SIGTERM, after `close` has let go of what is open. */
export function endOnSigterm(close: () => Promise<unknown>): void {
  process.once('SIGTERM', () => {
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
