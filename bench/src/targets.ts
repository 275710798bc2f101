import type { Figures, Result } from './result.ts';
import { pairedRatio } from './statistics.ts';

/** Something that Rowhouse is to reach beside a peer. */
export interface Target {
  readonly what: string;
  readonly measured: number;
  readonly limit: number;
  /** Whether `limit` is the least or the most. */
  readonly sense: 'at least' | 'at most';
  readonly met: boolean;
}

const SUBJECT = 'rowhouse';

/** Least ratio of throughput to a peer's. */
const THROUGHPUT: readonly (readonly [workload: string, peer: string, limit: number])[] = [
  ['point-read', 'postgraphile', 1.6],
  ['list', 'postgraphile', 1.6],
  ['nested-list', 'postgraphile', 1.6],
  ['update', 'postgraphile', 1.3],
  ['create', 'postgraphile', 1.3],
  ['point-read', 'drizzle', 1],
  ['nested-list', 'floor', 0.4],
];

/** p99 is not to be above that of this peer, wherever throughput has a target beside it. */
const LATENCY_PEER = 'postgraphile';
/** Most memory, as a multiple of the same peer's. */
const MEMORY = 1.3;

/** Those whose workloads and peers were measured. */
export function targetsOf(result: Result): Target[] {
  const targets: Target[] = [];
  for (const [workload, peer, limit] of THROUGHPUT) {
    const own = find(result, workload, SUBJECT);
    const other = find(result, workload, peer);
    if (!own || !other) continue;
    const { median } = pairedRatio(own.rounds, other.rounds);
    targets.push(atLeast(`${workload}: throughput to ${peer}`, median, limit));
    if (peer !== LATENCY_PEER) continue;
    targets.push(atMost(`${workload}: p99 to ${peer}`, own.latency.p99 / other.latency.p99, 1));
  }
  return [...targets, ...memoryTarget(result)];
}

function memoryTarget({ servers }: Result): Target[] {
  const own = servers.find(({ name }) => name === SUBJECT);
  const other = servers.find(({ name }) => name === LATENCY_PEER);
  if (!own?.memory || !other?.memory) return [];
  return [atMost(`memory to ${LATENCY_PEER}`, own.memory / other.memory, MEMORY)];
}

function find({ workloads }: Result, workload: string, server: string): Figures | undefined {
  return workloads
    .find(({ name }) => name === workload)
    ?.figures.find((figures) => figures.server === server);
}

function atLeast(what: string, measured: number, limit: number): Target {
  return { what, measured, limit, sense: 'at least', met: measured >= limit };
}

function atMost(what: string, measured: number, limit: number): Target {
  return { what, measured, limit, sense: 'at most', met: measured <= limit };
}
