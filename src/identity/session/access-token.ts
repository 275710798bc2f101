import { errors, type JWTHeaderParameters, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.js';
import { unauthenticated } from '../../shared/errors.js';
import { encodeId, newUuid, tryDecodeId } from '../../shared/ids.js';
import type { Caller } from '../request-context.js';
import { CUSTOM_ROLE, type Grant, grantOf } from '../roles.js';
import { sessionStands } from './session-claim.js';
import { type PublicKey, type SigningKey, signingKeyOf } from './signing-key.js';

export interface AccessTokenSettings {
  /** The key that signs is made of it. At least 32 bytes of UTF-8. */
  secret: string;
  /** Others, such as the one before: what their keys have signed is good, too. */
  previousSecrets?: readonly string[];
  issuer: string;
  audience: string;
  /** Lifetime in seconds. */
  lifetimeSeconds: number;
}

export interface AccessToken {
  token: string;
  expiresAt: Date;
}

/** Whose token it is. All ids are UUIDs. */
export interface AccessTokenSubject extends Grant {
  orgId: string;
  userId: string;
  sessionId: string;
  /** Of the session, at this moment. */
  stamp: number;
  /** Whether it is good only beside a secret of the organization. */
  requiresTenantSecret: boolean;
  /** When the session ends, and the token at the latest. */
  expiresAt: Date;
}

const ALGORITHM = 'EdDSA';
const TYPE = 'at+jwt';
const NOT_VALID = 'This access token is not valid. Sign in again.';
const EXPIRED =
  'This access token has expired. Refresh the session, or sign in again, without sending it.';
const ENDED =
  'This access token is not good any more: the session was ended, or what you may do has changed. Refresh it, or sign in again.';

/** PostgreSQL's `integer`. */
const LARGEST_STAMP = 2 ** 31 - 1;

/** Verified tokens that are remembered, at most; each takes about a kilobyte. */
const REMEMBERED_TOKENS = 10_000;

/** A token whose signature and claims held; of what can change, only its expiry is left to check. */
interface VerifiedToken {
  readonly caller: Caller;
  /** Seconds since 1970, as in the claim. */
  readonly expiry: number;
}

/**
 * Makes and checks access tokens: JWTs (RFC 7519) whose algorithm, type, issuer and audience are pinned
 * (RFC 8725), and which carry the organization, the user, the role, and the session with its stamp. A role that
 * the organization has made for itself comes with its permissions. Whether the session still stands like
 * that, and so whether the role does, is for the database to say, in the transaction of each request.
 *
 * They are signed with a key pair, so that others can check them without being able to make any.
 */
export class AccessTokens {
  readonly #settings: AccessTokenSettings;
  readonly #clock: Clock;
  readonly #signing: SigningKey;
  /** All that verify, by their `kid`. */
  readonly #keys: ReadonlyMap<string, SigningKey>;
  /** By the whole token: the signature is part of the key, so a forged one is never found. */
  readonly #verified = new LRUCache<string, VerifiedToken>({ max: REMEMBERED_TOKENS });

  constructor(settings: AccessTokenSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#signing = signingKeyOf(settings.secret);
    const keys = [this.#signing, ...(settings.previousSecrets ?? []).map(signingKeyOf)];
    this.#keys = new Map(keys.map((key) => [key.kid, key]));
  }

  /** What stands in `iss` of our tokens. */
  get issuer(): string {
    return this.#settings.issuer;
  }

  /** What verifies our tokens, as a JWK Set (RFC 7517). */
  get publicKeys(): { keys: readonly PublicKey[] } {
    return { keys: [...this.#keys.values()].map(({ jwk }) => jwk) };
  }

  async issue(
    {
      orgId,
      userId,
      role,
      permissions,
      sessionId,
      stamp,
      requiresTenantSecret,
      expiresAt,
    }: AccessTokenSubject,
    lifetimeSeconds = this.#settings.lifetimeSeconds,
  ): Promise<AccessToken> {
    const now = Math.floor(this.#clock.now().getTime() / 1000);
    const expiry = Math.min(now + lifetimeSeconds, Math.floor(expiresAt.getTime() / 1000));
    const claims = {
      org: encodeId('org', orgId),
      role,
      ...(role === CUSTOM_ROLE && { permissions: [...permissions] }),
      sid: encodeId('sess', sessionId),
      stamp,
      ...(requiresTenantSecret && { tenant_secret: true }),
    };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: this.#signing.kid })
      .setIssuer(this.#settings.issuer)
      .setAudience(this.#settings.audience)
      .setSubject(encodeId('user', userId))
      .setJti(newUuid())
      .setIssuedAt(now)
      .setExpirationTime(expiry)
      .sign(this.#signing.privateKey);
    return { token, expiresAt: new Date(expiry * 1000) };
  }

  /** @throws UNAUTHENTICATED for a token that is forged, expired, or meant for somebody else */
  async verify(token: string): Promise<Caller> {
    const known = this.#verified.get(token);
    if (!known) return this.#verifyAnew(token);
    if (known.expiry > this.#clock.now().getTime() / 1000) return known.caller;
    this.#verified.delete(token);
    throw unauthenticated(EXPIRED);
  }

  async #verifyAnew(token: string): Promise<Caller> {
    const claims = await this.#claims(token);
    const organization = tryDecodeId(String(claims.org));
    const user = tryDecodeId(String(claims.sub));
    const session = tryDecodeId(String(claims.sid));
    const { stamp } = claims;
    const grant = grantOf(claims.role, claims.permissions);
    if (
      organization?.prefix !== 'org' ||
      user?.prefix !== 'user' ||
      session?.prefix !== 'sess' ||
      !grant ||
      !isStamp(stamp)
    ) {
      throw unauthenticated(NOT_VALID);
    }
    const of = { orgId: organization.uuid, userId: user.uuid };
    const caller: Caller = {
      ...of,
      ...grant,
      sessionId: session.uuid,
      requiresTenantSecret: claims.tenant_secret === true,
      precondition: {
        statement: sessionStands({ orgId: of.orgId, id: session.uuid, stamp }),
        refusal: () => unauthenticated(ENDED),
      },
    };
    this.#verified.set(token, { caller, expiry: claims.exp as number });
    return caller;
  }

  async #claims(token: string) {
    try {
      const { payload } = await jwtVerify(token, (header) => this.#keyOf(header), {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer: this.#settings.issuer,
        audience: this.#settings.audience,
        currentDate: this.#clock.now(),
        requiredClaims: ['exp', 'sub', 'org', 'role', 'sid', 'stamp'],
      });
      return payload;
    } catch (error) {
      throw unauthenticated(error instanceof errors.JWTExpired ? EXPIRED : NOT_VALID);
    }
  }

  /** Without a `kid`, or with one that is not ours, no key is tried. */
  #keyOf({ kid }: JWTHeaderParameters) {
    const key = this.#keys.get(String(kid));
    if (!key) throw unauthenticated(NOT_VALID);
    return key.publicKey;
  }
}

/** Whether it is one that the column can hold. */
function isStamp(value: unknown): value is number {
  return Number.isInteger(value) && Math.abs(value as number) <= LARGEST_STAMP;
}
