import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { PasswordHasher } from '../src/identity/session/password-hasher.js';
import { newUuid } from '../src/shared/ids.js';
import { makeOpaqueToken } from '../src/shared/opaque-token.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Answer, type Api, type Organization, startApi } from './support/api.js';
import { eventually } from './support/eventually.js';
import { type KeyServer, startKeyServer } from './support/key-server.js';
import { MailReader } from './support/mail-reader.js';
import { statementsOf } from './support/statements.js';

const PASSWORD = 'correct horse battery';
const WRONG = 'wrong horse battery';
const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }';
const [PER_ADDRESS, PER_ACCOUNT, PER_PAIR] = [9, 6, 3];

let api: Api;
let mail: MailReader;
let passwordHash: string;

beforeAll(async () => {
  passwordHash = await new PasswordHasher().hash(PASSWORD);
  api = await startApi({
    // The tests say where they come from.
    server: { trustProxy: 1 },
    identity: {
      signIn: {
        perAddress: { times: PER_ADDRESS, seconds: 600 },
        perAccount: { times: PER_ACCOUNT, seconds: 600 },
        perPair: { times: PER_PAIR, seconds: 600 },
      },
    },
  });
  mail = new MailReader(api);
});

afterAll(() => api?.close());

/** An organization whose people all have the password. */
async function organization(of = api): Promise<Organization> {
  const made = await of.createOrganization();
  await withAdminConnection(of.database.superuserUrl, (client) =>
    client.query('UPDATE users SET password_hash = $1 WHERE org_id = $2', [
      passwordHash,
      made.tenant.orgId,
    ]),
  );
  return made;
}

let lastAddress = 0;
/** A network that no test has used. */
function newAddress(): string {
  lastAddress++;
  return `10.0.${lastAddress >> 8}.${lastAddress & 255}`;
}

interface Attempt {
  password?: string;
  from?: string;
}

const signIn = (
  org: { slug: string },
  email: string,
  { password = WRONG, from = newAddress() }: Attempt = {},
  of = api,
): Promise<Answer> =>
  of.send(
    SIGN_IN,
    { input: { organization: org.slug, email, password } },
    { 'x-forwarded-for': from },
  );

