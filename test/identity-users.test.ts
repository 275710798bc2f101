import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { type Api, type Organization, startApi, unknownId } from './support/api.js';

let api: Api;
let acme: Organization;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization('acme');
});

afterAll(() => api?.close());

const FIELDS = 'id email name role createdAt updatedAt';
const CREATE = `mutation ($input: CreateUserInput!) { createUser(input: $input) { ${FIELDS} } }`;
const PASSWORD = 'correct horse battery';

let accounts = 0;
/** A new account that nobody has yet. */
const account = (input: object = {}) => ({
  email: `person${++accounts}@example.com`,
  name: 'Person',
  role: 'MEMBER',
  password: PASSWORD,
  ...input,
});

const create = async (input: object = {}, who = acme.admin) =>
  (await who.ask(CREATE, { input: account(input) })).createUser;

describe('viewer and organization', () => {
  it('tell who is signed in, and where', async () => {
    const data = await acme.viewer.ask(
      `{ viewer { ${FIELDS} } organization { __typename id name slug createdAt updatedAt } }`,
    );
    expect(data).toEqual({
      viewer: {
        id: acme.viewer.id,
        email: 'viewer@acme.example.com',
        name: 'viewer',
        role: 'VIEWER',
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
      organization: {
        __typename: 'Organization',
        id: acme.id,
        name: 'acme',
        slug: 'acme',
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
    });
  });
});

describe('user', () => {
  const USER = `query ($id: ID!) { user(id: $id) { ${FIELDS} } }`;

  it('finds anybody of the organization', async () => {
    const { user } = await acme.viewer.ask(USER, { id: acme.owner.id });
    expect(user).toMatchObject({ id: acme.owner.id, role: 'OWNER' });
  });

  it('says when there is nobody', async () => {
    const id = unknownId('user');
    const error = await acme.viewer.fail(USER, { id });
    expect(error.extensions).toEqual({ code: 'NOT_FOUND', id });
  });
});

describe('users', () => {
  const USERS = `query ($filter: UserFilter, $orderBy: UserOrder) {
    users(filter: $filter, orderBy: $orderBy) { totalCount nodes { name role } } }`;

  const names = async (variables: object = {}) => {
    const { users } = await initech.viewer.ask(USERS, variables);
    expect(users.totalCount).toBe(users.nodes.length);
    return users.nodes.map(({ name }: { name: string }) => name).join(' ');
  };

  let initech: Organization;
  beforeAll(async () => {
    initech = await api.createOrganization();
  });

  it('lists everybody, the first account first', async () => {
    expect(await names()).toBe('owner admin member viewer');
  });

  it('filters by role', async () => {
    expect(await names({ filter: { role: ['ADMIN', 'OWNER'] } })).toBe('owner admin');
    expect(await names({ filter: { role: ['VIEWER'] } })).toBe('viewer');
    expect(await names({ filter: { role: [] } })).toBe('');
    expect(await names({ filter: { role: null } })).toBe('owner admin member viewer');
    expect(await names({ filter: {} })).toBe('owner admin member viewer');
  });

  it.each([
    ['NAME', 'ASC', 'admin member owner viewer'],
    ['NAME', 'DESC', 'viewer owner member admin'],
    ['CREATED_AT', 'ASC', 'owner admin member viewer'],
    ['CREATED_AT', 'DESC', 'viewer member admin owner'],
  ])('orders by %s %s', async (field, direction, expected) => {
    expect(await names({ orderBy: { field, direction } })).toBe(expected);
  });
});

describe('createUser', () => {
  it('makes an account that is found and listed, and can sign in', async () => {
    const user = await create({ name: 'Ada Lovelace', role: 'ADMIN' });
    expect(user).toEqual({
      id: expect.stringMatching(/^user_/),
      email: expect.stringMatching(/^person\d+@example\.com$/),
      name: 'Ada Lovelace',
      role: 'ADMIN',
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    const data = await acme.viewer.ask(`query ($id: ID!) { user(id: $id) { ${FIELDS} } }`, {
      id: user.id,
    });
    expect(data.user).toEqual(user);
    const signedIn = await api.send(
      `mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }`,
      { input: { organization: 'acme', email: user.email, password: PASSWORD } },
    );
    expect(signedIn.errors).toBeUndefined();
  });

  it('stores an e-mail address in lower case, and takes it once, however it is written', async () => {
    expect((await create({ email: 'Grace.Hopper@Example.COM' })).email).toBe(
      'grace.hopper@example.com',
    );
    for (const email of ['grace.hopper@example.com', 'GRACE.HOPPER@EXAMPLE.COM']) {
      const error = await acme.admin.fail(CREATE, { input: account({ email }) });
      expect(error).toMatchObject({
        path: ['createUser'],
        extensions: { code: 'ALREADY_EXISTS', field: 'input.email' },
      });
    }
  });

  it('takes one e-mail address once, however many ask at the same time', async () => {
    const email = 'contested@example.com';
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => acme.admin.send(CREATE, { input: account({ email }) })),
    );
    const codes = answers.map(({ errors }) => errors?.[0].extensions.code ?? 'OK');
    expect(codes.sort()).toEqual([...Array(4).fill('ALREADY_EXISTS'), 'OK']);
  });

  it('keeps its siblings in the same mutation when the address is taken', async () => {
    const { data, errors } = await acme.admin.send(
      `mutation ($a: CreateUserInput!, $b: CreateUserInput!) {
        a: createUser(input: $a) { name } b: createUser(input: $a) { name } c: createUser(input: $b) { name } }`,
      { a: account(), b: account({ name: 'Other' }) },
    );
    expect(data).toEqual({ a: { name: 'Person' }, b: null, c: { name: 'Other' } });
    expect(errors).toMatchObject([{ path: ['b'], extensions: { code: 'ALREADY_EXISTS' } }]);
  });

  it('stores the password as argon2id with the parameters that OWASP asks for', async () => {
    const { email } = await create();
    const { rows } = await withAdminConnection(api.database.backupUrl, (client) =>
      client.query('SELECT password_hash FROM users WHERE email = $1', [email]),
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].password_hash).toMatch(
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/,
    );
  });

  it('hashes the same password differently for each account', async () => {
    const [a, b] = [await create(), await create()];
    const { rows } = await withAdminConnection(api.database.backupUrl, (client) =>
      client.query('SELECT password_hash FROM users WHERE email IN ($1, $2)', [a.email, b.email]),
    );
    expect(new Set(rows.map((row) => row.password_hash)).size).toBe(2);
  });

  it('shows a password or its hash nowhere in the schema', async () => {
    const { data } = await api.send(
      '{ __schema { types { name kind fields { name type { name } } inputFields { name } } } }',
    );
    type Output = { fields: { name: string; type: { name: string | null } }[] | null };
    // A field that gives an account may be called after what it does to it: no password is a User.
    const output = data.__schema.types.flatMap(({ fields }: Output) =>
      (fields ?? [])
        .filter(({ type }) => type.name !== 'User' && type.name !== 'Boolean')
        .map(({ name }) => name),
    );
    // What machines present is shown once, by the type that creating it gives.
    const made = ['CreatedApiKey', 'CreatedTenantSecret'];
    const shown = data.__schema.types
      .filter(({ name }: { name: string }) => !made.includes(name))
      .flatMap(({ fields }: Output) => (fields ?? []).map(({ name }) => name));
    expect(shown.filter((name: string) => name === 'secret')).toEqual([]);
    expect(output.filter((name: string) => /password|hash/i.test(name))).toEqual([]);
  });

  it.each([
    ['an e-mail address that is none', { email: 'nobody' }, 'input.email'],
    [
      'an e-mail address of 255 characters',
      { email: `${'a'.repeat(243)}@example.com` },
      'input.email',
    ],
    ['an empty name', { name: '' }, 'input.name'],
    ['a blank name', { name: '   ' }, 'input.name'],
    ['a name of 121 characters', { name: 'x'.repeat(121) }, 'input.name'],
    ['an unknown role', { role: 'ROOT' }, 'input.role'],
    ['a password of 11 characters', { password: 'x'.repeat(11) }, 'input.password'],
    ['a password of 129 characters', { password: 'x'.repeat(129) }, 'input.password'],
    ['a blank password', { password: ' '.repeat(12) }, 'input.password'],
  ])('refuses %s', async (_fault, input, path) => {
    const answer = await acme.admin.send(CREATE, { input: account(input) });
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors?.[0].extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path, message: expect.any(String) }],
    });
    if (path === 'input.password') {
      const { password } = input as { password: string };
      expect(answer.text).not.toContain(password);
    }
  });

  it('takes texts of the greatest length, counted in characters', async () => {
    const name = '🏠'.repeat(120);
    expect((await create({ name, password: '🔑'.repeat(128) })).name).toBe(name);
  });
});

