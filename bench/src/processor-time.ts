import { readdirSync, readFileSync } from 'node:fs';
import type { Client } from 'pg';

/**
 * Nanoseconds that processes have run so far, as Linux counts them for each thread (schedstat,
 * https://docs.kernel.org/scheduler/sched-stats.html). Unlike elapsed time it hardly depends on what else
 * the machine does. Elsewhere it cannot be read, and counts as 0.
 */
export class ProcessorTime {
  readonly #postmaster: number | null;

  private constructor(postmaster: number | null) {
    this.#postmaster = postmaster;
  }

  /** @param client of the PostgreSQL whose processes are counted */
  static async of(client: Client): Promise<ProcessorTime> {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const status = readOrEmpty(`/proc/${rows[0]?.pid}/status`);
    const parent = /^PPid:\s*(\d+)/m.exec(status)?.[1];
    return new ProcessorTime(parent === undefined ? null : Number(parent));
  }

  ofProcess(pid: number): number {
    const threads = `/proc/${pid}/task`;
    return sum(namesIn(threads).map((thread) => runTime(`${threads}/${thread}/schedstat`)));
  }

  /**
   * For each process of PostgreSQL, background ones too. Nothing is asked of the database, so that looking
   * costs it nothing.
   */
  ofPostgres(): Map<number, number> {
    if (this.#postmaster === null) return new Map();
    const path = `/proc/${this.#postmaster}/task/${this.#postmaster}/children`;
    const children = readOrEmpty(path).split(' ').filter(Boolean).map(Number);
    return new Map(children.map((pid) => [pid, this.ofProcess(pid)]));
  }
}

/** What was used from `before` to `after`. Processes that are gone by then do not count. */
export function usedBetween(before: Map<number, number>, after: Map<number, number>): number {
  return sum([...after].map(([pid, time]) => time - (before.get(pid) ?? 0)));
}

/** The first number: time on the processor. */
function runTime(path: string): number {
  return Number(readOrEmpty(path).split(' ')[0]);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A process that has just ended, or a system without /proc, has nothing to read. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
