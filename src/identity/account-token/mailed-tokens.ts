import type { Clock } from '../../shared/clock.js';
import { badField, type RowhouseError } from '../../shared/errors.js';
import { newUuid } from '../../shared/ids.js';
import {
  makeOpaqueToken,
  type OpaqueToken,
  type OpaqueTokenKind,
  readOpaqueToken,
} from '../../shared/opaque-token.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import type { UserRow, UserStore } from '../user/user.store.js';
import type {
  AccountTokenKind,
  AccountTokenRow,
  AccountTokenStore,
  Addressee,
} from './account-token.store.js';

const HOUR = 3_600_000;

interface Rules {
  readonly opaque: OpaqueTokenKind;
  readonly lifetimeMs: number;
}

const RULES: Readonly<Record<AccountTokenKind, Rules>> = {
  verify_email: { opaque: 'emailVerification', lifetimeMs: 72 * HOUR },
  // It opens the account.
  reset_password: { opaque: 'passwordReset', lifetimeMs: HOUR },
  change_email: { opaque: 'emailChange', lifetimeMs: 24 * HOUR },
};

/**
 * Resets that one account can be sent while they are good. All of them work, so that nobody makes somebody's link
 * useless by asking for another; and nobody fills their mailbox.
 */
const MOST_RESETS = 5;

/** What a token that came back stands for. */
export interface RedeemedToken {
  /** As it is now, and locked until the transaction ends. */
  readonly user: UserRow;
  /** The address that the mail went to. */
  readonly email: string;
}

/** The one answer to a token that is malformed, unknown, used, of another kind or organization. */
export function unusableToken(): RowhouseError {
  return badField(
    'input.token',
    'This link is not good, or not any more: each is good once. Ask for a new one.',
  );
}

/** For who holds the right token, too late. */
export function expiredToken(): RowhouseError {
  return badField('input.token', 'This link has expired. Ask for a new one.');
}

/** Issues what goes into mail to users, and takes it back when it comes: once, and in time. */
export class MailedTokens {
  readonly #store: AccountTokenStore;
  readonly #users: UserStore;
  readonly #clock: Clock;

  constructor(store: AccountTokenStore, users: UserStore, clock: Clock) {
    this.#store = store;
    this.#users = users;
    this.#clock = clock;
  }

  /**
   * A new token for a user. Those of the same kind before are good no more.
   *
   * @param user.id UUID of one who is locked, so that there are never two
   * @returns for the mail, and for nothing else
   */
  async issue(
    tx: TenantTransaction,
    kind: AccountTokenKind,
    user: { id: string; email: string },
  ): Promise<string> {
    const { token, ...made } = this.#make(tx, kind);
    await this.#store.deleteOfUser(tx, user.id, [kind]);
    await this.#store.add(tx, { ...made, kind, userId: user.id, email: user.email });
    return token;
  }

  /**
   * A new token for resetting the password of whoever has this address in the organization.
   *
   * @returns null where nobody can be sent one; it costs about the same
   */
  async issueReset(
    tx: TenantTransaction,
    email: string,
  ): Promise<{ token: string; addressee: Addressee } | null> {
    const kind = 'reset_password';
    const { token, ...made } = this.#make(tx, kind);
    const now = this.#clock.now();
    const addressee = await this.#store.addForAddress(tx, {
      ...made,
      kind,
      email,
      most: MOST_RESETS,
      now,
    });
    return addressee && { token, addressee };
  }

  /** What a token says. @throws BAD_USER_INPUT for what is none of this kind */
  read(kind: AccountTokenKind, token: string): OpaqueToken {
    const read = readOpaqueToken(RULES[kind].opaque, token);
    if (!read) throw unusableToken();
    return read;
  }

  /** Looks whether a token could be redeemed. @throws BAD_USER_INPUT */
  async check(
    tx: TenantTransaction,
    kind: AccountTokenKind,
    { id, hash }: OpaqueToken,
  ): Promise<AccountTokenRow> {
    const now = this.#clock.now();
    const found = await this.#store.find(tx, id, now);
    if (found?.kind !== kind || !hash.equals(found.secretHash)) throw unusableToken();
    if (found.expiresAt <= now) throw expiredToken();
    return found;
  }

  /**
   * Uses a token up. Its user is locked first, as by whoever disables or removes them.
   *
   * @throws BAD_USER_INPUT
   */
  async redeem(
    tx: TenantTransaction,
    kind: AccountTokenKind,
    token: OpaqueToken,
  ): Promise<RedeemedToken> {
    const { id, userId, email } = await this.check(tx, kind, token);
    const user = await this.#users.findAndLock(tx, userId);
    const isTaken = await this.#store.take(tx, id);
    if (!user || !isTaken || user.disabledAt !== null) throw unusableToken();
    // What was sent to an address before it changed proves nothing about the one after.
    if (kind !== 'change_email' && user.email !== email) throw unusableToken();
    return { user, email };
  }

  #make(tx: TenantTransaction, kind: AccountTokenKind) {
    const { opaque, lifetimeMs } = RULES[kind];
    const id = newUuid();
    const { token, hash } = makeOpaqueToken(opaque, { orgId: tx.tenant.orgId, id });
    const expiresAt = new Date(this.#clock.now().getTime() + lifetimeMs);
    return { token, id, secretHash: hash, expiresAt };
  }
}
