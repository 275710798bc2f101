import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { makeOpaqueToken, type OpaqueToken, readOpaqueToken } from '../../shared/opaque-token.js';

/** What a refresh token says. */
export interface RefreshToken extends OpaqueToken {
  /**
   * Whether it was issued here. One that was, and is not the latest, has been used before; any other is a
   * guess, and tells nothing of who has had the session.
   */
  readonly isIssued: boolean;
}

const KEY_BYTES = 32;
const PROOF_BYTES = 16;
const PROOF = /^[\w-]{22}$/;

/**
 * Makes and reads refresh tokens: an opaque token, and behind a dot the first 128 bits of its HMAC-SHA256. The proof
 * opens nothing: that is for the secret, whose hash the session has. So a token goes on whose proof nobody can
 * check any more, because the secret that it was made with is gone, or which is from before there were any.
 */
export class RefreshTokens {
  /** The first proves, all of them check. */
  readonly #keys: readonly Buffer[];

  /** @param secrets those of the access tokens, the one that signs first; at least one */
  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map(keyOf);
  }

  /**
   * @param session UUIDs of the organization and of the session
   * @returns the token for who is to hold it, to be kept nowhere; and the hash for the session
   */
  make(session: { orgId: string; id: string }): { token: string; hash: Buffer } {
    const { token, hash } = makeOpaqueToken('refresh', session);
    const proof = proofOf(token, this.#keys[0] as Buffer);
    return { token: `${token}.${proof.toString('base64url')}`, hash };
  }

  /** What a token says; null for anything that `make` does not write. */
  read(text: string): RefreshToken | null {
    const [token = '', proof, ...rest] = text.split('.');
    const read = readOpaqueToken('refresh', token);
    if (!read || rest.length > 0) return null;
    if (proof === undefined) return { ...read, isIssued: false };
    return PROOF.test(proof) ? { ...read, isIssued: this.#proves(token, proof) } : null;
  }

  #proves(token: string, proof: string): boolean {
    const given = Buffer.from(proof, 'base64url');
    return this.#keys.some((key) => timingSafeEqual(proofOf(token, key), given));
  }
}

/** HKDF (RFC 5869) gives it, so that nothing else made of the secret resembles it. */
function keyOf(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'rowhouse refresh token', KEY_BYTES));
}

function proofOf(token: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(token).digest().subarray(0, PROOF_BYTES);
}
