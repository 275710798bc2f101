import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Permission, Role } from '../src/identity/index.js';
import { type Api, type Organization, startApi, unknownId } from './support/api.js';

let api: Api;
let acme: Organization;
let project: { id: string; taskIds: string[] };

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  project = await acme.createProject('project', 1);
});

afterAll(() => api?.close());

const ROLES: Role[] = ['viewer', 'member', 'admin', 'owner'];

const GRANTED: Record<Permission, Role[]> = {
  'tasks:write': ['member', 'admin', 'owner'],
  'projects:write': ['admin', 'owner'],
  'users:write': ['admin', 'owner'],
  'audit:read': ['admin', 'owner'],
  'roles:write': ['owner'],
  'credentials:write': ['owner'],
  'organization:write': ['owner'],
};

/** Each mutation with an input that fails on nothing but permissions or, at most, on the id or the old password. */
const MUTATIONS: [field: string, permission: Permission | null, input: () => string][] = [
  ['createTask', 'tasks:write', () => `{ projectId: "${project.id}", title: "x" }`],
  ['updateTask', 'tasks:write', () => `{ id: "${unknownId('task')}", version: 1 }`],
  ['completeTask', 'tasks:write', () => `{ id: "${unknownId('task')}" }`],
  ['reopenTask', 'tasks:write', () => `{ id: "${unknownId('task')}" }`],
  ['assignTask', 'tasks:write', () => `{ id: "${unknownId('task')}" }`],
  ['deleteTask', 'tasks:write', () => `{ id: "${unknownId('task')}", version: 1 }`],
  ['restoreTask', 'tasks:write', () => `{ id: "${unknownId('task')}", version: 1 }`],
  ['createProject', 'projects:write', () => '{ name: "x" }'],
  ['updateProject', 'projects:write', () => `{ id: "${unknownId('proj')}", version: 1 }`],
  ['deleteProject', 'projects:write', () => `{ id: "${unknownId('proj')}", version: 1 }`],
  ['restoreProject', 'projects:write', () => `{ id: "${unknownId('proj')}", version: 1 }`],
  ['createUser', 'users:write', () => user('MEMBER')],
  ['changeUserRole', 'users:write', () => `{ userId: "${unknownId('user')}", role: MEMBER }`],
  ['disableUser', 'users:write', () => `{ userId: "${unknownId('user')}" }`],
  [
    'createIdentityProvider',
    'organization:write',
    () => '{ name: "x", issuer: "https://issuer.example.com", audience: "x" }',
  ],
  [
    'updateIdentityProvider',
    'organization:write',
    () => `{ id: "${unknownId('idp')}", version: 1 }`,
  ],
  ['removeIdentityProvider', 'organization:write', () => `{ id: "${unknownId('idp')}" }`],
  ['enableUser', 'users:write', () => `{ userId: "${unknownId('user')}" }`],
  ['signOutUser', 'users:write', () => `{ userId: "${unknownId('user')}" }`],
  ['removeUser', 'users:write', () => `{ userId: "${unknownId('user')}" }`],
  ['updateOrganization', 'organization:write', () => '{ name: "x" }'],
  ['deleteOrganization', 'organization:write', () => '{ slug: "not-ours" }'],
  // For oneself, which asks for no permission.
  ['revokeSession', null, () => `{ sessionId: "${unknownId('sess')}" }`],
  ['updateProfile', null, () => '{ name: "x" }'],
  ['changePassword', null, () => '{ currentPassword: "x", newPassword: "twelve chars" }'],
];

/** Those that anybody may send, or that take no input; their own tests say what they ask for. */
const WITHOUT_INPUT_OR_CALLER = [
  'signInWithToken',
  ...['signIn', 'signUp', 'refreshSession', 'signOut', 'signOutEverywhere'],
  'cancelOrganizationDeletion',
];

