import { availableParallelism, cpus } from 'node:os';
import { DATABASE_NOTES } from './database.ts';
import type { Options } from './options.ts';
import type { Figures, Result, WorkloadResult } from './result.ts';
import type { Target } from './targets.ts';
import { inQuartiles, table } from './text-table.ts';

/** Under which conditions a run was made. */
export interface Conditions {
  readonly startedAt: string;
  readonly node: string;
  readonly postgres: string;
  readonly database: string;
  readonly processors: string;
  readonly connections: number;
  /** Requests a second that were sent; null for as many as were answered. */
  readonly rate: number | null;
  readonly poolSize: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly scale: Options['scale'];
}

export function conditionsOf(options: Options, startedAt: Date, postgres: string): Conditions {
  const { connections, rate, poolSize, rounds, seconds, scale } = options;
  return {
    startedAt: startedAt.toISOString(),
    node: process.versions.node,
    postgres,
    database: DATABASE_NOTES,
    processors: `${availableParallelism()} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    connections,
    rate,
    poolSize,
    rounds,
    seconds,
    scale,
  };
}

/** The whole run, for a person. */
export function textReport(conditions: Conditions, result: Result, targets: readonly Target[]) {
  return [
    describe(conditions),
    ...result.workloads.map(describeWorkload),
    describeServers(result),
    ...(targets.length > 0 ? [describeTargets(targets)] : []),
  ].join('\n\n');
}

function describe(conditions: Conditions): string {
  const { scale } = conditions;
  return [
    `Node ${conditions.node}, PostgreSQL ${conditions.postgres}, ${conditions.processors}`,
    `Database: ${conditions.database}`,
    `Rows: ${scale.organizations} organizations of ${scale.tasks} tasks and ${scale.products} products, ` +
      `${scale.largeOrganizations} of 12000 tasks`,
    `${loadOf(conditions)}, pool of ${conditions.poolSize}, ` +
      `medians of ${conditions.rounds} rounds of ${conditions.seconds} s`,
  ].join('\n');
}

function describeWorkload({ title, figures, reference }: WorkloadResult): string {
  const rows = figures.map((each) => [
    each.server,
    each.throughput.median.toFixed(0),
    inQuartiles(each.ratio),
    each.latency.p50.toFixed(2),
    each.latency.p99.toFixed(2),
    each.processorTime.server.toFixed(0),
    each.processorTime.postgres.toFixed(0),
    inQuartiles(each.processorTimeRatio),
    each.processorTime.generator.toFixed(0),
    mishapsOf(each),
  ]);
  const heading = [
    title,
    'calls/s',
    `x ${reference}`,
    'p50 ms',
    'p99 ms',
    'µs server',
    'µs postgres',
    `µs x ${reference}`,
    'µs load',
    '',
  ];
  return table([heading, ...rows], heading.length - 1);
}

function describeServers({ servers }: Result): string {
  const rows = servers.map(({ name, title, memory, ignoresVersion }) => [
    name,
    memory > 0 ? (memory / 2 ** 20).toFixed(0) : '-',
    ignoresVersion ? `${title}; its updates ignore the version` : title,
  ]);
  return table([['Memory under load', 'MB', ''], ...rows], 2);
}

function describeTargets(targets: readonly Target[]): string {
  const rows = targets.map(({ what, sense, limit, measured, met }) => [
    what,
    `${sense} ${limit}`,
    measured.toFixed(2),
    met ? 'met' : 'MISSED',
  ]);
  return table([['Target of Rowhouse', '', 'measured', ''], ...rows]);
}

/** What went wrong, the most frequent first. */
function mishapsOf({ failures, notSent }: Figures): string {
  const kinds = Object.entries(failures)
    .toSorted(([, a], [, b]) => b - a)
    .map(([what, times]) => `${times} x ${what}`);
  return [...kinds, ...(notSent > 0 ? [`${notSent} not sent`] : [])].slice(0, 4).join(', ');
}

function loadOf({ connections, rate }: Conditions): string {
  if (rate === null) return `${connections} connections`;
  return `${rate} requests a second over at most ${connections} connections`;
}
