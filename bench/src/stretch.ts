import { setTimeout as sleep } from 'node:timers/promises';
import type { Histogram } from 'hdr-histogram-js';
import { CallSource, type Ground } from './call-source.ts';
import type { Answer, Call } from './calls.ts';
import { Lane } from './lane.ts';
import type { LoadShape } from './load.ts';
import { type ProcessorTime, usedBetween } from './processor-time.ts';
import type { RunningServer } from './running-server.ts';
import { Tally } from './tally.ts';
import type { Workload } from './workloads.ts';

/** One server under one workload for a while. */
export interface StretchOptions {
  readonly server: RunningServer;
  readonly ground: Ground;
  readonly workload: Workload;
  readonly seed: number;
  readonly connections: number;
  readonly seconds: number;
  readonly shape: LoadShape;
  /** About how many requests a second will be sent: so many are prepared. */
  readonly expectedRate: number;
  readonly processorTime: ProcessorTime;
}

export interface StretchResult {
  /** Answered calls a second. */
  readonly throughput: number;
  /** In microseconds. */
  readonly latencies: Histogram;
  readonly answered: number;
  readonly failed: number;
  readonly failures: ReadonlyMap<string, number>;
  readonly notSent: number;
  /** Largest resident memory of the server that was seen, in bytes. */
  readonly memory: number;
  /** Microseconds on the processor for each answered call. */
  readonly processorTime: { server: number; postgres: number; generator: number };
}

/** Before the clock starts: connections are made, and the pools are filled. */
const LEAD_IN_MS = 150;
const MEMORY_SAMPLE_MS = 100;
const MOST_PREPARED = 2_000;

/** @throws Error when a sampled answer is not what was asked for, or the server has ended */
export async function runStretch(options: StretchOptions): Promise<StretchResult> {
  const { server, ground, workload, seed, connections, seconds, shape } = options;
  const tally = new Tally();
  const lanes = Array.from(
    { length: connections },
    (_, index) => new Lane(server, new CallSource(ground, workload, index, seed), tally),
  );
  const wanted = Math.ceil(
    (options.expectedRate * (seconds + LEAD_IN_MS / 1_000) * 1.2) / connections,
  );
  // No task twice: its version is known only after the first update.
  const prepared = Math.min(wanted, MOST_PREPARED, ground.tasks.perConnection);
  try {
    await Promise.all(lanes.map((lane) => lane.prepare(prepared)));
    const load = shape(lanes);
    await sleep(LEAD_IN_MS);
    const notSentBefore = load.notSent;
    const measured = await watch(options, tally);
    const notSent = load.notSent - notSentBefore;
    await load.stop();
    server.checkAlive();
    for (const { call, body } of tally.samples) check(call, server.server.read(call, body));
    const { latencies, answered, failed, failures } = tally;
    return { ...measured, latencies, answered, failed, failures, notSent };
  } finally {
    for (const lane of lanes) lane.close();
  }
}

async function watch({ server, seconds, processorTime }: StretchOptions, tally: Tally) {
  const look = () => ({
    at: performance.now(),
    server: processorTime.ofProcess(server.pid),
    postgres: processorTime.ofPostgres(),
    generator: process.cpuUsage(),
  });
  let memory = 0;
  const sampling = setInterval(() => {
    memory = Math.max(memory, server.residentMemory());
  }, MEMORY_SAMPLE_MS);
  const before = look();
  tally.begin();
  await sleep(seconds * 1_000);
  tally.end();
  const after = look();
  clearInterval(sampling);
  const perCall = (microseconds: number) => microseconds / Math.max(tally.answered, 1);
  return {
    throughput: tally.answered / ((after.at - before.at) / 1_000),
    memory,
    processorTime: {
      server: perCall((after.server - before.server) / 1_000),
      postgres: perCall(usedBetween(before.postgres, after.postgres) / 1_000),
      generator: perCall(total(after.generator) - total(before.generator)),
    },
  };
}

function total({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}

/** That an answer read under load belongs to its call; that all servers answer alike is seen before. */
function check(call: Call, answer: Answer): void {
  const belongs =
    (call.kind === 'point-read' && 'id' in answer && answer.id === call.projectId) ||
    (call.kind === 'update' &&
      'version' in answer &&
      answer.id === call.taskId &&
      answer.version === call.version + 1) ||
    (call.kind === 'create' && 'title' in answer && answer.title === call.title) ||
    (call.kind === 'list' && 'tasks' in answer && answer.tasks.length > 0) ||
    ((call.kind === 'nested-list' || call.kind === 'search') && Array.isArray(answer)) ||
    (call.kind === 'catalog-search' && 'products' in answer) ||
    (call.kind === 'add-cart-item' && 'cartId' in answer) ||
    (call.kind === 'place-order' && 'orderId' in answer && answer.number > 0);
  if (!belongs) {
    throw new Error(`Answered ${JSON.stringify(call)} with ${JSON.stringify(answer)}`);
  }
}
