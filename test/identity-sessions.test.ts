import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { Role } from '../src/identity/index.js';
import { PasswordHasher } from '../src/identity/session/password-hasher.js';
import { MOST_OPEN } from '../src/identity/session/session.store.js';
import { systemClock } from '../src/shared/clock.js';
import { decodeId } from '../src/shared/ids.js';
import { makeOpaqueToken } from '../src/shared/opaque-token.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import {
  type Api,
  identitySettings,
  type Organization,
  type Person,
  startApi,
  unknownId,
} from './support/api.js';
import { type SecondServer, startSecondServer } from './support/second-server.js';
import { statementsOf } from './support/statements.js';

const PASSWORD = 'correct horse battery';
const DAY_MS = 86_400_000;

let api: Api;
let second: SecondServer;
let acme: Organization;
let globex: Organization;
let passwordHash: string;
let clock = systemClock;

beforeAll(async () => {
  const injected = { now: () => clock.now() };
  api = await startApi({ clock: injected });
  second = await startSecondServer(api, { clock: injected });
  [acme, globex] = [await api.createOrganization('acme'), await api.createOrganization('globex')];
  passwordHash = await new PasswordHasher().hash(PASSWORD);
});

afterAll(async () => {
  await second?.close();
  await api?.close();
});

const asSuperuser = async <Row extends object>(sql: string, values: unknown[] = []) =>
  withAdminConnection(api.database.superuserUrl, async (client) => {
    const { rows } = await client.query<Row>(sql, values);
    return rows;
  });

let people = 0;

/** Somebody of acme whom no other test knows, with a password. */
async function newcomer(role: Role = 'member', org = acme): Promise<Person> {
  const person = await org.createPerson(role, `newcomer-${++people}`);
  await asSuperuser('UPDATE users SET password_hash = $1 WHERE id = $2', [
    passwordHash,
    person.uuid,
  ]);
  return person;
}

interface OpenedSession {
  /** Public id. */
  id: string;
  accessToken: string;
  refreshToken: string;
}

/** One session more. */
async function open({ uuid }: Person, of: Api = api, org = acme): Promise<OpenedSession> {
  const { orgId } = org.tenant;
  const client = { address: '192.0.2.7', userAgent: 'Browser/1' };
  const tokens = await of.app.identity.sessions.open({ orgId, userId: uuid }, client);
  return { ...tokens, id: decodeJwt(tokens.accessToken).sid as string };
}

const VIEWER = '{ viewer { id role } }';
const CREATE_TASK = 'mutation ($input: CreateTaskInput!) { createTask(input: $input) { id } }';
const SESSION = 'id isCurrent address userAgent createdAt refreshedAt expiresAt';
const LIST = `{ sessions { totalCount nodes { ${SESSION} } } }`;
const REVOKE = `mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) { ${SESSION} } }`;
const SIGN_OUT_USER = 'mutation ($id: ID!) { signOutUser(input: { userId: $id }) }';
const SIGN_IN = `mutation ($input: SignInInput!) {
  signIn(input: $input) { accessToken expiresAt refreshToken } }`;
const REFRESH = `mutation ($refreshToken: String) {
  refreshSession(input: { refreshToken: $refreshToken }) { accessToken expiresAt refreshToken } }`;
const EVENTS = `query ($id: ID!) { auditEvents(filter: { subjectId: $id, kind: [SESSION_REVOKED] }) {
  nodes { actorId details } } }`;

const bearer = (accessToken: string) => ({ authorization: `Bearer ${accessToken}` });
const sendAs = (accessToken: string, query: string, variables = {}, to = api.send) =>
  to(query, variables, bearer(accessToken));
const refresh = (refreshToken: string, of: Pick<Api, 'send'> = api) =>
  of.send(REFRESH, { refreshToken });
const signIn = (person: Person, password = PASSWORD) =>
  api.send(SIGN_IN, { input: { organization: 'acme', email: person.email, password } });

