import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withAdminConnection } from '../tenancy/admin-connection.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { findFreePort } from './free-port.js';
import { findRunningPostmaster, type Postmaster } from './postmaster.js';
import { launchPostmaster } from './postmaster-launch.js';
import type { ServerBinaries } from './server-binaries.js';
import { explainRefusal } from './server-data.js';
import type { ServerFiles } from './server-files.js';
import type { ServiceAccount } from './service-account.js';
import { atPort, type ServerState } from './state-file.js';

const PORT_ATTEMPTS = 5;
const CLOSING_PATIENCE_MS = 20_000;
const CLOSING_POLL_MS = 100;

/**
 * The server that already runs on our data, proved by asking it; undefined when there is none.
 *
 * @throws {EmbeddedPostgresError} `CREDENTIALS_LOST` when it refuses our password
 */
export async function adoptServer(
  files: ServerFiles,
  state: ServerState,
): Promise<Postmaster | undefined> {
  const postmaster = await findRunningPostmaster(files.dataDirectory);
  if (postmaster === undefined) return undefined;
  const { superuserUrl } = atPort(state, postmaster.port);
  try {
    const directory = await withAdminConnection(superuserUrl, async (client) => {
      const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
      return rows[0]?.data_directory;
    });
    return directory !== undefined && resolve(directory) === files.dataDirectory
      ? postmaster
      : undefined;
  } catch (error) {
    const explained = explainRefusal(files, error);
    if (explained !== error) throw explained;
    // What answers there is not our server, or nothing is. Should it be ours after all, its shared
    // memory keeps a second one from starting on the data.
    return undefined;
  }
}

/**
 * Starts a server on our data. A taken port is exchanged for a free one, and processes of a killed
 * server are given time to end.
 *
 * @throws {EmbeddedPostgresError} `START_FAILED` with what the server logged
 */
export async function launchServer(options: {
  files: ServerFiles;
  binaries: ServerBinaries;
  account: ServiceAccount;
  /** 0 for any. */
  port: number;
  settings: Readonly<Record<string, string>>;
  progress: (message: string) => void;
}): Promise<Postmaster> {
  const { files, progress } = options;
  let port = options.port || (await findFreePort());
  progress('Starting PostgreSQL …');
  const deadline = Date.now() + CLOSING_PATIENCE_MS;
  for (let attempt = 1; ; ) {
    const result = await launchPostmaster({
      ...options,
      dataDirectory: files.dataDirectory,
      logFile: files.log,
      port,
      onSlow: () =>
        progress('PostgreSQL is recovering from an interruption; this can take a while …'),
    });
    if (result.outcome === 'ready') return result.postmaster;
    if (result.outcome === 'still-closing' && Date.now() < deadline) {
      await sleep(CLOSING_POLL_MS);
      continue;
    }
    if (result.outcome === 'port-taken' && attempt < PORT_ATTEMPTS) {
      attempt += 1;
      const taken = port;
      port = await findFreePort();
      progress(`Port ${taken} is taken by another program; PostgreSQL uses ${port} from now on.`);
      continue;
    }
    throw new EmbeddedPostgresError(
      'START_FAILED',
      `The embedded PostgreSQL did not start; its log is ${files.log}.\n${result.log}`,
    );
  }
}
