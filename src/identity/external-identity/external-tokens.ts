import { decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../../shared/clock.js';
import { RowhouseError, unauthenticated } from '../../shared/errors.js';
import { textFault } from '../../shared/graphql/index.js';
import type { IdentityProviderRow } from '../identity-provider/identity-provider.store.js';
import type { IssuerKeys } from './issuer-keys.js';

/** What a token says, verified or not. */
export type Claims = JWTPayload;

/** Of a token that is verified. */
export type VerifiedClaims = Claims & { sub: string; exp: number };

/** Signatures alone: with a shared secret, whoever can check a token can make one. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/**
 * Of ID tokens and access tokens. Logout tokens and the like have the same issuer, audience and keys, and
 * are not meant to let anybody in (RFC 8725, section 3.11).
 */
const TYPES = new Set(['jwt', 'at+jwt', 'application/at+jwt']);

/** How far an issuer's clock may be off, in seconds. */
const CLOCK_TOLERANCE = 5;
const LONGEST_SUBJECT = 255;
const LONGEST_TEXT = 500;

/** One answer, whatever is wrong: nobody learns whom an organization trusts. */
export function tokenRefused() {
  return unauthenticated('This token opens nothing in this organization. Sign in another way.');
}

/** What a token says of itself, to find out who may vouch for it. @throws UNAUTHENTICATED */
export function unverifiedClaims(token: string): { issuer: string; audiences: string[] } {
  const { iss, aud } = decoded(token);
  const audiences = [aud ?? []].flat().filter(isStorable);
  if (!isStorable(iss) || audiences.length === 0) throw tokenRefused();
  return { issuer: iss, audiences };
}

/** Who says that they have made it; null for what is no JWT. */
export function unverifiedIssuer(token: string): string | null {
  try {
    const { iss } = decodeJwt(token);
    return typeof iss === 'string' ? iss : null;
  } catch {
    return null;
  }
}

/** Checks tokens of identity providers (RFC 7519, RFC 8725, RFC 9068). */
export class ExternalTokens {
  readonly #keys: IssuerKeys;
  readonly #clock: Clock;

  constructor(keys: IssuerKeys, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /**
   * May ask the provider for its keys, so that no transaction is to be open.
   *
   * @throws UNAUTHENTICATED; UNAVAILABLE when the provider has to be asked and does not answer
   */
  async verify(
    orgId: string,
    provider: IdentityProviderRow,
    token: string,
  ): Promise<VerifiedClaims> {
    try {
      const { payload, protectedHeader } = await jwtVerify(
        token,
        (header, jws) => this.#keys.keyOf(orgId, provider, header, jws),
        {
          algorithms: ALGORITHMS,
          issuer: provider.issuer,
          audience: provider.audience,
          currentDate: this.#clock.now(),
          clockTolerance: CLOCK_TOLERANCE,
          requiredClaims: ['exp', 'sub'],
        },
      );
      if (TYPES.has((protectedHeader.typ ?? 'JWT').toLowerCase()) && isTaken(payload, provider)) {
        return payload as VerifiedClaims;
      }
    } catch (error) {
      if (error instanceof RowhouseError && error.code === 'UNAVAILABLE') throw error;
    }
    throw tokenRefused();
  }
}

function isTaken(claims: Claims, { requiredClaims }: IdentityProviderRow): boolean {
  const { sub, cnf, events } = claims;
  if (!isStorable(sub) || sub === '' || sub.length > LONGEST_SUBJECT) return false;
  // Bound to a key that the sender would have to prove (RFC 7800): who sends it as it is may have stolen it.
  if (cnf !== undefined) return false;
  // Of logout and security event tokens (RFC 8417).
  if (events !== undefined) return false;
  return Object.entries(requiredClaims).every(([name, value]) => says(claims, name, value));
}

/** Whether it is text that PostgreSQL takes. */
function isStorable(value: unknown): value is string {
  return value !== undefined && textFault(value, { max: LONGEST_TEXT }) === null;
}

function says(claims: Claims, name: string, value: string): boolean {
  const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (typeof claim === 'number' || typeof claim === 'boolean') return String(claim) === value;
  return claim === value;
}

function decoded(token: string): Claims {
  try {
    return decodeJwt(token);
  } catch {
    throw tokenRefused();
  }
}