const idsOf = (nodes: { id: string }[]) => nodes.map(({ id }) => id);
const listAs = async (accessToken: string) =>
  (await sendAs(accessToken, LIST)).data.sessions as {
    totalCount: number;
    nodes: { id: string }[];
  };

/** Neither server takes the token: not for reading, and not for writing. */
async function expectRefused(accessToken: string): Promise<void> {
  for (const to of [api.send, second.send]) {
    const answer = await sendAs(accessToken, VIEWER, {}, to);
    expect(answer).toMatchObject({ status: 401, data: null });
    expect(answer.errors?.[0].extensions).toEqual({ code: 'UNAUTHENTICATED' });
    const { id } = await acme.createProject();
    const input = { projectId: id, title: 'late' };
    const write = await sendAs(accessToken, CREATE_TASK, { input }, to);
    expect(write.status).toBe(401);
    const { project } = await acme.owner.ask(
      'query ($id: ID!) { project(id: $id) { tasks { totalCount } } }',
      { id },
    );
    expect(project.tasks.totalCount).toBe(0);
  }
}

/** Both servers take it, and remember having verified it. */
async function expectGood(accessToken: string): Promise<void> {
  for (const to of [api.send, second.send]) {
    expect((await sendAs(accessToken, VIEWER, {}, to)).errors).toBeUndefined();
  }
}

async function expectRefreshRefused(refreshToken: string): Promise<void> {
  const { status, errors } = await refresh(refreshToken);
  expect(status).toBe(401);
  expect(errors).toMatchObject([
    { path: ['refreshSession'], extensions: { code: 'UNAUTHENTICATED' } },
  ]);
}

