import { readChecks } from './checks.read.ts';
import { refusalChecks } from './checks.refusal.ts';
import { shopChecks } from './checks.shop.ts';
import { type Check, type Contestant, DifferentAnswers } from './checks.ts';
import { writeChecks } from './checks.write.ts';
import { differences } from './differences.ts';
import { answersAll } from './server-under-test.ts';

/**
 * Has every server answer the same calls, some of each kind that it has an answer to, and holds the answers against
 * those of the floor, which does least, or of one that lacks least. Every row is afterwards as it was before, but for
 * orders, which stay.
 *
 * @returns how many answers were compared
 * @throws DifferentAnswers
 */
export async function checkEquality(contestants: readonly Contestant[]): Promise<number> {
  const lacking = ({ asker: { server } }: Contestant) => server.lacks?.length ?? 0;
  const reference =
    contestants.find(({ asker }) => asker.server.name === 'floor') ??
    contestants.toSorted((a, b) => lacking(a) - lacking(b))[0];
  if (reference === undefined) return 0;
  const checks = [
    ...readChecks(reference.ground),
    ...writeChecks(reference.ground),
    ...refusalChecks(reference.ground),
    ...shopChecks(reference.ground),
  ];
  const expected = await answersOf(reference, checks);
  const report: string[] = [];
  let compared = 0;
  for (const each of contestants.filter((contestant) => contestant !== reference)) {
    const answers = await answersOf(each, checks);
    for (const [index, { what, kinds }] of checks.entries()) {
      if (!answersAll(reference.asker.server, kinds)) continue;
      if (!answersAll(each.asker.server, kinds)) continue;
      compared++;
      const found = differences(expected[index], answers[index]);
      if (found.length === 0) continue;
      const names = `${each.asker.server.name} (expected: as ${reference.asker.server.name})`;
      report.push(`${names}, ${what}\n  ${found.join('\n  ')}`);
    }
  }
  if (report.length > 0) throw new DifferentAnswers(report.join('\n'));
  return compared;
}

async function answersOf(contestant: Contestant, checks: readonly Check[]): Promise<unknown[]> {
  const answers: unknown[] = [];
  const { server } = contestant.asker;
  for (const check of checks) {
    answers.push(answersAll(server, check.kinds) ? await check.run(contestant) : undefined);
  }
  return answers;
}
