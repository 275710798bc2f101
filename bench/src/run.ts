import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareArena } from './arena.ts';
import type { Cleanup } from './cleanup.ts';
import { checkEquality } from './equality.ts';
import type { Options } from './options.ts';
import { drawPicture } from './picture.ts';
import { conditionsOf, textReport } from './report.ts';
import { type Result, summarize } from './result.ts';
import { runRounds } from './rounds.ts';
import { targetsOf } from './targets.ts';

/**
 * Everything: data, servers, equal answers, rounds, report.
 *
 * @param cleanup gets whatever is to be undone at the end
 * @param progress told, in words for a person, before each step that takes time
 * @returns whether every call was answered; a missed target is no failure
 * @throws DifferentAnswers before anything is timed
 */
export async function runBenchmark(
  options: Options,
  cleanup: Cleanup,
  progress: (message: string) => void,
): Promise<boolean> {
  const startedAt = new Date();
  warnOfOtherNode();
  const { contenders, postgresVersion } = await prepareArena(options, cleanup, progress);
  progress('Comparing answers …');
  const compared = await checkEquality(contenders);
  progress(`All ${contenders.length} servers gave the same answers: ${compared} were compared.`);
  if (options.checkOnly) return true;
  const result = summarize(await runRounds(contenders, options, progress));
  const conditions = conditionsOf(options, startedAt, postgresVersion);
  const targets = targetsOf(result);
  console.log(`\n${textReport(conditions, result, targets)}\n`);
  await mkdir(options.out, { recursive: true });
  await writeFile(
    join(options.out, 'bench.json'),
    JSON.stringify({ conditions, ...result, targets }, null, 2),
  );
  await writeFile(join(options.out, 'bench.svg'), drawPicture(conditions, result));
  progress(`Written to ${options.out}: bench.json and bench.svg`);
  // A server may refuse what is too much; nothing is too much when each user waits for an answer.
  return options.rate !== null || answeredAll(result);
}

function answeredAll({ workloads }: Result): boolean {
  const failing = workloads.filter(({ figures }) => figures.some(({ failed }) => failed > 0));
  for (const { title } of failing) console.error(`${title}: calls have failed, see the table.`);
  return failing.length === 0;
}

function warnOfOtherNode(): void {
  const { node } = process.versions;
  if (node.startsWith('24.')) return;
  console.error(`This is Node ${node}; figures are meant to be those of Node 24.`);
}
