import { CHECK_DESCRIPTIONS, type CheckArea } from '../checks.js';
import {
  bad,
  code,
  good,
  type Inline,
  open,
  paragraph,
  type Section,
  type Text,
  table,
} from '../document.js';
import type { CheckResult, IsolationReport } from '../report.model.js';

const AREAS: readonly CheckArea[] = ['Roles', 'Tables', 'Keys', 'Functions', 'Privileges', 'Seal'];

export function checksSection({ checks, servingRoles, readAs }: IsolationReport): Section {
  return {
    id: 'checks',
    title: 'Checks',
    blocks: [
      paragraph(
        'Made in the system catalog of the database, as ',
        code(readAs),
        ', for requests that are served by ',
        ...servingRoles.flatMap((role, index): Inline[] =>
          index === 0 ? [code(role)] : [' or ', code(role)],
        ),
        '. The number is that of the pitfall in the list in ',
        code('src/tenancy/README.md'),
        ' of the source, which says what has gone wrong elsewhere.',
      ),
      ...AREAS.map((area) =>
        table(
          area,
          ['What must be true', 'Result', 'Pitfall', 'Check'],
          checks.filter(({ check }) => CHECK_DESCRIPTIONS[check].area === area).map(row),
        ),
      ),
    ],
  };
}

function row(result: CheckResult): Text[] {
  const { requirement, pitfall } = CHECK_DESCRIPTIONS[result.check];
  return [requirement, outcome(result), String(pitfall), code(result.check)];
}

function outcome({ outcome, reason }: CheckResult): Text {
  switch (outcome) {
    case 'passed':
      return good('passed');
    case 'failed':
      return bad('failed');
    case 'accepted':
      return [open('accepted'), `: ${reason}`];
    case 'not-made':
      return [open('not made here'), `: ${reason}`];
  }
}
