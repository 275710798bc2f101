import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PasswordHasher } from '../src/identity/session/password-hasher.js';
import { systemClock } from '../src/shared/clock.js';
import { decodeId, newUuid } from '../src/shared/ids.js';
import { makeOpaqueToken, type OpaqueTokenKind } from '../src/shared/opaque-token.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Answer, type Api, type Organization, type Person, startApi } from './support/api.js';
import { MailReader } from './support/mail-reader.js';
import { statementsOf } from './support/statements.js';

const PASSWORD = 'correct horse battery';
const NEW_PASSWORD = 'another horse battery';

let api: Api;
let mail: MailReader;
let acme: Organization;
let globex: Organization;
let clock = systemClock;
let passwordHash: string;
let count = 0;

beforeAll(async () => {
  passwordHash = await new PasswordHasher().hash(PASSWORD);
  api = await startApi({ clock: { now: () => clock.now() } });
  mail = new MailReader(api);
  [acme, globex] = [await api.createOrganization('acme'), await api.createOrganization('globex')];
});

afterAll(() => api?.close());

const asSuperuser = (text: string, values: unknown[] = []) =>
  withAdminConnection(api.database.superuserUrl, (client) => client.query(text, values));

/** Somebody new, whom `PASSWORD` signs in. */
async function somebody(organization = acme): Promise<Person> {
  const person = await organization.createPerson('member', `person-${++count}`);
  await asSuperuser('UPDATE users SET password_hash = $1 WHERE id = $2', [
    passwordHash,
    person.uuid,
  ]);
  return person;
}

const mutation = (field: string) => {
  const input = `${field[0]?.toUpperCase()}${field.slice(1)}Input`;
  const selection = field === 'acceptInvitation' || field === 'signIn' ? '{ refreshToken }' : '';
  return `mutation ($input: ${input}!) { ${field}(input: $input) ${selection} }`;
};
const call = (field: string, input: object) => api.send(mutation(field), { input });

const signIn = (email: string, password: string) =>
  call('signIn', { organization: 'acme', email, password });
const requestReset = (email: string, organization = 'acme') =>
  call('requestPasswordReset', { organization, email });
const requestVerification = (person: Person) => person.ask('mutation { requestEmailVerification }');
const requestChange = (person: Person, newEmail: string, password = PASSWORD) =>
  person.send(mutation('requestEmailChange'), { input: { newEmail, password } });

const VIEWER = '{ viewer { email emailVerifiedAt } }';
const viewer = async (person: Person) => (await person.ask(VIEWER)).viewer;

async function resetToken(person: Person): Promise<string> {
  await requestReset(person.email);
  return mail.nextToken(person.email);
}

async function verificationToken(person: Person): Promise<string> {
  await requestVerification(person);
  return mail.nextToken(person.email);
}

async function changeToken(person: Person, newEmail: string): Promise<string> {
  expect((await requestChange(person, newEmail)).errors).toBeUndefined();
  return mail.nextToken(newEmail);
}

const newAddress = () => `new-${++count}@example.com`;

const at = async <T>(milliseconds: number, work: () => Promise<T>): Promise<T> => {
  const then = Date.now() + milliseconds;
  clock = { now: () => new Date(then) };
  try {
    return await work();
  } finally {
    clock = systemClock;
  }
};

const kindsOfEvents = async (person: Person): Promise<string[]> => {
  const { auditEvents } = await acme.owner.ask(
    `{ auditEvents(first: 100, filter: { subjectId: "${person.id}" }) { nodes { kind actorId address } } }`,
  );
  return auditEvents.nodes.map(({ kind }: { kind: string }) => kind);
};

const HOUR = 3_600_000;
const UNUSABLE =
  'input.token: This link is not good, or not any more: each is good once. Ask for a new one.';
const EXPIRED = 'input.token: This link has expired. Ask for a new one.';

function expectRefusal({ status, errors }: Answer, message = UNUSABLE) {
  expect({ status, errors }).toMatchObject({
    status: 200,
    errors: [
      { message, extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'input.token' }] } },
    ],
  });
}

