import { count } from '../../../start/index.js';
import {
  type Block,
  callout,
  code,
  codes,
  list,
  paragraph,
  type Section,
  table,
} from '../document.js';
import type { AttackEvidence, IsolationReport } from '../report.model.js';
import { evidenceBlocks } from './evidence.js';

export function attacksSection({ attacks }: IsolationReport): Section {
  return {
    id: 'attacks',
    title: 'Attacks',
    blocks: [
      paragraph(
        'The test suite acts as a member of one organization and tries to read, change or detect the rows of another: through every argument of the API, and with SQL as the role that serves requests. An attack counts as a breach when the answer differs from the one that an organization gets for what never existed, or when a row of the other one has changed.',
      ),
      ...evidenceBlocks(attacks, 'npm test', describe),
    ],
  };
}

function describe({ attacks, byKind, breaches, tables, fields }: AttackEvidence): Block[] {
  const number = attacks.toLocaleString('en-US');
  const where = `They went to ${count(tables.length, 'table')} and through ${count(fields.length, 'field')} of the API.`;
  return [
    breaches.length === 0
      ? callout('good', `None of ${number} attacks succeeded`, where)
      : callout(
          'bad',
          count(breaches.length, 'breach', 'breaches'),
          `Seen in ${number} attacks. ${where}`,
        ),
    ...(breaches.length === 0 ? [] : [list(breaches.map((breach) => code(breach)))]),
    table(
      'Attacks by kind',
      ['What was attacked', 'Attacks'],
      Object.entries(byKind).map(([kind, made]) => [kind, made.toLocaleString('en-US')]),
    ),
    paragraph('Tables that were attacked: ', ...codes(tables), '.'),
    paragraph('Fields of the API that were attacked: ', ...codes(fields), '.'),
  ];
}
