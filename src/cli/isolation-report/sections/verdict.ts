import { count } from '../../../start/index.js';
import { type Block, bad, callout, good, type Inline, link, list, open } from '../document.js';
import type { IsolationReport } from '../report.model.js';

/** What an auditor who reads no further has to know. */
export function verdict(report: IsolationReport): Block[] {
  return [
    ofTheDatabase(report),
    list([
      [link('checks', 'Checks'), ' of this database: ', ...checks(report)],
      [link('attacks', 'Attacks'), ' of the test suite, on scratch databases: ', attacks(report)],
      [link('defects', 'Defects'), ' made on purpose, on scratch databases: ', defects(report)],
    ]),
  ];
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
    `In ${database}, organizations are not kept apart as they should be. What to do is said under Findings; a server refuses to serve from this database until then.`,
  );
}

function checks({ checks }: IsolationReport): Inline[] {
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

function attacks({ attacks }: IsolationReport): Inline {
  if (attacks.state === 'absent') return open('not run on this machine');
  if (attacks.state === 'unreadable') return open('result unreadable');
  const { attacks: made, breaches } = attacks.value;
  const number = made.toLocaleString('en-US');
  return breaches.length === 0
    ? good(`none of ${number} succeeded`)
    : bad(`${count(breaches.length, 'breach', 'breaches')} in ${number}`);
}

function defects({ defects }: IsolationReport): Inline {
  if (defects.state === 'absent') return open('not run on this machine');
  if (defects.state === 'unreadable') return open('result unreadable');
  const { killed, total } = defects.value;
  return killed === total
    ? good(`all ${total} were noticed`)
    : bad(`${total - killed} of ${total} went unnoticed`);
}
