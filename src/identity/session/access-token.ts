import { errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../shared/clock.js';
import { unauthenticated } from '../../shared/errors.js';
import { encodeId, newUuid, tryDecodeId } from '../../shared/ids.js';
import type { Caller } from '../request-context.js';
import { isRole } from '../roles.js';

export interface AccessTokenSettings {
  /** At least 32 bytes of UTF-8. */
  secret: string;
  issuer: string;
  audience: string;
  /** Lifetime in seconds. */
  lifetimeSeconds: number;
}

export interface AccessToken {
  token: string;
  expiresAt: Date;
}

const ALGORITHM = 'HS256';
const NOT_VALID = 'This access token is not valid. Sign in again.';

/**
 * Makes and checks access tokens: JWTs (RFC 7519) whose algorithm, issuer and audience are pinned
 * (RFC 8725), and which carry the organization, the user and the role.
 */
export class AccessTokens {
  readonly #settings: AccessTokenSettings;
  readonly #clock: Clock;
  readonly #key: Uint8Array;

  constructor(settings: AccessTokenSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#key = new TextEncoder().encode(settings.secret);
  }

  async issue(
    { orgId, userId, role }: Caller,
    lifetimeSeconds = this.#settings.lifetimeSeconds,
  ): Promise<AccessToken> {
    const now = Math.floor(this.#clock.now().getTime() / 1000);
    const expiry = now + lifetimeSeconds;
    const token = await new SignJWT({ org: encodeId('org', orgId), role })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'at+jwt' })
      .setIssuer(this.#settings.issuer)
      .setAudience(this.#settings.audience)
      .setSubject(encodeId('user', userId))
      .setJti(newUuid())
      .setIssuedAt(now)
      .setExpirationTime(expiry)
      .sign(this.#key);
    return { token, expiresAt: new Date(expiry * 1000) };
  }

  /** @throws UNAUTHENTICATED for a token that is forged, expired, or meant for somebody else */
  async verify(token: string): Promise<Caller> {
    const claims = await this.#claims(token);
    const organization = tryDecodeId(String(claims.org));
    const user = tryDecodeId(String(claims.sub));
    if (organization?.prefix !== 'org' || user?.prefix !== 'user' || !isRole(claims.role)) {
      throw unauthenticated(NOT_VALID);
    }
    return { orgId: organization.uuid, userId: user.uuid, role: claims.role };
  }

  async #claims(token: string) {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [ALGORITHM],
        typ: 'at+jwt',
        issuer: this.#settings.issuer,
        audience: this.#settings.audience,
        currentDate: this.#clock.now(),
        requiredClaims: ['exp', 'sub', 'org', 'role'],
      });
      return payload;
    } catch (error) {
      throw unauthenticated(
        error instanceof errors.JWTExpired
          ? 'This access token has expired. Sign in again, without sending it.'
          : NOT_VALID,
      );
    }
  }
}
