import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { SalesLedger } from '../src/commerce/index.js';
import { createOrganizationAdministration, PasswordHasher } from '../src/identity/index.js';
import { systemClock } from '../src/shared/clock.js';
import { newUuid } from '../src/shared/ids.js';
import { makeOpaqueToken } from '../src/shared/opaque-token.js';
import {
  type Answer,
  type Api,
  type Organization,
  type Person,
  startApi,
  unknownId,
} from './support/api.js';
import { eventually } from './support/eventually.js';
import { statementsOf } from './support/statements.js';

let api: Api;
let offsetMs = 0;
let superuser: pg.Client;

beforeAll(async () => {
  const now = () => new Date(systemClock.now().getTime() + offsetMs);
  api = await startApi({ clock: { now } });
  superuser = new pg.Client({ connectionString: api.database.superuserUrl });
  superuser.on('error', () => undefined);
  await superuser.connect();
});

afterAll(async () => {
  await superuser?.end();
  await api?.close();
});

afterEach(() => {
  jest.restoreAllMocks();
  offsetMs = 0;
});

const CREATE = `mutation ($input: CreateTenantSecretInput!) { createTenantSecret(input: $input) {
  secret tenantSecret { id prefix createdAt expiresAt lastUsedAt createdBy { id } } } }`;
const REVOKE = 'mutation ($id: ID!) { revokeTenantSecret(input: { id: $id }) { id } }';
const LIST = '{ tenantSecrets { id prefix expiresAt lastUsedAt } }';
const VIEWER = '{ viewer { id } organization { id } }';

interface Created {
  id: string;
  secret: string;
}

async function createSecret(of: Organization, input: object = {}): Promise<Created> {
  const { createTenantSecret } = await of.owner.ask(CREATE, { input });
  return { id: createTenantSecret.tenantSecret.id, secret: createTenantSecret.secret };
}

async function createKey(person: Person): Promise<Created> {
  const { createApiKey } = await person.ask(
    'mutation { createApiKey(input: { name: "x" }) { secret apiKey { id } } }',
  );
  return { id: createApiKey.apiKey.id, secret: createApiKey.secret };
}

interface Three {
  tenantId?: string | undefined;
  tenantSecret?: string | undefined;
  token?: string | undefined;
}

