import { count } from '../../../start/index.js';
import {
  type Block,
  bad,
  callout,
  code,
  good,
  link,
  list,
  open,
  type Section,
  type Text,
  table,
} from '../document.js';
import type { IsolationReport } from '../report.model.js';

/** What an auditor who reads no further has to know. */
export function verdictSection(report: IsolationReport): Section {
  return {
    id: 'verdict',
    title: 'Verdict',
    blocks: [
      ofTheDatabase(report),
      list([
        [link('checks', 'Checks'), ' of this database: ', ...checks(report)],
        [
          link('attacks', 'Attacks'),
          ' of the test suite, on a scratch database: ',
          attacks(report),
        ],
        [
          link('defects', 'Defects'),
          ' that the tests must notice, in scratch databases: ',
          defects(report),
        ],
      ]),
      ...findings(report),
    ],
  };
}

function ofTheDatabase({ database, findings, checks }: IsolationReport): Block {
  const made = checks.filter(({ outcome }) => outcome === 'passed' || outcome === 'failed').length;
  if (findings.length === 0) {
    return callout(
      'good',
      `All ${count(made, 'check')} passed`,
      `Nothing was found in ${database} by which one organization could reach the rows of another.`,
    );
  }
  return callout(
    'bad',
    count(findings.length, 'finding'),
    `In ${database}, organizations are not kept apart as they should be. What to do is said below; a server refuses to serve from this database until then.`,
  );
}

function checks({ checks }: IsolationReport) {
  const number = (wanted: string) => checks.filter(({ outcome }) => outcome === wanted).length;
  const [passed, failed] = [number('passed'), number('failed')];
  const others = [
    ...(number('accepted') > 0 ? [`${number('accepted')} accepted by the operator`] : []),
    ...(number('not-made') > 0 ? [`${number('not-made')} not made here`] : []),
  ];
  return [
    failed === 0 ? good(`${passed} passed`) : bad(`${failed} failed, ${passed} passed`),
    others.length === 0 ? '.' : `; ${others.join(', ')}.`,
  ];
}

function attacks({ attacks }: IsolationReport) {
  if (attacks.state === 'absent') return open('not run on this machine');
  if (attacks.state === 'unreadable') return open('result unreadable');
  const { attacks: made, breaches } = attacks.value;
  const number = made.toLocaleString('en-US');
  return breaches.length === 0
    ? good(`none of ${number} succeeded`)
    : bad(`${count(breaches.length, 'breach', 'breaches')} in ${number}`);
}

function defects({ defects }: IsolationReport) {
  if (defects.state === 'absent') return open('not run on this machine');
  if (defects.state === 'unreadable') return open('result unreadable');
  const { killed, total } = defects.value;
  return killed === total
    ? good(`all ${total} were noticed`)
    : bad(`${total - killed} of ${total} went unnoticed`);
}

function findings({ findings }: IsolationReport): Block[] {
  if (findings.length === 0) return [];
  const rows: Text[][] = findings.map(({ check, object, problem, remedy }) => [
    code(object),
    problem,
    code(remedy),
    code(check),
  ]);
  return [table('Findings', ['Object', 'Problem', 'Remedy', 'Check'], rows)];
}