describe('sessions', () => {
  it("are the caller's own, newest first, and tell which is which", async () => {
    const person = await newcomer();
    const [first, last] = [await open(person), await open(person)];
    await open(acme.admin);
    const { totalCount, nodes } = await listAs(first.accessToken);
    expect(totalCount).toBe(3);
    const [ownId] = [decodeJwt(person.token).sid as string];
    expect(idsOf(nodes)).toEqual([last.id, first.id, ownId]);
    expect(nodes).toMatchObject([{ isCurrent: false }, { isCurrent: true }, { isCurrent: false }]);
    expect(nodes[0]).toEqual({
      id: expect.stringMatching(/^sess_/),
      isCurrent: false,
      address: '192.0.2.7',
      userAgent: 'Browser/1',
      createdAt: expect.any(String),
      refreshedAt: expect.any(String),
      expiresAt: expect.any(String),
    });
  });

  it('are paged both ways, in either order', async () => {
    const person = await newcomer();
    const opened = [await open(person), await open(person), await open(person)];
    await asSuperuser('DELETE FROM sessions WHERE id = $1', [
      decodeId('sess', decodeJwt(person.token).sid as string, 'id'),
    ]);
    const oldestFirst = idsOf(opened);
    const page = async (args: string) =>
      (
        await sendAs(
          opened[0]?.accessToken as string,
          `{ sessions(${args}) { nodes { id } pageInfo { startCursor endCursor hasNextPage } } }`,
        )
      ).data.sessions;
    const first = await page('first: 2, orderBy: { field: CREATED_AT, direction: ASC }');
    expect(idsOf(first.nodes)).toEqual(oldestFirst.slice(0, 2));
    expect(first.pageInfo.hasNextPage).toBe(true);
    const after = `after: "${first.pageInfo.endCursor}"`;
    const rest = await page(`first: 2, ${after}, orderBy: { field: CREATED_AT, direction: ASC }`);
    expect(idsOf(rest.nodes)).toEqual(oldestFirst.slice(2));
    const last = await page('last: 1');
    expect(idsOf(last.nodes)).toEqual(oldestFirst.slice(0, 1));
    const before = await page(`last: 2, before: "${last.pageInfo.startCursor}"`);
    expect(idsOf(before.nodes)).toEqual([oldestFirst[2], oldestFirst[1]]);
  });

  it('are found by their ids, by nobody else', async () => {
    const { id, accessToken } = await open(acme.member);
    const node = `query ($id: ID!) { node(id: $id) { __typename id ... on Session { isCurrent } } }`;
    const own = await sendAs(accessToken, node, { id });
    expect(own.data.node).toEqual({ __typename: 'Session', id, isCurrent: true });
    const unknown = unknownId('sess');
    const nowhere = await acme.owner.send(node, { id: unknown });
    for (const other of [acme.owner, acme.admin, globex.member]) {
      const answer = await other.send(node, { id });
      expect(answer.text).toBe(nowhere.text.replaceAll(unknown, id));
      expect(answer.errors?.[0].extensions).toEqual({ code: 'NOT_FOUND', id });
    }
  });

  it('are not there any more when they have expired, and go when their user signs in again', async () => {
    const [person, other] = [await newcomer(), await newcomer()];
    const [old, others] = [await open(person), await open(other)];
    clock = { now: () => new Date(Date.now() + 40 * DAY_MS) };
    try {
      const fresh = await open(other);
      const stored = async ({ uuid }: Person) =>
        (await asSuperuser('SELECT id FROM sessions WHERE user_id = $1', [uuid])).length;
      expect(await stored(person)).toBe(2);
      expect(await stored(other)).toBe(1);
      expect(idsOf((await listAs(fresh.accessToken)).nodes)).toEqual([fresh.id]);
      const { data } = await signIn(person);
      const { accessToken } = data.signIn;
      expect((await listAs(accessToken)).totalCount).toBe(1);
      expect(await stored(person)).toBe(1);
      for (const id of [old.id, others.id]) {
        const answer = await sendAs(accessToken, REVOKE, { id });
        expect(answer.errors?.[0].extensions).toEqual({ code: 'NOT_FOUND', id });
      }
    } finally {
      clock = systemClock;
    }
  });

  it('are a hundred of one user at most: with another one the oldest ends', async () => {
    const [person, other] = [await newcomer(), await newcomer()];
    const second = await open(person);
    for (let n = 2; n < MOST_OPEN; n++) await open(person);
    expect((await listAs(second.accessToken)).totalCount).toBe(MOST_OPEN);
    expect((await person.send(VIEWER)).errors).toBeUndefined();
    await open(person);
    expect((await person.send(VIEWER)).errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
    expect((await listAs(second.accessToken)).totalCount).toBe(MOST_OPEN);
    expect((await other.send(VIEWER)).errors).toBeUndefined();
  });

  it('that have expired are neither listed nor counted nor found before they go', async () => {
    const person = await newcomer();
    const [old, fresh] = [await open(person), await open(person)];
    await asSuperuser("UPDATE sessions SET expires_at = now() - interval '1 s' WHERE id = $1", [
      decodeId('sess', old.id, 'id'),
    ]);
    const { totalCount, nodes } = await listAs(fresh.accessToken);
    expect(totalCount).toBe(2);
    expect(idsOf(nodes)).not.toContain(old.id);
    for (const query of ['query ($id: ID!) { node(id: $id) { id } }', REVOKE]) {
      const { errors } = await sendAs(fresh.accessToken, query, { id: old.id });
      expect(errors?.[0].extensions).toEqual({ code: 'NOT_FOUND', id: old.id });
    }
    const ended = await sendAs(fresh.accessToken, 'mutation { signOutEverywhere }');
    expect(ended.data).toEqual({ signOutEverywhere: 2 });
  });
});

describe('a sign-in', () => {
  it('takes the same statements whether it is refused or not, but for the second factor', async () => {
    const person = await newcomer();
    await signIn(person);
    const general = (texts: string[]) =>
      texts.map((text) => text.replaceAll(/[0-9a-f-]{36}/g, '…'));
    const accepted = await statementsOf(() => signIn(person));
    const refused = await statementsOf(() => signIn(person, 'wrong horse battery'));
    // Whoever knows the password may learn whether it takes a code as well: its holder is held, then it is looked at.
    const ofFactor = /second_factors|FOR SHARE OF organizations, users/;
    const withoutFactor = general(accepted).filter((text) => !ofFactor.test(text));
    expect(withoutFactor).toHaveLength(accepted.length - 2);
    expect(withoutFactor).toEqual(general(refused));
  });

  it('that races with disabling the account never leaves a session behind', async () => {
    const person = await newcomer();
    const change = (name: string) =>
      acme.admin.ask(`mutation { ${name}(input: { userId: "${person.id}" }) { id } }`);
    let opened = 0;
    for (let round = 0; round < 30; round++) {
      const attempts = Array.from({ length: 3 }, async (_, index) => {
        await delay(index * (round % 5));
        // Past the password, whose checking takes longer than everything that could race.
        return open(person);
      });
      const [results] = await Promise.all([
        Promise.allSettled(round % 10 === 0 ? [...attempts, signIn(person)] : attempts),
        delay(round % 7).then(() => change('disableUser')),
      ]);
      opened += results.filter(({ status }) => status === 'fulfilled').length;
      const left = await asSuperuser('SELECT id FROM sessions WHERE user_id = $1', [person.uuid]);
      expect(left).toEqual([]);
      await change('enableUser');
    }
    // Else nothing was put to the test.
    expect(opened).toBeGreaterThan(5);
  });
});

describe('access is refused at once, by every server,', () => {
  const input = ({ id }: Person) => `input: { userId: "${id}" }`;

  const ends: [what: string, end: (person: Person, session: OpenedSession) => Promise<unknown>][] =
    [
      ['after signOut', (_person, { accessToken }) => sendAs(accessToken, 'mutation { signOut }')],
      [
        'after revokeSession from another session',
        async (person, { id }) => person.ask(REVOKE, { id }),
      ],
      [
        'after revokeSession of itself',
        (_person, { accessToken, id }) => sendAs(accessToken, REVOKE, { id }),
      ],
      ['after signOutEverywhere', (person) => person.ask('mutation { signOutEverywhere }')],
      ['after signOutUser', ({ id }) => acme.admin.ask(SIGN_OUT_USER, { id })],
      [
        'when the account is disabled',
        (person) => acme.admin.ask(`mutation { disableUser(${input(person)}) { id } }`),
      ],
      [
        'when the account is removed',
        (person) => acme.admin.ask(`mutation { removeUser(${input(person)}) { id } }`),
      ],
    ];

  it.each(ends)('%s', async (_what, end) => {
    const person = await newcomer();
    const session = await open(person);
    await expectGood(session.accessToken);
    await end(person, session);
    await expectRefused(session.accessToken);
    await expectRefreshRefused(session.refreshToken);
  });

  it('when the role changes, and refreshing gives a token with the new one', async () => {
    const person = await newcomer('admin');
    const session = await open(person);
    await expectGood(session.accessToken);
    await acme.owner.ask(
      `mutation { changeUserRole(input: { userId: "${person.id}", role: MEMBER }) { id } }`,
    );
    await expectRefused(session.accessToken);
    const { data } = await refresh(session.refreshToken);
    const { accessToken } = data.refreshSession;
    await expectGood(accessToken);
    const { errors } = await sendAs(
      accessToken,
      'mutation { createProject(input: { name: "x" }) { id } }',
    );
    expect(errors?.[0].extensions).toEqual({ code: 'FORBIDDEN', permission: 'projects:write' });
  });

  it('when the organization is suspended', async () => {
    const org = await api.createOrganization();
    const session = await open(org.member, api, org);
    await expectGood(session.accessToken);
    await asSuperuser('UPDATE organizations SET suspended_at = now() WHERE id = $1', [
      org.tenant.orgId,
    ]);
    // Whoever suspends it ends its sessions; but for that, a refresh alone would find out.
    await expectRefreshRefused(session.refreshToken);
    await asSuperuser('DELETE FROM sessions WHERE org_id = $1', [org.tenant.orgId]);
    await expectRefused(session.accessToken);
    await expectRefreshRefused(session.refreshToken);
    await expect(open(org.member, api, org)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('revokeSession', () => {
  it('gives the session as it was, once, and leaves the others', async () => {
    const person = await newcomer();
    const [one, two] = [await open(person), await open(person)];
    const { data } = await sendAs(one.accessToken, REVOKE, { id: two.id });
    expect(data.revokeSession).toMatchObject({
      id: two.id,
      isCurrent: false,
      userAgent: 'Browser/1',
    });
    const again = await sendAs(one.accessToken, REVOKE, { id: two.id });
    expect(again.errors?.[0].extensions).toEqual({ code: 'NOT_FOUND', id: two.id });
    await expectGood(one.accessToken);
    const { auditEvents } = await acme.admin.ask(EVENTS, { id: person.id });
    expect(auditEvents.nodes).toEqual([{ actorId: person.id, details: { sessions: 1 } }]);
  });

  it("does not find somebody else's, whoever asks", async () => {
    const { id, accessToken } = await open(await newcomer());
    for (const other of [acme.owner, acme.viewer, globex.owner]) {
      const unknown = unknownId('sess');
      const nowhere = await other.send(REVOKE, { id: unknown });
      const answer = await other.send(REVOKE, { id });
      expect(answer.text).toBe(nowhere.text.replaceAll(unknown, id));
      expect(answer.errors?.[0].extensions).toEqual({ code: 'NOT_FOUND', id });
    }
    await expectGood(accessToken);
  });

  it.each(['', 'sess_', 'x', unknownId('user')])(
    'refuses %j, which is no id of a session',
    async (id) => {
      const { extensions } = await acme.viewer.fail(REVOKE, { id });
      expect(extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.sessionId' }],
      });
    },
  );
});

describe('signOutEverywhere', () => {
  it("ends all of the caller's sessions and nobody else's", async () => {
    const [person, other] = [await newcomer(), await newcomer()];
    const sessions = [await open(person), await open(person)];
    const { signOutEverywhere } = await person.ask('mutation { signOutEverywhere }');
    expect(signOutEverywhere).toBe(3);
    for (const { accessToken } of sessions) await expectRefused(accessToken);
    await expectGood(other.token);
    const { auditEvents } = await acme.admin.ask(EVENTS, { id: person.id });
    expect(auditEvents.nodes).toEqual([{ actorId: person.id, details: { sessions: 3 } }]);
  });
});

describe('signOutUser', () => {
  it('ends the sessions of a user, who can sign in again', async () => {
    const person = await newcomer();
    const { signOutUser } = await acme.admin.ask(SIGN_OUT_USER, { id: person.id });
    expect(signOutUser).toBe(1);
    await expectRefused(person.token);
    expect((await signIn(person)).errors).toBeUndefined();
    const { auditEvents } = await acme.admin.ask(EVENTS, { id: person.id });
    expect(auditEvents.nodes).toEqual([{ actorId: acme.admin.id, details: { sessions: 1 } }]);
  });

  it("ends an owner's for an owner only, and for nobody without users:write", async () => {
    const owner = await newcomer('owner');
    const refused = await acme.admin.fail(SIGN_OUT_USER, { id: owner.id });
    expect(refused.extensions).toEqual({ code: 'FORBIDDEN', permission: 'organization:write' });
    for (const person of [acme.member, acme.viewer]) {
      const { extensions } = await person.fail(SIGN_OUT_USER, { id: owner.id });
      expect(extensions).toEqual({ code: 'FORBIDDEN', permission: 'users:write' });
    }
    const foreign = await globex.owner.fail(SIGN_OUT_USER, { id: owner.id });
    expect(foreign.extensions).toEqual({ code: 'NOT_FOUND', id: owner.id });
    await expectGood(owner.token);
    await acme.owner.ask(SIGN_OUT_USER, { id: owner.id });
    await expectRefused(owner.token);
  });
});

describe('a refresh', () => {
  it('gives tokens once, and one that comes again ends the session', async () => {
    const session = await open(await newcomer());
    const first = (await refresh(session.refreshToken)).data.refreshSession;
    expect(first.refreshToken).not.toBe(session.refreshToken);
    await expectGood(first.accessToken);
    const second = (await refresh(first.refreshToken)).data.refreshSession;
    await expectRefreshRefused(session.refreshToken);
    await expectRefused(second.accessToken);
    await expectRefreshRefused(second.refreshToken);
  });

  it('of an expired session is refused', async () => {
    const session = await open(await newcomer());
    clock = { now: () => new Date(Date.now() + 31 * DAY_MS) };
    try {
      await expectRefreshRefused(session.refreshToken);
    } finally {
      clock = systemClock;
    }
    expect((await refresh(session.refreshToken)).errors).toBeUndefined();
  });

  it('of 20 at once leaves at most one successor alive', async () => {
    for (let round = 0; round < 10; round++) {
      const session = await open(await newcomer());
      const servers = [api, second];
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          refresh(session.refreshToken, servers[index % 2] as Pick<Api, 'send'>),
        ),
      );
      const given = answers.flatMap(({ data }) => data?.refreshSession ?? []);
      expect(given.length).toBeLessThanOrEqual(1);
      for (const { errors } of answers) {
        if (errors) expect(errors[0].extensions).toEqual({ code: 'UNAUTHENTICATED' });
      }
      const left = await asSuperuser('SELECT id FROM sessions WHERE id = $1', [
        decodeId('sess', session.id, 'id'),
      ]);
      expect(left.length).toBeLessThanOrEqual(1);
    }
  });

  it('reads the role when it holds the session, not before', async () => {
    const person = await newcomer('admin');
    const session = await open(person);
    const tokens = await withAdminConnection(api.database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query("UPDATE users SET role = 'viewer' WHERE id = $1", [person.uuid]);
      await client.query('UPDATE sessions SET stamp = stamp + 1 WHERE user_id = $1', [person.uuid]);
      const answer = refresh(session.refreshToken);
      await delay(200);
      await client.query('COMMIT');
      return (await answer).data.refreshSession;
    });
    expect(decodeJwt(tokens.accessToken)).toMatchObject({ role: 'viewer', stamp: 2 });
  });
});

describe('a refresh with a grace', () => {
  let graceful: SecondServer & { api: Api; org: Organization };

  beforeAll(async () => {
    const { sessions } = identitySettings();
    const identity = { sessions: { ...sessions, graceSeconds: 10 } };
    const injected = { now: () => clock.now() };
    const own = await startApi({ identity, clock: injected });
    const other = await startSecondServer(own, { identity, clock: injected });
    graceful = {
      ...other,
      api: own,
      org: await own.createOrganization(),
    };
  });

  afterAll(async () => {
    await graceful?.close();
    await graceful?.api.close();
  });

  const opened = () => open(graceful.org.member, graceful.api, graceful.org);
  const refreshed = async (token: string, of: Pick<Api, 'send'> = graceful.api) =>
    (await refresh(token, of)).data?.refreshSession;

  it('gives the same successor to 20 at once', async () => {
    for (let round = 0; round < 3; round++) {
      const session = await opened();
      const servers = [graceful.api, graceful];
      const given = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          refreshed(session.refreshToken, servers[index % 2]),
        ),
      );
      expect(new Set(given.map(({ refreshToken }) => refreshToken)).size).toBe(1);
      for (const { accessToken } of given) {
        const { errors } = await graceful.send(VIEWER, {}, bearer(accessToken));
        expect(errors).toBeUndefined();
      }
    }
  });

  it('is over after its seconds, and does not hold for a token two back', async () => {
    const session = await opened();
    const first = await refreshed(session.refreshToken);
    clock = { now: () => new Date(Date.now() + 10_000) };
    try {
      expect(await refreshed(session.refreshToken)).toBeUndefined();
      expect(await refreshed(first.refreshToken)).toBeUndefined();
    } finally {
      clock = systemClock;
    }
    const other = await opened();
    const next = await refreshed(other.refreshToken);
    const last = await refreshed(next.refreshToken);
    expect(await refreshed(other.refreshToken)).toBeUndefined();
    expect(await refreshed(last.refreshToken)).toBeUndefined();
  });
});