describe('requestEmailVerification', () => {
  it('sends a mail whose token verifies the address', async () => {
    const person = await somebody();
    expect(await viewer(person)).toEqual({ email: person.email, emailVerifiedAt: null });
    expect(await requestVerification(person)).toEqual({ requestEmailVerification: true });
    const message = await mail.next(person.email);
    expect(message.subject).toBe('Confirm your e-mail address');
    const [, token] = /http:\/\/localhost:3000\/verify-email#token=(rhv_[\w-]+)\n/.exec(
      message.text,
    ) as unknown as [string, string];
    expect((await call('verifyEmail', { token })).data).toEqual({ verifyEmail: true });
    expect(Date.parse((await viewer(person)).emailVerifiedAt)).toBeGreaterThan(Date.now() - 60_000);
    expect(await kindsOfEvents(person)).toEqual(['USER_EMAIL_VERIFIED']);
  });

  it('makes the link of the mail before useless', async () => {
    const person = await somebody();
    const first = await verificationToken(person);
    const second = await verificationToken(person);
    expectRefusal(await call('verifyEmail', { token: first }));
    expect((await call('verifyEmail', { token: second })).errors).toBeUndefined();
  });

  it('leaves one good link when it is asked for many times at once', async () => {
    const person = await somebody();
    await Promise.all(Array.from({ length: 5 }, () => requestVerification(person)));
    const tokens: string[] = [];
    for (let i = 0; i < 5; i++) tokens.push(await mail.nextToken(person.email));
    const answers = await Promise.all(tokens.map((token) => call('verifyEmail', { token })));
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
  });

  it('sends nothing for an address that is verified', async () => {
    const person = await somebody();
    await call('verifyEmail', { token: await verificationToken(person) });
    expect(await requestVerification(person)).toEqual({ requestEmailVerification: false });
    expect(await mail.rest(person.email)).toEqual([]);
  });

  it('is for who is signed in', async () => {
    const { status, errors } = await api.send('mutation { requestEmailVerification }');
    expect([status, errors?.[0].extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
  });
});

describe('verifyEmail', () => {
  it('holds for three days, and not a second longer', async () => {
    const person = await somebody();
    const token = await verificationToken(person);
    const late = await at(72 * HOUR, () => call('verifyEmail', { token }));
    expectRefusal(late, EXPIRED);
    const inTime = await at(72 * HOUR - 60_000, () => call('verifyEmail', { token }));
    expect(inTime.errors).toBeUndefined();
  });

  it('does not verify an address that has changed since', async () => {
    const person = await somebody();
    const token = await verificationToken(person);
    await asSuperuser('UPDATE users SET email = $1 WHERE id = $2', [newAddress(), person.uuid]);
    expectRefusal(await call('verifyEmail', { token }));
    expect((await viewer(person)).emailVerifiedAt).toBeNull();
  });
});

describe('requestPasswordReset', () => {
  it('sends a mail whose token gives the account another password', async () => {
    const person = await somebody();
    expect((await requestReset(person.email.toUpperCase())).data).toEqual({
      requestPasswordReset: true,
    });
    const message = await mail.next(person.email);
    expect(message.subject).toBe('Choose a new password');
    const token = /\/reset-password#token=(rhp_[\w-]+)\n/.exec(message.text)?.[1];
    const { data } = await call('resetPassword', { token, newPassword: NEW_PASSWORD });
    expect(data).toEqual({ resetPassword: true });
    expect((await signIn(person.email, NEW_PASSWORD)).errors).toBeUndefined();
    expect((await signIn(person.email, PASSWORD)).status).toBe(401);
    expect((await mail.next(person.email)).subject).toBe('Your password was changed');
    expect(await kindsOfEvents(person)).toContain('USER_PASSWORD_RESET');
  });

  it('answers to the byte alike whether there is such an account, and tells nobody else', async () => {
    const [person, disabled] = [await somebody(), await somebody()];
    await acme.owner.ask('mutation ($id: ID!) { disableUser(input: { userId: $id }) { id } }', {
      id: disabled.id,
    });
    const suspended = await api.createOrganization();
    await asSuperuser('UPDATE organizations SET suspended_at = now() WHERE slug = $1', [
      suspended.slug,
    ]);
    const due = await api.createOrganization();
    await asSuperuser('UPDATE organizations SET deletion_due_at = now() WHERE slug = $1', [
      due.slug,
    ]);
    const answers = [
      await requestReset(person.email),
      await requestReset(disabled.email),
      await requestReset(due.owner.email, due.slug),
      await requestReset('nobody@example.com'),
      await requestReset('no address'),
      await requestReset(person.email, 'globex'),
      await requestReset(person.email, 'nowhere'),
      await requestReset(suspended.owner.email, suspended.slug),
    ];
    const seen = new Set(answers.map(({ status, text }) => `${status} ${text}`));
    expect([...seen]).toHaveLength(1);
    expect(answers[0]?.errors).toBeUndefined();
    for (const { email } of [disabled, suspended.owner, due.owner]) {
      expect(await mail.rest(email)).toEqual([]);
    }
    expect(await mail.rest(person.email)).toHaveLength(1);
  });

  it('never sends an account more links than five that are good, and each of them is', async () => {
    const person = await somebody();
    for (let i = 0; i < 7; i++) await requestReset(person.email);
    const messages = await mail.rest(person.email);
    expect(messages).toHaveLength(5);
    const token = await mail.nextToken(person.email);
    const used = await call('resetPassword', { token, newPassword: NEW_PASSWORD });
    expect(used.errors).toBeUndefined();
  });

  it('sends another when the five have expired', async () => {
    const person = await somebody();
    for (let i = 0; i < 6; i++) await requestReset(person.email);
    await at(HOUR, () => requestReset(person.email));
    expect(await mail.rest(person.email)).toHaveLength(6);
    const { rows } = await asSuperuser('SELECT FROM account_tokens WHERE user_id = $1', [
      person.uuid,
    ]);
    expect(rows).toHaveLength(1);
  });
});

describe('resetPassword', () => {
  it('ends all sessions of the account, and no others', async () => {
    const [person, other] = [await somebody(), await somebody()];
    const elsewhere = (await signIn(person.email, PASSWORD)).data.signIn;
    const token = await resetToken(person);
    await call('resetPassword', { token, newPassword: NEW_PASSWORD });
    expect((await person.send(VIEWER)).status).toBe(401);
    const { refreshToken } = elsewhere;
    const refreshed = await api.send(
      'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken } }',
      { input: { refreshToken } },
    );
    expect(refreshed.status).toBe(401);
    expect((await other.send(VIEWER)).status).toBe(200);
  });

  it('gives no session, but true', async () => {
    const token = await resetToken(await somebody());
    const { text } = await call('resetPassword', { token, newPassword: NEW_PASSWORD });
    expect(JSON.parse(text).data).toEqual({ resetPassword: true });
  });

  it('makes every other link that could let somebody in useless', async () => {
    const person = await somebody();
    const [first, second] = [await resetToken(person), await resetToken(person)];
    const change = await changeToken(person, newAddress());
    await call('resetPassword', { token: second, newPassword: NEW_PASSWORD });
    expectRefusal(await call('resetPassword', { token: first, newPassword: PASSWORD }));
    expectRefusal(await call('confirmEmailChange', { token: change }));
  });

  it('lets one of many win that use a token at once', async () => {
    const person = await somebody();
    const token = await resetToken(person);
    const passwords = Array.from({ length: 6 }, (_, index) => `password number ${index}`);
    const answers = await Promise.all(
      passwords.map((newPassword) => call('resetPassword', { token, newPassword })),
    );
    const winners = passwords.filter((_, index) => !answers[index]?.errors);
    expect(winners).toHaveLength(1);
    for (const answer of answers.filter(({ errors }) => errors)) expectRefusal(answer);
    for (const password of passwords) {
      expect((await signIn(person.email, password)).status).toBe(
        password === winners[0] ? 200 : 401,
      );
    }
    expect(
      (await kindsOfEvents(person)).filter((kind) => kind === 'USER_PASSWORD_RESET'),
    ).toHaveLength(1);
  });

  it('holds for one hour, and not a second longer', async () => {
    const token = await resetToken(await somebody());
    const input = { token, newPassword: NEW_PASSWORD };
    expectRefusal(await at(HOUR, () => call('resetPassword', input)), EXPIRED);
    const inTime = await at(HOUR - 60_000, () => call('resetPassword', input));
    expect(inTime.errors).toBeUndefined();
  });

  it('keeps the token when the new password cannot be taken', async () => {
    const token = await resetToken(await somebody());
    const short = await call('resetPassword', { token, newPassword: 'too short' });
    expect(short.errors?.[0].extensions.fields).toMatchObject([{ path: 'input.newPassword' }]);
    const long = await call('resetPassword', { token, newPassword: NEW_PASSWORD });
    expect(long.errors).toBeUndefined();
  });

  it('is no way around a password that was changed in the meantime', async () => {
    const person = await somebody();
    const token = await resetToken(person);
    await person.ask(
      'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { id } }',
      {
        input: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD },
      },
    );
    expectRefusal(await call('resetPassword', { token, newPassword: PASSWORD }));
  });
});