/** Sends a request with three credentials, or fewer. */
function ask({ tenantId, tenantSecret, token }: Three, query = VIEWER): Promise<Answer> {
  return api.send(
    query,
    {},
    {
      ...(tenantId !== undefined && { 'x-tenant-id': tenantId }),
      ...(tenantSecret !== undefined && { 'x-tenant-secret': tenantSecret }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
  );
}

/** Headers in which two answers may differ: the id of the request, and the moment. */
const visible = ({ status, text, headers }: Answer) =>
  JSON.stringify([
    status,
    text,
    [...headers].filter(([name]) => !['x-request-id', 'date'].includes(name)),
  ]);

const spyOnArgon2 = () => jest.spyOn(PasswordHasher.prototype, 'matches');

async function newOrganization() {
  const of = await api.createOrganization();
  const { id, secret } = await createSecret(of);
  const three = { tenantId: of.id, tenantSecret: secret, token: of.member.token };
  return { of, id, secret, three };
}

interface Event {
  kind: string;
  address: string;
  actorId: string | null;
  details: Record<string, string>;
}

async function eventsOf(of: Organization, kind: string): Promise<Event[]> {
  const { auditEvents } = await of.owner.ask(
    '{ auditEvents(first: 100) { nodes { kind address details actorId } } }',
  );
  return auditEvents.nodes.filter((event: Event) => event.kind === kind);
}

describe('createTenantSecret', () => {
  it('shows the secret once, and its first characters from then on', async () => {
    const of = await api.createOrganization();
    const { createTenantSecret } = await of.owner.ask(CREATE, { input: {} });
    const { secret, tenantSecret } = createTenantSecret;
    expect(secret).toMatch(/^rhs_[\w-]{86}$/);
    expect(tenantSecret).toEqual({
      id: expect.stringMatching(/^sec_/),
      prefix: secret.slice(0, 10),
      createdAt: expect.any(String),
      expiresAt: null,
      lastUsedAt: null,
      createdBy: { id: of.owner.id },
    });
    expect(await of.owner.ask(LIST)).toMatchObject({
      tenantSecrets: [{ id: tenantSecret.id, prefix: secret.slice(0, 10) }],
    });
    const { rows } = await superuser.query(
      'SELECT secret_hash, tenant_secrets::text AS row FROM tenant_secrets WHERE org_id = $1',
      [of.tenant.orgId],
    );
    expect(rows[0].secret_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(rows[0].row).not.toContain(secret.slice(10));
  });

  it('is for who administers credentials, and has signed in', async () => {
    const of = await api.createOrganization();
    for (const person of [of.viewer, of.member, of.admin]) {
      for (const query of [CREATE, LIST]) {
        const error = await person.fail(query, query === CREATE ? { input: {} } : {});
        expect(error.extensions).toEqual({ code: 'FORBIDDEN', permission: 'credentials:write' });
      }
    }
    const { id } = await createSecret(of);
    expect((await of.admin.fail(REVOKE, { id })).extensions.code).toBe('FORBIDDEN');
    const node = `{ node(id: "${id}") { id } }`;
    expect((await of.admin.fail(node)).extensions.code).toBe('FORBIDDEN');
    const globex = await api.createOrganization();
    expect((await globex.owner.fail(REVOKE, { id })).extensions).toEqual({ code: 'NOT_FOUND', id });
    expect((await globex.owner.fail(node)).extensions).toEqual({ code: 'NOT_FOUND', id });
  });

  it('lets two live at a time, and tells to revoke one', async () => {
    const of = await api.createOrganization();
    const first = await createSecret(of);
    await createSecret(of);
    const error = await of.owner.fail(CREATE, { input: {} });
    expect(error.extensions.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(/revoke/i);
    await of.owner.ask(REVOKE, { id: first.id });
    await createSecret(of);
  });

  it('lets two live, however many are made at once', async () => {
    const of = await api.createOrganization();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => of.owner.send(CREATE, { input: {} })),
    );
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(2);
    expect((await of.owner.ask(LIST)).tenantSecrets).toHaveLength(2);
  });

  it('counts none that has expired', async () => {
    const of = await api.createOrganization();
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    await createSecret(of, { expiresAt });
    await createSecret(of);
    offsetMs = 60_001;
    await createSecret(of);
    expect((await of.owner.ask(LIST)).tenantSecrets).toHaveLength(3);
  });

  it('refuses an end that is over', async () => {
    const of = await api.createOrganization();
    const input = { expiresAt: '2020-01-01T00:00:00Z' };
    const error = await of.owner.fail(CREATE, { input });
    expect(error.extensions.fields).toMatchObject([{ path: 'input.expiresAt' }]);
  });
});

describe('tenant id, tenant secret and token', () => {
  it('together are the user', async () => {
    const { of, three } = await newOrganization();
    const { status, data } = await ask(three);
    expect({ status, data }).toEqual({
      status: 200,
      data: { viewer: { id: of.member.id }, organization: { id: of.id } },
    });
  });

  it("may have a user's key in the place of the token, and do no more than it", async () => {
    const { of, three } = await newOrganization();
    const { secret } = await createKey(of.owner);
    const { data } = await ask({ ...three, token: secret });
    expect(data.viewer.id).toBe(of.owner.id);
    const create = 'mutation { createProject(input: { name: "x" }) { id } }';
    const { errors } = await ask({ ...three, token: secret }, create);
    expect(errors?.[0].extensions.code).toBe('FORBIDDEN');
  });

  it('are refused to the byte alike, after the same work, whatever is wrong', async () => {
    const { of, three, secret } = await newOrganization();
    const other = await newOrganization();
    const gone = await createSecret(of);
    await of.owner.ask(REVOKE, { id: gone.id });
    const ended = await of.createPerson('member', 'ended');
    await ended.ask('mutation { signOut }');
    const key = await createKey(of.member);
    await of.member.ask(`mutation { revokeApiKey(input: { id: "${key.id}" }) { id } }`);
    const spoilt = `${secret.slice(0, 20)}${secret[20] === 'A' ? 'B' : 'A'}${secret.slice(21)}`;
    const wrong: Record<string, Three> = {
      'no tenant id': { ...three, tenantId: undefined },
      'an empty tenant id': { ...three, tenantId: '' },
      'another tenant id': { ...three, tenantId: other.of.id },
      'an unknown tenant id': { ...three, tenantId: unknownId('org') },
      'an id of another kind': { ...three, tenantId: of.member.id },
      'no secret': { ...three, tenantSecret: undefined },
      'an empty secret': { ...three, tenantSecret: '' },
      'a wrong secret': { ...three, tenantSecret: spoilt },
      'a revoked secret': { ...three, tenantSecret: gone.secret },
      "another organization's secret": { ...three, tenantSecret: other.secret },
      'a secret of no row': {
        ...three,
        tenantSecret: makeOpaqueToken('tenantSecret', { orgId: of.tenant.orgId, id: newUuid() })
          .token,
      },
      'a key as secret': { ...three, tenantSecret: key.secret },
      'no token': { ...three, token: undefined },
      'an empty token': { ...three, token: '' },
      'a forged token': { ...three, token: `${three.token.slice(0, -4)}AAAA` },
      'no JWT': { ...three, token: 'x' },
      "another organization's token": { ...three, token: other.three.token },
      'a token whose session has ended': { ...three, token: ended.token },
      'a revoked key': { ...three, token: key.secret },
      'the secret as token': { ...three, token: secret },
      'tenant id and secret of another organization': { ...other.three, token: three.token },
      'nothing but a tenant id': { tenantId: of.id },
      'nothing but a secret': { tenantSecret: secret },
    };
    const argon2 = spyOnArgon2();
    const answers = new Map<string, string[]>();
    const works = new Map<string, string[]>();
    // Not yet verified, and remembered: the third time round, the right parts of it are known.
    for (let round = 0; round < 2; round++) {
      for (const [name, credentials] of Object.entries(wrong)) {
        argon2.mockClear();
        let answer: Answer | undefined;
        const statements = await statementsOf(async () => {
          answer = await ask(credentials);
        });
        const answered = visible(answer as Answer);
        answers.set(answered, [...(answers.get(answered) ?? []), name]);
        // What is noted beside the request takes part in no answer.
        const own = statements.filter((text) => /secret_hash|"sessions"|"tenant_sec/.test(text));
        const work = JSON.stringify([argon2.mock.calls.length, own]);
        works.set(work, [...(works.get(work) ?? []), name]);
      }
      expect((await ask(three)).status).toBe(200);
    }
    expect([...answers.values()]).toHaveLength(1);
    expect([...answers.keys()][0]).toMatch(/^\[401,"\{.*UNAUTHENTICATED/);
    expect([...works.values()]).toHaveLength(1);
    expect([...works.keys()][0]).toMatch(/^\[1,/);
  });

  it('are refused as well where nobody need be signed in', async () => {
    const { three } = await newOrganization();
    for (const token of [undefined, 'x']) {
      const { status } = await ask({ ...three, token }, '{ __typename }');
      expect(status).toBe(401);
    }
  });

  it('cost one verification, and none while that is remembered', async () => {
    const { of, three } = await newOrganization();
    const argon2 = spyOnArgon2();
    expect((await ask(three)).status).toBe(200);
    expect(argon2).toHaveBeenCalledTimes(1);
    const sent = await statementsOf(async () => {
      for (let again = 0; again < 5; again++) expect((await ask(three)).status).toBe(200);
      // Another user of the same machine need not have it verified again.
      expect((await ask({ ...three, token: of.owner.token })).status).toBe(200);
    });
    expect(argon2).toHaveBeenCalledTimes(1);
    expect(sent.filter((text) => /"tenant_secrets"."secret_hash"/.test(text))).toEqual([]);
    // In the transaction of each request, and once for the other user before.
    expect(sent.filter((text) => /select "tenant_secrets"."id" from/.test(text))).toHaveLength(7);
  });

  it('are verified once for a machine that starts with many requests at once', async () => {
    const { of, three } = await newOrganization();
    const key = await createKey(of.member);
    const argon2 = spyOnArgon2();
    for (const token of [three.token, key.secret]) {
      const answers = await Promise.all(Array.from({ length: 80 }, () => ask({ ...three, token })));
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    }
    expect(argon2).toHaveBeenCalledTimes(1);
  });

  it('are verified again after five minutes', async () => {
    const { three } = await newOrganization();
    const argon2 = spyOnArgon2();
    await ask(three);
    offsetMs = 299_000;
    await ask(three);
    expect(argon2).toHaveBeenCalledTimes(1);
    offsetMs = 301_000;
    expect((await ask(three)).status).toBe(200);
    expect(argon2).toHaveBeenCalledTimes(2);
  });

  it('are the same with either of two secrets, while one takes the place of the other', async () => {
    const { of, id, three } = await newOrganization();
    expect((await ask(three)).status).toBe(200);
    const next = await createSecret(of);
    const nextThree = { ...three, tenantSecret: next.secret };
    expect((await ask(nextThree)).status).toBe(200);
    expect((await ask(three)).status).toBe(200);
    await of.owner.ask(REVOKE, { id });
    expect((await ask(three)).status).toBe(401);
    expect((await ask(nextThree)).status).toBe(200);
  });
});

describe('three credentials are refused at once, though they are remembered', () => {
  /** Each ends something that `three` needs; they are given what the test has. */
  const ends: [
    what: string,
    end: (of: Organization, secretId: string, keyId: string) => Promise<unknown>,
  ][] = [
    ['the secret is revoked', (of, id) => of.owner.ask(REVOKE, { id })],
    [
      'the user is disabled',
      (of) => of.owner.ask(`mutation { disableUser(input: { userId: "${of.member.id}" }) { id } }`),
    ],
    [
      'the user is removed',
      (of) => of.owner.ask(`mutation { removeUser(input: { userId: "${of.member.id}" }) { id } }`),
    ],
  ];

  it.each(ends)('when %s', async (_what, end) => {
    const { of, id, three } = await newOrganization();
    const key = await createKey(of.member);
    const withKey = { ...three, token: key.secret };
    expect((await ask(three)).status).toBe(200);
    expect((await ask(withKey)).status).toBe(200);
    await end(of, id, key.id);
    const never = visible(await ask({ ...three, tenantId: unknownId('org') }));
    expect(visible(await ask(three))).toBe(never);
    expect(visible(await ask(three))).toBe(never);
    expect(visible(await ask(withKey))).toBe(never);
    expect(visible(await ask(withKey))).toBe(never);
  });

  it('when the session ends, or the secret expires', async () => {
    const of = await api.createOrganization();
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const { secret } = await createSecret(of, { expiresAt });
    const of2 = (person: Person) => ({
      tenantId: of.id,
      tenantSecret: secret,
      token: person.token,
    });
    expect((await ask(of2(of.member))).status).toBe(200);
    await of.member.ask('mutation { signOut }');
    const never = visible(await ask({ ...of2(of.member), tenantId: unknownId('org') }));
    expect(visible(await ask(of2(of.member)))).toBe(never);
    expect((await ask(of2(of.viewer))).status).toBe(200);
    offsetMs = 60_001;
    expect(visible(await ask(of2(of.viewer)))).toBe(never);
  });

  it('while many requests use them', async () => {
    const { of, id, three } = await newOrganization();
    expect((await ask(three)).status).toBe(200);
    let isRevoked = false;
    const late: number[] = [];
    const use = async () => {
      for (let count = 0; count < 15; count++) {
        const isLate = isRevoked;
        const { status } = await ask(three);
        if (isLate) late.push(status);
      }
    };
    await Promise.all([
      ...Array.from({ length: 6 }, use),
      (async () => {
        await of.owner.ask(REVOKE, { id });
        isRevoked = true;
      })(),
    ]);
    expect(late.length).toBeGreaterThan(10);
    expect(late.filter((status) => ![401, 503].includes(status))).toEqual([]);
  });
});

describe('an organization that requires its secret', () => {
  const REQUIRE = `mutation ($on: Boolean!) {
    updateOrganization(input: { requireTenantSecret: $on }) { requireTenantSecret } }`;
  const alone = (token: string) => ask({ token });

  /** With the secret in the place of the member's token, an owner's that is good. */
  async function requiring() {
    const { of, id, secret, three } = await newOrganization();
    const key = await createKey(of.owner);
    const refresh = async ({ refreshToken }: Person): Promise<string> => {
      const { data } = await api.send(
        `mutation { refreshSession(input: { refreshToken: "${refreshToken}" }) { accessToken } }`,
      );
      return data.refreshSession.accessToken;
    };
    const set = async (on: boolean, token: string) => {
      const headers = {
        authorization: `Bearer ${token}`,
        'x-tenant-id': of.id,
        'x-tenant-secret': secret,
      };
      return api.send(REQUIRE, { on }, headers);
    };
    expect((await alone(key.secret)).status).toBe(200);
    const { data, errors } = await set(true, of.owner.token);
    expect({ data, errors }).toMatchObject({
      data: { updateOrganization: { requireTenantSecret: true } },
      errors: undefined,
    });
    return { of, id, secret, three, key, set, token: await refresh(of.member), refresh };
  }

  it('takes no token and no key without it, at once, and the three together as ever', async () => {
    const { of, three, key, token } = await requiring();
    const other = await newOrganization();
    const refused = visible(await ask({ ...three, tenantId: unknownId('org') }));
    // Of before, and of after it.
    expect((await alone(of.member.token)).status).toBe(401);
    expect((await ask(three)).status).toBe(401);
    for (const good of [token, key.secret]) {
      const wrong: Three[] = [
        { token: good },
        { token: good, tenantId: of.id },
        { token: good, tenantId: of.id, tenantSecret: 'x' },
        { token: good, tenantId: of.id, tenantSecret: other.secret },
        { token: good, tenantId: other.of.id, tenantSecret: other.secret },
      ];
      for (const credentials of wrong) expect(visible(await ask(credentials))).toBe(refused);
      expect((await ask({ ...three, token: good })).status).toBe(200);
    }
    // Nobody else's business.
    expect((await alone(other.of.member.token)).status).toBe(200);
  });

  it('gives tokens that are good for nothing without it, to who signs in then as well', async () => {
    const { of, three } = await requiring();
    const { accessToken } = await api.app.identity.sessions.open({
      orgId: of.tenant.orgId,
      userId: of.viewer.uuid,
    });
    expect((await alone(accessToken)).status).toBe(401);
    expect((await ask({ ...three, token: accessToken })).status).toBe(200);
  });

  it('believes no cookie alone', async () => {
    const { token } = await requiring();
    const { status } = await api.send(VIEWER, {}, { cookie: `rowhouse_access=${token}` });
    expect(status).toBe(401);
  });

  it('takes everything as before once it does not any more', async () => {
    const { of, key, set, refresh } = await requiring();
    const owner = await refresh(of.owner);
    expect((await alone(key.secret)).status).toBe(401);
    expect((await set(false, owner)).errors).toBeUndefined();
    expect((await alone(key.secret)).status).toBe(200);
    expect((await alone(await refresh(of.viewer))).status).toBe(200);
    const updated = await eventsOfTrail(of);
    expect(updated.filter(({ kind }) => kind === 'organization.updated')).toMatchObject([
      { details: { fields: ['requireTenantSecret'] } },
      { details: { fields: ['requireTenantSecret'] } },
    ]);
  });

  it('is one only on the word of an owner who has the secret, and one that lasts', async () => {
    const { of, secret } = await newOrganization();
    const set = (token: string, tenantSecret?: string) => {
      const headers: Record<string, string> = { authorization: `Bearer ${token}` };
      if (tenantSecret)
        Object.assign(headers, { 'x-tenant-id': of.id, 'x-tenant-secret': tenantSecret });
      return api.send(REQUIRE, { on: true }, headers);
    };
    const path = 'input.requireTenantSecret';
    expect((await set(of.owner.token)).errors?.[0].extensions.fields).toMatchObject([{ path }]);
    expect((await set(of.admin.token, secret)).errors?.[0].extensions).toEqual({
      code: 'FORBIDDEN',
      permission: 'organization:write',
    });
    const initech = await api.createOrganization();
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const ending = await createSecret(initech, { expiresAt });
    const answer = await api.send(
      REQUIRE,
      { on: true },
      {
        authorization: `Bearer ${initech.owner.token}`,
        'x-tenant-id': initech.id,
        'x-tenant-secret': ending.secret,
      },
    );
    expect(answer.errors?.[0].extensions.fields).toMatchObject([{ path }]);
    expect((await ask({ token: of.owner.token })).status).toBe(200);
    expect((await ask({ token: initech.owner.token })).status).toBe(200);
  });

  it('keeps the last secret that lasts, also where two are revoked at once', async () => {
    const { of, id, secret, refresh } = await requiring();
    const owner = await refresh(of.owner);
    const send = (query: string, variables: object) =>
      api.send(query, variables, {
        authorization: `Bearer ${owner}`,
        'x-tenant-id': of.id,
        'x-tenant-secret': secret,
      });
    expect((await send(REVOKE, { id })).errors?.[0].extensions.fields).toMatchObject([
      { path: 'input.id' },
    ]);
    const { data } = await send(CREATE, { input: {} });
    const next = data.createTenantSecret.tenantSecret.id;
    // Both are held up, so that neither is over when the other one looks.
    await superuser.query('BEGIN');
    await superuser.query('SELECT FROM tenant_secrets WHERE org_id = $1 FOR UPDATE', [
      of.tenant.orgId,
    ]);
    const sent = Promise.all([send(REVOKE, { id }), send(REVOKE, { id: next })]);
    const areWaiting = async () => {
      const { rows } = await superuser.query(
        `SELECT count(*)::int AS count FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows[0].count > 1;
    };
    await eventually(areWaiting, 'both wait').finally(() => superuser.query('COMMIT'));
    const revoked = await sent;
    expect(revoked.filter(({ errors }) => !errors)).toHaveLength(1);
    const { rows } = await superuser.query('SELECT id FROM tenant_secrets WHERE org_id = $1', [
      of.tenant.orgId,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('is let out by the operator when it has lost the secret', async () => {
    const { of, key, refresh } = await requiring();
    const operator = createOrganizationAdministration(
      api.app.tenancy,
      systemClock,
      new SalesLedger(),
    );
    expect(await operator.liftTenantSecret(of.tenant.orgId)).toBe(true);
    expect(await operator.liftTenantSecret(of.tenant.orgId)).toBe(false);
    expect((await alone(key.secret)).status).toBe(200);
    expect((await alone(await refresh(of.viewer))).status).toBe(200);
  });

  async function eventsOfTrail(of: Organization) {
    const { rows } = await superuser.query<{ kind: string; details: object }>(
      'SELECT kind, details FROM audit_events WHERE org_id = $1',
      [of.tenant.orgId],
    );
    return rows;
  }
});

describe('a flood of wrong secrets', () => {
  it('keeps nobody out who is known, and is cut short', async () => {
    const { of, three } = await newOrganization();
    expect((await ask(three)).status).toBe(200);
    const argon2 = spyOnArgon2();
    const flood = Array.from({ length: 60 }, () =>
      ask({
        ...three,
        tenantSecret: makeOpaqueToken('tenantSecret', { orgId: of.tenant.orgId, id: newUuid() })
          .token,
      }),
    );
    const answers = await Promise.all([ask(three), of.owner.send(VIEWER), ask(three)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const refused = await Promise.all(flood);
    const busy = refused.filter(({ status }) => status === 503);
    expect(busy.length).toBeGreaterThan(0);
    expect(busy[0]?.errors?.[0].extensions).toEqual({ code: 'UNAVAILABLE', retryable: true });
    expect(refused.filter(({ status }) => status === 401)).toHaveLength(60 - busy.length);
    expect(argon2.mock.calls.length).toBe(60 - busy.length);
  });
});

describe('the use of a secret', () => {
  it('is noted and recorded, like its making, its end, and attempts without', async () => {
    const { of, id, secret, three } = await newOrganization();
    const about = { details: { tenantSecretId: id, prefix: secret.slice(0, 10) } };
    expect(await eventsOf(of, 'TENANT_SECRET_CREATED')).toMatchObject([
      { actorId: of.owner.id, ...about },
    ]);
    for (let use = 0; use < 3; use++) await ask(three);
    const used = () => eventsOf(of, 'TENANT_SECRET_USED');
    await eventually(async () => (await used()).length === 1, 'the use was recorded');
    expect(await used()).toMatchObject([{ actorId: of.member.id, address: '127.0.0.1', ...about }]);
    const { tenantSecrets } = await of.owner.ask(LIST);
    expect(Date.now() - Date.parse(tenantSecrets[0].lastUsedAt)).toBeLessThan(60_000);
    const refused = () => eventsOf(of, 'TENANT_SECRET_REFUSED');
    for (let attempt = 0; attempt < 3; attempt++) await ask({ ...three, tenantSecret: 'x' });
    await eventually(async () => (await refused()).length === 1, 'the attempt was recorded');
    expect(await refused()).toMatchObject([{ actorId: null, address: '127.0.0.1', details: {} }]);
    offsetMs = 61_000;
    await ask({ ...three, token: 'x' });
    await eventually(async () => (await refused()).length === 2, 'a later one was recorded');
    await of.owner.ask(REVOKE, { id });
    expect(await eventsOf(of, 'TENANT_SECRET_REVOKED')).toMatchObject([about]);
    expect(await used()).toHaveLength(1);
  });
});
