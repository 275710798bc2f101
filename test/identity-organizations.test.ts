import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SalesLedger } from '../src/commerce/index.js';
import { createOrganizationAdministration } from '../src/identity/index.js';
import { PasswordHasher } from '../src/identity/session/password-hasher.js';
import { newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Answer, type Api, type Organization, startApi } from './support/api.js';
import { MailReader, tokenOf } from './support/mail-reader.js';

const PASSWORD = 'correct horse battery';
const WRONG = 'wrong horse battery';
const DAY = 86_400_000;

const SIGN_UP = `mutation ($input: SignUpInput!) {
  signUp(input: $input) { accessToken expiresAt refreshToken }
}`;
const SIGN_IN = `mutation ($input: SignInInput!) {
  signIn(input: $input) { accessToken expiresAt refreshToken }
}`;
const REFRESH = `mutation ($input: RefreshSessionInput!) {
  refreshSession(input: $input) { accessToken expiresAt refreshToken }
}`;
const UPDATE = `mutation ($input: UpdateOrganizationInput!) {
  updateOrganization(input: $input) { id name slug }
}`;
const DELETE = `mutation ($input: DeleteOrganizationInput!) {
  deleteOrganization(input: $input) { id deletionDueAt }
}`;
const CANCEL = 'mutation { cancelOrganizationDeletion { id deletionDueAt } }';
const EVENTS =
  '{ auditEvents(orderBy: { field: OCCURRED_AT, direction: ASC }) { nodes { kind actorId subjectId details } } }';

let api: Api;
let now = new Date('2026-11-22T12:00:00Z');

beforeAll(async () => {
  api = await startApi({ clock: { now: () => now } });
});

afterAll(() => api?.close());

const newSlug = () => `acme-${newUuid().slice(-12)}`;

const signUpInput = (changes: object = {}) => ({
  organizationName: 'Acme Berlin',
  slug: newSlug(),
  name: 'Ann',
  email: 'Ann@Example.com',
  password: PASSWORD,
  ...changes,
});

const signUp = (changes: object = {}, to = api) =>
  to.send(SIGN_UP, { input: signUpInput(changes) });

const signIn = (organization: string, password = PASSWORD, email = 'ann@example.com') =>
  api.send(SIGN_IN, { input: { organization, email, password } });

const refresh = (refreshToken: string) => api.send(REFRESH, { input: { refreshToken } });

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** An organization whose owner came by `signUp`. */
async function founded() {
  const slug = newSlug();
  const { data } = await signUp({ slug });
  const { accessToken, refreshToken } = data.signUp;
  return {
    slug,
    refreshToken,
    ask: (query: string, variables?: object, token = accessToken) =>
      api.send(query, variables, bearer(token)),
  };
}

const query = async (sql: string, values: unknown[] = [], { database } = api) =>
  withAdminConnection(
    database.superuserUrl,
    async (client) => (await client.query(sql, values)).rows,
  );

const orgIdOf = async (slug: string): Promise<string> =>
  (await query('SELECT id FROM organizations WHERE slug = $1', [slug]))[0].id;

const refusal = ({ status, data, errors }: Answer) => ({
  status,
  data,
  extensions: errors?.[0].extensions,
});

const UNAUTHENTICATED = { code: 'UNAUTHENTICATED' };