describe('requestEmailChange', () => {
  it('sends a token to the new address, and a notice to the old one when it is done', async () => {
    const person = await somebody();
    const newEmail = newAddress();
    expect((await requestChange(person, newEmail.toUpperCase())).data).toEqual({
      requestEmailChange: true,
    });
    expect((await viewer(person)).email).toBe(person.email);
    const message = await mail.next(newEmail);
    expect(message.subject).toBe('Confirm your new e-mail address');
    const token = /\/confirm-email#token=(rhe_[\w-]+)\n/.exec(message.text)?.[1];
    expect((await call('confirmEmailChange', { token })).data).toEqual({
      confirmEmailChange: true,
    });
    expect(await viewer(person)).toEqual({ email: newEmail, emailVerifiedAt: expect.any(String) });
    const notice = await mail.next(person.email);
    expect(notice.subject).toBe('Your e-mail address was changed');
    expect(`${notice.text}${notice.html}`).not.toContain(newEmail);
    expect((await signIn(newEmail, PASSWORD)).errors).toBeUndefined();
    expect((await signIn(person.email, PASSWORD)).status).toBe(401);
    expect(await kindsOfEvents(person)).toContain('USER_EMAIL_CHANGED');
  });

  it('wants the password', async () => {
    const person = await somebody();
    const newEmail = newAddress();
    const { errors } = await requestChange(person, newEmail, 'wrong horse battery');
    expect(errors?.[0].extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.password' }],
    });
    expect(await mail.rest(newEmail)).toEqual([]);
  });

  it('refuses the address that the account has, however it is written', async () => {
    const person = await somebody();
    const { errors } = await requestChange(person, person.email.toUpperCase());
    expect(errors?.[0].extensions.fields).toMatchObject([{ path: 'input.newEmail' }]);
  });

  it('answers alike whether somebody has the address: only who holds the token is told', async () => {
    const [person, other] = [await somebody(), await somebody()];
    const taken = await requestChange(person, other.email);
    const free = await requestChange(await somebody(), newAddress());
    expect(taken.text).toBe(free.text);
    const token = await mail.nextToken(other.email);
    const { errors } = await call('confirmEmailChange', { token });
    expect(errors?.[0].extensions).toEqual({ code: 'ALREADY_EXISTS', field: 'input.token' });
    expect((await viewer(person)).email).toBe(person.email);
  });

  it('gives an address that two want at once to one of them', async () => {
    const people = [await somebody(), await somebody()];
    const newEmail = newAddress();
    const tokens: string[] = [];
    for (const person of people) tokens.push(await changeToken(person, newEmail));
    const answers = await Promise.all(tokens.map((token) => call('confirmEmailChange', { token })));
    const codes = answers.map(({ errors }) => errors?.[0].extensions.code);
    expect(codes.sort()).toEqual(['ALREADY_EXISTS', undefined]);
  });

  it('makes what was sent to the old address useless when it is done', async () => {
    const person = await somebody();
    const [reset, verification] = [await resetToken(person), await verificationToken(person)];
    await call('confirmEmailChange', { token: await changeToken(person, newAddress()) });
    expectRefusal(await call('resetPassword', { token: reset, newPassword: NEW_PASSWORD }));
    expectRefusal(await call('verifyEmail', { token: verification }));
  });

  it('holds for one day, and not a second longer', async () => {
    const token = await changeToken(await somebody(), newAddress());
    expectRefusal(await at(24 * HOUR, () => call('confirmEmailChange', { token })), EXPIRED);
    const inTime = await at(24 * HOUR - 60_000, () => call('confirmEmailChange', { token }));
    expect(inTime.errors).toBeUndefined();
  });
});

