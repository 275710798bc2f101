import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateSync } from 'otplib';
import { openMail } from '../src/mail/sealed-mail.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, identitySettings, type Organization, startApi } from './support/api.js';
import { MailReader, tokenOf } from './support/mail-reader.js';
import { type Secret, secretsAtRest } from './support/secrets-at-rest.js';

let api: Api;
let mail: MailReader;
let acme: Organization;

/** Everything that was given to somebody to keep to themselves. Each flow below adds what it gives. */
const secrets: Secret[] = [];

function keep<T extends string>(what: string, text: T): T {
  secrets.push({ what, text });
  return text;
}

beforeAll(async () => {
  const { sessions } = identitySettings();
  // With a grace the successor of a refresh token is stored, sealed.
  api = await startApi({ identity: { sessions: { ...sessions, graceSeconds: 60 } } });
  mail = new MailReader(api);
  acme = await api.createOrganization('acme');
  for (const flow of [
    signInAndRefresh,
    invite,
    verify,
    reset,
    changeAddress,
    machines,
    secondFactor,
  ])
    await flow();
  await mail.allSent();
  await api.app.mail.stop(0);
  await leaveMailBehind();
});

afterAll(() => api?.close());

async function ask(query: string, variables: object, accessToken?: string) {
  const headers = accessToken ? { authorization: `Bearer ${accessToken}` } : {};
  const { data, errors } = await api.send(query, variables, headers);
  expect(errors).toBeUndefined();
  return data;
}

const TOKENS = '{ accessToken refreshToken }';
const SIGN_IN = `mutation ($input: SignInInput!) { signIn(input: $input) ${TOKENS} }`;

const email = 'ada@example.com';
let accessToken: string;

async function signIn(password: string, address = email) {
  const input = { organization: 'acme', email: address, password };
  const session = (await ask(SIGN_IN, { input })).signIn;
  accessToken = keep('access token', session.accessToken);
  return session;
}

async function signInAndRefresh() {
  const password = keep('password of a new account', 'the password of ada');
  await acme.owner.ask(`mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }`, {
    input: { email, name: 'Ada', role: 'ADMIN', password },
  });
  const { refreshToken } = await signIn(password);
  keep('refresh token that was used', refreshToken);
  const { refreshSession } = await ask(
    `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) ${TOKENS} }`,
    { input: { refreshToken } },
  );
  keep('refresh token that is good', refreshSession.refreshToken);
  const newPassword = keep('password after a change', 'the second password of ada');
  await ask(
    'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { id } }',
    { input: { currentPassword: password, newPassword } },
    accessToken,
  );
}

async function invite() {
  const address = 'grace@example.com';
  await acme.owner.ask('mutation ($input: InviteUserInput!) { inviteUser(input: $input) { id } }', {
    input: { email: address, role: 'MEMBER' },
  });
  const token = keep('token of an invitation', await mail.nextToken(address));
  const password = keep('password after an invitation', 'the password of grace');
  const { acceptInvitation } = await ask(
    `mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) ${TOKENS} }`,
    { input: { token, name: 'Grace', password } },
  );
  keep('refresh token after an invitation', acceptInvitation.refreshToken);
}

async function verify() {
  await ask('mutation { requestEmailVerification }', {}, accessToken);
  const token = keep('token of a verification', await mail.nextToken(email));
  await ask('mutation ($token: String!) { verifyEmail(input: { token: $token }) }', { token });
}

async function reset() {
  await ask(
    'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) }',
    {
      input: { organization: 'acme', email },
    },
  );
  const token = keep('token of a password reset', await mail.nextToken(email));
  const newPassword = keep('password after a reset', 'the third password of ada');
  await ask('mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }', {
    input: { token, newPassword },
  });
  await signIn(newPassword);
}

async function changeAddress() {
  const newEmail = 'ada@example.org';
  await ask(
    'mutation ($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) }',
    { input: { newEmail, password: 'the third password of ada' } },
    accessToken,
  );
  const token = keep('token of a change of address', await mail.nextToken(newEmail));
  await ask('mutation ($token: String!) { confirmEmailChange(input: { token: $token }) }', {
    token,
  });
}

async function machines() {
  const { createApiKey, createTenantSecret, createPublishableKey } =
    await acme.owner.ask(`mutation {
    createApiKey(input: { name: "x", permissions: ["tasks:write"] }) { secret }
    createTenantSecret(input: {}) { secret }
    createPublishableKey(input: { name: "x" }) { key } }`);
  keep('publishable key', createPublishableKey.key);
  const key = keep('API key', createApiKey.secret);
  const secret = keep('secret of the tenant', createTenantSecret.secret);
  // Used, so that whatever is remembered of a use is there as well.
  for (const headers of [{}, { 'x-tenant-id': acme.id, 'x-tenant-secret': secret }]) {
    const authorization = `Bearer ${key}`;
    const { errors } = await api.send('{ viewer { id } }', {}, { ...headers, authorization });
    expect(errors).toBeUndefined();
  }
}

