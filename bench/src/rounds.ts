import type { Contender } from './arena.ts';
import { closedLoop, openLoop } from './load.ts';
import type { Options } from './options.ts';
import { ProcessorTime } from './processor-time.ts';
import { answersAll } from './server-under-test.ts';
import { runStretch, type StretchResult } from './stretch.ts';
import { kindsOf, tablesWrittenBy, type Workload } from './workloads.ts';

/** The stretches of one server under one workload, one for each round. */
export interface Series {
  readonly workload: Workload;
  readonly contender: Contender;
  readonly stretches: readonly StretchResult[];
}

const FIRST_GUESS_PER_SECOND = 1_000;

/**
 * Measures every server under every workload that it can answer, alone, in rounds. Who is first changes from round to round and
 * from workload to workload, so that nobody always has the warmer machine.
 */
export async function runRounds(
  contenders: readonly Contender[],
  options: Options,
  progress: (message: string) => void,
): Promise<Series[]> {
  const { workloads, rounds, seconds, warmUpSeconds } = options;
  const [first] = contenders;
  if (first === undefined) return [];
  // All their databases are in one PostgreSQL.
  const processorTime = await ProcessorTime.of(first.client);
  const series = workloads.flatMap((workload) =>
    contenders
      .filter(({ running }) => answersAll(running.server, kindsOf(workload)))
      .map((contender) => new GrowingSeries(workload, contender, processorTime)),
  );
  progress('Warming up …');
  for (const each of series) await each.run(options, 0, warmUpSeconds);
  for (const each of series) each.forget();
  for (let round = 1; round <= rounds; round++) {
    progress(`Round ${round} of ${rounds} …`);
    await tidyUp(contenders, workloads);
    for (const [index, workload] of workloads.entries()) {
      const turns = series.filter((each) => each.workload === workload);
      for (const each of rotated(turns, round + index)) await each.run(options, round, seconds);
    }
  }
  return series;
}

class GrowingSeries implements Series {
  readonly workload: Workload;
  readonly contender: Contender;
  stretches: StretchResult[] = [];
  readonly #processorTime: ProcessorTime;
  #expectedRate = FIRST_GUESS_PER_SECOND;

  constructor(workload: Workload, contender: Contender, processorTime: ProcessorTime) {
    this.workload = workload;
    this.contender = contender;
    this.#processorTime = processorTime;
  }

  async run({ connections, rate }: Options, round: number, seconds: number): Promise<void> {
    const { workload, contender } = this;
    const { running: server, ground } = contender;
    const stretch = await runStretch({
      server,
      ground,
      workload,
      seed: round,
      connections,
      seconds,
      shape: rate === null ? closedLoop : openLoop(rate),
      expectedRate: rate ?? this.#expectedRate,
      processorTime: this.#processorTime,
    });
    this.#expectedRate = stretch.throughput;
    this.stretches.push(stretch);
  }

  forget(): void {
    this.stretches = [];
  }
}

/** What writing leaves behind would slow down whoever comes later. */
async function tidyUp(contenders: readonly Contender[], workloads: readonly Workload[]) {
  const tables = [...new Set(workloads.flatMap(tablesWrittenBy))];
  if (tables.length === 0) return;
  for (const client of new Set(contenders.map((contender) => contender.client))) {
    await client.query(`VACUUM ${tables.join(', ')}`);
  }
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
