import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { permissionsOf } from '../src/identity/roles.js';
import { systemClock } from '../src/shared/clock.js';
import { decodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import {
  type Answer,
  type Api,
  type Organization,
  type Person,
  startApi,
  unknownId,
} from './support/api.js';
import { blockedStatements } from './support/blocked-statements.js';
import { MailReader } from './support/mail-reader.js';

const PASSWORD = 'correct horse battery';
const FIELDS = 'id email role invitedBy { id } createdAt lastSentAt expiresAt';
const DAY = 86_400_000;
/** To invite a member, and no more. */
const ENOUGH = [...permissionsOf('member'), 'users:write'] as const;
const UNUSABLE =
  'input.token: This link is not good, or not any more: each is good once. Ask for a new one.';

let api: Api;
let mail: MailReader;
let acme: Organization;
let globex: Organization;
let clock = systemClock;
let count = 0;

beforeAll(async () => {
  api = await startApi({ clock: { now: () => clock.now() } });
  mail = new MailReader(api);
  [acme, globex] = [await api.createOrganization('acme'), await api.createOrganization('globex')];
});

afterAll(() => api?.close());

const newAddress = () => `new-${++count}@example.com`;

const INVITE = `mutation ($input: InviteUserInput!) { inviteUser(input: $input) { ${FIELDS} } }`;
const RESEND = `mutation ($input: ResendInvitationInput!) {
  resendInvitation(input: $input) { ${FIELDS} } }`;
const REVOKE = `mutation ($input: RevokeInvitationInput!) {
  revokeInvitation(input: $input) { ${FIELDS} } }`;
const ACCEPT = `mutation ($input: AcceptInvitationInput!) {
  acceptInvitation(input: $input) { accessToken refreshToken expiresAt } }`;

const input = (email: string, role = 'MEMBER') => ({ input: { email, role } });
const invite = async (inviter: Person, email: string, role?: string) =>
  (await inviter.ask(INVITE, input(email, role))).inviteUser;
const resend = (person: Person, { id: invitationId }: { id: string }) =>
  person.send(RESEND, { input: { invitationId } });
const revoke = (person: Person, { id: invitationId }: { id: string }) =>
  person.send(REVOKE, { input: { invitationId } });
const accept = (token: string, name = 'New', password = PASSWORD) =>
  api.send(ACCEPT, { input: { token, name, password } });

/** An invitation, and the token in its mail. */
async function invited(role?: string, inviter = acme.owner) {
  const email = newAddress();
  const invitation = await invite(inviter, email, role);
  return { invitation, email, token: await mail.nextToken(email) };
}

const listed = async (person: Person, args = ''): Promise<string[]> =>
  (
    await person.ask(`{ invitations(first: 100${args}) { nodes { email } } }`)
  ).invitations.nodes.map(({ email }: { email: string }) => email);

const codeOf = ({ errors }: { errors?: { extensions: { code: string } }[] | undefined }) =>
  errors?.[0]?.extensions.code;
const messageOf = ({ errors }: { errors?: { message: string }[] | undefined }) =>
  errors?.[0]?.message;

const lateBy = async <T>(milliseconds: number, work: () => Promise<T>): Promise<T> => {
  const then = Date.now() + milliseconds;
  clock = { now: () => new Date(then) };
  try {
    return await work();
  } finally {
    clock = systemClock;
  }
};

/**
 * Starts requests one after the other while another connection holds a lock, each when those before it wait for
 * a lock, and lets go when all of them do.
 */
const atOnce = (lock: string, requests: (() => Promise<Answer>)[]): Promise<Answer[]> =>
  withAdminConnection(api.database.superuserUrl, async (client) => {
    await client.query('BEGIN');
    await client.query(lock);
    const answers: Promise<Answer>[] = [];
    for (const request of requests) {
      answers.push(request());
      await blockedStatements(api.database, answers.length);
    }
    await client.query('COMMIT');
    return Promise.all(answers);
  });

describe('inviteUser', () => {
  it('sends a mail whose token makes an account that is signed in and verified', async () => {
    const email = newAddress();
    const invitation = await invite(acme.admin, email.toUpperCase(), 'ADMIN');
    expect(invitation).toEqual({
      id: expect.stringMatching(/^inv_/),
      email,
      role: 'ADMIN',
      invitedBy: { id: acme.admin.id },
      createdAt: expect.any(String),
      lastSentAt: expect.any(String),
      expiresAt: new Date(Date.parse(invitation.lastSentAt) + 7 * DAY).toISOString(),
    });
    const message = await mail.next(email);
    expect(message.subject).toBe('Join acme');
    expect(message.text).toContain('admin invites you to join acme.');
    const token = /http:\/\/localhost:3000\/accept-invitation#token=(rhi_[\w-]+)\n/.exec(
      message.text,
    )?.[1] as string;
    const { data } = await accept(token, 'Ada Lovelace');
    const { accessToken, refreshToken } = data.acceptInvitation;
    const own = await api.send(
      '{ viewer { id email name role emailVerifiedAt } organization { slug } }',
      {},
      { authorization: `Bearer ${accessToken}` },
    );
    expect(own.data).toEqual({
      viewer: {
        id: expect.stringMatching(/^user_/),
        email,
        name: 'Ada Lovelace',
        role: 'ADMIN',
        emailVerifiedAt: expect.any(String),
      },
      organization: { slug: 'acme' },
    });
    const refreshed = await api.send(
      'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken } }',
      { input: { refreshToken } },
    );
    expect(refreshed.errors).toBeUndefined();
    const signedIn = await api.send(
      'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }',
      { input: { organization: 'acme', email, password: PASSWORD } },
    );
    expect(signedIn.errors).toBeUndefined();
    expect(await listed(acme.owner)).not.toContain(email);
  });

  it('is for who may write users', async () => {
    for (const person of [acme.member, acme.viewer]) {
      const error = await person.fail(INVITE, input(newAddress()));
      expect(error.extensions).toEqual({ code: 'FORBIDDEN', permission: 'users:write' });
    }
    expect(codeOf(await api.send(INVITE, input(newAddress())))).toBe('UNAUTHENTICATED');
  });

  it('invites owners for owners only', async () => {
    const email = newAddress();
    const error = await acme.admin.fail(INVITE, input(email, 'OWNER'));
    expect(error.extensions).toEqual({ code: 'FORBIDDEN', permission: 'organization:write' });
    expect(await mail.rest(email)).toEqual([]);
    const { token } = await invited('OWNER', acme.owner);
    expect((await accept(token)).errors).toBeUndefined();
  });

  it('tells that somebody has the address already', async () => {
    for (const email of [acme.viewer.email, acme.viewer.email.toUpperCase()]) {
      const error = await acme.admin.fail(INVITE, input(email));
      expect(error.extensions).toEqual({ code: 'ALREADY_EXISTS', field: 'input.email' });
    }
    expect(await mail.rest(acme.viewer.email)).toEqual([]);
  });

  it('tells how to send an invitation again where there is one', async () => {
    const { email } = await invited();
    const error = await acme.admin.fail(INVITE, input(email.toUpperCase(), 'VIEWER'));
    expect(error.extensions).toEqual({ code: 'ALREADY_EXISTS', field: 'input.email' });
    expect(error.message).toContain('resendInvitation');
    expect(await mail.rest(email)).toEqual([]);
  });

  it('makes one invitation when many are asked for at once', async () => {
    const email = newAddress();
    const answers = await Promise.all(
      [acme.owner, acme.admin, acme.owner, acme.admin].map((person) =>
        person.send(INVITE, input(email)),
      ),
    );
    const codes = answers.map(codeOf);
    expect(codes.filter((code) => code === undefined)).toHaveLength(1);
    expect(codes.filter((code) => code === 'ALREADY_EXISTS')).toHaveLength(3);
    expect(await mail.rest(email)).toHaveLength(1);
  });

  it('knows nothing of the other organizations', async () => {
    const { email } = await invited();
    await invite(globex.owner, email);
    const token = await mail.nextToken(email);
    const { data } = await accept(token);
    const { data: own } = await api.send(
      '{ organization { slug } }',
      {},
      { authorization: `Bearer ${data.acceptInvitation.accessToken}` },
    );
    expect(own.organization.slug).toBe('globex');
    expect(await listed(acme.owner)).toContain(email);
    expect(await listed(globex.owner)).not.toContain(email);
  });

  it('sends names that can make neither HTML nor a link', async () => {
    const evil = await api.createOrganization();
    const name = '<b>Your bank</b>\n\nhttps://evil.example/login';
    await withAdminConnection(api.database.superuserUrl, (client) =>
      client.query('UPDATE organizations SET name = $1 WHERE slug = $2', [name, evil.slug]),
    );
    await evil.owner.ask(
      'mutation ($name: String!) { updateProfile(input: { name: $name }) { id } }',
      {
        name: '"><img src=x> www.evil.example',
      },
    );
    const email = newAddress();
    await invite(evil.owner, email);
    const { subject, text, html } = await mail.next(email);
    expect(subject).toBe('Join <b>Your bank</b> https: evil. example/login');
    expect(`${subject}${text}${html}`).not.toMatch(/evil\.example|:\/\/evil/);
    expect(html).not.toMatch(/<b>|<img/);
    expect(html?.match(/<a /g)).toHaveLength(1);
  });
});

