import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import pg from 'pg';
import { systemClock } from '../src/shared/clock.js';
import { newUuid } from '../src/shared/ids.js';
import { makeOpaqueToken } from '../src/shared/opaque-token.js';
import { type Answer, type Api, type Organization, type Person, startApi } from './support/api.js';
import { eventually } from './support/eventually.js';
import { statementsOf } from './support/statements.js';

let api: Api;
let acme: Organization;
let globex: Organization;
let offsetMs = 0;
let superuser: pg.Client;

beforeAll(async () => {
  const now = () => new Date(systemClock.now().getTime() + offsetMs);
  api = await startApi({ clock: { now } });
  [acme, globex] = [await api.createOrganization(), await api.createOrganization()];
  superuser = new pg.Client({ connectionString: api.database.superuserUrl });
  superuser.on('error', () => undefined);
  await superuser.connect();
});

afterAll(async () => {
  await superuser?.end();
  await api?.close();
});

const CREATE = `mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { secret apiKey { id name prefix permissions expiresAt lastUsedAt user { id } } } }`;
const REVOKE = 'mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { id name } }';
const LIST = '{ apiKeys { totalCount nodes { id name user { id } } } }';
const VIEWER = '{ viewer { id } organization { id } }';
const CREATE_TASK = `mutation ($projectId: ID!) {
  createTask(input: { projectId: $projectId, title: "by a key" }) { id } }`;

interface Created {
  id: string;
  secret: string;
}

async function createKey(person: Person, input: object = {}): Promise<Created> {
  const { createApiKey } = await person.ask(CREATE, { input: { name: 'key', ...input } });
  return { id: createApiKey.apiKey.id, secret: createApiKey.secret };
}

const as = (secret: string, query = VIEWER, variables = {}): Promise<Answer> =>
  api.send(query, variables, { authorization: `Bearer ${secret}` });

const codeOf = ({ errors }: Answer) => errors?.[0].extensions.code;

/** Time goes on for the API while `work` runs. */
async function later<T>(ms: number, work: () => Promise<T>): Promise<T> {
  offsetMs += ms;
  try {
    return await work();
  } finally {
    offsetMs -= ms;
  }
}

const events = async (kind: string, of: Organization = acme) => {
  const { auditEvents } = await of.owner.ask(
    '{ auditEvents(first: 100) { nodes { kind address details actorId subjectId } } }',
  );
  return auditEvents.nodes.filter((event: { kind: string }) => event.kind === kind);
};

describe('createApiKey', () => {
  it('shows the key once, and its first characters from then on', async () => {
    const { createApiKey } = await acme.member.ask(CREATE, {
      input: { name: 'nightly import', permissions: ['tasks:write', 'tasks:write'] },
    });
    const { secret, apiKey } = createApiKey;
    expect(secret).toMatch(/^rhk_[\w-]{86}$/);
    expect(apiKey).toEqual({
      id: expect.stringMatching(/^key_/),
      name: 'nightly import',
      prefix: secret.slice(0, 10),
      permissions: ['tasks:write'],
      expiresAt: null,
      lastUsedAt: null,
      user: { id: acme.member.id },
    });
    const node = `{ node(id: "${apiKey.id}") { ... on ApiKey { name prefix } } }`;
    const { text } = await acme.member.send(node);
    expect(text).toContain('nightly import');
    expect(text).not.toContain(secret.slice(10));
    const { rows } = await superuser.query('SELECT api_keys::text AS row FROM api_keys');
    for (const { row } of rows) expect(row).not.toContain(secret.slice(10));
  });

  it('gives keys of one organization beginnings that differ', async () => {
    const keys = await Promise.all([1, 2, 3].map(() => createKey(acme.owner)));
    expect(new Set(keys.map(({ secret }) => secret.slice(0, 10))).size).toBe(3);
  });

  it.each([
    ['a permission that nobody knows', { permissions: ['tasks:read'] }, 'input.permissions.0'],
    ['an empty name', { name: '' }, 'input.name'],
    ['a name of 101 characters', { name: 'x'.repeat(101) }, 'input.name'],
    ['an end that is over', { expiresAt: '2020-01-01T00:00:00Z' }, 'input.expiresAt'],
  ])('refuses %s', async (_fault, input, path) => {
    const error = await acme.owner.fail(CREATE, { input: { name: 'x', ...input } });
    expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
  });

  it('gives no key a permission that its maker lacks', async () => {
    const input = { name: 'x', permissions: ['tasks:write', 'projects:write'] };
    const error = await acme.member.fail(CREATE, { input });
    expect(error.extensions).toEqual({ code: 'FORBIDDEN', permission: 'projects:write' });
  });

  it('is recorded, and so is the end of the key', async () => {
    const { id } = await createKey(globex.member, { name: 'recorded' });
    await globex.owner.ask(REVOKE, { id });
    const about = { subjectId: globex.member.id, details: { apiKeyId: id, name: 'recorded' } };
    const own = (event: { details: { apiKeyId: string } }) => event.details.apiKeyId === id;
    const created = (await events('API_KEY_CREATED', globex)).filter(own);
    const revoked = (await events('API_KEY_REVOKED', globex)).filter(own);
    expect(created).toMatchObject([{ actorId: globex.member.id, ...about }]);
    expect(revoked).toMatchObject([{ actorId: globex.owner.id, ...about }]);
  });
});

