import type { Role } from '../../../tenancy/index.js';
import {
  bad,
  code,
  codes,
  type Inline,
  paragraph,
  type Section,
  strong,
  type Text,
  table,
} from '../document.js';
import type { IsolationReport } from '../report.model.js';

const PURPOSES: Readonly<Record<string, string>> = {
  rowhouse_app: 'serves requests: reads and writes rows, through the policies',
  rowhouse_shopper:
    'what the serving role becomes for customers and guests: reads what is for sale and what is their own; nobody logs in as it',
  rowhouse_owner:
    'owns every object and migrates; the policies are forced on it, and give it no row',
  rowhouse_backup: 'makes dumps: reads every row, writes none',
  rowhouse_directory:
    'owns the functions that find the id of an organization by its name at sign-in, and the ids of those with mail to be sent, and that list organizations for the operator; nobody logs in as it',
};

/** Attributes by which a role is held by no policy. */
const UNHELD = new Set(['SUPERUSER', 'BYPASSRLS']);

export function rolesSection({ boundary: { roles }, servingRoles }: IsolationReport): Section {
  return {
    id: 'roles',
    title: 'Roles',
    blocks: [
      paragraph(
        'All that own or were granted something in this database, that no policy holds, or that are members of such a role. ',
        code('SUPERUSER'),
        ' and ',
        code('BYPASSRLS'),
        ' see every row: whose passwords these are is for the operator to answer.',
      ),
      table(
        'Roles',
        ['Role', 'What it is for', 'Logs in', 'Attributes', 'Member of'],
        roles.map((role) => [
          code(role.name),
          PURPOSES[role.name] ?? 'not a role of Rowhouse',
          role.canLogin ? 'yes' : 'no',
          attributes(role, servingRoles),
          codes(role.memberOf),
        ]),
      ),
    ],
  };
}

function attributes({ name, attributes }: Role, servingRoles: readonly string[]): Text {
  const serves = servingRoles.includes(name);
  return attributes.length === 0
    ? '–'
    : attributes.flatMap((attribute, index): Inline[] => [
        index === 0 ? '' : ', ',
        emphasized(attribute, serves),
      ]);
}

function emphasized(attribute: string, serves: boolean): Inline {
  if (!UNHELD.has(attribute)) return attribute;
  return serves ? bad(attribute) : strong(attribute);
}