describe('signUp', () => {
  it('makes an organization and its owner, who is signed in', async () => {
    const slug = newSlug();
    const { status, data, errors } = await signUp({ slug });
    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    expect(data.signUp).toEqual({
      accessToken: expect.stringMatching(/^ey/),
      expiresAt: expect.any(String),
      refreshToken: expect.stringMatching(/^rhr_/),
    });
    const own = await api.send(
      '{ organization { name slug deletionDueAt } viewer { name email role } users { totalCount } }',
      {},
      bearer(data.signUp.accessToken),
    );
    expect(own.data).toEqual({
      organization: { name: 'Acme Berlin', slug, deletionDueAt: null },
      viewer: { name: 'Ann', email: 'ann@example.com', role: 'OWNER' },
      users: { totalCount: 1 },
    });
    expect((await refresh(data.signUp.refreshToken)).errors).toBeUndefined();
    expect((await signIn(slug)).errors).toBeUndefined();
    expect((await signIn(slug, WRONG)).errors).toHaveLength(1);
  });

  it('sends a mail whose token verifies the address of the owner', async () => {
    const email = 'bea@example.com';
    const { data } = await signUp({ email: 'Bea@Example.com', organizationName: 'Acme Wien' });
    const viewer = async () =>
      (await api.send('{ viewer { emailVerifiedAt } }', {}, bearer(data.signUp.accessToken))).data
        .viewer;
    expect(await viewer()).toEqual({ emailVerifiedAt: null });
    const mail = new MailReader(api);
    const message = await mail.next(email);
    expect(message.text).toContain('Acme Wien');
    const { errors } = await api.send(
      'mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) }',
      { input: { token: tokenOf(message) } },
    );
    expect(errors).toBeUndefined();
    expect(await viewer()).toEqual({ emailVerifiedAt: now.toISOString() });
    expect(await mail.rest(email)).toEqual([]);
  });

  it('is recorded, as the doing of the owner', async () => {
    const { ask } = await founded();
    const { data } = await ask(`{ viewer { id } ${EVENTS.slice(1)}`);
    const { id } = data.viewer;
    expect(data.auditEvents.nodes).toEqual([
      { kind: 'ORGANIZATION_CREATED', actorId: id, subjectId: null, details: {} },
      { kind: 'USER_CREATED', actorId: id, subjectId: id, details: { role: 'owner' } },
      { kind: 'SESSION_SIGNED_IN', actorId: id, subjectId: id, details: {} },
    ]);
  });

  it.each([
    ['ab', 'Must have at least 3 characters.'],
    ['Acme', expect.stringContaining('a to z and 0 to 9')],
    ['acme--berlin', expect.stringContaining('single hyphens')],
    ['a'.repeat(64), 'Must have at most 63 characters; it has 64.'],
    ['admin', 'This name is reserved. Take another one.'],
    ['www', 'This name is reserved. Take another one.'],
  ])('refuses the slug %s', async (slug, message) => {
    const { errors } = await signUp({ slug });
    expect(errors?.[0].extensions).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.slug', message }],
    });
  });

  it('refuses a slug that is taken', async () => {
    const { slug } = await founded();
    expect(refusal(await signUp({ slug, email: 'bob@example.com' }))).toEqual({
      status: 200,
      data: { signUp: null },
      extensions: { code: 'ALREADY_EXISTS', field: 'input.slug' },
    });
  });

  it('lets one of two at once have the slug, and leaves nothing of the other', async () => {
    const slug = newSlug();
    const emails = Array.from({ length: 6 }, (_, index) => `person-${index}@${slug}.example.com`);
    const answers = await Promise.all(emails.map((email) => signUp({ slug, email })));
    const codes = answers.map(({ errors }) => errors?.[0].extensions.code);
    expect(codes.filter((code) => code === undefined)).toHaveLength(1);
    expect(codes.filter((code) => code === 'ALREADY_EXISTS')).toHaveLength(5);
    const users = await query('SELECT email FROM users WHERE email = ANY ($1)', [emails]);
    expect(users).toEqual([{ email: emails[codes.indexOf(undefined)] }]);
  });

  it('with what another organization has makes a stranger to it', async () => {
    const acme = await api.createOrganization();
    const before = await query('SELECT * FROM users WHERE org_id = $1', [acme.tenant.orgId]);
    const { data } = await signUp({
      email: acme.owner.email,
      name: 'owner',
      organizationName: acme.slug,
    });
    const { accessToken } = data.signUp;
    const seen = await api.send(
      `query ($id: ID!) { viewer { id } users { totalCount } node(id: $id) { id } }`,
      { id: acme.owner.id },
      bearer(accessToken),
    );
    expect(seen.data).toEqual({
      viewer: { id: expect.not.stringContaining(acme.owner.id) },
      users: { totalCount: 1 },
      node: null,
    });
    expect(await query('SELECT * FROM users WHERE org_id = $1', [acme.tenant.orgId])).toEqual(
      before,
    );
  });

  it('holds no connection while it works on the password', async () => {
    const spy = jest.spyOn(PasswordHasher.prototype, 'hash').mockImplementationOnce(async () => {
      const { size, idle } = api.app.tenancy.poolFigures;
      expect(size - idle).toBe(0);
      return 'none';
    });
    expect((await signUp()).errors).toBeUndefined();
    expect(spy).toHaveBeenCalledTimes(1);
    spy.mockRestore();
  });

  it('makes all of it or nothing', async () => {
    const other = await startApi();
    try {
      await query('ALTER TABLE sessions ADD CHECK (false) NOT VALID', [], other);
      expect((await signUp({}, other)).errors?.[0].extensions.code).toBe('INTERNAL');
      const left = `SELECT (SELECT count(*)::int FROM organizations) AS organizations,
        (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM audit_events) AS events,
        (SELECT count(*)::int FROM outgoing_mails) AS mails`;
      const none = { organizations: 0, users: 0, events: 0, mails: 0 };
      expect(await query(left, [], other)).toEqual([none]);
    } finally {
      await other.close();
    }
  });

  it('says so where it is closed', async () => {
    const closed = await startApi({ identity: { signUp: { isOpen: false } } });
    try {
      const answer = await signUp({}, closed);
      expect(refusal(answer)).toEqual({
        status: 200,
        data: { signUp: null },
        extensions: { code: 'FORBIDDEN', permission: null },
      });
      expect(answer.errors?.[0].message).toMatch(/^Sign-up is closed here/);
      expect(await query('SELECT FROM organizations', [], closed)).toEqual([]);
    } finally {
      await closed.close();
    }
  });
});

