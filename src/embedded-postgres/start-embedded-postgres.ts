import { prepareCluster } from './cluster-preparation.js';
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.js';
import { withFileLock } from './file-lock.js';
import { findRunningPostmaster, type Postmaster, stopPostmaster } from './postmaster.js';
import { adoptServer, launchServer } from './running-server.js';
import { findServerBinaries, type ServerBinaries } from './server-binaries.js';
import { explainRefusal, prepareData } from './server-data.js';
import { filesIn, prepareFiles, type ServerFiles } from './server-files.js';
import { chooseServiceAccount, type ServiceAccount } from './service-account.js';
import { holdShared } from './shared-hold.js';
import { atPort, readState, type ServerState, writeState } from './state-file.js';

/** What the steps of a start, and the later stop, have in common. */
interface Server {
  files: ServerFiles;
  binaries: ServerBinaries;
  account: ServiceAccount;
  progress: (message: string) => void;
}

/**
 * Starts the PostgreSQL that comes with npm, or joins the one that already runs in the directory.
 *
 * Processes that start or stop at the same time wait for each other; two that run at the same time
 * share one server. A server left by a killed process is adopted. Signals are not handled here: call
 * `stop()` from your own handlers.
 *
 * @throws {EmbeddedPostgresError} with a message that says what to do
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const files = await prepareFiles(options.directory);
  const progress = options.onProgress ?? (() => undefined);
  return withFileLock(
    files.lock,
    () => startUnderLock(files, options, progress),
    (pid) => progress(`Waiting for process ${pid}, which is starting or stopping PostgreSQL …`),
  );
}

/**
 * What the last start in the directory left on record, `pid` null unless that server runs now.
 * Undefined when there has been no start.
 */
export async function readEmbeddedPostgres(directory: string): Promise<ServerState | undefined> {
  const files = filesIn(directory);
  const state = await readState(files.state);
  if (state === undefined || state.pid === null) return state;
  const running = await findRunningPostmaster(files.dataDirectory);
  return { ...state, pid: running?.pid === state.pid ? state.pid : null };
}

async function startUnderLock(
  files: ServerFiles,
  options: EmbeddedPostgresOptions,
  progress: (message: string) => void,
): Promise<EmbeddedPostgres> {
  const binaries = findServerBinaries();
  const { account, version } = await chooseServiceAccount(
    binaries.postgres,
    files.directory,
    files.dataDirectory,
  );
  const server: Server = { files, binaries, account, progress };
  const durable = options.durable ?? true;
  const known = await prepareData({ ...server, version, durable });
  const adopted = await adoptServer(files, known);
  const postmaster =
    adopted ??
    (await launchServer({
      ...server,
      port: options.port || known.port,
      settings: { ...serverSettings(durable), ...options.settings },
    }));
  try {
    return await join(server, known, postmaster, adopted !== undefined);
  } catch (error) {
    if (adopted === undefined) await stopPostmaster({ ...server, ...files, pid: postmaster.pid });
    throw explainRefusal(files, error);
  }
}

async function join(
  server: Server,
  known: ServerState,
  postmaster: Postmaster,
  reused: boolean,
): Promise<EmbeddedPostgres> {
  const { files, progress } = server;
  const state = { ...atPort(known, postmaster.port), pid: postmaster.pid };
  await writeState(files.state, state);
  const version = await prepareCluster(state, () =>
    progress('Creating the roles and the database …'),
  );
  const release = await holdShared(files.users);
  const { superuserUrl, ownerUrl, appUrl, port } = state;
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= withFileLock(files.lock, () => leave(server, postmaster, release));
    return stopping;
  };
  return { superuserUrl, ownerUrl, appUrl, port, version, reused, stop };
}

async function leave(
  server: Server,
  postmaster: Postmaster,
  release: () => Promise<number[]>,
): Promise<void> {
  const { files, progress } = server;
  const others = await release();
  if (others.length > 0) {
    progress(`PostgreSQL keeps running for process ${others.join(', ')}.`);
    return;
  }
  await stopPostmaster({ ...server, ...files, pid: postmaster.pid });
  const state = await readState(files.state);
  if (state !== undefined) await writeState(files.state, { ...state, pid: null });
}

function serverSettings(durable: boolean): Record<string, string> {
  const throwAway = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  return {
    listen_addresses: '127.0.0.1',
    // Sockets would stand in a folder that every user of the machine can enter.
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(durable ? {} : throwAway),
  };
}
