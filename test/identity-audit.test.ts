import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PasswordHasher } from '../src/identity/session/password-hasher.js';
import { decodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { contextStatements } from '../src/tenancy/tenant.js';
import { type Api, type Organization, type Person, startApi, unknownId } from './support/api.js';
import { statementsOf } from './support/statements.js';

const PASSWORD = 'correct horse battery';
const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }';
const EVENT = 'id kind actorId actor { id } subjectId address details occurredAt';

let api: Api;
let acme: Organization;
let globex: Organization;

beforeAll(async () => {
  api = await startApi();
  [acme, globex] = [await api.createOrganization('acme'), await api.createOrganization('globex')];
  const hash = await new PasswordHasher().hash(PASSWORD);
  await withAdminConnection(api.database.superuserUrl, (client) =>
    client.query('UPDATE users SET password_hash = $1', [hash]),
  );
});

afterAll(() => api?.close());

const signIn = (email: string, { organization = 'acme', password = PASSWORD } = {}) =>
  api.send(SIGN_IN, { input: { organization, email, password } });

interface Event {
  id: string;
  kind: string;
  actorId: string | null;
  actor: { id: string } | null;
  subjectId: string | null;
  address: string | null;
  details: object;
  occurredAt: string;
}

const events = async (person: Person, args = ''): Promise<Event[]> =>
  (await person.ask(`{ auditEvents${args} { nodes { ${EVENT} } } }`)).auditEvents.nodes;

const about = (person: Person) =>
  events(acme.owner, `(first: 100, filter: { subjectId: "${person.id}" })`);

describe('a sign-in', () => {
  it('is recorded, of the right organization only', async () => {
    expect((await signIn(acme.member.email)).errors).toBeUndefined();
    expect(await about(acme.member)).toEqual([
      {
        id: expect.stringMatching(/^evt_/),
        kind: 'SESSION_SIGNED_IN',
        actorId: acme.member.id,
        actor: { id: acme.member.id },
        subjectId: acme.member.id,
        address: '127.0.0.1',
        details: {},
        occurredAt: expect.any(String),
      },
    ]);
    expect(await events(globex.owner)).toEqual([]);
  });

  it('that is refused is recorded, and answered like one of nobody', async () => {
    const wrong = 'wrong horse battery';
    const refused = await signIn(acme.viewer.email, { password: wrong });
    const nobody = await signIn('nobody@example.com', { password: wrong });
    const nowhere = await signIn(acme.viewer.email, { organization: 'nowhere', password: wrong });
    expect([nobody.text, nowhere.text]).toEqual([refused.text, refused.text]);
    expect(await about(acme.viewer)).toMatchObject([
      { kind: 'SESSION_REFUSED', actorId: null, actor: null, subjectId: acme.viewer.id },
    ]);
    const all = await events(acme.owner);
    expect(all).toHaveLength(2);
    expect(JSON.stringify(all)).not.toMatch(/horse|argon2|eyJ/);
  });

  it('takes the same statements, whatever is wrong with it', async () => {
    const password = 'wrong horse battery';
    const attempts = [
      () => signIn(acme.viewer.email, { password }),
      () => signIn('nobody@example.com', { password }),
      () => signIn(acme.viewer.email, { organization: 'nowhere', password }),
    ];
    const sent: string[][] = [];
    for (const attempt of attempts) {
      await attempt();
      // Which organization is meant is all that may differ.
      const statements = await statementsOf(attempt);
      sent.push(statements.map((text) => text.replaceAll(/[0-9a-f-]{36}/g, '…')));
    }
    expect(sent[1]).toEqual(sent[0]);
    expect(sent[2]).toEqual(sent[0]);
    expect(sent[0]?.join('\n')).toContain('INSERT INTO audit_events');
  });
});