/** What takes a token, how one is come by, and what else it needs. */
const TAKERS: Record<
  string,
  { kind: OpaqueTokenKind; rest: object; token: (organization?: Organization) => Promise<string> }
> = {
  verifyEmail: {
    kind: 'emailVerification',
    rest: {},
    token: async (organization) => verificationToken(await somebody(organization)),
  },
  resetPassword: {
    kind: 'passwordReset',
    rest: { newPassword: NEW_PASSWORD },
    async token(organization = acme) {
      const { email } = await somebody(organization);
      await requestReset(email, organization.slug);
      return mail.nextToken(email);
    },
  },
  confirmEmailChange: {
    kind: 'emailChange',
    rest: {},
    token: async (organization) => changeToken(await somebody(organization), newAddress()),
  },
  acceptInvitation: {
    kind: 'invitation',
    rest: { name: 'New', password: NEW_PASSWORD },
    async token(organization = acme) {
      const email = newAddress();
      await organization.owner.ask(
        `mutation ($email: EmailAddress!) {
          inviteUser(input: { email: $email, role: MEMBER }) { id } }`,
        { email },
      );
      return mail.nextToken(email);
    },
  },
};

describe.each(Object.entries(TAKERS))('%s', (field, { kind, rest, token: newToken }) => {
  const take = (token: string) => call(field, { token, ...rest });

  it('answers to the byte alike to every token that is not good, whatever is wrong', async () => {
    const good = await newToken();
    const bytes = Buffer.from(good.slice(4), 'base64url');
    const changed = (at: number, ...values: number[]) => {
      const copy = Buffer.from(bytes);
      copy.set(values, at);
      return `${good.slice(0, 4)}${copy.toString('base64url')}`;
    };
    const uuidBytes = (uuid: string) => [...Buffer.from(uuid.replaceAll('-', ''), 'hex')];
    const used = await newToken();
    expect((await take(used)).errors).toBeUndefined();
    const ofOthers = await Promise.all(
      Object.values(TAKERS)
        .filter((other) => other.kind !== kind)
        .map((other) => other.token()),
    );
    const bad = [
      '',
      'x',
      'rhv_',
      '\0',
      '\ud800',
      good.slice(0, -1),
      `${good}A`,
      `${good}=`,
      ` ${good}`,
      good.toUpperCase(),
      good.slice(4),
      'x'.repeat(10_000),
      acme.owner.token,
      used,
      makeOpaqueToken(kind, { orgId: acme.tenant.orgId, id: newUuid() }).token,
      makeOpaqueToken(kind, { orgId: newUuid(), id: newUuid() }).token,
      makeOpaqueToken('refresh', { orgId: acme.tenant.orgId, id: newUuid() }).token,
      // The organization, the row or the secret of somebody else.
      changed(0, ...uuidBytes(globex.tenant.orgId)),
      changed(16, ...uuidBytes(decodeId('user', acme.owner.id, ''))),
      changed(63, (bytes[63] as number) ^ 1),
      changed(32, (bytes[32] as number) ^ 128),
      // Of another kind, as it is and under this one's prefix.
      ...ofOthers,
      ...ofOthers.map((other) => `${good.slice(0, 4)}${other.slice(4)}`),
    ];
    const answers = await Promise.all(bad.map(take));
    for (const [index, answer] of answers.entries()) {
      expect([bad[index], answer.text]).toEqual([bad[index], answers[0]?.text]);
    }
    expectRefusal(answers[0] as Answer);
    // And the good one is as good as before.
    expect((await take(good)).errors).toBeUndefined();
  });

  it('is done by one of many that come with a token at once, and by none that comes again', async () => {
    const token = await newToken();
    const answers = await Promise.all(Array.from({ length: 4 }, () => take(token)));
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
    for (const answer of [...answers.filter(({ errors }) => errors), await take(token)]) {
      expectRefusal(answer);
    }
  });

  it('tells that a token has expired to nobody but who has the whole of it', async () => {
    const token = await newToken();
    const last = token.endsWith('A') ? 'Q' : 'A';
    await at(365 * 24 * HOUR, async () => {
      expectRefusal(await take(token), EXPIRED);
      expectRefusal(await take(`${token.slice(0, -1)}${last}`));
      expectRefusal(await take(`${token.slice(0, -8)}AAAAAAA${last}`));
    });
  });

  it.each([
    ['suspended', 'suspended_at'],
    ['due to be erased', 'deletion_due_at'],
  ])('is refused while the organization is %s', async (_what, column) => {
    const organization = await api.createOrganization();
    const token = await newToken(organization);
    const set = (moment: string) =>
      asSuperuser(`UPDATE organizations SET ${column} = ${moment} WHERE slug = $1`, [
        organization.slug,
      ]);
    await set('now()');
    expectRefusal(await take(token));
    await set('NULL');
    expect((await take(token)).errors).toBeUndefined();
  });

  it('is done while the deletion of the organization can be cancelled', async () => {
    const organization = await api.createOrganization();
    const token = await newToken(organization);
    await asSuperuser(
      "UPDATE organizations SET deletion_due_at = now() + interval '1 day' WHERE slug = $1",
      [organization.slug],
    );
    expect((await take(token)).errors).toBeUndefined();
  });
});

