import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateSync } from 'otplib';
import { PasswordHasher } from '../src/identity/session/password-hasher.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import {
  type Answer,
  type Api,
  type Organization,
  type Person,
  startApi,
  unknownId,
} from './support/api.js';
import { eventually } from './support/eventually.js';
import { tokenOf } from './support/mail-reader.js';
import { mailTo } from './support/mailbox.js';
import { overlapping } from './support/overlap.js';

const PASSWORD = 'correct horse battery';
const OTHER = 'another horse battery';

const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }';
const REMOVE = 'mutation ($input: RemoveUserInput!) { removeUser(input: $input) { id } }';
const ENROLL =
  'mutation ($input: EnrollSecondFactorInput!) { enrollSecondFactor(input: $input) { setupKey } }';
const CONFIRM =
  'mutation ($input: ConfirmSecondFactorInput!) { confirmSecondFactor(input: $input) { codes } }';

let api: Api;
let passwordHash: string;
/** A new one for each test: people go. */
let acme: Organization;

beforeAll(async () => {
  passwordHash = await new PasswordHasher().hash(PASSWORD);
  api = await startApi();
});

beforeEach(async () => {
  acme = await api.createOrganization();
  await inDatabase('UPDATE users SET password_hash = $1 WHERE org_id = $2', [
    passwordHash,
    acme.tenant.orgId,
  ]);
});

afterAll(() => api?.close());

async function inDatabase(statement: string, values: unknown[] = []): Promise<object[]> {
  return withAdminConnection(
    api.database.superuserUrl,
    async (client) => (await client.query(statement, values)).rows,
  );
}

const signIn = ({ email }: Person) =>
  api.send(SIGN_IN, { input: { organization: acme.slug, email, password: PASSWORD } });

const codeOf = ({ errors }: Answer) => errors?.[0].extensions.code;

const sessionsOf = ({ uuid }: Person) =>
  inDatabase('SELECT id FROM sessions WHERE user_id = $1', [uuid]);

describe('who is removed at the moment when something is to refer to them', () => {
  const removal = (person: Person) => () =>
    acme.owner.send(REMOVE, { input: { userId: person.id } });

  const naming: [what: string, query: string, input: () => Promise<object>, path: string][] = [
    [
      'createProject',
      'mutation ($input: CreateProjectInput!) { createProject(input: $input) { id } }',
      async () => ({ name: 'x' }),
      'ownerId',
    ],
    [
      'updateProject',
      'mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { id } }',
      async () => ({ id: (await acme.createProject()).id, version: 1 }),
      'ownerId',
    ],
    [
      'createTask',
      'mutation ($input: CreateTaskInput!) { createTask(input: $input) { id } }',
      async () => ({ projectId: (await acme.createProject()).id, title: 'x' }),
      'assigneeId',
    ],
    [
      'updateTask',
      'mutation ($input: UpdateTaskInput!) { updateTask(input: $input) { id } }',
      async () => ({ id: (await acme.createProject('x', 1)).taskIds[0], version: 1 }),
      'assigneeId',
    ],
    [
      'assignTask',
      'mutation ($input: AssignTaskInput!) { assignTask(input: $input) { id } }',
      async () => ({ id: (await acme.createProject('x', 1)).taskIds[0] }),
      'assigneeId',
    ],
  ];

  it.each(naming)('is nobody to %s, like somebody unknown', async (_what, query, given, field) => {
    const input = await given();
    const unknown = unknownId('user');
    const nobody = await acme.admin.send(query, { input: { ...input, [field]: unknown } });
    expect(codeOf(nobody)).toBe('NOT_FOUND');
    const [removed, answer] = await overlapping(api, removal(acme.member), () =>
      acme.admin.send(query, { input: { ...input, [field]: acme.member.id } }),
    );
    expect(removed.errors).toBeUndefined();
    expect(answer.text).toBe(nobody.text.replaceAll(unknown, acme.member.id));
  });

  const own: [what: string, prepare: () => Promise<() => Promise<Answer>>][] = [
    [
      'enrollSecondFactor',
      async () => () => acme.member.send(ENROLL, { input: { password: PASSWORD } }),
    ],
    [
      'confirmSecondFactor',
      async () => {
        const { enrollSecondFactor } = await acme.member.ask(ENROLL, {
          input: { password: PASSWORD },
        });
        const code = generateSync({ secret: enrollSecondFactor.setupKey });
        return () => acme.member.send(CONFIRM, { input: { code } });
      },
    ],
    [
      'createApiKey',
      async () => () =>
        acme.member.send(
          'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
          { input: { name: 'x', permissions: ['tasks:write'] } },
        ),
    ],
  ];

  it.each(own)('is told so by their own %s', async (_what, prepare) => {
    const [removed, answer] = await overlapping(api, removal(acme.member), await prepare());
    expect(removed.errors).toBeUndefined();
    expect(answer.errors?.[0].extensions).toEqual({ code: 'NOT_FOUND', id: acme.member.id });
  });
});