describe('somebody whose organization is gone', () => {
  it('is refused at once, and can add nothing to it', async () => {
    const doomed = await api.createOrganization();
    const project = await doomed.createProject('castle', 1);
    await api.app.tenancy.withTenant(doomed.tenant, 'write', ({ prisma }) =>
      prisma.organization.delete({ where: { id: doomed.tenant.orgId } }),
    );
    const { status, data, errors } = await doomed.owner.send(`{
      viewer { id }
      organization { id }
      users { totalCount nodes { id } }
      projects { totalCount nodes { id } }
      search(text: "castle") { totalCount }
    }`);
    expect({ status, data }).toEqual({ status: 401, data: null });
    const codes = new Set(errors?.map(({ extensions }) => extensions.code));
    expect([...codes]).toEqual(['UNAUTHENTICATED']);
    const writes: [string, string][] = [
      ['createProject', '{ name: "x" }'],
      [
        'createUser',
        '{ email: "a@example.com", name: "a", role: MEMBER, password: "123456789012" }',
      ],
      ['createTask', `{ projectId: "${project.id}", title: "x" }`],
      ['completeTask', `{ id: "${project.taskIds[0]}" }`],
    ];
    for (const [field, input] of writes) {
      const error = await doomed.owner.fail(`mutation { ${field}(input: ${input}) { id } }`);
      expect(error).toMatchObject({ path: [field], extensions: { code: 'UNAUTHENTICATED' } });
    }
  });
});
