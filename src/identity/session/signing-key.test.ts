import { describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint, importJWK, jwtVerify, SignJWT } from 'jose';
import { signingKeyOf } from './signing-key.js';

const SECRET = 'a secret of the tests, of more than 32 bytes';

describe('a signing key', () => {
  it('is the same whenever it is made of the same secret, and another one of another', () => {
    expect(signingKeyOf(SECRET).jwk).toEqual(signingKeyOf(SECRET).jwk);
    expect(signingKeyOf(`${SECRET}.`).jwk.x).not.toBe(signingKeyOf(SECRET).jwk.x);
  });

  it('is called by the thumbprint of its public half', async () => {
    const { jwk, kid } = signingKeyOf(SECRET);
    expect(kid).toBe(await calculateJwkThumbprint({ ...jwk }));
    expect(jwk.kid).toBe(kid);
  });

  it('publishes what verifies its signatures, and nothing that signs', async () => {
    const { privateKey, jwk } = signingKeyOf(SECRET);
    expect(Object.keys(jwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    const token = await new SignJWT({ a: 1 }).setProtectedHeader({ alg: 'EdDSA' }).sign(privateKey);
    const { payload } = await jwtVerify(token, await importJWK({ ...jwk }));
    expect(payload).toEqual({ a: 1 });
  });
});