describe('updateOrganization', () => {
  it('changes name and slug; the old slug is free then', async () => {
    const { slug: old, ask } = await founded();
    const slug = newSlug();
    const { data } = await ask(UPDATE, { input: { name: 'Acme Paris', slug } });
    expect(data.updateOrganization).toMatchObject({ name: 'Acme Paris', slug });
    expect((await signIn(old)).errors?.[0].extensions).toEqual(UNAUTHENTICATED);
    expect((await signIn(slug)).errors).toBeUndefined();
    expect((await signUp({ slug: old })).errors).toBeUndefined();
  });

  it('is recorded by the names of what has changed', async () => {
    const { slug, ask } = await founded();
    await ask(UPDATE, { input: { name: 'Acme Paris', slug } });
    await ask(UPDATE, { input: { name: 'Acme Paris' } });
    await ask(UPDATE, { input: {} });
    const { data } = await ask(EVENTS);
    expect(data.auditEvents.nodes.slice(3)).toMatchObject([
      { kind: 'ORGANIZATION_UPDATED', details: { fields: ['name'] } },
    ]);
  });

  it('refuses a slug that is taken, reserved or null', async () => {
    const [{ ask, slug: own }, { slug }] = [await founded(), await founded()];
    const taken = await ask(UPDATE, { input: { name: 'Acme Paris', slug } });
    expect(taken.errors?.[0].extensions).toEqual({ code: 'ALREADY_EXISTS', field: 'input.slug' });
    for (const wrong of ['admin', 'ab', null]) {
      const { errors } = await ask(UPDATE, { input: { slug: wrong } });
      expect(errors?.[0].extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.slug' }],
      });
    }
    const { data } = await ask('{ organization { name slug } }');
    expect(data.organization).toEqual({ name: 'Acme Berlin', slug: own });
  });
});