describe('invitations', () => {
  it('are listed for who may write users, newest first, until they are accepted', async () => {
    const own = await api.createOrganization();
    const emails = [newAddress(), newAddress(), newAddress()];
    for (const email of emails) await invite(own.owner, email);
    expect(await listed(own.admin)).toEqual([...emails].reverse());
    expect(await listed(own.admin, ', orderBy: { field: CREATED_AT, direction: ASC }')).toEqual(
      emails,
    );
    const { invitations } = await own.owner.ask(
      '{ invitations(first: 2) { totalCount nodes { email } pageInfo { hasNextPage endCursor } } }',
    );
    expect(invitations).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
    expect(await listed(own.owner, `, after: "${invitations.pageInfo.endCursor}"`)).toEqual([
      emails[0],
    ]);
    expect((await accept(await mail.nextToken(emails[1] as string))).errors).toBeUndefined();
    expect(await listed(own.owner)).toEqual([emails[2], emails[0]]);
    for (const person of [own.member, own.viewer]) {
      const error = await person.fail('{ invitations { nodes { id } } }');
      expect(error.extensions).toEqual({ code: 'FORBIDDEN', permission: 'users:write' });
    }
    expect(await listed(globex.owner)).toEqual([]);
  });

  it('are filtered by whether their link has expired', async () => {
    const own = await api.createOrganization();
    const [old, fresh] = [newAddress(), newAddress()];
    await lateBy(-8 * DAY, () => invite(own.owner, old));
    await invite(own.owner, fresh);
    expect(await listed(own.owner, ', filter: { isExpired: true }')).toEqual([old]);
    expect(await listed(own.owner, ', filter: { isExpired: false }')).toEqual([fresh]);
    expect(await listed(own.owner, ', filter: { isExpired: null }')).toEqual([fresh, old]);
  });

  it('are found by their ids, by who may write users', async () => {
    const { invitation } = await invited();
    const NODE = `query ($id: ID!) { node(id: $id) { id ... on Invitation { email } } }`;
    const { node } = await acme.admin.ask(NODE, { id: invitation.id });
    expect(node).toEqual({ id: invitation.id, email: invitation.email });
    expect((await acme.viewer.fail(NODE, { id: invitation.id })).extensions).toEqual({
      code: 'FORBIDDEN',
      permission: 'users:write',
    });
    expect((await globex.owner.fail(NODE, { id: invitation.id })).extensions).toEqual({
      code: 'NOT_FOUND',
      id: invitation.id,
    });
  });
});

