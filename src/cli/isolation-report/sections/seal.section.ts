import { SEAL_POLICY } from '../../../tenancy/index.js';
import {
  type Block,
  callout,
  code,
  codes,
  moment,
  paragraph,
  type Section,
  table,
} from '../document.js';
import type { IsolationReport } from '../report.model.js';

export function sealSection({ boundary: { tables }, sealKeys }: IsolationReport): Section {
  const walled = tables.filter(({ isPartition }) => !isPartition);
  const unsealed = walled.filter(({ policies }) =>
    policies.every(({ name }) => name !== SEAL_POLICY),
  );
  return {
    id: 'seal',
    title: 'The seal',
    blocks: [
      paragraph(
        'An option against SQL that is injected into a request. A sealed database believes an organization only together with a proof (HMAC-SHA256) that the server has made with a key, for this connection and this minute; what injected SQL sets is not believed, and shows no row.',
      ),
      state(
        walled.length,
        unsealed.map(({ name }) => name),
      ),
      ...keys(sealKeys),
    ],
  };
}

function state(all: number, unsealed: readonly string[]): Block {
  if (unsealed.length === 0 && all > 0) {
    return callout('good', 'Sealed', `All ${all} tables ask for the proof.`);
  }
  if (unsealed.length === all) {
    return callout(
      'open',
      'Not sealed',
      'No table asks for the proof: SQL that somebody injects could name another organization. To seal: ',
      code('npm run db -- seal enable'),
    );
  }
  return callout(
    'bad',
    'Sealed in part',
    'These tables do not ask for the proof: ',
    ...codes(unsealed),
  );
}

function keys(sealKeys: IsolationReport['sealKeys']): Block[] {
  if ('unseen' in sealKeys) {
    return [paragraph(`Which keys the database accepts was not seen: ${sealKeys.unseen}.`)];
  }
  if (sealKeys.value.length === 0) return [paragraph('The database accepts no key.')];
  return [
    table(
      'Keys that the database accepts, by their ids',
      ['Id', 'Since', 'Until'],
      sealKeys.value.map(({ id, createdAt, retiresAt }) => [
        code(id),
        moment(createdAt),
        retiresAt === null ? 'in use' : moment(retiresAt),
      ]),
    ),
    paragraph('An id says nothing about its key. Keys are not part of this report.'),
  ];
}
