import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { isProcessAlive, programOf } from './process-identity.js';
import type { ServerBinaries } from './server-binaries.js';
import { runAs, type ServiceAccount } from './service-account.js';

const POLL_MS = 5;
const SETTLE_TIMEOUT_MS = 120_000;
const FAST_STOP_MS = 30_000;
const IMMEDIATE_STOP_MS = 10_000;

/** What a running server writes about itself into `postmaster.pid`. */
export interface Postmaster {
  pid: number;
  /** Seconds since 1970: with the id, what tells this server from one that ran before. */
  startedAt: number;
  port: number;
  status: 'starting' | 'ready' | 'stopping';
}

/** Reads `postmaster.pid` (PostgreSQL manual, "Database File Layout"); undefined without a whole one. */
export async function readPostmaster(dataDirectory: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split(/\r?\n/);
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const status = (lines[7] ?? '').trim();
  return {
    pid,
    startedAt: Number(lines[2] ?? 0),
    port: Number(lines[3] ?? 0),
    status: status === 'ready' || status === 'stopping' ? status : 'starting',
  };
}

/**
 * The server that runs on the data directory, once it is neither starting nor stopping any more.
 * A left-over `postmaster.pid` whose id now belongs to something else counts as none.
 */
export async function findRunningPostmaster(
  dataDirectory: string,
): Promise<Postmaster | undefined> {
  for (const deadline = Date.now() + SETTLE_TIMEOUT_MS; Date.now() < deadline; ) {
    const postmaster = await readPostmaster(dataDirectory);
    if (postmaster === undefined || !(await isPostgres(postmaster.pid))) return undefined;
    if (postmaster.status === 'ready') return postmaster;
    await sleep(POLL_MS);
  }
  return undefined;
}

/** Its children do not count: they call themselves `postgres: checkpointer` and the like. */
async function isPostgres(pid: number): Promise<boolean> {
  if (!(await isProcessAlive(pid))) return false;
  const program = await programOf(pid);
  return program === undefined || /(^|[\\/])postgres(\.exe)?$/i.test(program);
}

/**
 * Stops the server with this id: a fast shutdown (open transactions roll back), then an immediate one
 * when it hangs. Returns when the process is gone.
 *
 * @throws {EmbeddedPostgresError} `STOP_FAILED` when it outlives both
 */
export async function stopPostmaster(options: {
  pid: number;
  dataDirectory: string;
  account: ServiceAccount;
  binaries: ServerBinaries;
}): Promise<void> {
  const { pid, dataDirectory } = options;
  for (const [mode, signal, patience] of [
    ['fast', 'SIGINT', FAST_STOP_MS],
    ['immediate', 'SIGQUIT', IMMEDIATE_STOP_MS],
  ] as const) {
    if (!(await isPostgres(pid))) return;
    // The data has another server by now: this id is not ours to signal.
    if (((await readPostmaster(dataDirectory))?.pid ?? pid) !== pid) return;
    if (process.platform === 'win32') {
      const args = ['stop', '-D', dataDirectory, '-m', mode, '--no-wait'];
      await runAs(options.account, options.binaries.pgCtl, args);
    } else {
      signalIfAlive(pid, signal);
    }
    for (const deadline = Date.now() + patience; Date.now() < deadline; ) {
      if (!(await isProcessAlive(pid))) return;
      await sleep(POLL_MS);
    }
  }
  throw new EmbeddedPostgresError(
    'STOP_FAILED',
    `The embedded PostgreSQL (process ${pid}) did not stop; end it by hand and start again.`,
  );
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