describe('a token', () => {
  interface Parts {
    prefix: string;
    bytes: Buffer;
    proof?: string | undefined;
  }

  const parts = (token: string): Parts => {
    const [opaque = '', proof] = token.split('.');
    const [prefix = '', text = ''] = opaque.split(/_(.*)/s);
    return { prefix, bytes: Buffer.from(text, 'base64url'), proof };
  };
  const joined = ({ prefix, bytes, proof }: Parts) =>
    `${prefix}_${bytes.toString('base64url')}${proof === undefined ? '' : `.${proof}`}`;

  it('of one kind is not taken for the other', async () => {
    const { accessToken, refreshToken } = await open(acme.member);
    const asAccess = await api.send(VIEWER, {}, bearer(refreshToken));
    expect(asAccess).toMatchObject({ status: 401, data: undefined });
    expect((await refresh(accessToken)).status).toBe(accessToken.length > 200 ? 200 : 401);
    expect((await refresh(accessToken.slice(0, 200))).status).toBe(401);
    const prefixed = `rhr_${accessToken.replaceAll('.', '_').slice(0, 86)}`;
    await expectRefreshRefused(prefixed);
    expect((await refresh(refreshToken)).errors).toBeUndefined();
  });

  it('that names another organization, or another session, opens nothing and ends nothing', async () => {
    const { refreshToken } = await open(acme.member);
    const theirs = await open(globex.member, api, globex);
    const [own, foreign] = [parts(refreshToken), parts(theirs.refreshToken)];
    // Secret, organization, session.
    const split = ({ bytes }: { bytes: Buffer }) =>
      [bytes.subarray(0, 32), bytes.subarray(32, 48), bytes.subarray(48)] as const;
    const [secret, organization, session] = split(own);
    const [theirSecret, theirOrganization, theirSession] = split(foreign);
    const swapped = [
      [secret, theirOrganization, session],
      [theirSecret, organization, theirSession],
      [secret, Buffer.alloc(16), session],
      [secret, organization, Buffer.alloc(16)],
    ];
    for (const bytes of swapped) {
      await expectRefreshRefused(joined({ ...own, bytes: Buffer.concat(bytes) }));
    }
    expect((await refresh(refreshToken)).errors).toBeUndefined();
    expect((await refresh(theirs.refreshToken)).errors).toBeUndefined();
  });

  it('that is malformed is refused, and the session stands', async () => {
    const { refreshToken } = await open(acme.member);
    const { bytes, proof } = parts(refreshToken);
    const malformed = [
      refreshToken.slice(0, -1),
      refreshToken.slice(0, 40),
      `${refreshToken}A`,
      `${refreshToken}==`,
      `.${refreshToken}`,
      refreshToken.slice(4),
      refreshToken.toUpperCase(),
      refreshToken.replace('rhr_', 'rhk_'),
      joined({ prefix: 'rhr', bytes: bytes.subarray(1), proof }),
      joined({ prefix: 'rhr', bytes: Buffer.concat([bytes, Buffer.alloc(1)]), proof }),
      joined({ prefix: 'rhr', bytes, proof: '' }),
      'rhr_',
      '0',
      "'; DROP TABLE sessions; --",
    ];
    for (const token of malformed) await expectRefreshRefused(token);
    expect((await refresh(refreshToken)).errors).toBeUndefined();
  });

  it('with a forged secret for a session that is known opens nothing, and ends nothing', async () => {
    const person = await newcomer();
    const session = await open(person);
    const own = parts(session.refreshToken);
    const { proof: foreign } = parts((await open(person)).refreshToken);
    const bytes = Buffer.from(own.bytes).fill(7, 0, 32);
    for (const proof of [undefined, own.proof, foreign, 'A'.repeat(22)]) {
      await expectRefreshRefused(joined({ prefix: 'rhr', bytes, proof }));
    }
    await expectGood(session.accessToken);
    const next = (await refresh(session.refreshToken)).data.refreshSession;
    await expectGood(next.accessToken);
    expect(
      await asSuperuser(
        "SELECT FROM audit_events WHERE kind = 'session.refresh_reused' AND subject_id = $1",
        [person.uuid],
      ),
    ).toEqual([]);
    // One that was given out and used is still told from those.
    await expectRefreshRefused(session.refreshToken);
    await expectRefused(next.accessToken);
  });

  it('that was issued before there were proofs goes on', async () => {
    const session = await open(await newcomer());
    const id = decodeId('sess', session.id, 'id');
    const { token, hash } = makeOpaqueToken('refresh', { orgId: acme.tenant.orgId, id });
    await asSuperuser('UPDATE sessions SET refresh_hash = $1 WHERE id = $2', [hash, id]);
    const next = (await refresh(token)).data.refreshSession;
    expect(next.refreshToken).toContain('.');
    await expectRefreshRefused(token);
    await expectGood(next.accessToken);
    expect((await refresh(next.refreshToken)).errors).toBeUndefined();
  });
});