async function fail(times: number, org: Organization, email: string, from?: string) {
  for (let n = 0; n < times; n++) {
    const { errors } = await signIn(org, email, from === undefined ? {} : { from });
    expect(errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
  }
}

async function kindsAbout(org: Organization, email: string): Promise<string[]> {
  const person = Object.values({ ...org }).find(
    (each) => (each as { email?: string })?.email === email,
  );
  const { auditEvents } = await org.owner.ask(
    `{ auditEvents(first: 100, filter: { subjectId: "${(person as { id: string }).id}" }) { nodes { kind } } }`,
  );
  return auditEvents.nodes.map(({ kind }: { kind: string }) => kind).reverse();
}

describe('one address that guesses at many accounts', () => {
  it('is told when to come again, before anything is worked on', async () => {
    const org = await organization();
    const from = newAddress();
    for (let n = 0; n < PER_ADDRESS; n++) {
      const { errors } = await signIn(org, `nobody-${n}@example.com`, { from });
      expect(errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
    }
    const hashing = jest.spyOn(PasswordHasher.prototype, 'matches');
    let answer: Answer | undefined;
    const statements = await statementsOf(async () => {
      answer = await signIn(org, org.member.email, { from, password: PASSWORD });
    });
    expect(answer?.status).toBe(429);
    expect(answer?.data).toBeNull();
    expect(answer?.errors?.[0].extensions).toEqual({
      code: 'RATE_LIMITED',
      retryAfterSeconds: expect.any(Number),
    });
    const seconds = answer?.errors?.[0].extensions.retryAfterSeconds;
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(600);
    expect(answer?.headers.get('retry-after')).toBe(String(seconds));
    expect(statements).toEqual([]);
    expect(hashing).not.toHaveBeenCalled();
    hashing.mockRestore();
    expect((await signIn(org, org.member.email, { password: PASSWORD })).errors).toBeUndefined();
  });

  it('is cut off in the middle of a request that signs in many times', async () => {
    const org = await organization();
    const fields = Array.from(
      { length: 15 },
      (_, n) =>
        `a${n}: signIn(input: { organization: "${org.slug}", email: "n${n}@example.com", password: "${WRONG}" }) { accessToken }`,
    );
    const headers = { 'x-forwarded-for': newAddress() };
    const { errors } = await api.send(`mutation { ${fields.join('\n')} }`, {}, headers);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([
      ...Array<string>(PER_ADDRESS).fill('UNAUTHENTICATED'),
      ...Array<string>(15 - PER_ADDRESS).fill('RATE_LIMITED'),
    ]);
  });

  it('is one network of IPv6', async () => {
    const org = await organization();
    for (let n = 0; n < PER_ADDRESS; n++) {
      await signIn(org, `nobody-${n}@example.com`, { from: `2001:db8:7::${n}` });
    }
    expect((await signIn(org, 'nobody@example.com', { from: '2001:db8:7::ffff' })).status).toBe(
      429,
    );
  });

  it('is not whoever signs in often', async () => {
    const org = await organization();
    const from = newAddress();
    for (let n = 0; n < 2 * PER_ADDRESS; n++) {
      const { errors } = await signIn(org, org.member.email, { from, password: PASSWORD });
      expect(errors).toBeUndefined();
    }
  });
});

describe('many addresses that guess at one account', () => {
  it('are held, with the answer, the statements and the work of a wrong password', async () => {
    const org = await organization();
    const { email } = org.member;
    const wrong = await signIn(org, email);
    await fail(PER_ACCOUNT - 1, org, email);
    const answers: string[] = [];
    const sent: string[][] = [];
    const hashing = jest.spyOn(PasswordHasher.prototype, 'matches');
    const attempts = [
      // The first that is held, and one after it; what another one of nobody takes.
      () => signIn(org, email, { password: PASSWORD }),
      () => signIn(org, email, { password: PASSWORD }),
      () => signIn(org, email),
      () => signIn(org, org.viewer.email),
      () => signIn(org, 'nobody@example.com'),
    ];
    for (const attempt of attempts) {
      const statements = await statementsOf(async () => {
        answers.push((await attempt()).text);
      });
      sent.push(statements.map((text) => text.replaceAll(/[0-9a-f-]{36}/g, '…')));
    }
    expect(answers).toEqual(attempts.map(() => wrong.text));
    expect(sent).toEqual(attempts.map(() => sent[4]));
    expect(hashing).toHaveBeenCalledTimes(attempts.length);
    hashing.mockRestore();
  });

  it('hold an account that does not exist like any other', async () => {
    const org = await organization();
    const nobody = 'nobody@example.com';
    for (let n = 0; n < PER_ACCOUNT + 2; n++) {
      expect((await signIn(org, nobody)).status).toBe(401);
    }
  });

  it('are in the audit trail once for the block, not for each attempt', async () => {
    const org = await organization();
    const { email } = org.member;
    for (let n = 0; n < PER_ACCOUNT + 5; n++) await signIn(org, email);
    expect(await kindsAbout(org, email)).toEqual([
      ...Array<string>(PER_ACCOUNT).fill('SESSION_REFUSED'),
      'SESSION_THROTTLED',
    ]);
    const { auditEvents } = await org.owner.ask(
      '{ auditEvents(filter: { kind: [SESSION_THROTTLED] }) { nodes { subjectId actorId details } } }',
    );
    expect(auditEvents.nodes).toEqual([
      { subjectId: org.member.id, actorId: null, details: { limit: 'account' } },
    ]);
  });

  it('do not keep out who has signed in from where they are', async () => {
    const org = await organization();
    const home = newAddress();
    const { email } = org.member;
    expect((await signIn(org, email, { from: home, password: PASSWORD })).errors).toBeUndefined();
    for (let n = 0; n < PER_ACCOUNT + 3; n++) await signIn(org, email);
    expect((await signIn(org, email, { password: PASSWORD })).status).toBe(401);
    expect((await signIn(org, email, { from: home, password: PASSWORD })).errors).toBeUndefined();
  });

  it('leave other accounts alone', async () => {
    const org = await organization();
    for (let n = 0; n < PER_ACCOUNT + 3; n++) await signIn(org, org.member.email);
    expect((await signIn(org, org.viewer.email, { password: PASSWORD })).errors).toBeUndefined();
  });
});

describe('one address that guesses at one account', () => {
  it('is held there alone, and told nothing', async () => {
    const org = await organization();
    const from = newAddress();
    const { email } = org.member;
    const wrong = await signIn(org, email, { from });
    await fail(PER_PAIR - 1, org, email, from);
    const held = await signIn(org, email, { from, password: PASSWORD });
    expect(held.text).toBe(wrong.text);
    expect(held.status).toBe(401);
    expect((await signIn(org, email, { password: PASSWORD })).errors).toBeUndefined();
    expect(await kindsAbout(org, email)).toEqual([
      ...Array<string>(PER_PAIR).fill('SESSION_REFUSED'),
      'SESSION_THROTTLED',
      'SESSION_SIGNED_IN',
    ]);
  });

  it('starts anew when it succeeds', async () => {
    const org = await organization();
    const from = newAddress();
    const { email } = org.member;
    for (let round = 0; round < 2; round++) {
      await fail(PER_PAIR - 1, org, email, from);
      expect((await signIn(org, email, { from, password: PASSWORD })).errors).toBeUndefined();
    }
  });

  it('gets no further with many attempts at once', async () => {
    const org = await organization();
    const from = newAddress();
    const { email } = org.member;
    await Promise.all(Array.from({ length: 8 }, () => signIn(org, email, { from })));
    const kinds = await kindsAbout(org, email);
    expect(kinds.filter((kind) => kind === 'SESSION_REFUSED')).toHaveLength(PER_PAIR);
    expect(kinds.filter((kind) => kind === 'SESSION_THROTTLED')).toHaveLength(1);
  });
});

describe('a new password by mail', () => {
  const REQUEST =
    'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) }';
  const RESET = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }';
  const newPassword = 'another horse battery';

  /** From where the mail was read. */
  async function reset({ slug }: Organization, email: string, from: string): Promise<void> {
    await api.send(
      REQUEST,
      { input: { organization: slug, email } },
      { 'x-forwarded-for': newAddress() },
    );
    const token = await mail.nextToken(email);
    const { errors } = await api.send(
      RESET,
      { input: { token, newPassword } },
      { 'x-forwarded-for': from },
    );
    expect(errors).toBeUndefined();
    expect((await mail.next(email)).subject).toBe('Your password was changed');
  }

  it.each([
    ['by one address', PER_PAIR],
    ['by many addresses', PER_ACCOUNT],
  ])('lets in at once whose account is held %s, where they are', async (what, times) => {
    const org = await organization();
    const from = newAddress();
    const { email } = org.member;
    await fail(times + 1, org, email, what === 'by one address' ? from : undefined);
    expect((await signIn(org, email, { from, password: PASSWORD })).status).toBe(401);
    await reset(org, email, from);
    expect((await signIn(org, email, { from, password: newPassword })).errors).toBeUndefined();
    if (what === 'by one address') return;
    expect((await signIn(org, email, { password: newPassword })).status).toBe(401);
  });

  it('gives nobody more codes to guess at, where there is a second factor', async () => {
    const org = await organization();
    const from = newAddress();
    const { email, uuid } = org.member;
    await withAdminConnection(api.database.superuserUrl, (client) =>
      client.query(
        "INSERT INTO second_factors (org_id, user_id, secret_sealed, confirmed_at) VALUES ($1, $2, '', now())",
        [org.tenant.orgId, uuid],
      ),
    );
    const codeOf = async () =>
      (await signIn(org, email, { from, password: newPassword })).errors?.[0].extensions.code;
    await reset(org, email, from);
    expect(await codeOf()).toBe('SECOND_FACTOR_REQUIRED');
    await fail(PER_PAIR, org, email, from);
    expect(await codeOf()).toBe('UNAUTHENTICATED');
    await reset(org, email, from);
    expect(await codeOf()).toBe('UNAUTHENTICATED');
  });
});

describe('who is signed in', () => {
  it('guesses no longer at their password than somebody who is not', async () => {
    const org = await organization();
    const change = (currentPassword: string) =>
      org.member.send(
        'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { id } }',
        { input: { currentPassword, newPassword: 'another horse battery' } },
      );
    for (let n = 0; n < PER_PAIR; n++) {
      expect((await change(WRONG)).errors?.[0].extensions.code).toBe('BAD_USER_INPUT');
    }
    const { errors } = await change(PASSWORD);
    expect(errors?.[0].extensions).toMatchObject({ code: 'RATE_LIMITED' });
  });
});

describe('a server', () => {
  let short: Api;

  beforeAll(async () => {
    const once = { times: 2, seconds: 1 };
    const often = { times: 100, seconds: 1 };
    short = await startApi({
      identity: {
        signIn: { perAddress: often, perAccount: often, perPair: once },
        passwords: { atOnce: 1 },
      },
    });
  });

  afterAll(() => short?.close());

  it('ends every block by itself, however often somebody tries', async () => {
    const org = await organization(short);
    const { email } = org.member;
    for (let n = 0; n < 10; n++) await signIn(org, email, {}, short);
    await sleep(1_100);
    expect((await signIn(org, email, { password: PASSWORD }, short)).errors).toBeUndefined();
  });

  it('believes no client about its address, unless told to', async () => {
    const org = await organization(short);
    await signIn(org, org.member.email, { from: '203.0.113.9' }, short);
    const { auditEvents } = await org.owner.ask('{ auditEvents { nodes { address } } }');
    expect(auditEvents.nodes).toEqual([{ address: '127.0.0.1' }]);
  });

  it('works on so many passwords at once, and serves who is signed in meanwhile', async () => {
    const org = await organization(short);
    let ended = 0;
    const flood = Array.from({ length: 60 }, async (_, n) => {
      const answer = await signIn(org, `nobody-${n}@example.com`, {}, short);
      ended++;
      return answer;
    });
    await sleep(50);
    for (let n = 0; n < 5; n++) {
      expect((await org.viewer.ask('{ viewer { id } }')).viewer.id).toBe(org.viewer.id);
    }
    expect(ended).toBeLessThan(60);
    const codes = (await Promise.all(flood)).map(({ errors }) => errors?.[0].extensions.code);
    expect(codes.every((code) => ['UNAUTHENTICATED', 'UNAVAILABLE'].includes(code))).toBe(true);
    expect(codes).toContain('UNAUTHENTICATED');
  });
});

describe('tokens of identity providers', () => {
  const ISSUER = 'https://issuer.example.com/';
  const AUDIENCE = 'https://api.example.com';
  const VIEWER = '{ viewer { id } }';
  const limited = { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) };
  let keys: KeyServer;
  let people = 0;

  beforeAll(async () => {
    keys = await startKeyServer();
  });

  afterAll(() => keys?.close());

  /** An organization that trusts whom the keys are of. */
  async function trusting(): Promise<Organization> {
    const org = await api.createOrganization();
    await org.owner.ask(
      'mutation ($input: CreateIdentityProviderInput!) { createIdentityProvider(input: $input) { id } }',
      {
        input: {
          name: 'x',
          issuer: ISSUER,
          audience: AUDIENCE,
          jwksUrl: keys.url,
          defaultRole: 'MEMBER',
        },
      },
    );
    return org;
  }

  const goodToken = () => {
    const sub = `subject-${++people}`;
    const email = `${sub}@example.com`;
    return keys.sign({ iss: ISSUER, aud: AUDIENCE, sub, email, email_verified: true });
  };
  const forged = async () => `${(await goodToken()).slice(0, -8)}AAAAAAAA`;

  const direct = (org: Organization, token: string, from: string) =>
    api.send(
      VIEWER,
      {},
      {
        authorization: `Bearer ${token}`,
        'x-organization': org.slug,
        'x-forwarded-for': from,
      },
    );
  const exchange = (org: Organization, token: string, from: string) =>
    api.send(
      'mutation ($input: SignInWithTokenInput!) { signInWithToken(input: $input) { accessToken } }',
      { input: { organization: org.slug, token } },
      { 'x-forwarded-for': from },
    );

  it('are refused so often from one address, either way, and then not looked at', async () => {
    const org = await trusting();
    const from = newAddress();
    for (let n = 0; n < PER_ADDRESS; n++) {
      const send = n % 2 ? direct : exchange;
      const { errors } = await send(org, await forged(), from);
      expect(errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
    }
    const token = await goodToken();
    for (const send of [direct, exchange]) {
      let answer: Answer | undefined;
      const statements = await statementsOf(async () => {
        answer = await send(org, token, from);
      });
      expect(answer?.status).toBe(429);
      expect(answer?.errors?.[0].extensions).toEqual(limited);
      expect(answer?.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(statements).toEqual([]);
    }
    // Elsewhere nobody is kept out.
    expect((await direct(org, token, newAddress())).errors).toBeUndefined();
    expect((await exchange(org, token, newAddress())).errors).toBeUndefined();
  });

  it('go on being let in from where somebody of the organization was, whoever else sends what', async () => {
    const [org, other] = [await trusting(), await trusting()];
    const gateway = newAddress();
    expect((await direct(org, await goodToken(), gateway)).errors).toBeUndefined();
    for (let n = 0; n < PER_ADDRESS + 3; n++) await direct(other, await forged(), gateway);
    expect((await direct(other, await goodToken(), gateway)).status).toBe(429);
    expect((await direct(org, await goodToken(), gateway)).errors).toBeUndefined();
    expect((await exchange(org, await goodToken(), gateway)).errors).toBeUndefined();
  });

  it('are counted when they are refused alone, however many come at once', async () => {
    const org = await trusting();
    const from = newAddress();
    const tokens = await Promise.all(Array.from({ length: PER_ADDRESS * 3 }, goodToken));
    const answers = await Promise.all(tokens.map((token) => direct(org, token, from)));
    expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([]);
  });

  it('are not counted while their issuer does not answer', async () => {
    const org = await trusting();
    const from = newAddress();
    keys.pad(10_000_000);
    for (let n = 0; n <= PER_ADDRESS; n++) {
      expect((await direct(org, await goodToken(), from)).status).toBe(503);
    }
    keys.pad(0);
  });
});

describe('one household of many addresses', () => {
  const key = () => makeOpaqueToken('apiKey', { orgId: newUuid(), id: newUuid() }).token;

  it('does not fill the line in which keys are looked up', async () => {
    const org = await organization();
    const { createApiKey } = await org.owner.ask(
      'mutation { createApiKey(input: { name: "x" }) { secret } }',
    );
    const ask = (secret: string, from: string) =>
      api.send(
        '{ viewer { id } }',
        {},
        { authorization: `Bearer ${secret}`, 'x-forwarded-for': from },
      );
    const refused: number[] = [];
    const [flood, own] = await withAdminConnection(api.database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query('LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE');
      // Four run, fifty wait.
      const flood = Array.from({ length: 60 }, async (_, n) => {
        const { status } = await ask(key(), `2001:db8:1:2::${n + 1}`);
        refused.push(status);
      });
      await eventually(() => refused.length >= 6, 'some are turned away');
      const own = ask(createApiKey.secret, '2001:db8:1:3::1');
      await client.query('COMMIT');
      return [Promise.all(flood), own];
    });
    expect((await own).status).toBe(200);
    await flood;
    expect(refused.filter((status) => status === 503)).toHaveLength(6);
    expect(refused.filter((status) => status === 401)).toHaveLength(54);
  });
});

describe('what is asked for without a sign-in', () => {
  const SIGN_UP = 'mutation ($input: SignUpInput!) { signUp(input: $input) { expiresAt } }';
  const RESET =
    'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) }';
  const limited = { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) };

  it('is limited to so many sign-ups from one address, and others go on', async () => {
    const { slug } = await organization();
    // Taken, so that nothing is made.
    const input = {
      organizationName: 'x',
      slug,
      name: 'x',
      email: 'x@example.com',
      password: PASSWORD,
    };
    const from = newAddress();
    const signUp = async (address: string) => {
      const { errors } = await api.send(SIGN_UP, { input }, { 'x-forwarded-for': address });
      return errors?.[0].extensions;
    };
    for (let n = 0; n < PER_ADDRESS; n++) {
      expect(await signUp(from)).toMatchObject({ code: 'ALREADY_EXISTS' });
    }
    expect(await signUp(from)).toEqual(limited);
    expect(await signUp(newAddress())).toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  it('is limited to so much mail to one address, and sign-ups go on without', async () => {
    const email = 'victim@example.com';
    const signUp = async () => {
      const slug = `acme-${newUuid().slice(-12)}`;
      const input = { organizationName: 'x', slug, name: 'x', email, password: PASSWORD };
      const { errors } = await api.send(SIGN_UP, { input }, { 'x-forwarded-for': newAddress() });
      expect(errors).toBeUndefined();
    };
    for (let n = 0; n < PER_PAIR + 2; n++) await signUp();
    expect(await mail.rest(email)).toHaveLength(PER_PAIR);
  });

  it('keeps no owner out of what they have just made, whoever guesses elsewhere', async () => {
    const from = newAddress();
    const slug = `acme-${newUuid().slice(-12)}`;
    const email = 'ann@example.com';
    const input = { organizationName: 'x', slug, name: 'x', email, password: PASSWORD };
    await api.send(SIGN_UP, { input }, { 'x-forwarded-for': from });
    for (let n = 0; n < PER_ACCOUNT + 1; n++) await signIn({ slug }, email);
    expect((await signIn({ slug }, email, { password: PASSWORD })).status).toBe(401);
    expect((await signIn({ slug }, email, { from, password: PASSWORD })).errors).toBeUndefined();
  });

  it('is limited to so much mail to one account, whether it is there or not', async () => {
    const org = await organization();
    for (const email of [org.viewer.email, 'nobody@example.com']) {
      const ask = async () => {
        const { data, errors } = await api.send(
          RESET,
          { input: { organization: org.slug, email } },
          { 'x-forwarded-for': newAddress() },
        );
        return errors?.[0].extensions ?? data.requestPasswordReset;
      };
      for (let n = 0; n < PER_PAIR; n++) expect(await ask()).toBe(true);
      expect(await ask()).toEqual(limited);
    }
  });
});