describe('deleteOrganization', () => {
  const due = () => new Date(now.getTime() + 30 * DAY).toISOString();

  it('wants the slug typed', async () => {
    const [{ slug, ask }, other] = [await founded(), await founded()];
    for (const wrong of [other.slug, slug.toUpperCase(), `${slug} `]) {
      const { errors } = await ask(DELETE, { input: { slug: wrong } });
      expect(errors?.[0].extensions).toEqual({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.slug', message: expect.stringContaining(`type ${slug}.`) }],
      });
    }
    const dates = await query(
      'SELECT deletion_due_at AS due FROM organizations WHERE slug = ANY ($1)',
      [[slug, other.slug]],
    );
    expect(dates).toEqual([{ due: null }, { due: null }]);
  });

  it('lets everything work until the grace is over, and is taken back', async () => {
    const { slug, ask, refreshToken } = await founded();
    const { data } = await ask(DELETE, { input: { slug } });
    const dueAt = due();
    expect(data.deleteOrganization.deletionDueAt).toBe(dueAt);
    expect((await signIn(slug)).errors).toBeUndefined();
    expect((await refresh(refreshToken)).errors).toBeUndefined();
    const project = await ask('mutation { createProject(input: { name: "x" }) { id } }');
    expect(project.errors).toBeUndefined();
    const shown = await ask('{ organization { deletionDueAt } }');
    expect(shown.data.organization.deletionDueAt).toBe(dueAt);

    const cancelled = await ask(CANCEL);
    expect(cancelled.data.cancelOrganizationDeletion.deletionDueAt).toBeNull();
    expect((await ask(CANCEL)).errors).toBeUndefined();
    const events = await ask(EVENTS);
    const kinds = events.data.auditEvents.nodes.map(({ kind }: { kind: string }) => kind);
    expect(kinds.filter((kind: string) => kind.startsWith('ORGANIZATION_DELETION'))).toEqual([
      'ORGANIZATION_DELETION_REQUESTED',
      'ORGANIZATION_DELETION_CANCELLED',
    ]);
    expect(events.data.auditEvents.nodes).toContainEqual(
      expect.objectContaining({ details: { dueAt } }),
    );
  });

  it('is not put off by asking again', async () => {
    const { slug, ask } = await founded();
    const first = await ask(DELETE, { input: { slug } });
    now = new Date(now.getTime() + 60_000);
    const second = await ask(DELETE, { input: { slug } });
    expect(second.data).toEqual(first.data);
  });

  it('keeps everybody out once it is due, with every token that is out', async () => {
    const { slug, ask } = await founded();
    await ask(DELETE, { input: { slug } });
    const dueAt = due();
    now = new Date(Date.parse(dueAt) - 60_000);
    const { data } = await signIn(slug);
    const { accessToken, refreshToken, expiresAt } = data.signIn;
    expect(expiresAt).toBe(dueAt);
    const refreshed = await refresh(refreshToken);
    expect(refreshed.data.refreshSession.expiresAt).toBe(dueAt);
    expect((await ask('{ viewer { id } }', {}, accessToken)).errors).toBeUndefined();

    now = new Date(dueAt);
    for (const token of [accessToken, refreshed.data.refreshSession.accessToken]) {
      expect(refusal(await ask('{ viewer { id } }', {}, token)).extensions).toEqual(
        UNAUTHENTICATED,
      );
      expect((await ask(CANCEL, {}, token)).status).toBe(401);
    }
    const last = refreshed.data.refreshSession.refreshToken;
    expect((await refresh(last)).errors?.[0].extensions).toEqual(UNAUTHENTICATED);
    const [right, wrong] = [await signIn(slug), await signIn(slug, WRONG)];
    expect(right.errors?.[0]).toMatchObject({
      message: 'This organization was deleted.',
      extensions: UNAUTHENTICATED,
    });
    expect(wrong.text).toBe((await signIn('nowhere', WRONG)).text);
    const sessions = 'SELECT FROM sessions JOIN organizations o ON o.id = org_id WHERE o.slug = $1';
    expect((await query(sessions, [slug])).length).toBeGreaterThan(0);
  });

  it('leaves sessions as long as they were when it is taken back in time', async () => {
    const { slug, ask } = await founded();
    await ask(DELETE, { input: { slug } });
    now = new Date(now.getTime() + 29 * DAY);
    const { data } = await signIn(slug);
    const { accessToken, refreshToken } = data.signIn;
    await ask(CANCEL, {}, accessToken);
    now = new Date(now.getTime() + 10 * DAY);
    expect((await refresh(refreshToken)).errors).toBeUndefined();
  });
});

