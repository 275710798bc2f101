import { count } from '../../../start/index.js';
import type { TableKey, TenantTable } from '../../../tenancy/index.js';
import {
  type Block,
  bad,
  code,
  facts,
  good,
  heading,
  open,
  paragraph,
  type Section,
  sql,
  type Text,
  table,
  verdict,
} from '../document.js';
import { policyStatement } from '../policy-statement.js';
import type { IsolationReport } from '../report.model.js';

export function tablesSection({ boundary: { tables, otherRelations } }: IsolationReport): Section {
  return {
    id: 'tables',
    title: 'Tables',
    blocks: [
      paragraph(
        `Every table counts as holding rows of organizations unless the source names it as one that does not. There ${tables.length === 1 ? 'is' : 'are'} ${count(tables.length, 'such table')}.`,
      ),
      table(
        'Tables that hold rows of organizations',
        [
          'Table',
          'Organization',
          'Row-level security',
          'Forced',
          'Policies',
          'Keys that contain it',
        ],
        tables.map(overview),
      ),
      table(
        'Everything else that can be selected from',
        ['Object', 'Kind', 'Owner', 'Remark'],
        otherRelations.map(({ name, kind, owner, remark }) => [
          code(name),
          kind,
          code(owner),
          remark || '–',
        ]),
      ),
      ...tables.flatMap(details),
    ],
  };
}

function overview(one: TenantTable): Text[] {
  const own = one.keys.filter(({ isGlobal }) => !isGlobal);
  const comparing = own.filter(({ comparesTenant }) => comparesTenant).length;
  const protection = one.isPartition
    ? ['of its parent', 'of its parent']
    : [
        verdict(one.isRlsEnabled, 'enabled', 'off'),
        verdict(one.isRlsForced, 'forced', 'not forced'),
      ];
  return [
    code(one.name),
    tenantColumn(one),
    ...(protection as Text[]),
    String(one.policies.length),
    verdict(
      comparing === own.length,
      `${comparing} of ${own.length}`,
      `${comparing} of ${own.length}`,
    ),
  ];
}

function tenantColumn({ tenantColumn, hasTenantColumn, isTenantRequired }: TenantTable): Text {
  if (!hasTenantColumn) return bad('no column');
  return isTenantRequired ? code(tenantColumn) : [code(tenantColumn), ' ', bad('may be empty')];
}

function details(one: TenantTable): Block[] {
  return [
    heading(code(one.name)),
    facts(
      ['Organization of a row', tenantColumn(one)],
      ['Row-level security', protection(one)],
      ['Owner', code(one.owner)],
      ['Policies', String(one.policies.length)],
    ),
    ...(one.keys.length === 0 ? [] : [keys(one)]),
    ...one.policies.map((policy) =>
      sql(`Policy ${policy.name}`, policyStatement(one.name, policy)),
    ),
  ];
}

function protection({ isPartition, isRlsEnabled, isRlsForced }: TenantTable): Text {
  if (isPartition) return 'that of its parent; requests cannot reach it directly';
  return [
    verdict(isRlsEnabled, 'enabled', 'off'),
    ', ',
    verdict(isRlsForced, 'forced on the owner', 'not forced on the owner'),
  ];
}

function keys({ name, keys }: TenantTable): Block {
  return table(
    `Keys of ${name}`,
    ['Key', 'Kind', 'Definition', 'Organization'],
    keys.map((key) => [code(key.name), key.kind, code(key.definition), organizationIn(key)]),
  );
}

function organizationIn({ kind, comparesTenant, isGlobal }: TableKey): Text {
  if (isGlobal) return open('across all, on purpose');
  if (!comparesTenant) return bad('not compared');
  return good(kind === 'foreign' ? 'compared' : 'comes first');
}