describe('what is done to an account', () => {
  const SEEN = ['CREATED', 'UPDATED', 'PASSWORD_CHANGED', 'ROLE_CHANGED', 'REMOVED'];

  it('is recorded with who did it, and without anything that opens anything', async () => {
    const email = 'new@acme.example.com';
    const { createUser } = await acme.admin.ask(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
      { input: { email, name: 'New', role: 'MEMBER', password: PASSWORD } },
    );
    const { signIn: session } = (await signIn(email)).data;
    const own = (query: string, input: object) =>
      api.send(query, { input }, { authorization: `Bearer ${session.accessToken}` });
    await own('mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }', {
      name: 'Newer',
    });
    await own('mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { id } }', {
      currentPassword: PASSWORD,
      newPassword: 'another horse battery',
    });
    const userId = createUser.id;
    await acme.owner.ask(
      'mutation ($input: ChangeUserRoleInput!) { changeUserRole(input: $input) { id } }',
      { input: { userId, role: 'VIEWER' } },
    );
    await acme.owner.ask(
      'mutation ($input: RemoveUserInput!) { removeUser(input: $input) { id } }',
      {
        input: { userId },
      },
    );
    const found = await events(
      acme.owner,
      `(first: 100, orderBy: { field: OCCURRED_AT, direction: ASC }, filter: { subjectId: "${userId}" })`,
    );
    const done = found.filter(({ kind }) => kind.startsWith('USER_'));
    expect(done.map(({ kind }) => kind)).toEqual(SEEN.map((name) => `USER_${name}`));
    expect(done.map(({ actorId }) => actorId)).toEqual([
      acme.admin.id,
      userId,
      userId,
      acme.owner.id,
      acme.owner.id,
    ]);
    expect(done.map(({ details }) => details)).toEqual([
      { role: 'member' },
      { fields: ['name'] },
      {},
      { from: 'member', to: 'viewer' },
      { role: 'viewer' },
    ]);
  });

  it('is not recorded when it fails', async () => {
    const before = await events(acme.owner);
    await acme.owner.fail(
      'mutation ($input: ChangeUserRoleInput!) { changeUserRole(input: $input) { id } }',
      { input: { userId: acme.owner.id, role: 'VIEWER' } },
    );
    expect(await events(acme.owner)).toEqual(before);
  });
});

describe('auditEvents', () => {
  let org: Organization;

  beforeAll(async () => {
    org = await api.createOrganization();
    await withAdminConnection(api.database.superuserUrl, async (client) => {
      for (let day = 1; day <= 5; day++) {
        await client.query(
          `INSERT INTO audit_events (org_id, id, kind, actor_id, subject_id, occurred_at)
           VALUES ($1, gen_random_uuid(), $2, $3, $4, $5)`,
          [
            org.tenant.orgId,
            day % 2 ? 'session.signed_in' : 'user.created',
            day % 2 ? org.member.uuid : org.admin.uuid,
            org.member.uuid,
            `2026-01-0${day}T00:00:00Z`,
          ],
        );
      }
    });
  });

  const days = async (args: string) =>
    (await events(org.admin, args)).map(({ occurredAt }) => Number(occurredAt.slice(8, 10)));

  it('are shown newest first, or oldest', async () => {
    expect(await days('')).toEqual([5, 4, 3, 2, 1]);
    expect(await days('(orderBy: { field: OCCURRED_AT, direction: ASC })')).toEqual([
      1, 2, 3, 4, 5,
    ]);
  });

  it.each([
    ['kind', () => 'kind: [USER_CREATED]', [4, 2]],
    ['no kind', () => 'kind: []', []],
    ['actor', () => `actorId: "${org.admin.id}"`, [4, 2]],
    ['subject', () => `subjectId: "${org.member.id}"`, [5, 4, 3, 2, 1]],
    ['an actor of another organization', () => `actorId: "${acme.member.id}"`, []],
    ['an actor whom nobody knows', () => `actorId: "${unknownId('user')}"`, []],
    ['since', () => 'since: "2026-01-03T00:00:00Z"', [5, 4, 3]],
    ['until', () => 'until: "2026-01-03T00:00:00Z"', [2, 1]],
    [
      'all of them',
      () => `kind: [SESSION_SIGNED_IN], actorId: "${org.member.id}", since: "2026-01-02T00:00:00Z"`,
      [5, 3],
    ],
  ])('are filtered by %s', async (_by, filter, expected) => {
    expect(await days(`(filter: { ${filter()} })`)).toEqual(expected);
  });

  it('are paged both ways, with a count', async () => {
    const page = async (args: string) => {
      const data = await org.admin.ask(
        `{ auditEvents(${args}) { totalCount nodes { occurredAt }
           pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }`,
      );
      const { nodes, ...rest } = data.auditEvents;
      const of = nodes.map((node: Event) => Number(node.occurredAt.slice(8, 10)));
      return { ...rest, days: of };
    };
    const first = await page('first: 2');
    expect(first).toMatchObject({ days: [5, 4], totalCount: 5, pageInfo: { hasNextPage: true } });
    const second = await page(`first: 2, after: "${first.pageInfo.endCursor}"`);
    expect(second.days).toEqual([3, 2]);
    expect((await page('last: 2')).days).toEqual([2, 1]);
    const back = await page(`last: 2, before: "${second.pageInfo.startCursor}"`);
    expect(back.days).toEqual([5, 4]);
  });

  it('refuse an id that is none of a user', async () => {
    const error = await org.admin.fail(
      `{ auditEvents(filter: { actorId: "${org.id}" }) { totalCount } }`,
    );
    expect(error.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'filter.actorId' }],
    });
  });

  it('are found by their ids, by who may read them and in their own organization', async () => {
    const [event] = await events(org.admin);
    const node = `{ node(id: "${event?.id}") { __typename id ... on AuditEvent { kind } } }`;
    expect((await org.owner.ask(node)).node).toEqual({
      __typename: 'AuditEvent',
      id: event?.id,
      kind: event?.kind,
    });
    for (const person of [org.member, org.viewer]) {
      const id = unknownId('evt');
      const answers = [await person.fail(node), await person.fail(`{ node(id: "${id}") { id } }`)];
      for (const { extensions } of answers) {
        expect(extensions).toEqual({ code: 'FORBIDDEN', permission: 'audit:read' });
      }
    }
    expect((await acme.owner.fail(node)).extensions.code).toBe('NOT_FOUND');
  });

  it('outlive the user who is in them', async () => {
    const gone = await org.createPerson('member', 'gone');
    await withAdminConnection(api.database.superuserUrl, (client) =>
      client.query(
        `INSERT INTO audit_events (org_id, id, kind, actor_id)
         VALUES ($1, gen_random_uuid(), 'session.signed_in', $2)`,
        [org.tenant.orgId, gone.uuid],
      ),
    );
    await org.owner.ask('mutation ($id: ID!) { removeUser(input: { userId: $id }) { id } }', {
      id: gone.id,
    });
    expect(await events(org.admin, `(filter: { actorId: "${gone.id}" })`)).toMatchObject([
      { actorId: gone.id, actor: null },
    ]);
  });
});

