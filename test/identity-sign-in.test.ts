import { createHmac, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  base64url,
  decodeJwt,
  decodeProtectedHeader,
  generateKeyPair,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose';
import { signingKeyOf } from '../src/identity/session/signing-key.js';
import { systemClock } from '../src/shared/clock.js';
import { encodeId, newUuid } from '../src/shared/ids.js';
import { type Api, type Organization, startApi, TEST_KEY, TEST_SECRET } from './support/api.js';

let api: Api;
let acme: Organization;
let globex: Organization;
let clock = systemClock;

const PASSWORD = 'correct horse battery';
const EMAIL = 'Ada@example.com';

beforeAll(async () => {
  api = await startApi({ clock: { now: () => clock.now() } });
  [acme, globex] = [await api.createOrganization('acme'), await api.createOrganization('globex')];
  const { errors } = await acme.owner.send(
    `mutation ($email: EmailAddress!, $password: String!) {
      createUser(input: { email: $email, name: "Ada", role: MEMBER, password: $password }) { id } }`,
    { email: EMAIL, password: PASSWORD },
  );
  expect(errors).toBeUndefined();
});

afterAll(() => api?.close());

const SIGN_IN = `mutation ($input: SignInInput!) {
  signIn(input: $input) { accessToken expiresAt } }`;
const VIEWER = '{ viewer { id email role } organization { slug } }';

const attempt = (input: object = {}) =>
  api.send(SIGN_IN, {
    input: { organization: 'acme', email: EMAIL, password: PASSWORD, ...input },
  });

const signIn = async (input?: object): Promise<{ accessToken: string; expiresAt: string }> => {
  const { data, errors } = await attempt(input);
  expect(errors).toBeUndefined();
  return data.signIn;
};

const ask = (authorization: string) => api.send(VIEWER, {}, { authorization });
const askWith = (token: string) => ask(`Bearer ${token}`);

describe('signIn', () => {
  it('gives a token with which the account is signed in', async () => {
    const { accessToken } = await signIn();
    const { status, data } = await askWith(accessToken);
    expect(status).toBe(200);
    expect(data).toEqual({
      viewer: { id: expect.stringMatching(/^user_/), email: 'ada@example.com', role: 'MEMBER' },
      organization: { slug: 'acme' },
    });
  });

  it('takes the e-mail address in any case', async () => {
    for (const email of ['ada@example.com', 'ADA@EXAMPLE.COM', 'aDa@Example.Com']) {
      await signIn({ email });
    }
  });

  it('gives a token with the role of the account, and no more', async () => {
    const { accessToken } = await signIn();
    const { errors } = await api.send(
      'mutation { createProject(input: { name: "x" }) { id } }',
      {},
      { authorization: `Bearer ${accessToken}` },
    );
    expect(errors?.[0].extensions).toEqual({ code: 'FORBIDDEN', permission: 'projects:write' });
  });

  it('answers to the byte alike whether organization, account or password is wrong', async () => {
    const wrong = [
      { organization: 'nowhere' },
      { organization: 'globex' },
      { organization: 'ACME' },
      { email: 'nobody@example.com' },
      { email: 'not an address' },
      { password: 'wrong horse battery' },
      { password: PASSWORD.toUpperCase() },
      { password: `${PASSWORD} ` },
      // An account that no password opens.
      { email: acme.owner.email, password: 'none' },
    ];
    const answers = await Promise.all(wrong.map(attempt));
    const seen = new Set(answers.map(({ status, text }) => `${status} ${text}`));
    expect([...seen]).toHaveLength(1);
    expect(answers[0]).toMatchObject({
      status: 401,
      data: null,
      errors: [{ path: ['signIn'], extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  it('signs in to each organization with the password that the account has there', async () => {
    const elsewhere = 'another password';
    await globex.owner.ask(
      `mutation ($email: EmailAddress!, $password: String!) {
        createUser(input: { email: $email, name: "Ada", role: VIEWER, password: $password }) { id } }`,
      { email: EMAIL, password: elsewhere },
    );
    const { accessToken } = await signIn({ organization: 'globex', password: elsewhere });
    const { data } = await askWith(accessToken);
    expect(data).toMatchObject({ viewer: { role: 'VIEWER' }, organization: { slug: 'globex' } });
    expect((await attempt({ organization: 'globex' })).status).toBe(401);
    expect((await attempt({ password: elsewhere })).status).toBe(401);
  });

  it.each([
    ['an empty organization', { organization: '' }, 'input.organization'],
    ['an organization of 64 characters', { organization: 'x'.repeat(64) }, 'input.organization'],
    ['an empty e-mail address', { email: '' }, 'input.email'],
    ['an e-mail address with NUL', { email: 'a\0@example.com' }, 'input.email'],
    ['an empty password', { password: '' }, 'input.password'],
    ['a password of 129 characters', { password: 'x'.repeat(129) }, 'input.password'],
  ])('refuses %s as bad input', async (_fault, input, path) => {
    const { errors } = await attempt(input);
    expect(errors?.[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
  });

  it('works as well for somebody who is signed in already', async () => {
    const { data } = await acme.viewer.send(SIGN_IN, {
      input: { organization: 'acme', email: EMAIL, password: PASSWORD },
    });
    expect(data.signIn.accessToken).toEqual(expect.any(String));
  });

  it('shows the hash of a password in no answer', async () => {
    const answers = [await attempt(), await attempt({ password: 'wrong password' })];
    for (const { text } of answers) expect(text).not.toMatch(/argon2|\$v=19/);
  });
});

describe('an access token', () => {
  it('names its algorithm, issuer, audience, organization, account, role and session', async () => {
    const { accessToken, expiresAt } = await signIn();
    expect(decodeProtectedHeader(accessToken)).toEqual({
      alg: 'EdDSA',
      typ: 'at+jwt',
      kid: TEST_KEY.kid,
    });
    const claims = decodeJwt(accessToken);
    expect(claims).toEqual({
      iss: 'rowhouse',
      aud: 'rowhouse-api',
      org: acme.id,
      sub: expect.stringMatching(/^user_/),
      role: 'member',
      sid: expect.stringMatching(/^sess_/),
      stamp: 1,
      jti: expect.any(String),
      iat: expect.any(Number),
      exp: (claims.iat as number) + 900,
    });
    expect(new Date((claims.exp as number) * 1000).toISOString()).toBe(expiresAt);
  });

  it('holds until it expires, and not a second longer', async () => {
    const { accessToken, expiresAt } = await signIn();
    const end = Date.parse(expiresAt);
    const statusAt = async (time: number) => {
      clock = { now: () => new Date(time) };
      try {
        return await askWith(accessToken);
      } finally {
        clock = systemClock;
      }
    };
    expect((await statusAt(end - 1_000)).status).toBe(200);
    for (const late of [end, end + 1_000, end + 86_400_000]) {
      const { status, data, errors } = await statusAt(late);
      expect({ status, data }).toEqual({ status: 401, data: undefined });
      expect(errors).toEqual([
        {
          message: expect.stringContaining('expired'),
          extensions: { code: 'UNAUTHENTICATED' },
        },
      ]);
    }
  });
});

describe('a request is refused', () => {
  const { privateKey: key, kid } = TEST_KEY;
  const another = signingKeyOf('another secret'.repeat(4));

  interface Forgery {
    claims?: Record<string, unknown>;
    header?: { alg?: string; typ?: string | undefined; kid?: string | undefined };
    signWith?: KeyObject | Uint8Array;
  }

  /** A token as the API makes them, but for what is given; undefined leaves a claim out. */
  const token = ({ claims = {}, header, signWith = key }: Forgery = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const payload = {
      ...decodeJwt(acme.viewer.token),
      iat: now,
      exp: now + 900,
      ...claims,
    };
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid, ...header } as JWTHeaderParameters)
      .sign(signWith);
  };

  const encode = (part: object) => base64url.encode(JSON.stringify(part));

  /** What stands in a token, with some of it changed, under the signature that it had. */
  const tampered = async (claims: object, header: object = {}) => {
    const real = await token();
    const [, , signature] = real.split('.');
    const changedHeader = encode({ ...decodeProtectedHeader(real), ...header });
    return `${changedHeader}.${encode({ ...decodeJwt(real), ...claims })}.${signature}`;
  };

  const expectRefusal = async (authorization: string) => {
    const { status, data, errors, text, headers } = await ask(authorization);
    expect({ status, data }).toEqual({ status: 401, data: undefined });
    expect(errors).toEqual([
      { message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } },
    ]);
    expect(headers.get('content-type')).toContain('json');
    // Neither the reason of the library nor the token itself.
    expect(text).not.toMatch(/JW[TSE]|signature|claim|jose/i);
    if (authorization.length > 20) expect(text).not.toContain(authorization.slice(-20));
  };

  it('but not with a token as the API makes them', async () => {
    expect((await askWith(await token())).status).toBe(200);
  });

  it.each<[string, Forgery]>([
    ['of another issuer', { claims: { iss: 'somebody' } }],
    ['without an issuer', { claims: { iss: undefined } }],
    ['for another audience', { claims: { aud: 'another-api' } }],
    ['without an audience', { claims: { aud: undefined } }],
    ['that never expires', { claims: { exp: undefined } }],
    ['that has expired', { claims: { exp: Math.floor(Date.now() / 1000) - 1 } }],
    ['that is not valid yet', { claims: { nbf: Math.floor(Date.now() / 1000) + 3_600 } }],
    ['without an account', { claims: { sub: undefined } }],
    ['without an organization', { claims: { org: undefined } }],
    ['without a role', { claims: { role: undefined } }],
    ['with the role root', { claims: { role: 'root' } }],
    ['with a role in capitals', { claims: { role: 'OWNER' } }],
    ['with several roles', { claims: { role: ['owner'] } }],
    ['with an object’s own property for a role', { claims: { role: 'constructor' } }],
    ['with an account for an organization', { claims: { org: encodeId('user', newUuid()) } }],
    ['with a bare UUID for an organization', { claims: { org: newUuid() } }],
    ['with SQL for an organization', { claims: { org: "'; DROP TABLE tasks; --" } }],
    ['with a task for an account', { claims: { sub: encodeId('task', newUuid()) } }],
    ['of another type', { header: { typ: 'JWT' } }],
    ['without a type', { header: { typ: undefined } }],
    ['without the name of a key', { header: { kid: undefined } }],
    ['with an object’s own property for the name of a key', { header: { kid: 'constructor' } }],
    ['signed with another key', { signWith: another.privateKey }],
    [
      'signed with another key, and its name',
      { signWith: another.privateKey, header: { kid: another.kid } },
    ],
    [
      'signed with the secret itself',
      { signWith: Buffer.from(TEST_SECRET), header: { alg: 'HS256' } },
    ],
    [
      'signed with the public key for a secret',
      { signWith: Buffer.from(TEST_KEY.jwk.x, 'base64url'), header: { alg: 'HS256' } },
    ],
    [
      'signed with the public key’s PEM for a secret',
      {
        signWith: Buffer.from(TEST_KEY.publicKey.export({ type: 'spki', format: 'pem' })),
        header: { alg: 'HS256' },
      },
    ],
  ])('with a token %s', async (_fault, forgery) => {
    await expectRefusal(`Bearer ${await token(forgery)}`);
  });

  it('with a token that is signed with a key pair', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const signed = await new SignJWT(decodeJwt(await token()))
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid })
      .sign(privateKey);
    await expectRefusal(`Bearer ${signed}`);
  });

  it.each(['none', 'None', 'NONE'])('with a token that says alg: %s', async (alg) => {
    const [header, payload] = [
      encode({ alg, typ: 'at+jwt', kid }),
      encode(decodeJwt(await token())),
    ];
    await expectRefusal(`Bearer ${header}.${payload}.`);
    const signature = createHmac('sha256', TEST_SECRET).update(`${header}.${payload}`);
    await expectRefusal(`Bearer ${header}.${payload}.${signature.digest('base64url')}`);
  });

  it.each([
    ['role', () => ({ role: 'owner' })],
    ['account', () => ({ sub: acme.owner.id })],
    ['organization', () => ({ org: globex.id })],
    ['expiry', () => ({ exp: Math.floor(Date.now() / 1000) + 86_400 })],
  ])('with a token whose %s was changed after signing', async (_claim, claims) => {
    await expectRefusal(`Bearer ${await tampered(claims())}`);
  });

  it('with a token whose signature was changed', async () => {
    const [header, payload, signature] = (await token()).split('.') as [string, string, string];
    const other = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    await expectRefusal(`Bearer ${header}.${payload}.${other}`);
    await expectRefusal(`Bearer ${header}.${payload}.${signature.slice(0, -4)}`);
  });

  it.each([
    ['no scheme', (real: string) => real],
    ['another scheme', (real: string) => `Basic ${real}`],
    ['a scheme alone', () => 'Bearer'],
    ['two parts of a token', (real: string) => `Bearer ${real.split('.').slice(0, 2).join('.')}`],
    ['four parts', (real: string) => `Bearer ${real}.abc`],
    ['something behind the token', (real: string) => `Bearer ${real} x`],
    ['two tokens', (real: string) => `Bearer ${real}, Bearer ${real}`],
    ['garbage', () => 'Bearer a.b.c'],
    ['a token of 10,000 characters', () => `Bearer ${'a'.repeat(3_333)}.${'b'.repeat(3_333)}.c`],
  ])('with a header that holds %s', async (_what, header) => {
    await expectRefusal(header(await token()));
  });

  it('with a bad token also where nobody need be signed in', async () => {
    const { status } = await api.send('{ __typename }', {}, { authorization: 'Bearer a.b.c' });
    expect(status).toBe(401);
  });

  it('when it names an organization in a header instead of a token', async () => {
    const { status, data } = await api.send(
      VIEWER,
      {},
      {
        'x-org-id': acme.id,
        'x-organization': 'acme',
        'x-user-id': acme.owner.id,
      },
    );
    expect({ status, viewer: data?.viewer ?? null }).toEqual({ status: 401, viewer: null });
  });

  it('without taking the organization from a header beside the token', async () => {
    const { data } = await api.send(
      '{ organization { slug } }',
      {},
      {
        authorization: `Bearer ${acme.viewer.token}`,
        'x-org-id': globex.id,
        'x-organization': 'globex',
      },
    );
    expect(data.organization.slug).toBe('acme');
  });

  it('when the token is of an account and an organization that do not belong together', async () => {
    const mixed = await token({ claims: { sub: globex.owner.id, role: 'owner' } });
    const { data, errors } = await askWith(mixed);
    expect(data.viewer).toBeNull();
    expect(errors?.[0].extensions).toEqual({ code: 'NOT_FOUND', id: globex.owner.id });
  });
});

describe('the scheme of the Authorization header', () => {
  it('may be written in any case, as RFC 9110 says', async () => {
    for (const scheme of ['bearer', 'BEARER', 'Bearer ']) {
      expect((await ask(`${scheme} ${acme.viewer.token}`)).status).toBe(200);
    }
  });
});