describe('a key', () => {
  it('acts for its maker, in the organization of that', async () => {
    const { secret } = await createKey(acme.member);
    const { status, data } = await as(secret);
    expect({ status, data }).toEqual({
      status: 200,
      data: { viewer: { id: acme.member.id }, organization: { id: acme.id } },
    });
  });

  it('may do what its scopes say, and no more', async () => {
    const project = await acme.createProject();
    const variables = { projectId: project.id };
    const scoped = await createKey(acme.owner, { permissions: ['tasks:write'] });
    expect((await as(scoped.secret, CREATE_TASK, variables)).errors).toBeUndefined();
    const wider = await as(
      scoped.secret,
      'mutation { createProject(input: { name: "x" }) { id } }',
    );
    expect(wider.errors?.[0].extensions).toEqual({
      code: 'FORBIDDEN',
      permission: 'projects:write',
    });
    const bare = await createKey(acme.owner);
    const refused = await as(bare.secret, CREATE_TASK, variables);
    expect(refused.errors?.[0]).toMatchObject({
      message: 'This API key does not include tasks:write.',
      extensions: { code: 'FORBIDDEN', permission: 'tasks:write' },
    });
    expect(codeOf(await as(bare.secret, '{ auditEvents { nodes { id } } }'))).toBe('FORBIDDEN');
  });

  it('loses what its user loses, and has it again when the user has', async () => {
    const person = await acme.createPerson('member', `m-${newUuid()}`);
    const project = await acme.createProject();
    const { secret } = await createKey(person, { permissions: ['tasks:write'] });
    const create = () => as(secret, CREATE_TASK, { projectId: project.id });
    const changeRole = (role: string) =>
      acme.owner.ask(
        `mutation { changeUserRole(input: { userId: "${person.id}", role: ${role} }) { id } }`,
      );
    expect((await create()).errors).toBeUndefined();
    await changeRole('VIEWER');
    // What was remembered is noticed to be out of date, and the same request looked at again.
    const refused = await create();
    expect(refused.errors?.[0].extensions).toEqual({
      code: 'FORBIDDEN',
      permission: 'tasks:write',
    });
    await changeRole('ADMIN');
    const made = await create();
    expect(made).toMatchObject({ status: 200, errors: undefined });
    const { project: found } = await acme.owner.ask(
      `{ project(id: "${project.id}") { tasks { nodes { id } } } }`,
    );
    expect(found.tasks.nodes).toHaveLength(2);
    expect(found.tasks.nodes).toContainEqual({ id: made.data.createTask.id });
    // A wider role widens no key.
    expect(
      codeOf(await as(secret, 'mutation { createProject(input: { name: "x" }) { id } }')),
    ).toBe('FORBIDDEN');
  });

  it('is looked at again within one request, for a query, several writes and another after it', async () => {
    const person = await acme.createPerson('viewer', `v-${newUuid()}`);
    const project = await acme.createProject();
    const { secret } = await createKey(person);
    const renew = () =>
      acme.owner.ask(
        `mutation { a: changeUserRole(input: { userId: "${person.id}", role: MEMBER }) { id }
          b: changeUserRole(input: { userId: "${person.id}", role: VIEWER }) { id } }`,
      );
    // Each query twice: the second time it goes past Apollo Server.
    for (let round = 0; round < 2; round++) {
      await as(secret);
      await renew();
      const { status, data, headers } = await as(secret);
      expect({ status, data }).toMatchObject({ status: 200, data: { viewer: { id: person.id } } });
      expect(headers.get('retry-after')).toBeNull();
      await renew();
      const two = await as(
        secret,
        `mutation { a: createTask(input: { projectId: "${project.id}", title: "a" }) { id }
          b: createTask(input: { projectId: "${project.id}", title: "b" }) { id } }`,
      );
      expect(two.errors?.map(({ extensions }) => extensions.code)).toEqual([
        'FORBIDDEN',
        'FORBIDDEN',
      ]);
    }
  });

  it('leaves it to the client to try again what may have worked elsewhere', async () => {
    const person = await acme.createPerson('member', `m-${newUuid()}`);
    const project = await acme.createProject();
    const { secret } = await createKey(person, { permissions: ['tasks:write'] });
    await as(secret);
    await acme.owner.ask(
      `mutation { changeUserRole(input: { userId: "${person.id}", role: ADMIN }) { id } }`,
    );
    const both = `mutation {
      refreshSession(input: { refreshToken: "${person.refreshToken}" }) { refreshToken }
      createTask(input: { projectId: "${project.id}", title: "x" }) { id } }`;
    expect(await as(secret, both)).toMatchObject({
      status: 503,
      errors: [{ extensions: { retryable: true } }],
    });
    // Twice would have ended the session.
    const { rowCount } = await superuser.query('SELECT 1 FROM sessions WHERE user_id = $1', [
      person.uuid,
    ]);
    expect(rowCount).toBe(1);
  });

  it.each([
    ['makes a key', 'mutation { createApiKey(input: { name: "x" }) { secret } }'],
    ['revokes a key', `mutation { revokeApiKey(input: { id: "$key" }) { id } }`],
    ['makes a secret', 'mutation { createTenantSecret(input: {}) { secret } }'],
    [
      'trusts an issuer',
      'mutation { createIdentityProvider(input: { name: "x", issuer: "https://issuer.example.com", audience: "x", defaultRole: VIEWER }) { id } }',
    ],
    [
      'changes a password',
      'mutation { changePassword(input: { currentPassword: "x", newPassword: "twelve chars" }) { id } }',
    ],
    ['ends a session', 'mutation { revokeSession(input: { sessionId: "$session" }) { id } }'],
    ['ends all sessions', 'mutation { signOutEverywhere }'],
  ])('never %s, however wide its scopes are', async (_what, query) => {
    const permissions = ['users:write', 'credentials:write', 'organization:write', 'roles:write'];
    const { id, secret } = await createKey(acme.owner, { permissions });
    const { sid } = decodeJwt(acme.owner.token);
    const { errors } = await as(
      secret,
      query.replace('$key', id).replace('$session', sid as string),
    );
    expect(errors?.[0].extensions).toEqual({ code: 'FORBIDDEN', requires: 'session' });
  });

  it('makes no account that may do more than it, to go on as that', async () => {
    const { secret } = await createKey(acme.owner, { permissions: ['users:write'] });
    const create = (role: string) =>
      as(
        secret,
        `mutation { createUser(input: { email: "${newUuid()}@example.com", name: "x", role: ${role}, password: "twelve chars" }) { id } }`,
      );
    expect(codeOf(await create('ADMIN'))).toBe('FORBIDDEN');
    expect(codeOf(await create('OWNER'))).toBe('FORBIDDEN');
    expect((await create('VIEWER')).errors).toBeUndefined();
  });

  it('is looked up once, and then asked for in the transaction of each request', async () => {
    const { secret } = await createKey(acme.viewer);
    const lookups = (sent: string[]) => sent.filter((text) => /secret_hash/.test(text)).length;
    const first = await statementsOf(() => as(secret));
    expect(lookups(first)).toBe(1);
    const second = await statementsOf(() => as(secret));
    expect(lookups(second)).toBe(0);
    expect(second.filter((text) => /^BEGIN/.test(text))).toHaveLength(1);
    expect(second.filter((text) => /api_keys/.test(text))).toHaveLength(1);
  });

  it('works for a machine that starts with 100 requests at once', async () => {
    const { secret } = await createKey(acme.viewer);
    const answers = await Promise.all(Array.from({ length: 100 }, () => as(secret)));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  });
});