/** What a mutation comes to when it is allowed, where that is not an id that nothing has. */
const BEYOND_PERMISSION: Record<string, string | undefined> = {
  createTask: undefined,
  createProject: undefined,
  createUser: undefined,
  createIdentityProvider: undefined,
  updateProfile: undefined,
  changePassword: 'BAD_USER_INPUT',
  updateOrganization: undefined,
  deleteOrganization: 'BAD_USER_INPUT',
};

let users = 0;
const user = (role: string) =>
  `{ email: "u${++users}@example.com", name: "u", role: ${role}, password: "twelve chars" }`;

/** Every field of Query, as a selection. */
const QUERIES: [field: string, selection: () => string][] = [
  ['viewer', () => 'viewer { id }'],
  ['organization', () => 'organization { id }'],
  ['users', () => 'users { nodes { id } }'],
  ['user', () => `user(id: "${acme.owner.id}") { id }`],
  ['projects', () => 'projects { nodes { id } }'],
  ['project', () => `project(id: "${project.id}") { id }`],
  ['tasks', () => 'tasks { nodes { id } }'],
  ['task', () => `task(id: "${project.taskIds[0]}") { id }`],
  ['node', () => `node(id: "${project.id}") { id }`],
  ['nodes', () => `nodes(ids: ["${project.id}"]) { id }`],
  ['sessions', () => 'sessions { nodes { id } }'],
  ['search', () => 'search(text: "x") { totalCount }'],
];

/** Those of Query that ask for a permission. */
const GUARDED_QUERIES: [field: string, permission: Permission, selection: () => string][] = [
  ['auditEvents', 'audit:read', () => 'auditEvents { nodes { id } }'],
  ['identityProviders', 'organization:write', () => 'identityProviders { nodes { id } }'],
];

/** Mutations that give no entity. */
const PLAIN = new Set(['signOutUser']);

const mutation = (field: string, input: string) =>
  `mutation { ${field}(input: ${input}) ${PLAIN.has(field) ? '' : '{ id }'} }`;

const send = (role: Role, field: string, input: string) => acme[role].send(mutation(field, input));

describe('a role', () => {
  const table = MUTATIONS.flatMap(([field, permission, input]) =>
    ROLES.map((role) => ({
      role,
      field,
      permission,
      input,
      outcome: !permission || GRANTED[permission].includes(role) ? 'allowed' : 'FORBIDDEN',
    })),
  );

  it.each(table)('$role, $field: $outcome', async ({ role, field, permission, input, outcome }) => {
    const { status, data, errors } = await send(role, field, input());
    expect(status).toBe(200);
    const error = errors?.[0];
    if (outcome === 'FORBIDDEN') {
      expect(errors).toHaveLength(1);
      expect(error).toMatchObject({ path: [field] });
      expect(error.extensions).toEqual({ code: 'FORBIDDEN', permission });
      expect(data?.[field] ?? null).toBeNull();
    } else {
      const expected = field in BEYOND_PERMISSION ? BEYOND_PERMISSION[field] : 'NOT_FOUND';
      expect(error?.extensions.code).toBe(expected);
    }
  });

  const guarded = GUARDED_QUERIES.flatMap(([field, permission, selection]) =>
    ROLES.map((role) => ({ role, field, permission, selection })),
  );

  it.each(guarded)('$role, $field', async ({ role, field, permission, selection }) => {
    const { data, errors } = await acme[role].send(`{ ${selection()} }`);
    if (GRANTED[permission].includes(role)) {
      expect(errors).toBeUndefined();
      expect(data[field]).toBeDefined();
    } else {
      expect(errors?.[0].extensions).toEqual({ code: 'FORBIDDEN', permission });
      expect(data).toBeNull();
    }
  });

  it.each(ROLES)('%s reads everything else', async (role) => {
    const selections = QUERIES.map(([, selection]) => selection());
    const data = await acme[role].ask(`{ ${selections.join('\n')} }`);
    expect(Object.keys(data).sort()).toEqual(QUERIES.map(([field]) => field).sort());
  });

  it('is told of what it lacks before its input is looked at', async () => {
    const { errors } = await send('viewer', 'createTask', '{ projectId: "x", title: "" }');
    expect(errors?.[0].extensions).toEqual({ code: 'FORBIDDEN', permission: 'tasks:write' });
  });

  it('does not lose what it may do to what it may not do in the same mutation', async () => {
    const { status, data, errors } = await acme.member.send(`mutation {
      a: createTask(input: { projectId: "${project.id}", title: "a" }) { title }
      b: createProject(input: { name: "b" }) { name }
      c: createTask(input: { projectId: "${project.id}", title: "c" }) { title }
    }`);
    expect(status).toBe(200);
    expect(data).toEqual({ a: { title: 'a' }, b: null, c: { title: 'c' } });
    expect(errors).toMatchObject([{ path: ['b'], extensions: { code: 'FORBIDDEN' } }]);
  });
});