async function secondFactor() {
  // The address is another one by now, and every session has ended.
  await signIn('the third password of ada', 'ada@example.org');
  const { enrollSecondFactor } = await ask(
    'mutation ($input: EnrollSecondFactorInput!) { enrollSecondFactor(input: $input) { setupKey } }',
    { input: { password: 'the third password of ada' } },
    accessToken,
  );
  const secret = keep('setup key of a second factor', enrollSecondFactor.setupKey);
  const { confirmSecondFactor } = await ask(
    'mutation ($code: String!) { confirmSecondFactor(input: { code: $code }) { codes } }',
    { code: generateSync({ secret }) },
    accessToken,
  );
  for (const code of confirmSecondFactor.codes) keep('recovery code', code);
}

/** Mail that waits, and tokens that are good: that is when there is most to be found. */
async function leaveMailBehind() {
  await acme.owner.ask('mutation { requestEmailVerification }');
  await acme.owner.ask('mutation ($input: InviteUserInput!) { inviteUser(input: $input) { id } }', {
    input: { email: 'joan@example.com', role: 'OWNER' },
  });
  await ask(
    'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) }',
    {
      input: { organization: 'acme', email: acme.viewer.email },
    },
  );
  const { rows } = await asSuperuser(
    'SELECT id, sealed FROM outgoing_mails WHERE sealed IS NOT NULL',
  );
  expect(rows).toHaveLength(3);
  for (const { id, sealed } of rows) {
    const message = openMail(api.app.secretBox, acme.tenant.orgId, id, sealed);
    if (!message) throw new Error('What is sealed does not open.');
    keep(`token in the mail "${message.subject}", which waits`, tokenOf(message));
  }
}

const asSuperuser = (text: string, values: unknown[] = []) =>
  withAdminConnection(api.database.superuserUrl, (client) => client.query(text, values));

const scan = (all: readonly Secret[]) =>
  withAdminConnection(api.database.superuserUrl, (client) => secretsAtRest(client, all));

describe('the database', () => {
  it('holds no password, no token and no link in clear, after all that people do', async () => {
    expect(secrets.length).toBeGreaterThan(28);
    const links = ['localhost:3000', '/verify-email', '/reset-password', '/accept-invitation'];
    const parts = links.map((text) => ({ what: 'part of a link', text }));
    expect(await scan([...secrets, ...parts])).toEqual([]);
  });
});

describe('the scan', () => {
  const planted = {
    what: 'planted secret',
    text: 'a secret that was put where it does not belong',
  };
  const token = 'rhp_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w';

  const inTransaction = async (statements: readonly string[], all: readonly Secret[]) =>
    withAdminConnection(api.database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      for (const statement of statements) await client.query(statement);
      const found = await secretsAtRest(client, all);
      await client.query('ROLLBACK');
      return found;
    });

  it('finds a secret in text, in JSON and in bytes, however it is written', async () => {
    const { text } = planted;
    const bytes = Buffer.from(text);
    const found = await inTransaction(
      [
        `UPDATE sessions SET user_agent = 'x ${text} y'`,
        `UPDATE users SET name = '${bytes.toString('base64')}'`,
        `INSERT INTO audit_events (org_id, id, kind, details) VALUES
          ('${acme.tenant.orgId}', gen_random_uuid(), 'user.created', '{"a": ["${encodeURIComponent(text)}"]}')`,
        `UPDATE organizations SET name = '${bytes.toString('hex').toUpperCase()}'`,
        `UPDATE account_tokens SET secret_hash = '\\x00${bytes.toString('hex')}00'`,
      ],
      [planted],
    );
    expect(found).toEqual([
      'account_tokens.secret_hash holds the planted secret, as hex.',
      'audit_events.details holds the planted secret, as percent-encoded text.',
      'organizations.name holds the planted secret, as hex.',
      'sessions.user_agent holds the planted secret, as text.',
      'users.name holds the planted secret, as base64.',
    ]);
  });

  it('finds what is secret in a token without the rest of it', async () => {
    const secret = Buffer.from(token.slice(4), 'base64url').subarray(0, 32);
    const found = await inTransaction(
      [
        `UPDATE invitations SET secret_hash = '\\x${secret.toString('hex')}'`,
        `UPDATE users SET name = '${secret.toString('base64url')}'`,
      ],
      [{ what: 'token', text: token }],
    );
    expect(found).toEqual([
      'invitations.secret_hash holds the token, as hex.',
      'users.name holds the token, as base64.',
    ]);
  });
});
