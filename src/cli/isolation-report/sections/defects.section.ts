import {
  type Block,
  bad,
  callout,
  code,
  good,
  paragraph,
  type Section,
  type Text,
  table,
} from '../document.js';
import { wasKilled } from '../read/evidence.reader.js';
import type { DefectEvidence, IsolationReport } from '../report.model.js';
import { evidenceBlocks } from './evidence.js';

const MOST_NAMES = 3;

export function defectsSection({ defects }: IsolationReport): Section {
  return {
    id: 'defects',
    title: 'Defects',
    blocks: [
      paragraph(
        'Whether anybody would notice if the protection were broken: it is broken on purpose, in the database and in the code, in one way at a time, and the audit, an attack or a test has to notice.',
      ),
      ...evidenceBlocks(defects, 'npm run test:defects', describe),
    ],
  };
}

function describe({ killed, total, defects }: DefectEvidence): Block[] {
  return [
    killed === total
      ? callout(
          'good',
          `All ${total} defects were noticed`,
          'Each by a finding of the audit, an attack or a test.',
        )
      : callout(
          'bad',
          `${total - killed} of ${total} defects went unnoticed`,
          'The protection was broken, and neither the audit nor an attack nor a test said so.',
        ),
    table(
      'Defects',
      ['What was broken', 'Sort', 'Result', 'Noticed by'],
      defects.map((defect) => [
        defect.name,
        defect.sort,
        wasKilled(defect) ? good('noticed') : bad('unnoticed'),
        noticedBy(defect.killedBy),
      ]),
    ),
  ];
}

function noticedBy(tests: readonly string[]): Text {
  if (tests.length === 0) return '–';
  const more = tests.length - MOST_NAMES;
  return [
    ...tests.slice(0, MOST_NAMES).flatMap((test, index) => [index === 0 ? '' : ', ', code(test)]),
    ...(more > 0 ? [` and ${more} more`] : []),
  ];
}
