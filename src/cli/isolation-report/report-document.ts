import type { MigrationState } from '../../migrations/index.js';
import { count } from '../../start/index.js';
import { code, codes, type Fact, moment, type ReportDocument, type Text } from './document.js';
import type { IsolationReport } from './report.model.js';
import { attacksSection } from './sections/attacks.section.js';
import { checksSection } from './sections/checks.section.js';
import { defectsSection } from './sections/defects.section.js';
import { findingsSections } from './sections/findings.section.js';
import { functionsSection } from './sections/functions.section.js';
import { grantsSection } from './sections/grants.section.js';
import { policiesSection } from './sections/policies.section.js';
import { promiseSection } from './sections/promise.section.js';
import { rolesSection } from './sections/roles.section.js';
import { sealSection } from './sections/seal.section.js';
import { tablesSection } from './sections/tables.section.js';
import { unseenSection } from './sections/unseen.section.js';
import { verdict } from './sections/verdict.js';

const IRREGULAR: Readonly<Record<Exclude<MigrationState, 'applied'>, string>> = {
  failed: 'failed',
  changed: 'changed in the source since then',
  'missing-on-disk': 'missing in the source',
  pending: 'not yet applied',
};

/** The report as a text, from the verdict to the details. */
export function reportDocument(report: IsolationReport): ReportDocument {
  return {
    title: 'Isolation of organizations',
    lead: verdict(report),
    facts: reportFacts(report),
    sections: [
      ...findingsSections(report),
      promiseSection(),
      checksSection(report),
      tablesSection(report),
      policiesSection(report),
      rolesSection(report),
      grantsSection(report),
      functionsSection(report),
      sealSection(report),
      attacksSection(report),
      defectsSection(report),
      unseenSection(report),
    ],
  };
}

function reportFacts(report: IsolationReport): Fact[] {
  const { madeAt, database, servingRoles, readAs, versions } = report;
  return [
    ['Made', moment(madeAt)],
    ['Database', database.replace(/^database /, '')],
    ['Requests are served by', codes(servingRoles)],
    ['Catalog read as', code(readAs)],
    ['PostgreSQL', versions.postgres],
    ['Migrations', migrations(report)],
    ['Rowhouse', versions.rowhouse],
    ...(versions.commit === undefined ? [] : [['Commit', code(versions.commit)] as Fact]),
    ['Node.js', versions.node],
  ];
}

function migrations({ migrations }: IsolationReport): Text {
  if ('unseen' in migrations) return `not seen: ${migrations.unseen}`;
  const applied = migrations.value.filter(({ appliedAt }) => appliedAt !== null);
  const last = applied.at(-1);
  const others = Object.entries(IRREGULAR).flatMap(([state, words]) => {
    const number = migrations.value.filter((one) => one.state === state).length;
    return number === 0 ? [] : [`${number} ${words}`];
  });
  return [
    `${count(applied.length, 'migration')} applied`,
    ...(last === undefined ? [] : [', the last of them ', code(last.name)]),
    ...(others.length === 0 ? [] : [`; ${others.join(', ')}`]),
  ];
}
