import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { extendSchema, type GraphQLObjectType, isRequiredArgument, parse } from 'graphql';
import { createSchemaAlone, printPermissions } from '../src/app.js';
import {
  type Access,
  type AccessRule,
  accessRules,
  declareAccess,
  KEY_MUTATIONS,
  PERMISSIONS,
  type Permission,
  permissionsOf,
  ROLES,
  SHOPPER_OPERATIONS,
  type ShopperRule,
} from '../src/identity/index.js';
import { type Answer, type Api, type Organization, startApi } from './support/api.js';
import { neededValue, selectionOf } from './support/argument-places.js';
import { routesOf } from './support/attacks/schema-routes.js';
import { isWords, plainValue, textMeaning } from './support/attacks/text-places.js';

const schema = await createSchemaAlone();
const rules = accessRules(schema);

let api: Api;
let acme: Organization;
let publishableKey: string;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  const made = await acme.owner.ask(
    'mutation { createPublishableKey(input: { name: "shop" }) { key } }',
  );
  publishableKey = made.createPublishableKey.key;
  await acme.createProject('project', 1);
});

afterAll(() => api?.close());

/** An API key of an owner, with some of the owner's permissions. */
interface Key {
  readonly scopes: readonly Permission[];
}

/** Everybody who may come: a name, and what they hold. */
const CALLERS: [
  name: string,
  role: 'nobody' | 'guest' | (typeof ROLES)[number] | readonly Permission[] | Key,
][] = [
  ['anybody', 'nobody'],
  ['a guest', 'guest'],
  ...ROLES.map((role): [string, typeof role] => [role, role]),
  ['a role that grants nothing', []],
  ...PERMISSIONS.filter((permission) => permission !== 'organization:write').map(
    (permission): [string, Permission[]] => [`a role that grants ${permission}`, [permission]],
  ),
  ['a key that may read', { scopes: [] }],
  ['a key that handles orders', { scopes: ['orders:write'] }],
];

type Caller = (typeof CALLERS)[number][1];

/** What the declaration of a field means for a caller, by nothing but the sets of permissions and what is said of shoppers. */
function expected({ field, access, shoppers }: AccessRule, caller: Caller): object | 'allowed' {
  if (access === 'everybody') return 'allowed';
  if (caller === 'nobody') return { code: 'UNAUTHENTICATED' };
  if (caller === 'guest') return shoppers?.isForGuests ? 'allowed' : { code: 'UNAUTHENTICATED' };
  if (caller === 'customer') {
    return shoppers ? 'allowed' : { code: 'FORBIDDEN', requires: 'staff' };
  }
  const permission = access.permissions.findLast((each) => !heldBy(caller).has(each));
  if (permission !== undefined) return { code: 'FORBIDDEN', permission };
  const isOwn = field.startsWith('Mutation.') && access.permissions.length === 0;
  return isKey(caller) && isOwn ? expectedOfKey(field, caller) : 'allowed';
}

/** Of a mutation that asks for no permission. */
function expectedOfKey(field: string, { scopes }: Key): object | 'allowed' {
  const permission = KEY_MUTATIONS.get(field);
  if (permission === undefined) return { code: 'FORBIDDEN', requires: 'session' };
  const isHeld = permission === null || scopes.includes(permission);
  return isHeld ? 'allowed' : { code: 'FORBIDDEN', permission };
}

function heldBy(caller: Exclude<Caller, 'nobody' | 'guest'>): ReadonlySet<Permission> {
  if (typeof caller === 'string') return permissionsOf(caller);
  return new Set(isKey(caller) ? caller.scopes : caller);
}

function isKey(caller: Caller): caller is Key {
  return typeof caller === 'object' && 'scopes' in caller;
}

/** The words of the refusal that comes before a field is begun, whoever else refuses by the same code. */
const SIGN_IN_FIRST = 'Sign in first: send an Authorization header.';

/** What came of it: the refusal that authorization gives, or that it let the call pass, whatever then came. */
function outcome({ errors = [], text }: Answer, access: Access): unknown {
  const refusal = errors.find(
    ({ message, extensions }) =>
      extensions.code === 'FORBIDDEN' ||
      (extensions.code === 'UNAUTHENTICATED' &&
        (access !== 'everybody' || message === SIGN_IN_FIRST)),
  );
  if (!refusal) return 'allowed';
  return errors.length === 1 ? refusal.extensions : text;
}