/** Each ends a key, whose user is `person`. */
const ENDS: [what: string, end: (key: Created, person: Person) => Promise<unknown>][] = [
  ['it is revoked', ({ id }, person) => person.ask(REVOKE, { id })],
  ['an owner revokes it', ({ id }) => acme.owner.ask(REVOKE, { id })],
  [
    'its user is disabled',
    (_key, { id }) => acme.owner.ask(`mutation { disableUser(input: { userId: "${id}" }) { id } }`),
  ],
  [
    'its user is removed',
    (_key, { id }) => acme.owner.ask(`mutation { removeUser(input: { userId: "${id}" }) { id } }`),
  ],
];

describe('a key is refused at once', () => {
  it.each(ENDS)('when %s, whether it is remembered or not', async (_what, end) => {
    const person = await acme.createPerson('member', `m-${newUuid()}`);
    const [used, unused] = [await createKey(person), await createKey(person)];
    expect((await as(used.secret)).status).toBe(200);
    await end(used, person);
    const refused = await as(used.secret);
    expect(refused).toMatchObject({ status: 401, data: undefined });
    expect((await as(used.secret)).text).toBe(refused.text);
    expect((await as(`rhk_${'A'.repeat(86)}`)).text).toBe(refused.text);
    if (/revoke/.test(_what)) return;
    expect((await as(unused.secret)).text).toBe(refused.text);
  });

  it('when its organization is suspended', async () => {
    const initech = await api.createOrganization();
    const { secret } = await createKey(initech.member);
    expect((await as(secret)).status).toBe(200);
    const suspend = (at: string) =>
      superuser.query(
        `UPDATE organizations SET suspended_at = ${at} WHERE id = '${initech.tenant.orgId}'`,
      );
    await suspend('now()');
    expect((await as(secret)).status).toBe(401);
    expect((await as(secret)).status).toBe(401);
    await suspend('NULL');
    expect((await as(secret)).status).toBe(200);
  });

  it('when it expires', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const { secret } = await createKey(acme.member, { expiresAt });
    expect((await as(secret)).status).toBe(200);
    await later(60_001, async () => {
      const { status, text } = await as(secret);
      expect(status).toBe(401);
      expect(text).toBe((await as(`rhk_${'A'.repeat(86)}`)).text);
    });
  });

  it('with the change that it would make', async () => {
    const person = await acme.createPerson('member', `m-${newUuid()}`);
    const project = await acme.createProject();
    const { id, secret } = await createKey(person, { permissions: ['tasks:write'] });
    const create = () => as(secret, CREATE_TASK, { projectId: project.id });
    await create();
    await acme.owner.ask(REVOKE, { id });
    expect((await create()).status).toBe(401);
    const { project: found } = await acme.owner.ask(
      `{ project(id: "${project.id}") { tasks { totalCount } } }`,
    );
    expect(found.tasks.totalCount).toBe(1);
  });
});