describe('who is disabled or removed', () => {
  const done = {
    disabled: 'mutation ($id: ID!) { disableUser(input: { userId: $id }) { id } }',
    removed: 'mutation ($id: ID!) { removeUser(input: { userId: $id }) { id } }',
  };

  it.each(Object.entries(done))('cannot use a link any more: %s', async (what, query) => {
    const person = await somebody();
    const tokens = {
      verifyEmail: { token: await verificationToken(person) },
      resetPassword: { token: await resetToken(person), newPassword: NEW_PASSWORD },
      confirmEmailChange: { token: await changeToken(person, newAddress()) },
    };
    await acme.owner.ask(query, { id: person.id });
    for (const [field, input] of Object.entries(tokens)) expectRefusal(await call(field, input));
    if (what !== 'disabled') return;
    await acme.owner.ask('mutation ($id: ID!) { enableUser(input: { userId: $id }) { id } }', {
      id: person.id,
    });
    for (const [field, input] of Object.entries(tokens)) expectRefusal(await call(field, input));
  });
});

describe('a name in a mail', () => {
  it('can neither make a header, nor HTML, nor a link', async () => {
    const person = await somebody();
    const name = '<a href="https://evil.example">\r\nBcc: all@evil.example</a> www.evil.example';
    await person.ask('mutation ($name: String!) { updateProfile(input: { name: $name }) { id } }', {
      name,
    });
    await requestVerification(person);
    const { text, html, to, subject } = await mail.next(person.email);
    expect([to, subject]).toEqual([person.email, 'Confirm your e-mail address']);
    expect(text.split('\n')[0]).toBe(
      'Hello <a href="https: evil. example"> Bcc: all@evil. example</a> …,',
    );
    expect(html?.match(/<a /g)).toHaveLength(1);
    expect(html).not.toMatch(/evil\.example/);
  });
});

