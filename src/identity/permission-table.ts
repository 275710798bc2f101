import type { GraphQLSchema } from 'graphql';
import type { HttpRoute, SignedRoute } from '../shared/http-route.js';
import { KEY_MUTATIONS } from './authorization.js';
import { type AccessRule, accessRules } from './declared-access.js';
import type { RequestContext } from './request-context.js';
import {
  CUSTOMER_ROLE,
  OWNERS_PERMISSION,
  PERMISSION_DESCRIPTIONS,
  PERMISSIONS,
  type Permission,
  permissionsOf,
  ROLES,
  type Role,
} from './roles.js';

const YES = '✓';

/** `docs/permissions.md`: what each role grants, and who may use each operation, as the code has it. */
export function printPermissionTable(
  schema: GraphQLSchema,
  routes: readonly HttpRoute<RequestContext, Permission>[],
  signedRoutes: readonly SignedRoute<RequestContext['tx']>[],
): string {
  const rules = accessRules(schema);
  const operations = (root: string) =>
    rules
      .filter(({ field }) => field.startsWith(`${root}.`))
      .map((rule) => operationRow(rule.field.slice(root.length + 1), rule, keysNeed(rule)));
  const others = rules
    .filter(({ field }) => !/^(Query|Mutation)\./.test(field))
    .map((rule) => operationRow(rule.field, rule));
  const heading = ['', 'anybody', 'guest', ...ROLES, 'needs'];
  const sections = [
    '# Permissions',
    'Generated from the schema by `npm run schema`; a test fails when it says something else than the code.',
    'Staff, which is everybody who is signed in and no customer, reads everything of their organization, but for the audit trail. What they may do beyond that is what their role grants: one of those that all organizations have, or one that the organization has put together from these permissions. `viewer { permissions }` and `can` tell a frontend; the rules about a single user or role (nobody gives, takes or administers what goes beyond their own permissions) come on top.',
    'An API key reads what its maker may, and changes what asks for a permission that it has. What asks for none is for who has signed in, but for what says what it needs of a key.',
    'Customers, and guests who come with a publishable key, see what is for sale and what is their own, and may use nothing but what is marked; the database holds them to that as well.',
    '## What roles grant',
    table(
      ['', ...ROLES, 'what for'],
      PERMISSIONS.map((permission) => [
        `\`${permission}\``,
        ...ROLES.map((role) => mark(permissionsOf(role).has(permission))),
        PERMISSION_DESCRIPTIONS[permission],
      ]),
    ),
    `\`${OWNERS_PERMISSION}\` makes an owner: no role of an organization's own has it.`,
    '## Mutations',
    table(heading, operations('Mutation')),
    '## Queries',
    table(heading, operations('Query')),
    '## Routes beside GraphQL',
    table(
      [...heading, 'what for'],
      routes.map(({ method, path, permission, description }) => [
        ...operationRow(`${method} ${path}`, {
          access: { permissions: permission ? [permission] : [] },
          shoppers: null,
        }),
        description,
      ]),
    ),
    '## Routes without a caller',
    'Whoever sends what is signed is let in, as the organization that the signature is good for, and as nobody of it.',
    table(
      ['', 'needs', 'what for'],
      signedRoutes.map(({ method, path, credential, description }) => [
        `\`${method} ${path}\``,
        credential,
        description,
      ]),
    ),
    ...(others.length > 0 ? ['## Other fields', table(heading, others)] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** What an operation needs of API keys, where it asks for no permission: in words, empty for nothing. */
function keysNeed({ field, access }: AccessRule): string {
  if (access === 'everybody' || access.permissions.length > 0) return '';
  if (!field.startsWith('Mutation.')) return '';
  const permission = KEY_MUTATIONS.get(field);
  if (permission === undefined) return 'no key';
  return permission === null ? '' : `of a key \`${permission}\``;
}

function operationRow(
  name: string,
  { access, shoppers }: Omit<AccessRule, 'field'>,
  ofKeys = '',
): string[] {
  const isPublic = access === 'everybody';
  const needed = isPublic ? [] : access.permissions;
  const isFor = (role: Role) =>
    role === CUSTOMER_ROLE
      ? isPublic || shoppers !== null
      : needed.every((permission) => permissionsOf(role).has(permission));
  return [
    `\`${name}\``,
    mark(isPublic),
    mark(isPublic || shoppers?.isForGuests === true),
    ...ROLES.map((role) => mark(isFor(role))),
    needed.map((permission) => `\`${permission}\``).join(', ') || ofKeys,
  ];
}

function mark(is: boolean): string {
  return is ? YES : '';
}

/** A Markdown table, its columns as wide as their widest cell. */
function table(heading: string[], rows: string[][]): string {
  const widths = heading.map((_, column) =>
    Math.max(3, ...[heading, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(heading), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join(
    '\n',
  );
}
