import type { Series } from './rounds.ts';
import type { RunningServer } from './running-server.ts';
import { pairedRatio, type Spread, spreadOf } from './statistics.ts';
import { newHistogram } from './tally.ts';

/** One server under one workload, over all rounds. */
export interface Figures {
  readonly server: string;
  /** Answered calls a second. */
  readonly throughput: Spread;
  /** To the reference, paired by round; 2 is twice as fast. */
  readonly ratio: Spread;
  /** Of all rounds together, in milliseconds. */
  readonly latency: { readonly p50: number; readonly p99: number };
  /** Microseconds for each call; medians. The generator's is what measuring itself costs. */
  readonly processorTime: {
    readonly server: number;
    readonly postgres: number;
    readonly generator: number;
  };
  /** Of server and PostgreSQL together, to the reference, paired by round; 0.5 is half the time. */
  readonly processorTimeRatio: Spread;
  /** Calls a second in each round. */
  readonly rounds: readonly number[];
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  /** At a fixed rate only: due while as many as allowed were under way, and left out. */
  readonly notSent: number;
}

export interface WorkloadResult {
  readonly name: string;
  readonly title: string;
  /** The server that ratios are to: that of the whole result where it takes part. */
  readonly reference: string;
  readonly figures: readonly Figures[];
}

export interface ServerResult {
  readonly name: string;
  readonly title: string;
  /** Whether its updates overwrite whatever is there. */
  readonly ignoresVersion: boolean;
  /** Largest resident memory under load, in bytes; 0 when it could not be read. */
  readonly memory: number;
}

export interface Result {
  /** The server that ratios are to. */
  readonly reference: string;
  readonly servers: readonly ServerResult[];
  readonly workloads: readonly WorkloadResult[];
}

/** PostGraphile where it takes part, else the floor, else the first server. */
export function summarize(series: readonly Series[]): Result {
  const running = [...new Set(series.map(({ contender }) => contender.running))];
  const reference = referenceOf(running);
  return {
    reference: reference.name,
    servers: running.map((server) => ({
      name: server.name,
      title: server.server.title,
      ignoresVersion: server.server.ignoresVersion ?? false,
      memory: Math.max(...stretchesOf(series, server).map(({ memory }) => memory)),
    })),
    workloads: [...new Set(series.map(({ workload }) => workload))].map((workload) => {
      const rivals = series.filter((each) => each.workload === workload);
      const own = referenceOf(rivals.map(({ contender }) => contender.running));
      const base = rivals.find(({ contender }) => contender.running === own);
      return {
        name: workload.name,
        title: workload.title,
        reference: own.name,
        figures: rivals.map((each) => figuresOf(each, base ?? each)),
      };
    }),
  };
}

/** @throws RangeError when there is none */
function referenceOf(running: readonly RunningServer[]): RunningServer {
  const named = (wanted: string) => running.find(({ name }) => name === wanted);
  const reference = named('postgraphile') ?? named('floor') ?? running[0];
  if (reference === undefined) throw new RangeError('Nothing was measured.');
  return reference;
}

function figuresOf({ contender, stretches }: Series, base: Series): Figures {
  const latencies = newHistogram();
  const failures: Record<string, number> = {};
  for (const stretch of stretches) {
    latencies.add(stretch.latencies);
    for (const [what, times] of stretch.failures) failures[what] = (failures[what] ?? 0) + times;
  }
  const rounds = stretches.map(({ throughput }) => throughput);
  const middle = (part: keyof Figures['processorTime']) =>
    spreadOf(stretches.map(({ processorTime }) => processorTime[part])).median;
  return {
    server: contender.running.name,
    throughput: spreadOf(rounds),
    ratio: pairedRatio(
      rounds,
      base.stretches.map(({ throughput }) => throughput),
    ),
    latency: {
      p50: latencies.getValueAtPercentile(50) / 1_000,
      p99: latencies.getValueAtPercentile(99) / 1_000,
    },
    processorTime: {
      server: middle('server'),
      postgres: middle('postgres'),
      generator: middle('generator'),
    },
    processorTimeRatio: pairedRatio(processorTimes(stretches), processorTimes(base.stretches)),
    rounds,
    failed: sum(stretches.map(({ failed }) => failed)),
    failures,
    notSent: sum(stretches.map(({ notSent }) => notSent)),
  };
}

function processorTimes(stretches: Series['stretches']): number[] {
  return stretches.map(({ processorTime: { server, postgres } }) => server + postgres);
}

function stretchesOf(series: readonly Series[], server: RunningServer) {
  return series
    .filter(({ contender }) => contender.running === server)
    .flatMap(({ stretches }) => stretches);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
