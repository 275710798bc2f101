import type { Grant } from '../../../tenancy/index.js';
import { type Block, code, codes, paragraph, type Section, table } from '../document.js';
import type { IsolationReport } from '../report.model.js';

const KINDS: readonly { on: Grant['on']; caption: string; column: string; none: string }[] = [
  {
    on: 'table',
    caption: 'On tables, views and sequences',
    column: 'Object',
    none: 'Nothing is granted on tables, views or sequences.',
  },
  {
    on: 'schema',
    caption: 'On schemas',
    column: 'Schema',
    none: 'Nothing is granted on schemas.',
  },
  {
    on: 'database',
    caption: 'On the database',
    column: 'Database',
    none: 'Nothing is granted on the database.',
  },
  {
    on: 'default',
    caption: 'On what will be created in future',
    column: 'Objects',
    none: 'There are no default privileges: what is created in future is closed until it is granted.',
  },
  {
    on: 'large-object',
    caption: 'On the functions for large objects',
    column: 'Functions',
    none: 'Nobody but a superuser may use large objects, which know no policies.',
  },
];

export function grantsSection({ boundary: { grants } }: IsolationReport): Section {
  return {
    id: 'grants',
    title: 'Grants',
    blocks: [
      paragraph(
        'Owners may do everything with what they own, and superusers with everything; what follows is granted beside that. ',
        code('PUBLIC'),
        ' is every role. An asterisk means that the role may hand the right on. Of functions, see there.',
      ),
      ...KINDS.map((kind) => grantsOn(kind, grants)),
    ],
  };
}

function grantsOn(
  { on, caption, column, none }: (typeof KINDS)[number],
  grants: readonly Grant[],
): Block {
  const rows = grants.filter((grant) => grant.on === on);
  if (rows.length === 0) return paragraph(none);
  return table(
    caption,
    [column, 'Role', 'May'],
    rows.map(({ object, grantee, privileges }) => [code(object), code(grantee), codes(privileges)]),
  );
}