describe('an organization that the operator suspends', () => {
  const operator = () =>
    createOrganizationAdministration(api.app.tenancy, { now: () => now }, new SalesLedger());

  it('is shut at once, and says why to who knows the password only', async () => {
    const { slug, ask, refreshToken } = await founded();
    expect((await ask('{ viewer { id } }')).errors).toBeUndefined();
    expect(await operator().suspend(await orgIdOf(slug), 'unpaid since May')).toBe(1);

    expect(refusal(await ask('{ viewer { id } }')).extensions).toEqual(UNAUTHENTICATED);
    expect(refusal(await ask('mutation { createProject(input: { name: "x" }) { id } }'))).toEqual({
      status: 401,
      data: null,
      extensions: UNAUTHENTICATED,
    });
    expect((await refresh(refreshToken)).errors?.[0].extensions).toEqual(UNAUTHENTICATED);
    expect((await signIn(slug)).errors?.[0]).toMatchObject({
      message: 'This organization is suspended. Ask who operates this service.',
      extensions: UNAUTHENTICATED,
    });
    expect((await signIn(slug, WRONG)).text).toBe((await signIn('nowhere', WRONG)).text);
    expect((await signIn(slug, WRONG, 'nobody@example.com')).text).toBe(
      (await signIn('nowhere', WRONG)).text,
    );
  });

  it('lets people in again once it is resumed, who read why in the audit trail', async () => {
    const { slug, ask } = await founded();
    const orgId = await orgIdOf(slug);
    await operator().suspend(orgId, 'unpaid since May');
    expect(await operator().suspend(orgId, 'again')).toBeNull();
    expect(await operator().resume(orgId)).toBe(true);
    expect(await operator().resume(orgId)).toBe(false);

    expect((await ask('{ viewer { id } }')).status).toBe(401);
    const { data } = await signIn(slug);
    const events = await ask(EVENTS, {}, data.signIn.accessToken);
    const nobody = { actorId: null, subjectId: null };
    expect(
      events.data.auditEvents.nodes.filter(({ kind }: { kind: string }) =>
        /SUSPENDED|RESUMED/.test(kind),
      ),
    ).toEqual([
      { kind: 'ORGANIZATION_SUSPENDED', ...nobody, details: { reason: 'unpaid since May' } },
      { kind: 'ORGANIZATION_RESUMED', ...nobody, details: {} },
    ]);
  });

  it('finds the session of everybody who signs in at that moment', async () => {
    const { slug } = await founded();
    const orgId = await orgIdOf(slug);
    const signIns = Array.from({ length: 8 }, () => signIn(slug));
    await Promise.all([...signIns, operator().suspend(orgId, 'at once')]);
    expect(await query('SELECT FROM sessions WHERE org_id = $1', [orgId])).toEqual([]);
  });

  it('is no other organization', async () => {
    const [{ slug }, other] = [await founded(), await founded()];
    await operator().suspend(await orgIdOf(slug), 'unpaid');
    expect((await other.ask('{ viewer { id } }')).errors).toBeUndefined();
    expect((await refresh(other.refreshToken)).errors).toBeUndefined();
  });
});

describe('another organization', () => {
  let acme: Organization;
  let globex: Organization;

  beforeAll(async () => {
    [acme, globex] = [await api.createOrganization(), await api.createOrganization()];
  });

  it('cannot be updated, deleted or taken back by any input', async () => {
    const row = () => query('SELECT * FROM organizations WHERE id = $1', [acme.tenant.orgId]);
    await acme.owner.ask(DELETE, { input: { slug: acme.slug } });
    const before = await row();
    for (const input of [{ slug: acme.slug }, { slug: acme.id }, { slug: acme.tenant.orgId }]) {
      await globex.owner.send(DELETE, { input });
      await globex.owner.send(UPDATE, { input });
    }
    await globex.owner.ask(UPDATE, { input: { name: 'taken over' } });
    await globex.owner.ask(CANCEL);
    expect(await row()).toEqual(before);
    const [own] = await query(
      'SELECT name, deletion_due_at AS due FROM organizations WHERE id = $1',
      [globex.tenant.orgId],
    );
    expect(own).toEqual({ name: 'taken over', due: null });
  });

  it.each(['admin', 'member', 'viewer'] as const)(
    'and its own is nothing for a %s to change',
    async (role) => {
      for (const [text, input] of [
        [UPDATE, { name: 'x' }],
        [DELETE, { slug: globex.slug }],
        [CANCEL, undefined],
      ] as const) {
        const error = await globex[role].fail(text, { input });
        expect(error.extensions).toEqual({ code: 'FORBIDDEN', permission: 'organization:write' });
      }
    },
  );
});