describe('resendInvitation', () => {
  it('sends another link, and makes the one before useless', async () => {
    const { invitation, email, token } = await invited();
    const { data } = await resend(acme.admin, invitation);
    expect(data.resendInvitation).toMatchObject({
      id: invitation.id,
      email,
      invitedBy: { id: acme.admin.id },
      createdAt: invitation.createdAt,
    });
    const again = await mail.nextToken(email);
    expect(messageOf(await accept(token))).toBe(UNUSABLE);
    expect((await accept(again)).errors).toBeUndefined();
  });

  it('makes an invitation good again that has expired', async () => {
    const { invitation, email } = await invited();
    await withAdminConnection(api.database.superuserUrl, (client) =>
      client.query(
        "UPDATE invitations SET expires_at = now() - interval '1 day' WHERE email = $1",
        [email],
      ),
    );
    expect((await resend(acme.owner, invitation)).errors).toBeUndefined();
    expect((await accept(await mail.nextToken(email))).errors).toBeUndefined();
  });

  it('of somebody who is to be an owner is for owners', async () => {
    const { invitation, email } = await invited('OWNER');
    expect(codeOf(await resend(acme.admin, invitation))).toBe('FORBIDDEN');
    expect(await mail.rest(email)).toEqual([]);
    expect((await resend(acme.owner, invitation)).errors).toBeUndefined();
  });

  it('answers for one of another organization as for one that never was', async () => {
    const { invitation } = await invited();
    const [foreign, unknown] = [invitation.id, unknownId('inv')];
    for (const act of [resend, revoke]) {
      const answers = [
        await act(globex.owner, { id: foreign }),
        await act(globex.owner, { id: unknown }),
      ];
      expect(answers[0]?.text.replaceAll(foreign, '')).toBe(
        answers[1]?.text.replaceAll(unknown, ''),
      );
      expect(answers.map(codeOf)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    }
  });
});

describe('revokeInvitation', () => {
  it('takes an invitation back, which can be made anew then', async () => {
    const { invitation, email, token } = await invited();
    const { data } = await revoke(acme.admin, invitation);
    expect(data.revokeInvitation).toEqual(invitation);
    expect(messageOf(await accept(token))).toBe(UNUSABLE);
    expect(await listed(acme.owner)).not.toContain(email);
    expect(codeOf(await revoke(acme.admin, invitation))).toBe('NOT_FOUND');
    await invite(acme.admin, email);
    expect((await accept(await mail.nextToken(email))).errors).toBeUndefined();
  });

  it('of somebody who is to be an owner is for owners', async () => {
    const { invitation } = await invited('OWNER');
    expect(codeOf(await revoke(acme.admin, invitation))).toBe('FORBIDDEN');
    expect((await revoke(acme.owner, invitation)).errors).toBeUndefined();
  });

  it('and an acceptance at the same moment: one of them is done', async () => {
    for (let round = 0; round < 4; round++) {
      const { invitation, email, token } = await invited();
      const [accepted, revoked] = await Promise.all([
        accept(token),
        // About when the password has been hashed.
        new Promise((resolve) => setTimeout(resolve, round * 15)).then(() =>
          revoke(acme.owner, invitation),
        ),
      ]);
      const { users } = await acme.owner.ask(
        'query ($search: String!) { users(filter: { search: $search }) { totalCount } }',
        { search: email },
      );
      const outcome = [codeOf(accepted), codeOf(revoked), users.totalCount];
      expect([
        [undefined, 'NOT_FOUND', 1],
        ['BAD_USER_INPUT', undefined, 0],
      ]).toContainEqual(outcome);
    }
  });
});

describe('acceptInvitation', () => {
  it('makes one account when two people accept at once, and signs in one of them', async () => {
    const { invitation, email, token } = await invited();
    const uuid = decodeId('inv', invitation.id, '');
    // Both have found the invitation good, and hashed a password, before either does anything about it.
    const answers = await atOnce(`SELECT FROM invitations WHERE id = '${uuid}' FOR UPDATE`, [
      () => accept(token, 'First', 'the first password'),
      () => accept(token, 'Second', 'the second password'),
    ]);
    const winner = answers.findIndex(({ errors }) => !errors);
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
    expect(messageOf(answers[1 - winner] as (typeof answers)[0])).toBe(UNUSABLE);
    const { users } = await acme.owner.ask(
      'query ($search: String!) { users(filter: { search: $search }) { nodes { name } } }',
      { search: email },
    );
    expect(users.nodes).toEqual([{ name: ['First', 'Second'][winner] }]);
  });

  it('and a change of the role that the inviter has, at once: neither is turned away', async () => {
    const inviter = await acme.createPerson(ENOUGH, `inviter-${++count}`);
    const { customRole } = (await inviter.ask('{ viewer { customRole { id version } } }')).viewer;
    const { token } = await invited('MEMBER', inviter);
    const update = 'mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { id } }';
    // The account is made, and its session not opened yet, when the role is to change.
    const answers = await atOnce('LOCK TABLE audit_events IN SHARE MODE', [
      () => accept(token),
      () => acme.owner.send(update, { input: { ...customRole, permissions: [] } }),
    ]);
    for (const { errors } of answers) expect(errors).toBeUndefined();
  });

  it('gives the tokens as cookies to a browser that wants them so', async () => {
    const { token } = await invited();
    const good = { token, name: 'New', password: PASSWORD, delivery: 'COOKIES' };
    const { data, headers } = await api.send(ACCEPT, { input: good });
    expect(data.acceptInvitation).toMatchObject({ accessToken: null, refreshToken: null });
    const cookies = headers.getSetCookie();
    expect(cookies).toHaveLength(2);
    for (const cookie of cookies) expect(cookie).toMatch(/; HttpOnly/);
  });

  it('is possible for seven days, and not a second longer', async () => {
    const { token } = await invited();
    const late = await lateBy(7 * DAY, () => accept(token));
    expect(messageOf(late)).toBe('input.token: This link has expired. Ask for a new one.');
    const inTime = await lateBy(7 * DAY - 60_000, () => accept(token));
    expect(inTime.errors).toBeUndefined();
  });

  it.each([
    ['an empty name', { name: '' }, 'input.name'],
    ['a short password', { password: 'too short' }, 'input.password'],
    ['a password of 129 characters', { password: 'x'.repeat(129) }, 'input.password'],
  ])('refuses %s, and leaves the invitation as it is', async (_fault, fault, path) => {
    const { token } = await invited();
    const good = { token, name: 'New', password: PASSWORD };
    const { errors } = await api.send(ACCEPT, { input: { ...good, ...fault } });
    expect(errors?.[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
    expect((await api.send(ACCEPT, { input: good })).errors).toBeUndefined();
  });

  it('tells who holds the token that somebody has the address by now', async () => {
    const { email, token } = await invited();
    await withAdminConnection(api.database.superuserUrl, (client) =>
      client.query("UPDATE users SET email = $1 WHERE email = 'viewer@acme.example.com'", [email]),
    );
    const { errors } = await accept(token);
    expect(errors?.[0].extensions).toEqual({ code: 'ALREADY_EXISTS', field: 'input.token' });
  });

  it('cannot bring back somebody who got an account otherwise, and was removed', async () => {
    const { email, token } = await invited();
    const { createUser } = await acme.owner.ask(
      `mutation ($email: EmailAddress!, $password: String!) {
        createUser(input: { email: $email, name: "x", role: MEMBER, password: $password }) { id } }`,
      { email, password: PASSWORD },
    );
    expect(await listed(acme.owner)).not.toContain(email);
    const { id } = createUser;
    await acme.owner.ask('mutation ($id: ID!) { removeUser(input: { userId: $id }) { id } }', {
      id,
    });
    expect(messageOf(await accept(token))).toBe(UNUSABLE);
  });

  it('and the same account made by an administrator at once: there is one', async () => {
    for (let round = 0; round < 4; round++) {
      const { email, token } = await invited();
      const answers = await Promise.all([
        accept(token),
        acme.owner.send(
          `mutation ($email: EmailAddress!, $password: String!) {
            createUser(input: { email: $email, name: "x", role: MEMBER, password: $password }) { id } }`,
          { email, password: PASSWORD },
        ),
      ]);
      expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
      expect(answers.map(codeOf)).not.toContain('UNAVAILABLE');
    }
  });
});

describe('who has sent an invitation', () => {
  const cannot =
    'input.token: Who sent this invitation may not invite any more. Ask for a new one.';
  const change = (id: string, role: string) =>
    acme.owner.ask(
      'mutation ($id: ID!, $role: UserRole!) { changeUserRole(input: { userId: $id, role: $role }) { id } }',
      { id, role },
    );

  it('must still be able to invite when it is accepted, and to that role', async () => {
    const inviter = await acme.createPerson('owner', `inviter-${++count}`);
    const toMember = await invited('MEMBER', inviter);
    const toOwner = await invited('OWNER', inviter);
    await change(inviter.id, 'ADMIN');
    expect(messageOf(await accept(toOwner.token))).toBe(cannot);
    await change(inviter.id, 'MEMBER');
    expect(messageOf(await accept(toMember.token))).toBe(cannot);
    await change(inviter.id, 'ADMIN');
    expect((await accept(toMember.token)).errors).toBeUndefined();
    expect(messageOf(await accept(toOwner.token))).toBe(cannot);
  });

  it("may have a role of the organization's own, as long as that grants as much", async () => {
    const inviter = await acme.createPerson(ENOUGH, `inviter-${++count}`);
    const [first, second] = [await invited('MEMBER', inviter), await invited('MEMBER', inviter)];
    expect((await accept(first.token)).errors).toBeUndefined();
    const { customRole } = (await inviter.ask('{ viewer { customRole { id version } } }')).viewer;
    await acme.owner.ask(
      'mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { id } }',
      { input: { ...customRole, permissions: ['users:write'] } },
    );
    expect(messageOf(await accept(second.token))).toBe(cannot);
  });

  it.each(['disableUser', 'removeUser'])('is not asked any more after %s', async (field) => {
    const inviter = await acme.createPerson('admin', `inviter-${++count}`);
    const { token, invitation, email } = await invited('MEMBER', inviter);
    await acme.owner.ask(`mutation ($id: ID!) { ${field}(input: { userId: $id }) { id } }`, {
      id: inviter.id,
    });
    expect(messageOf(await accept(token))).toBe(cannot);
    const { node } = await acme.owner.ask(
      'query ($id: ID!) { node(id: $id) { ... on Invitation { email invitedBy { id } } } }',
      { id: invitation.id },
    );
    const invitedBy = field === 'removeUser' ? null : { id: inviter.id };
    expect(node).toEqual({ email, invitedBy });
    // Somebody else takes it over by sending it again.
    expect((await resend(acme.admin, invitation)).errors).toBeUndefined();
    expect((await accept(await mail.nextToken(email))).errors).toBeUndefined();
  });
});

describe("an invitation to a role of the organization's own", () => {
  const CREATE_ROLE = `mutation ($input: CreateRoleInput!) {
    createRole(input: $input) { id version name } }`;
  const UPDATE_ROLE =
    'mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { version } }';
  const REMOVE_ROLE = 'mutation ($id: ID!) { removeRole(input: { id: $id }) { id } }';
  const CAN = 'query ($on: ID!) { can(permission: "users:write", on: $on) }';

  const makeRole = async (permissions: string[], owner = acme.owner) =>
    (await owner.ask(CREATE_ROLE, { input: { name: `Role ${++count}`, permissions } })).createRole;

  async function invitedTo(customRoleId: string, inviter = acme.owner) {
    const email = newAddress();
    const query = `mutation ($input: InviteUserInput!) {
      inviteUser(input: $input) { id role customRole { id } } }`;
    const { inviteUser } = await inviter.ask(query, { input: { email, customRoleId } });
    return { invitation: inviteUser, email, token: await mail.nextToken(email) };
  }

  it('makes an account that has it', async () => {
    const own = await api.createOrganization();
    const role = await makeRole(['tasks:write'], own.owner);
    const { invitation, token } = await invitedTo(role.id, own.admin);
    expect(invitation).toMatchObject({ role: 'CUSTOM', customRole: { id: role.id } });
    const { data } = await accept(token);
    const { data: answer } = await api.send(
      '{ viewer { role customRole { id } permissions } }',
      {},
      { authorization: `Bearer ${data.acceptInvitation.accessToken}` },
    );
    expect(answer.viewer).toEqual({
      role: 'CUSTOM',
      customRole: { id: role.id },
      permissions: ['tasks:write'],
    });
    const { auditEvents } = await own.owner.ask('{ auditEvents { nodes { kind details } } }');
    const customRole = { id: role.id, name: role.name };
    for (const kind of ['INVITATION_CREATED', 'INVITATION_ACCEPTED', 'USER_CREATED']) {
      expect(auditEvents.nodes).toContainEqual({
        kind,
        details: expect.objectContaining({ role: 'custom', customRole }),
      });
    }
  });

  it('names that role and no other', async () => {
    const { id: customRoleId } = await makeRole([]);
    const foreign = await makeRole([], globex.owner);
    for (const [fault, extensions] of [
      [{}, { code: 'BAD_USER_INPUT', fields: [{ path: 'input.role' }] }],
      [{ role: 'CUSTOM' }, { code: 'BAD_USER_INPUT', fields: [{ path: 'input.role' }] }],
      [
        { role: 'MEMBER', customRoleId },
        { code: 'BAD_USER_INPUT', fields: [{ path: 'input.customRoleId' }] },
      ],
      [{ customRoleId: foreign.id }, { code: 'NOT_FOUND', id: foreign.id }],
    ] as const) {
      const email = newAddress();
      const error = await acme.owner.fail(INVITE, { input: { email, ...fault } });
      expect(error.extensions).toMatchObject(extensions);
      expect(await mail.rest(email)).toEqual([]);
    }
  });

  it('is for who may do as much: to make, to send again and to take back', async () => {
    const role = await makeRole(['tasks:write', 'roles:write']);
    const input = { email: newAddress(), customRoleId: role.id };
    const lacks = { code: 'FORBIDDEN', permission: 'roles:write' };
    expect((await acme.admin.fail(INVITE, { input })).extensions).toEqual(lacks);
    const { invitation, token } = await invitedTo(role.id);
    for (const act of [resend, revoke]) {
      expect((await act(acme.admin, invitation)).errors?.[0].extensions).toEqual(lacks);
    }
    expect(await acme.admin.ask(CAN, { on: invitation.id })).toEqual({ can: false });
    expect(await acme.owner.ask(CAN, { on: invitation.id })).toEqual({ can: true });
    expect((await accept(token)).errors).toBeUndefined();
  });

  it('is good only while who sent it may do what the role grants by then', async () => {
    const { id } = await makeRole(['tasks:write']);
    const { token } = await invitedTo(id, acme.admin);
    const change = (version: number, permissions: string[]) =>
      acme.owner.ask(UPDATE_ROLE, { input: { id, version, permissions } });
    await change(1, ['roles:write']);
    expect(messageOf(await accept(token))).toMatch(/may not invite any more/);
    await change(2, ['projects:write']);
    expect((await accept(token)).errors).toBeUndefined();
  });

  it('keeps the role from being removed, until it is revoked', async () => {
    const role = await makeRole([]);
    const { invitation } = await invitedTo(role.id);
    const error = await acme.owner.fail(REMOVE_ROLE, { id: role.id });
    expect(error.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.id' }],
    });
    expect((await revoke(acme.owner, invitation)).errors).toBeUndefined();
    expect(await acme.owner.ask(REMOVE_ROLE, { id: role.id })).toEqual({
      removeRole: { id: role.id },
    });
  });

  it('is sent again while the role is to be removed: neither is turned away for the other', async () => {
    const role = await makeRole([]);
    const { invitation } = await invitedTo(role.id);
    // Each needs the role and the invitation.
    const uuid = decodeId('role', role.id, '');
    const [removed, sent] = await atOnce(`SELECT FROM roles WHERE id = '${uuid}' FOR UPDATE`, [
      () => acme.owner.send(REMOVE_ROLE, { id: role.id }),
      () => resend(acme.owner, invitation),
    ]);
    expect([codeOf(sent as Answer), codeOf(removed as Answer)]).toEqual([
      undefined,
      'BAD_USER_INPUT',
    ]);
  });
});

describe('what becomes of an invitation', () => {
  it('is in the audit trail, without anything that opens it', async () => {
    const own = await api.createOrganization();
    const email = newAddress();
    const invitation = await invite(own.owner, email, 'ADMIN');
    await resend(own.owner, invitation);
    await revoke(own.admin, invitation);
    const second = await invite(own.owner, email, 'VIEWER');
    const tokens = [await mail.nextToken(email), await mail.nextToken(email)];
    const last = await mail.nextToken(email);
    expect((await accept(last)).errors).toBeUndefined();
    const { auditEvents } = await own.owner.ask(
      '{ auditEvents(orderBy: { field: OCCURRED_AT, direction: ASC }) { nodes { kind actor { email } subjectId address details } } }',
    );
    const event = (kind: string, actor: string, of: { id: string }, role: string) => ({
      kind,
      actor: { email: actor },
      subjectId: kind === 'INVITATION_ACCEPTED' ? expect.stringMatching(/^user_/) : null,
      address: '127.0.0.1',
      details: { invitationId: of.id, email, role },
    });
    const [owner, admin] = [own.owner.email, own.admin.email];
    expect(auditEvents.nodes).toEqual(
      expect.arrayContaining([
        event('INVITATION_CREATED', owner, invitation, 'admin'),
        event('INVITATION_RESENT', owner, invitation, 'admin'),
        event('INVITATION_REVOKED', admin, invitation, 'admin'),
        event('INVITATION_CREATED', owner, second, 'viewer'),
        event('INVITATION_ACCEPTED', email, second, 'viewer'),
        expect.objectContaining({ kind: 'USER_CREATED', actor: { email } }),
        expect.objectContaining({ kind: 'SESSION_SIGNED_IN', actor: { email } }),
      ]),
    );
    expect(auditEvents.nodes).toHaveLength(7);
    for (const token of [...tokens, last]) {
      expect(JSON.stringify(auditEvents)).not.toContain(token.slice(4));
    }
  });
});
