import { readChecks } from './checks.read.ts';
import { refusalChecks } from './checks.refusal.ts';
import { type Check, type Contestant, DifferentAnswers } from './checks.ts';
import { writeChecks } from './checks.write.ts';
import { differences } from './differences.ts';

/**
 * Has every server answer the same calls, some of each kind, and holds the answers against those of the
 * floor, which does least, or of the first one. Every row is afterwards as it was before.
 *
 * @returns how many answers of each server were compared
 * @throws DifferentAnswers
 */
export async function checkEquality(contestants: readonly Contestant[]): Promise<number> {
  const reference =
    contestants.find(({ asker }) => asker.server.name === 'floor') ?? contestants[0];
  if (reference === undefined) return 0;
  const checks = [
    ...readChecks(reference.ground),
    ...writeChecks(reference.ground),
    ...refusalChecks(reference.ground),
  ];
  const expected = await answersOf(reference, checks);
  const report: string[] = [];
  for (const each of contestants.filter((contestant) => contestant !== reference)) {
    const answers = await answersOf(each, checks);
    for (const [index, { what }] of checks.entries()) {
      const found = differences(expected[index], answers[index]);
      if (found.length === 0) continue;
      const names = `${each.asker.server.name} (expected: as ${reference.asker.server.name})`;
      report.push(`${names}, ${what}\n  ${found.join('\n  ')}`);
    }
  }
  if (report.length > 0) throw new DifferentAnswers(report.join('\n'));
  return checks.length;
}

async function answersOf(contestant: Contestant, checks: readonly Check[]): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const check of checks) answers.push(await check.run(contestant));
  return answers;
}