/** An operation that asks for a field, with all arguments that it needs; ids are of nothing. */
function operationOn(name: string, access: Access): { query: string; variables: object } {
  const [typeName, fieldName] = name.split('.') as [string, string];
  const type = schema.getType(typeName) as GraphQLObjectType;
  const field = type.getFields()[fieldName];
  if (!field) throw new Error(`There is no ${name}`);
  const args = field.args.filter(isRequiredArgument);
  const declared = args.map((arg) => `$${arg.name}: ${arg.type}`).join(', ');
  const given = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const inner = `${fieldName} ${given && `(${given})`} ${selectionOf(field)}`;
  const isMutation = type === schema.getMutationType();
  const body = isMutation ? inner : routesOf(schema)[typeName]?.(inner);
  return {
    query: `${isMutation ? 'mutation' : 'query'} ${declared && `(${declared})`} { ${body} }`,
    variables: Object.fromEntries(
      args.map((arg) => [
        arg.name,
        neededValue(arg.type, [arg.name], (scalar, path) => scalarAt(scalar, path, access)),
      ]),
    ),
  };
}

/** Good enough for authorization to be what decides: where a permission is named, one that who may call has. */
function scalarAt(scalar: string, path: string, access: Access): unknown {
  if (scalar === 'ID') return 'prod_01h455vb4pex5vsknk084sn02q';
  if (scalar === 'EmailAddress') return 'somebody@example.com';
  const meaning = textMeaning(scalar, path);
  if (!isWords(meaning)) return plainValue(scalar) ?? 'some words of text';
  return (access !== 'everybody' && access.permissions[0]) || meaning.words[0];
}

let people = 0;

/** Who may do it does it in an organization of their own: nothing that it ends or changes is missed by others. */
async function callAs(caller: Caller, rule: AccessRule): Promise<Answer> {
  const { field, access } = rule;
  const { query, variables } = operationOn(field, access);
  const isAllowed = expected(rule, caller) === 'allowed';
  if (caller === 'nobody') return api.send(query, variables);
  if (caller === 'guest')
    return api.send(query, variables, { 'x-publishable-key': publishableKey });
  const organization =
    isAllowed && field.startsWith('Mutation.') ? await api.createOrganization() : acme;
  if (isKey(caller)) {
    const { createApiKey } = await organization.owner.ask(CREATE_KEY, { of: caller.scopes });
    return api.send(query, variables, { authorization: `Bearer ${createApiKey.secret}` });
  }
  const person = await organization.createPerson(caller, `person-${people++}`);
  return person.send(query, variables);
}

const CREATE_KEY = `mutation ($of: [String!]!) {
  createApiKey(input: { name: "machine", permissions: $of }) { secret }
}`;

describe('the schema', () => {
  it('says of every operation who may use it', () => {
    const said = new Set(rules.map(({ field }) => field));
    for (const type of [schema.getQueryType(), schema.getMutationType()]) {
      for (const name of Object.keys(type?.getFields() ?? {})) {
        expect(said).toContain(`${type?.name}.${name}`);
      }
    }
  });

  it('says it in the descriptions too', () => {
    const fields = schema.getMutationType()?.getFields();
    expect(fields?.createTask?.description).toMatch(/ Needs `tasks:write`\.$/);
    expect(fields?.signIn?.description).toMatch(/ Needs no sign-in\.$/);
  });

  it.each(['Query', 'Mutation'])('is not made with a field of %s that says nothing', (type) => {
    const extended = extendSchema(schema, parse(`extend type ${type} { forgotten: Int }`));
    expect(() => declareAccess(extended)).toThrow(
      `${type}.forgotten must say who may use it: either by @Authorized(), or by its place in PUBLIC_OPERATIONS`,
    );
  });
});

describe('what is said of shoppers', () => {
  it('is about operations that are there, and that any signed-in person may use', () => {
    const open = rules.filter(({ shoppers }) => shoppers).map(({ field }) => field);
    expect(open.sort()).toEqual([...SHOPPER_OPERATIONS.keys()].sort());
    expect(rules.filter(({ shoppers, access }) => shoppers && access === 'everybody')).toEqual([]);
  });

  it.each<[name: string, rule: ShopperRule, why: string]>([
    ['Query.forgotten', { isForGuests: true }, 'is not there'],
    ['Query.auditEvents', { isForGuests: true }, 'needs audit:read, which no shopper has'],
    ['Mutation.signIn', { isForGuests: true }, 'is for everybody anyway'],
    ['Query.organization', { isForGuests: false, asOrganization: true }, 'is no mutation'],
  ])('is not taken of %s with %j', (name, rule, why) => {
    const operations = SHOPPER_OPERATIONS as Map<string, ShopperRule>;
    operations.set(name, rule);
    try {
      expect(() => declareAccess(schema)).toThrow(`lists ${name}, which ${why}`);
    } finally {
      operations.delete(name);
    }
  });
});

