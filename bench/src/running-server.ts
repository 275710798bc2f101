import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from './database.ts';
import { findFreePort } from './product.ts';
import type { ServerUnderTest } from './server-under-test.ts';

export interface StartOptions {
  readonly database: Database;
  readonly poolSize: number;
  /** Given to Node before the script. */
  readonly nodeArgs: readonly string[];
}

const START_LIMIT_MS = 60_000;
/** After that a server that was asked to end is killed. */
const STOP_LIMIT_MS = 15_000;
/** How much of what the server has printed last is kept for an error message, in characters. */
const OUTPUT_KEPT = 4_000;

/** A server in a process of its own. */
export class RunningServer {
  readonly server: ServerUnderTest;
  readonly database: Database;
  readonly origin: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';

  private constructor(
    server: ServerUnderTest,
    database: Database,
    origin: string,
    child: ChildProcess,
  ) {
    this.server = server;
    this.database = database;
    this.origin = origin;
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output = (this.#output + chunk).slice(-OUTPUT_KEPT);
      });
    }
  }

  /** @param onSpawn gets the process at once, so that it can be stopped while it starts */
  static async start(
    server: ServerUnderTest,
    { database, poolSize, nodeArgs }: StartOptions,
    onSpawn: (running: RunningServer) => void,
  ): Promise<RunningServer> {
    const port = await findFreePort();
    const launch = server.launch({ port, databaseUrl: database.appUrl, poolSize });
    const child = spawn(process.execPath, [...nodeArgs, ...launch.args], {
      env: { PATH: process.env.PATH, ...launch.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const running = new RunningServer(server, database, `http://127.0.0.1:${port}`, child);
    onSpawn(running);
    await running.#waitUntilReady(launch.readyPath);
    return running;
  }

  get name(): string {
    return this.server.name;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resident memory at this moment, in bytes; 0 where it cannot be read (not on Linux). */
  residentMemory(): number {
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
    } catch {
      return 0;
    }
  }

  /** @throws Error with what the server has printed last, when it has ended by itself */
  checkAlive(): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) return;
    throw new Error(
      `${this.name} has ended (${signalCode ?? exitCode}). It said:\n${this.#output}`,
    );
  }

  /** Asks it to end, and after a while no longer asks. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const patience = new AbortController();
    const killed = sleep(STOP_LIMIT_MS, undefined, { signal: patience.signal }).then(
      () => this.#child.kill('SIGKILL'),
      () => undefined,
    );
    await this.#ended;
    patience.abort();
    await killed;
  }

  async #waitUntilReady(path: string): Promise<void> {
    const end = performance.now() + START_LIMIT_MS;
    while (performance.now() < end) {
      this.checkAlive();
      const answer = await fetch(this.origin + path).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.status === 200) return;
      await sleep(50);
    }
    throw new Error(
      `${this.name} was not ready within ${START_LIMIT_MS / 1_000} seconds. It said:\n${this.#output}`,
    );
  }
}