describe('an event', () => {
  const inAcme = (statement: string) =>
    withAdminConnection(api.database.appUrl, async (app) => {
      await app.query(`BEGIN; ${contextStatements(acme.tenant)}`);
      return app.query(statement);
    });

  it.each([
    ['changed', "UPDATE audit_events SET kind = 'user.created'"],
    ['moved in time', 'UPDATE audit_events SET occurred_at = now()'],
    ['deleted', 'DELETE FROM audit_events'],
    ['swept away', 'TRUNCATE audit_events'],
    ['locked', 'SELECT FROM audit_events FOR UPDATE'],
    [
      'replaced',
      `INSERT INTO audit_events (id, kind) SELECT id, kind FROM audit_events
       ON CONFLICT (org_id, id) DO UPDATE SET kind = excluded.kind`,
    ],
  ])(
    'cannot be %s by the serving role, whatever SQL it is made to run',
    async (_what, statement) => {
      await expect(inAcme(statement)).rejects.toMatchObject({ code: '42501' });
    },
  );

  it('cannot be of a kind that nobody knows, nor tell more than an object', async () => {
    const insert = (values: string) =>
      inAcme(`INSERT INTO audit_events (id, kind, details) VALUES (gen_random_uuid(), ${values})`);
    await expect(insert("'user.anything', '{}'")).rejects.toMatchObject({ code: '23514' });
    await expect(insert("'user.created', '[]'")).rejects.toMatchObject({ code: '23514' });
  });

  it('goes with its organization, and with nothing else', async () => {
    const org = await api.createOrganization();
    const count = () =>
      withAdminConnection(api.database.superuserUrl, async (client) => {
        const { rows } = await client.query<{ count: number }>(
          'SELECT count(*)::int AS count FROM audit_events WHERE org_id = $1',
          [decodeId('org', org.id, 'id')],
        );
        return rows[0]?.count;
      });
    await signIn(org.owner.email, { organization: org.slug });
    await withAdminConnection(api.database.superuserUrl, (client) =>
      client.query('UPDATE users SET password_hash = $1 WHERE org_id = $2', ['', org.tenant.orgId]),
    );
    await signIn(org.owner.email, { organization: org.slug });
    expect(await count()).toBe(2);
    await api.app.tenancy.withTenant(org.tenant, 'write', ({ prisma }) =>
      prisma.organization.deleteMany({ where: { id: org.tenant.orgId } }),
    );
    expect(await count()).toBe(0);
  });
});
