import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT,
} from 'jose';
import { type SigningKey, signingKeyOf } from '../src/identity/session/signing-key.js';
import {
  type Api,
  identitySettings,
  type Organization,
  startApi,
  TEST_KEY,
  TEST_SECRET,
} from './support/api.js';

const OLD_SECRET = 'what the secret was before the rotation';

let api: Api;
let acme: Organization;

beforeAll(async () => {
  const { accessTokens } = identitySettings();
  api = await startApi({
    identity: { accessTokens: { ...accessTokens, previousSecrets: [OLD_SECRET] } },
  });
  acme = await api.createOrganization('acme');
});

afterAll(() => api.close());

const keySet = async () => {
  const response = await fetch(`${api.url}/.well-known/jwks.json`);
  return { response, body: (await response.json()) as JSONWebKeySet };
};

/** The owner's token, signed anew. */
const signed = ({ privateKey, kid }: SigningKey, header: object = {}) =>
  new SignJWT(decodeJwt(acme.owner.token))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid, ...header })
    .sign(privateKey);

const statusWith = async (token: string) => {
  const answer = await api.send('{ viewer { id } }', undefined, {
    authorization: `Bearer ${token}`,
  });
  return answer.status;
};

describe('the keys of access tokens', () => {
  it('are published, so that others can verify our tokens', async () => {
    const { response, body } = await keySet();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('application/jwk-set+json');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    const { payload, protectedHeader } = await jwtVerify(
      acme.owner.token,
      createLocalJWKSet(body),
      { algorithms: ['EdDSA'], typ: 'at+jwt', issuer: 'rowhouse', audience: 'rowhouse-api' },
    );
    expect(payload.sub).toBe(acme.owner.id);
    expect(protectedHeader.kid).toBe(TEST_KEY.kid);
  });

  it('are published without what signs', async () => {
    const { body } = await keySet();
    expect(body.keys).toHaveLength(2);
    for (const key of body.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    }
    expect(JSON.stringify(body)).not.toContain(TEST_SECRET);
  });

  it('are told apart by `kid`: the one before still verifies, and only the new one signs', async () => {
    expect(decodeProtectedHeader(acme.owner.token)).toEqual({
      alg: 'EdDSA',
      typ: 'at+jwt',
      kid: TEST_KEY.kid,
    });
    expect(await statusWith(await signed(signingKeyOf(OLD_SECRET)))).toBe(200);
    expect(await statusWith(await signed(signingKeyOf(`${OLD_SECRET}.`)))).toBe(401);
  });

  it('are not exchanged for each other: a token of one under the name of the other is refused', async () => {
    const old = signingKeyOf(OLD_SECRET);
    expect(await statusWith(await signed(old, { kid: TEST_KEY.kid }))).toBe(401);
    expect(await statusWith(await signed(TEST_KEY, { kid: old.kid }))).toBe(401);
  });

  it('are named by every token that is taken', async () => {
    expect(await statusWith(await signed(TEST_KEY, { kid: undefined }))).toBe(401);
    expect(await statusWith(await signed(TEST_KEY, { kid: '' }))).toBe(401);
    expect(await statusWith(await signed(TEST_KEY))).toBe(200);
  });
});