describe('what is no good key', () => {
  it('is refused with the same words, after the same statements', async () => {
    const { id, secret } = await createKey(acme.member);
    await acme.member.ask(REVOKE, { id });
    const row = { orgId: acme.tenant.orgId, id: newUuid() };
    const { secret: good } = await createKey(acme.member);
    const wrong = [
      secret,
      `${good.slice(0, 20)}${good[20] === 'A' ? 'B' : 'A'}${good.slice(21)}`,
      makeOpaqueToken('apiKey', row).token,
      makeOpaqueToken('apiKey', { ...row, orgId: globex.tenant.orgId }).token,
      makeOpaqueToken('apiKey', { ...row, orgId: newUuid() }).token,
      makeOpaqueToken('refresh', row).token.replace('rhr_', 'rhk_'),
      'rhk_x',
      'rhk_',
    ];
    const seen = new Set<string>();
    for (const key of wrong) {
      const sent = await statementsOf(async () => {
        const { status, text } = await as(key);
        seen.add(`${status} ${text}`);
      });
      seen.add(sent.map((text) => text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')).join());
    }
    expect([...seen]).toHaveLength(2);
    expect([...seen][0]).toMatch(/^401 .*UNAUTHENTICATED/);
  });

  it('is no refresh token, and no other token is a key', async () => {
    const { secret } = await createKey(acme.member);
    const { errors } = await api.send(
      `mutation { refreshSession(input: { refreshToken: "${secret}" }) { accessToken } }`,
    );
    expect(errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
  });

  it('does not keep others out when it comes in floods', async () => {
    const { secret } = await createKey(acme.member);
    expect((await as(secret)).status).toBe(200);
    const flood = Array.from({ length: 150 }, () =>
      as(makeOpaqueToken('apiKey', { orgId: newUuid(), id: newUuid() }).token),
    );
    const answers = await Promise.all([as(secret), acme.owner.send(VIEWER), as(secret)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const statuses = new Set((await Promise.all(flood)).map(({ status }) => status));
    for (const status of statuses) expect([401, 503]).toContain(status);
  });
});

describe('apiKeys', () => {
  it('shows the own ones; to who administers credentials, those of all', async () => {
    const hooli = await api.createOrganization();
    const own = await createKey(hooli.member, { name: 'own' });
    const other = await createKey(hooli.admin, { name: 'other' });
    const ids = async (person: Person, query = LIST) => {
      const { apiKeys } = await person.ask(query);
      expect(apiKeys.totalCount).toBe(apiKeys.nodes.length);
      return apiKeys.nodes.map(({ id }: Created) => id);
    };
    expect(await ids(hooli.member)).toEqual([own.id]);
    expect(await ids(hooli.admin)).toEqual([other.id]);
    expect(await ids(hooli.viewer)).toEqual([]);
    expect(await ids(hooli.owner)).toEqual([other.id, own.id]);
    const of = ({ id }: Person) => LIST.replace('apiKeys', `apiKeys(filter: { userId: "${id}" })`);
    expect(await ids(hooli.owner, of(hooli.member))).toEqual([own.id]);
    expect(await ids(hooli.viewer, of(hooli.member))).toEqual([]);
    expect(await ids(hooli.member, of(hooli.member))).toEqual([own.id]);
    expect(await ids(globex.owner, of(hooli.member))).toEqual([]);
    const error = await hooli.viewer.fail(`{ node(id: "${own.id}") { id } }`);
    expect(error.extensions.code).toBe('NOT_FOUND');
  });

  it("lets nobody revoke somebody else's but who administers credentials", async () => {
    const { id } = await createKey(acme.owner);
    for (const person of [acme.admin, acme.viewer, globex.owner]) {
      const error = await person.fail(REVOKE, { id });
      expect(error.extensions).toEqual({ code: 'NOT_FOUND', id });
    }
    await acme.owner.ask(REVOKE, { id });
    expect((await acme.owner.fail(REVOKE, { id })).extensions.code).toBe('NOT_FOUND');
  });

  it('lets one of two revoke a key', async () => {
    const { id } = await createKey(acme.member);
    const answers = await Promise.all([
      acme.owner.send(REVOKE, { id }),
      acme.member.send(REVOKE, { id }),
    ]);
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
    const revoked = await events('API_KEY_REVOKED');
    const own = revoked.filter(
      ({ details }: { details: { apiKeyId: string } }) => details.apiKeyId === id,
    );
    expect(own).toHaveLength(1);
  });
});

describe('the use of a key', () => {
  const lastUsed = async (id: string) => {
    const { rows } = await superuser.query<{ at: Date | null; version: string }>(
      'SELECT last_used_at AS at, xmin::text AS version FROM api_keys WHERE prefix = $1',
      [id],
    );
    return rows[0] as { at: Date | null; version: string };
  };

  it('is noted in its row once a minute, and recorded once an hour of each address', async () => {
    const { id, secret } = await createKey(acme.member, { name: 'used' });
    const prefix = secret.slice(0, 10);
    const recorded = async () =>
      (await events('API_KEY_USED')).filter(
        ({ details }: { details: { apiKeyId: string } }) => details.apiKeyId === id,
      );
    for (let use = 0; use < 3; use++) await as(secret);
    await eventually(async () => (await recorded()).length === 1, 'the use was recorded');
    expect(await recorded()).toMatchObject([
      { actorId: acme.member.id, subjectId: acme.member.id, address: '127.0.0.1' },
    ]);
    const first = await lastUsed(prefix);
    expect(Date.now() - (first.at as Date).getTime()).toBeLessThan(60_000);
    await as(secret);
    expect((await lastUsed(prefix)).version).toBe(first.version);
    await later(61_000, async () => {
      await as(secret);
      const isNoted = async () => (await lastUsed(prefix)).version !== first.version;
      await eventually(isNoted, 'the use was noted again');
    });
    const { at } = await lastUsed(prefix);
    expect(at?.getTime()).toBeGreaterThanOrEqual((first.at as Date).getTime() + 60_000);
    expect(await recorded()).toHaveLength(1);
    await later(3_700_000, () => as(secret));
    await eventually(async () => (await recorded()).length === 2, 'the use was recorded again');
  });

  const usesOf = async (id: string): Promise<{ transaction: string }[]> => {
    const { rows } = await superuser.query<{ transaction: string }>(
      `SELECT xmin::text AS transaction FROM audit_events
       WHERE kind = 'api_key.used' AND details ->> 'apiKeyId' = $1`,
      [id],
    );
    return rows;
  };
  const CREATE_PROJECT = `mutation ($name: String!) {
    createProject(input: { name: $name }) { id } }`;

  it('is recorded in the transaction of the request', async () => {
    const { id, secret } = await createKey(acme.owner, { permissions: ['projects:write'] });
    await as(secret, CREATE_PROJECT, { name: 'made by a key' });
    const { rows } = await superuser.query<{ transaction: string }>(
      "SELECT xmin::text AS transaction FROM projects WHERE name = 'made by a key'",
    );
    expect(rows).toHaveLength(1);
    expect(await usesOf(id)).toEqual(rows);
  });

  it('is recorded before a query is answered, which writes nothing else', async () => {
    const { id, secret } = await createKey(acme.owner);
    const sent = await statementsOf(() => as(secret));
    expect(await usesOf(id)).toHaveLength(1);
    const recorded = sent.findIndex((text) => /INSERT INTO audit_events/.test(text));
    expect(sent.slice(recorded + 1, recorded + 2)).toEqual(['SET TRANSACTION READ ONLY']);
    expect(await statementsOf(() => as(secret))).toContainEqual(
      expect.stringMatching(/^BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY/),
    );
  });

  it.each([
    ['is undone', CREATE_PROJECT, { name: ' ' }],
    ['needs no transaction', '{ __typename }', {}],
    ['is not valid', '{ nothing }', {}],
  ])('is recorded by itself where what it asks for %s', async (_why, query, variables) => {
    const { id, secret } = await createKey(acme.owner, { permissions: ['projects:write'] });
    await as(secret, query, variables);
    await eventually(async () => (await usesOf(id)).length === 1, 'the use was recorded');
  });

  it('is recorded once of 20 requests that come at once', async () => {
    const { id, secret } = await createKey(acme.owner);
    await Promise.all(Array.from({ length: 20 }, () => as(secret)));
    expect(await usesOf(id)).toHaveLength(1);
  });

  it('is recorded of nobody whose remembered key holds no more, and of them when it does again', async () => {
    const { owner, member } = await api.createOrganization();
    const { id, secret } = await createKey(member);
    const setDisabled = (verb: string) =>
      owner.ask(`mutation { ${verb}User(input: { userId: "${member.id}" }) { id } }`);
    await as(secret);
    expect(await usesOf(id)).toHaveLength(1);
    await later(3_500_000, () => as(secret));
    await setDisabled('disable');
    expect((await later(3_700_000, () => as(secret))).status).toBe(401);
    await setDisabled('enable');
    expect(await usesOf(id)).toHaveLength(1);
    expect((await later(3_700_000, () => as(secret))).status).toBe(200);
    expect(await usesOf(id)).toHaveLength(2);
  });

  it('fails no request when it cannot be noted', async () => {
    const { secret } = await createKey(acme.member);
    await superuser.query('REVOKE UPDATE ON api_keys FROM rowhouse_app');
    try {
      expect((await as(secret)).status).toBe(200);
      expect((await as(secret)).status).toBe(200);
    } finally {
      await superuser.query('GRANT UPDATE ON api_keys TO rowhouse_app');
    }
  });
});