describe('createUser', () => {
  it.each(ROLES.slice(0, 3))('makes a %s for an admin', async (role) => {
    const { errors } = await send('admin', 'createUser', user(role.toUpperCase()));
    expect(errors).toBeUndefined();
  });

  it('makes an owner for an owner only', async () => {
    const refused = await send('admin', 'createUser', user('OWNER'));
    expect(refused.errors?.[0].extensions).toEqual({
      code: 'FORBIDDEN',
      permission: 'organization:write',
    });
    expect((await send('owner', 'createUser', user('OWNER'))).errors).toBeUndefined();
    const { users: found } = await acme.viewer.ask(
      '{ users(filter: { role: [OWNER] }) { totalCount } }',
    );
    expect(found.totalCount).toBe(2);
  });
});

describe('who is not signed in', () => {
  const refused = async (operation: string, field: string) => {
    const { status, data, errors } = await api.send(operation);
    expect({ status, data, path: errors?.[0].path, extensions: errors?.[0].extensions }).toEqual({
      status: 401,
      data: null,
      path: [field],
      extensions: { code: 'UNAUTHENTICATED' },
    });
    expect(errors).toHaveLength(1);
  };

  it.each(QUERIES)('cannot ask for %s', async (field, selection) => {
    await refused(`{ ${selection()} }`, field);
  });

  it.each(GUARDED_QUERIES)('cannot ask for %s', async (field, _permission, selection) => {
    await refused(`{ ${selection()} }`, field);
  });

  it.each(MUTATIONS)('cannot %s', async (field, _permission, input) => {
    await refused(mutation(field, input()), field);
  });

  it('may ask for __typename and the schema, and sign in', async () => {
    for (const [operation, status] of [
      ['{ __typename }', 200],
      ['mutation { __typename }', 200],
      ['{ __schema { queryType { name } } }', 200],
    ] as const) {
      const answer = await api.send(operation);
      expect(answer.errors).toBeUndefined();
      expect(answer.status).toBe(status);
    }
  });

  it('learns nothing through what is beside a field that anybody may ask for', async () => {
    const { data, errors } = await api.send('{ __typename node(id: "x") { id } }');
    expect(data).toEqual({ __typename: 'Query', node: null });
    expect(errors?.[0].extensions).toEqual({ code: 'UNAUTHENTICATED' });
  });
});

describe('the tables of this file', () => {
  it('hold every field of the schema', async () => {
    const { data } = await api.send(
      '{ __schema { queryType { fields { name } } mutationType { fields { name } } } }',
    );
    const names = ({ fields }: { fields: { name: string }[] }) =>
      fields.map(({ name }) => name).sort();
    expect(names(data.__schema.queryType)).toEqual(
      [...QUERIES, ...GUARDED_QUERIES].map(([field]) => field).sort(),
    );
    expect(names(data.__schema.mutationType)).toEqual(
      [...WITHOUT_INPUT_OR_CALLER, ...MUTATIONS.map(([field]) => field)].sort(),
    );
  });
});
