import {
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';

/** A public key as JWK (RFC 8037). */
export interface PublicKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

/** An Ed25519 key pair, and the name that tokens call it by. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: PublicKey;
}

const SEED_BYTES = 32;
/** What a PKCS#8 private key of Ed25519 begins with; the seed follows (RFC 8410, section 7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The key pair that belongs to a secret: the same one in every process that has the secret, and none of
 * its own to be kept. HKDF (RFC 5869) gives the seed, so that nothing else made of the secret resembles it.
 *
 * @returns with the thumbprint of the public key (RFC 7638) for `kid`
 */
export function signingKeyOf(secret: string): SigningKey {
  const seed = hkdfSync('sha256', secret, '', 'rowhouse access token Ed25519', SEED_BYTES);
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, Buffer.from(seed)]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey);
  const { x } = publicKey.export({ format: 'jwk' }) as { x: string };
  // In the order of the names, without a space: the RFC wants these very bytes hashed.
  const members = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x });
  const kid = createHash('sha256').update(members).digest('base64url');
  const jwk: PublicKey = { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' };
  return { kid, privateKey, publicKey, jwk };
}
