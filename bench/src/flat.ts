import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from './cleanup.ts';
import { DatabaseServer } from './database.ts';
import { countBlocks } from './flat-blocks.ts';
import { buildFlatDatabases } from './flat-databases.ts';
import { FLAT_USAGE, readFlatOptions } from './flat-options.ts';
import { flatConditionsOf, flatReport } from './flat-report.ts';
import { compare, type Question } from './flat-result.ts';
import { prepareSeries, type Side } from './flat-series.ts';
import { TurnTaker, takeTurns } from './flat-turns.ts';
import { ProcessorTime } from './processor-time.ts';

const QUESTIONS: readonly Question[] = [
  { what: 'More organizations', from: 'few', to: 'many', isTarget: true },
  {
    what: 'More tasks',
    from: 'middling, large organizations',
    to: 'many, large organizations',
    isTarget: true,
  },
  { what: 'Page 500', from: 'many, page 1', to: 'many, page 500', isTarget: true },
  {
    what: 'Larger organizations',
    from: 'many',
    to: 'many, large organizations',
    isTarget: false,
  },
  { what: 'Forgotten users', from: 'many', to: 'many, forgotten users', isTarget: false },
  { what: 'Nothing, another process', from: 'few', to: 'few again', isTarget: false },
];

/** Those differ from others in nothing that PostgreSQL could notice. */
const NOT_COUNTED: readonly Side[] = ['few again', 'many, forgotten users'];

/**
 * `node bench/run.js flat`: what a call costs when there are a thousand times the organizations, and fifty
 * times the tasks, and what a page costs far from the beginning of its list.
 *
 * @param cleanup gets whatever is to be undone at the end
 * @param progress told, in words for a person, before each step that takes time
 * @returns whether the run came to its end; cost that grows is told, but is no failure
 * @throws UsageError
 */
export async function runFlat(
  args: readonly string[],
  cleanup: Cleanup,
  progress: (message: string) => void,
): Promise<boolean> {
  const options = readFlatOptions(args);
  if (options === null) {
    console.log(FLAT_USAGE);
    return true;
  }
  const startedAt = new Date();
  progress('Starting PostgreSQL …');
  const directory = options.keep ?? (await mkdtemp(join(tmpdir(), 'rowhouse-bench-')));
  if (options.keep === null) cleanup.add(() => rm(directory, { recursive: true, force: true }));
  const starting = DatabaseServer.start(directory);
  cleanup.add(async () => (await starting).stop());
  const postgres = await starting;
  await postgres.migrate();
  const databases = await buildFlatDatabases(postgres, options.sizes, cleanup, progress);
  progress('Starting the servers …');
  const series = await prepareSeries(databases, options.requests, cleanup);
  const processorTime = await ProcessorTime.of(databases.many.client);
  const takers = series.map((each) => new TurnTaker(each, processorTime));
  await takeTurns(takers, options, progress);
  for (const taker of takers) taker.close();
  progress('Counting blocks …');
  const all = Object.values(databases);
  const blocks = await countBlocks(
    all,
    series.filter(({ side }) => !NOT_COUNTED.includes(side)),
    join(directory, 'postgres', 'postgres.log'),
    cleanup,
  );
  const conditions = flatConditionsOf(options, all, startedAt, postgres.version);
  const comparisons = compare(QUESTIONS, takers, blocks);
  console.log(`\n${flatReport(conditions, comparisons)}\n`);
  await mkdir(options.out, { recursive: true });
  const file = join(options.out, 'flat.json');
  const turns = takers.map(({ series: { heat, side }, turns }) => ({ heat, side, turns }));
  await writeFile(file, JSON.stringify({ conditions, comparisons, turns }, null, 2));
  progress(`Written to ${file}`);
  return true;
}