describe('how long a request for a new password takes', () => {
  it('does not tell whether there is such an account', async () => {
    // Nothing is sent meanwhile, so that every statement is of a request.
    const quiet = await startApi();
    try {
      const organization = await quiet.createOrganization('quiet');
      const ask =
        (email: string, slug = 'quiet') =>
        () =>
          quiet.send(mutation('requestPasswordReset'), { input: { organization: slug, email } });
      const requests = [
        ask(organization.viewer.email),
        ask('nobody@example.com'),
        ask(organization.viewer.email, 'nowhere'),
      ];
      const sent: string[][] = [];
      for (const request of requests) {
        await request();
        const statements = await statementsOf(request);
        sent.push(statements.map((text) => text.replaceAll(/[0-9a-f-]{36}/g, '…')));
      }
      const isMail = (text: string) => /outgoing_mails|pg_logical_emit_message/.test(text);
      const [known, ...others] = sent.map((texts) =>
        texts.map((text) => (isMail(text) ? 'a mail, or as much' : text)),
      );
      expect(known?.filter((text) => text === 'a mail, or as much')).toHaveLength(1);
      for (const other of others) expect(other).toEqual(known);

      const times: number[][] = requests.map(() => []);
      for (let round = 0; round < 4; round++) {
        for (const [index, request] of requests.entries()) {
          const start = performance.now();
          await request();
          times[index]?.push(performance.now() - start);
        }
      }
      for (const taken of times.flat()) expect(taken).toBeGreaterThan(99);
    } finally {
      await quiet.close();
    }
  });
});
