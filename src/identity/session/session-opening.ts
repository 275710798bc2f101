import type { Clock } from '../../shared/clock.js';
import { newUuid } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import type { Client } from '../request-context.js';
import type { Grant } from '../roles.js';
import { visitorIdOf } from '../visitor/cart-token.js';
import type { ShopperWelcome } from '../visitor/shopper-welcome.js';
import type { RefreshTokens } from './refresh-token.js';
import type { SessionStore } from './session.store.js';

/** A session that has been opened, with what an access token needs to know of it. All ids are UUIDs. */
export interface OpenSession extends Grant {
  readonly orgId: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly stamp: number;
  readonly requiresTenantSecret: boolean;
  /** Shown once, and stored nowhere. */
  readonly refreshToken: string;
  readonly expiresAt: Date;
}

export interface SessionSettings {
  /** From the sign-in to the last refresh that is possible, in seconds. */
  readonly lifetimeSeconds: number;
}

/** What is special about one session. */
export interface SessionTerms {
  /** In seconds, where it differs from the settings. */
  readonly lifetimeSeconds?: number | undefined;
  /** Of the password that was given: where the account has another one by now, there is no session. */
  readonly passwordHash?: string | undefined;
}

/**
 * Opens sessions for people who have proven who they are, however they did. Sign-in, sign-up, an invitation
 * and a new password all end here.
 */
export class SessionOpening {
  readonly #store: SessionStore;
  readonly #refreshTokens: RefreshTokens;
  readonly #clock: Clock;
  readonly #settings: SessionSettings;
  readonly #welcome: ShopperWelcome;

  constructor(
    store: SessionStore,
    refreshTokens: RefreshTokens,
    clock: Clock,
    settings: SessionSettings,
    welcome: ShopperWelcome,
  ) {
    this.#store = store;
    this.#refreshTokens = refreshTokens;
    this.#clock = clock;
    this.#settings = settings;
    this.#welcome = welcome;
  }

  /**
   * Who comes with a cart token has been a guest until now, and takes along what they have left behind.
   *
   * @param tx of the user's organization
   * @param userId UUID
   * @returns null when the user is gone or disabled, has another password, or the organization is suspended
   *   or due to be erased
   */
  async open(
    tx: TenantTransaction,
    userId: string,
    client: Client,
    { lifetimeSeconds = this.#settings.lifetimeSeconds, passwordHash }: SessionTerms = {},
  ): Promise<OpenSession | null> {
    const { orgId } = tx.tenant;
    const sessionId = newUuid();
    const { token, hash } = this.#refreshTokens.make({ orgId, id: sessionId });
    const now = this.#clock.now();
    const made = await this.#store.create(tx, {
      id: sessionId,
      userId,
      refreshHash: hash,
      passwordHash: passwordHash ?? null,
      address: client.address,
      userAgent: client.userAgent,
      expiresAt: new Date(now.getTime() + lifetimeSeconds * 1000),
      now,
    });
    if (!made) return null;
    const visitorId = visitorIdOf(orgId, client.cartToken ?? '');
    if (visitorId !== null) await this.#welcome(tx, { visitorId, userId });
    return { orgId, userId, sessionId, stamp: 1, ...made, refreshToken: token };
  }
}
