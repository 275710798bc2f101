import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { type Api, type Organization, startApi, unknownId } from './support/api.js';
import { AnswerCheck } from './support/safe-answer.js';
import { statementsOf } from './support/statements.js';

let api: Api;
let acme: Organization;
let globex: Organization;

beforeAll(async () => {
  api = await startApi();
  [acme, globex] = [await api.createOrganization('acme'), await api.createOrganization('globex')];
});

afterAll(() => api?.close());

const WHO = '{ organization { slug } users { nodes { email } } }';

describe('an organization that a request names', () => {
  const NAMES = [
    ...['org', 'orgId', 'org_id', 'organization', 'organizationId', 'organization_id'],
    ...['tenant', 'tenantId', 'tenant_id', 'account', 'slug', 'current_org', 'app.current_org'],
  ];

  /** Every name with the same value. */
  const named = (value: string, nameOf = (name: string) => name) =>
    Object.fromEntries(NAMES.map((name) => [nameOf(name), value]));

  const header = (name: string) => `x-${name.replaceAll(/[_.]/g, '-')}`;

  const post = (path: string, headers: Record<string, string>, body: object) =>
    fetch(`${api.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: WHO, ...body }),
    });

  type Authorization = Record<string, string>;
  const places: [where: string, ask: (value: string, as: Authorization) => Promise<Response>][] = [
    [
      'in headers',
      (value, as) => {
        // X-Tenant-Id is one of three credentials, which are refused unless all are of one organization.
        const { 'x-tenant-id': _credential, ...headers } = named(value, header);
        return post('/graphql', { ...headers, ...as }, {});
      },
    ],
    [
      'in cookies',
      (value, as) => {
        const cookie = NAMES.map((name) => `${name}=${value}`).join('; ');
        return post('/graphql', { cookie, ...as }, {});
      },
    ],
    ['in the URL', (value, as) => post(`/graphql?${new URLSearchParams(named(value))}`, as, {})],
    [
      'in the URL of a query',
      (value, as) =>
        fetch(`${api.url}/graphql?${new URLSearchParams({ ...named(value), query: WHO })}`, {
          headers: { 'apollo-require-preflight': 'yes', ...as },
        }),
    ],
    ['in the body', (value, as) => post('/graphql', as, named(value))],
    ['in variables', (value, as) => post('/graphql', as, { variables: named(value) })],
    ['in extensions', (value, as) => post('/graphql', as, { extensions: named(value) })],
    [
      'in its name',
      (value, as) => post('/graphql', { ...as, 'x-apollo-operation-name': value }, {}),
    ],
  ];

  it.each(places)('%s is not the one that answers', async (_where, ask) => {
    const authorization = `Bearer ${acme.viewer.token}`;
    for (const value of [globex.id, decodeId('org', globex.id, 'id'), globex.slug]) {
      const signedIn = await (await ask(value, { authorization })).text();
      expect(signedIn).toContain('"slug":"acme"');
      expect(signedIn).not.toContain('globex');
      const anonymous = await (await ask(value, {})).text();
      expect(anonymous).toContain('UNAUTHENTICATED');
      expect(anonymous).not.toContain('globex.example.com');
    }
  });
});

it('a token with another signature opens nothing, just after the true one did', async () => {
  await acme.viewer.ask(WHO);
  const [header, claims, signature] = acme.viewer.token.split('.') as [string, string, string];
  const changed = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  const payload = JSON.parse(Buffer.from(claims, 'base64url').toString());
  const foreign = Buffer.from(JSON.stringify({ ...payload, org: globex.id })).toString('base64url');
  for (const forged of [`${header}.${claims}.${changed}`, `${header}.${foreign}.${signature}`]) {
    const { status, data } = await api.send(WHO, {}, { authorization: `Bearer ${forged}` });
    expect({ status, data }).toEqual({ status: 401, data: undefined });
  }
});

describe('what another organization has just asked', () => {
  it('changes no answer to the same question', async () => {
    for (const { viewer, slug } of [acme, globex, acme]) {
      const { organization, users } = await viewer.ask(WHO);
      expect(organization.slug).toBe(slug);
      expect(users.nodes).toHaveLength(4);
      for (const { email } of users.nodes) expect(email).toContain(`@${slug}.`);
    }
    expect((await api.send(WHO)).status).toBe(401);
  });

  it.each([
    ['project', 'proj'],
    ['task', 'task'],
    ['user', 'user'],
    ['node', 'proj'],
    ['node', 'task'],
    ['node', 'user'],
    ['node', 'org'],
  ] as const)('makes no id known to others: %s (%s)', async (field, kind) => {
    const { id, taskIds } = await globex.createProject('theirs', 1);
    const ids = { proj: id, task: taskIds[0] as string, user: globex.member.id, org: globex.id };
    const document = `query ($id: ID!) { ${field}(id: $id) { id } }`;
    const answer = async (asked: string) => {
      const { status, text } = await acme.owner.send(document, { id: asked });
      return `${status} ${text.replaceAll(asked, 'ID')}`;
    };
    expect((await globex.viewer.ask(document, { id: ids[kind] }))[field].id).toBe(ids[kind]);
    expect(await answer(ids[kind])).toBe(await answer(unknownId(kind)));
  });
});

describe('a database that is busy, or gone', () => {
  it('is said to be so in our words, whatever its own are', async () => {
    const own = await startApi();
    const { owner, createProject } = await own.createOrganization();
    const { id } = await createProject();
    await withAdminConnection(own.database.superuserUrl, (client) =>
      client.query(`
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE 'secret message' USING ERRCODE = NEW.title, DETAIL = 'secret detail', TABLE = 'secret_table';
        END $$;
        CREATE TRIGGER fail BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION fail()`),
    );
    const check = await AnswerCheck.of(own.database);
    // Serialization, deadlock, too many connections, lock and statement time-outs, shutdown, lost.
    for (const title of ['40001', '40P01', '53300', '55P03', '57014', '57P01', '08006']) {
      const answer = await owner.send(
        'mutation ($input: CreateTaskInput!) { createTask(input: $input) { id } }',
        { input: { projectId: id, title } },
      );
      expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
      expect(answer.text).not.toContain('secret');
      expect(check.faults(answer)).toEqual([]);
    }
    await own.close();
  });
});

describe('an account', () => {
  const CREATE = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { email } }';
  const account = { name: 'Ada', role: 'MEMBER', password: 'a password of length' };

  it('that is there already is said to be so without a word about the database', async () => {
    const check = await AnswerCheck.of(api.database);
    const input = { ...account, email: acme.member.email };
    const answer = await acme.owner.send(CREATE, { input });
    expect(answer.errors).toMatchObject([{ extensions: { code: 'ALREADY_EXISTS' } }]);
    expect(check.faults(answer)).toEqual([]);
  });

  it('can be made with an e-mail address that somebody else has just taken', async () => {
    for (const { owner } of [acme, globex]) {
      const input = { ...account, email: 'ada@example.com' };
      expect(await owner.ask(CREATE, { input })).toEqual({
        createUser: { email: 'ada@example.com' },
      });
    }
  });
});

it('a sign-in sends the same statements whichever of its three parts is wrong', async () => {
  const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }';
  const attempts = [
    { organization: 'acme', email: acme.member.email },
    { organization: 'acme', email: 'nobody@example.com' },
    { organization: 'nowhere', email: acme.member.email },
  ];
  const seen = new Set<string>();
  for (const attempt of attempts) {
    const input = { ...attempt, password: 'not the password' };
    const statements = await statementsOf(() => api.send(SIGN_IN, { input }));
    seen.add(statements.join('; ').replaceAll(/'[-\da-f]{36}'/g, "'ID'"));
  }
  expect([...seen]).toHaveLength(1);
});

it('a sign-in takes as much work where there is no such account, or no such organization', async () => {
  const password = 'of some length';
  await acme.owner.ask('mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }', {
    input: { email: 'grace@example.com', name: 'Grace', role: 'VIEWER', password },
  });
  const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }';
  /** Processor time of the cheapest of some attempts, in microseconds: it doesn't depend on who else is running. */
  const work = async (organization: string, email: string) => {
    const spent: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      const before = process.cpuUsage();
      const input = { organization, email, password: 'not the password' };
      expect((await api.send(SIGN_IN, { input })).status).toBe(401);
      const { user, system } = process.cpuUsage(before);
      spent.push(user + system);
    }
    return Math.min(...spent);
  };
  // Nearly all of it is the hashing of the password.
  const half = (await work('acme', 'grace@example.com')) / 2;
  expect(await work('acme', 'nobody@example.com')).toBeGreaterThan(half);
  expect(await work('nowhere', 'grace@example.com')).toBeGreaterThan(half);
});
