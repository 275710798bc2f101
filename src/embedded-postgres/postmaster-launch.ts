import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Postmaster, readPostmaster } from './postmaster.js';
import type { ServerBinaries } from './server-binaries.js';
import { prepareLog, readLog } from './server-log.js';
import { type ServiceAccount, spawnAs } from './service-account.js';

const POLL_MS = 5;
const SLOW_START_MS = 3_000;
const START_TIMEOUT_MS = 120_000;

/** How a start ended: `failed` carries the server's own words. */
export type LaunchResult =
  | { outcome: 'ready'; postmaster: Postmaster }
  | { outcome: 'port-taken' | 'still-closing' | 'failed'; log: string };

/**
 * Starts the server on a port of the loopback interface and waits until it accepts connections.
 *
 * It runs in a session of its own: Ctrl-C in our terminal reaches us only, and we stop it in order.
 * No connection is made to find out whether it is ready; `postmaster.pid` says so.
 */
export async function launchPostmaster(options: {
  binaries: ServerBinaries;
  account: ServiceAccount;
  dataDirectory: string;
  logFile: string;
  port: number;
  settings: Readonly<Record<string, string>>;
  onSlow: () => void;
}): Promise<LaunchResult> {
  const { dataDirectory, logFile } = options;
  const logStart = await prepareLog(logFile);
  const left = await readPostmaster(dataDirectory);
  const args = Object.entries({ ...options.settings, port: String(options.port) }).flatMap(
    ([name, value]) => ['-c', `${name}=${value}`],
  );
  const launcher = process.platform === 'win32' ? launchWithPgCtl : launchDirectly;
  const child = launcher({ ...options, args, left });
  const slowAt = Date.now() + SLOW_START_MS;
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (let told = false; ; ) {
    const postmaster = await readPostmaster(dataDirectory);
    // Where process ids repeat, as in containers, the file of the last server may show the same one.
    const isNew = postmaster?.pid !== left?.pid || postmaster?.startedAt !== left?.startedAt;
    if (postmaster?.status === 'ready' && isNew && child.started(postmaster)) {
      return { outcome: 'ready', postmaster };
    }
    const gaveUp = child.exited() || Date.now() > deadline;
    if (gaveUp) return classify(child.fault() ?? (await readLog(logFile, logStart)));
    if (!told && Date.now() > slowAt) {
      told = true;
      options.onSlow();
    }
    await sleep(POLL_MS);
  }
}

interface Launched {
  /** Whether what `postmaster.pid` shows is this start, not what an earlier server left there. */
  started(postmaster: Postmaster): boolean;
  /** Whether the program ended without a running server. */
  exited(): boolean;
  /** Why the program could not be run at all. */
  fault(): string | undefined;
}

type LaunchOptions = Parameters<typeof launchPostmaster>[0] & {
  args: readonly string[];
  /** What an earlier server left in `postmaster.pid`. */
  left: Postmaster | undefined;
};

function launchDirectly(options: LaunchOptions): Launched {
  const log = openSync(options.logFile, 'a');
  const child = spawnAs(
    options.account,
    options.binaries.postgres,
    ['-D', options.dataDirectory, ...options.args],
    { detached: true, stdio: ['ignore', log, log], environment: staleIdHint(options.left) },
  );
  closeSync(log);
  child.unref();
  let ended = false;
  let fault: string | undefined;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', (error) => {
    ended = true;
    fault = error.message;
  });
  return {
    started: (postmaster) => postmaster.pid === child.pid,
    exited: () => ended,
    fault: () => fault,
  };
}

/** On Windows `pg_ctl` gives up administrator rights, with which the server would refuse to start. */
function launchWithPgCtl(options: LaunchOptions): Launched {
  const quoted = options.args.map((arg) => (arg === '-c' ? arg : `"${arg}"`)).join(' ');
  const files = ['-D', options.dataDirectory, '-l', options.logFile];
  let exitCode: number | undefined;
  let fault: string | undefined;
  // Nothing is inherited: only then does it get a console of its own, out of Ctrl-C's reach.
  const child = spawnAs(
    options.account,
    options.binaries.pgCtl,
    ['start', '--wait', `--timeout=${START_TIMEOUT_MS / 1000}`, ...files, '-o', quoted],
    { stdio: 'ignore' },
  );
  child.once('exit', (code) => {
    exitCode = code ?? -1;
  });
  child.once('error', (error) => {
    exitCode = -1;
    fault = error.message;
  });
  return {
    started: () => exitCode === 0,
    exited: () => exitCode !== undefined && exitCode !== 0,
    fault: () => fault,
  };
}

/**
 * When the id in a left-over `postmaster.pid` belongs to another program by now, the server would take
 * it for a rival. Named as its grandparent the id counts as stale, and the server still checks for
 * itself whether shared memory of the old one is in use, which deleting the file would prevent.
 */
function staleIdHint(left: Postmaster | undefined): Record<string, string> {
  return left === undefined ? {} : { PG_GRANDPARENT_PID: String(left.pid) };
}

function classify(log: string): LaunchResult {
  if (/could not bind|could not create any TCP\/IP sockets/.test(log)) {
    return { outcome: 'port-taken', log };
  }
  if (/pre-existing shared memory block/.test(log)) return { outcome: 'still-closing', log };
  return { outcome: 'failed', log };
}