describe('what is said of API keys', () => {
  it.each(['Mutation.forgotten', 'Mutation.signIn', 'Mutation.createTask'])(
    'is not taken of %s',
    (name) => {
      const mutations = KEY_MUTATIONS as Map<string, Permission | null>;
      mutations.set(name, 'tasks:write');
      try {
        expect(() => declareAccess(schema)).toThrow(
          `KEY_MUTATIONS of authorization.ts lists ${name}`,
        );
      } finally {
        mutations.delete(name);
      }
    },
  );

  it('stands in the description of the mutation', () => {
    const { placeOrder, createCartToken } = schema.getMutationType()?.getFields() ?? {};
    expect(placeOrder?.description).toContain('An API key needs `orders:write` for it.');
    expect(createCartToken?.description).not.toContain('API key');
  });
});

describe('docs/permissions.md', () => {
  it('says what the code says; after a change: npm run schema', async () => {
    expect(readFileSync('docs/permissions.md', 'utf8')).toBe(await printPermissions());
  });
});

describe('every role', () => {
  it.each(rules)('may use $field, or is refused, as declared', async (rule) => {
    const { field, access } = rule;
    const came: Record<string, unknown> = {};
    const due: Record<string, unknown> = {};
    for (const [name, caller] of CALLERS) {
      due[name] = expected(rule, caller);
      const answer = await callAs(caller, rule);
      came[name] = outcome(answer, access);
      if (due[name] !== 'allowed') {
        expect(answer.status).toBe(caller === 'nobody' || caller === 'guest' ? 401 : 200);
        expect(answer.data?.[field.split('.')[1] as string] ?? null).toBeNull();
      }
    }
    expect(came).toEqual(due);
  });

  it('is told of what it lacks before its input is looked at', async () => {
    const error = await acme.viewer.fail(
      'mutation { createTask(input: { projectId: "x", title: "" }) { id } }',
    );
    expect(error.extensions).toEqual({ code: 'FORBIDDEN', permission: 'tasks:write' });
  });

  it('does not lose what it may do to what it may not do in the same mutation', async () => {
    const { id } = await acme.createProject();
    const { status, data, errors } = await acme.member.send(`mutation {
      a: createTask(input: { projectId: "${id}", title: "a" }) { title }
      b: createProject(input: { name: "b" }) { name }
      c: createTask(input: { projectId: "${id}", title: "c" }) { title }
    }`);
    expect(status).toBe(200);
    expect(data).toEqual({ a: { title: 'a' }, b: null, c: { title: 'c' } });
    expect(errors).toMatchObject([{ path: ['b'], extensions: { code: 'FORBIDDEN' } }]);
  });
});

describe('createUser', () => {
  const user = (role: string) =>
    `mutation { createUser(input: { email: "u${people++}@example.com", name: "u", role: ${role}, password: "twelve chars" }) { id } }`;

  it.each(['CUSTOMER', 'VIEWER', 'MEMBER', 'ADMIN'])('makes a %s for an admin', async (role) => {
    expect((await acme.admin.send(user(role))).errors).toBeUndefined();
  });

  it('makes an owner for an owner only', async () => {
    expect((await acme.admin.fail(user('OWNER'))).extensions).toEqual({
      code: 'FORBIDDEN',
      permission: 'organization:write',
    });
    const { createUser } = await acme.owner.ask(user('OWNER'));
    const { node } = await acme.viewer.ask(
      `{ node(id: "${createUser.id}") { ... on User { role } } }`,
    );
    expect(node.role).toBe('OWNER');
  });
});

describe('who is not signed in', () => {
  it('may ask for __typename and the schema', async () => {
    for (const operation of [
      '{ __typename }',
      'mutation { __typename }',
      '{ __schema { queryType { name } } }',
    ]) {
      const answer = await api.send(operation);
      expect(answer.errors).toBeUndefined();
      expect(answer.status).toBe(200);
    }
  });

  it('learns nothing through what is beside a field that anybody may ask for', async () => {
    const { data, errors } = await api.send('{ __typename node(id: "x") { id } }');
    expect(data).toEqual({ __typename: 'Query', node: null });
    expect(errors?.[0].extensions).toEqual({ code: 'UNAUTHENTICATED' });
  });
});