describe('an ended session', () => {
  let agent: Agent;

  beforeAll(() => {
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
  });

  afterAll(() => agent?.destroy());

  /** Sends on the one connection that the agent keeps. */
  const sendOn = (accessToken: string, query: string, variables = {}) =>
    new Promise<{ status: number; body: string; isReused: boolean }>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', ...bearer(accessToken) };
      const sent = request(`${api.url}/graphql`, { method: 'POST', agent, headers }, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (chunk) => {
          body += chunk;
        });
        const { statusCode: status = 0 } = answer;
        answer.on('end', () => resolve({ status, body, isReused: sent.reusedSocket }));
      });
      sent.on('error', reject).end(JSON.stringify({ query, variables }));
    });

  it('writes nothing, with several fields neither, also on a connection that was good before', async () => {
    const { id } = await acme.createProject();
    const session = await open(await newcomer());
    const field = (alias: string) =>
      `${alias}: createTask(input: { projectId: "${id}", title: "${alias}" }) { id }`;
    const good = await sendOn(session.accessToken, `mutation { ${field('before')} }`);
    expect(good.status).toBe(200);
    await sendAs(session.accessToken, 'mutation { signOut }');
    for (const mutation of [
      `mutation { ${field('a')} }`,
      `mutation { ${field('a')} ${field('b')} }`,
      `mutation { ${field('a')} __typename }`,
      `mutation { nothing: __typename updateProfile(input: { name: "late" }) { name } ${field('b')} }`,
    ]) {
      const refused = await sendOn(session.accessToken, mutation);
      expect(refused).toMatchObject({ status: 401, isReused: true });
      const { data, errors } = JSON.parse(refused.body);
      expect(data ?? null).toBeNull();
      for (const { extensions } of errors) expect(extensions).toEqual({ code: 'UNAUTHENTICATED' });
    }
    const { project } = await acme.owner.ask(
      'query ($id: ID!) { project(id: $id) { tasks { nodes { title } } } }',
      { id },
    );
    expect(project.tasks.nodes).toEqual([{ title: 'before' }]);
  });

  it('reads nothing, however often it asks, and may ask what needs no database', async () => {
    const session = await open(await newcomer());
    const queries = [VIEWER, '{ viewer { id } sessions { totalCount } __typename }'];
    // Often enough to be compiled, and for its end to be foreseen.
    for (let time = 0; time < 6; time++) {
      for (const query of queries) {
        expect((await sendAs(session.accessToken, query)).errors).toBeUndefined();
      }
    }
    await sendAs(session.accessToken, 'mutation { signOutEverywhere }');
    for (let time = 0; time < 6; time++) {
      const viewer = await sendAs(session.accessToken, VIEWER);
      expect(viewer).toMatchObject({ status: 401, data: null });
      const both = await sendAs(session.accessToken, queries[1] as string);
      expect(JSON.stringify(both.data ?? {})).not.toMatch(/user_|totalCount/);
    }
    const harmless = await sendAs(session.accessToken, '{ __typename }');
    expect(harmless).toMatchObject({ status: 200, data: { __typename: 'Query' } });
  });
});