describe('a sign-in with the password of before', () => {
  const changes: [what: string, change: () => Promise<() => Promise<Answer>>][] = [
    [
      'changed',
      async () => () =>
        acme.member.send(
          'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { id } }',
          { input: { currentPassword: PASSWORD, newPassword: OTHER } },
        ),
    ],
    [
      'reset',
      async () => {
        const { email } = acme.member;
        await api.send(
          'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) }',
          { input: { organization: acme.slug, email } },
        );
        const [mail] = await mailTo(api, email);
        const token = tokenOf(mail as Parameters<typeof tokenOf>[0]);
        return () =>
          api.send('mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }', {
            input: { token, newPassword: OTHER },
          });
      },
    ],
  ];

  it.each(changes)('is refused when it is being %s meanwhile', async (what, prepare) => {
    const change = await prepare();
    const wrong = await api.send(SIGN_IN, {
      input: { organization: acme.slug, email: acme.member.email, password: OTHER },
    });
    const [changed, answer] = await overlapping(api, change, () => signIn(acme.member));
    expect(changed.errors).toBeUndefined();
    // By then it is a wrong one like any other.
    expect(answer.text).toBe(wrong.text);
    // Of the one that has changed it, if that was a session.
    expect(await sessionsOf(acme.member)).toHaveLength(what === 'changed' ? 1 : 0);
  });
});

describe('a second factor', () => {
  it('is asked for at the very moment when it is turned on', async () => {
    const { enrollSecondFactor } = await acme.member.ask(ENROLL, { input: { password: PASSWORD } });
    const code = generateSync({ secret: enrollSecondFactor.setupKey });
    const [confirmed, answer] = await overlapping(
      api,
      () => acme.member.send(CONFIRM, { input: { code } }),
      () => signIn(acme.member),
    );
    expect(confirmed.errors).toBeUndefined();
    expect(codeOf(answer)).toBe('SECOND_FACTOR_REQUIRED');
    expect(await sessionsOf(acme.member)).toHaveLength(1);
  });

  it('is reset while the user is being removed, and neither is kept from it by the other', async () => {
    const { member } = acme;
    const waiting = async () =>
      (
        await inDatabase(
          "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
      ).length;
    const answers = await withAdminConnection(api.database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [member.uuid]);
      const resetting = acme.admin.send(
        'mutation ($input: ResetSecondFactorInput!) { resetSecondFactor(input: $input) { id } }',
        { input: { userId: member.id } },
      );
      await eventually(async () => (await waiting()) >= 1, 'the reset waits');
      const removing = acme.owner.send(REMOVE, { input: { userId: member.id } });
      await eventually(async () => (await waiting()) >= 2, 'the removal waits as well');
      await client.query('COMMIT');
      return Promise.all([resetting, removing]);
    });
    expect(answers.map(codeOf)).toEqual([undefined, undefined]);
  });
});
