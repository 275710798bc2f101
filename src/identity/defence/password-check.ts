import { badField } from '../../shared/errors.js';
import type { Tenancy } from '../../tenancy/index.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import type { PasswordHasher } from '../session/password-hasher.js';
import type { UserStore } from '../user/user.store.js';
import type { RateLimit } from './rate-limit.js';

const TOO_MANY = 'Too many wrong passwords or codes. Wait, and try again then.';

export interface PasswordCheckOptions {
  readonly tenancy: Tenancy;
  readonly users: UserStore;
  readonly passwords: PasswordHasher;
  /** How often people may be wrong about their own password or code. */
  readonly limit: RateLimit;
}

/**
 * Asks people who are signed in for their password once more, or for a code, before what matters. Whoever
 * has found a device unlocked guesses no longer than at the sign-in.
 */
export class PasswordCheck {
  readonly #options: PasswordCheckOptions;

  constructor(options: PasswordCheckOptions) {
    this.#options = options;
  }

  /**
   * @param path where the password stands in the arguments, for the error
   * @returns the hash of the password, which is right
   * @throws BAD_USER_INPUT when it is wrong; RATE_LIMITED
   */
  async require(ctx: RequestContext, password: string, path: string): Promise<string> {
    const { tenancy, users, passwords } = this.#options;
    const { orgId, userId, precondition } = requireCaller(ctx);
    await this.take(ctx);
    // In a transaction of its own: no connection is held while the password is worked on.
    const stored = await tenancy.withTenant(
      { orgId, userId },
      'read',
      (tx) => users.findPasswordHash(tx, userId),
      { precondition },
    );
    const matches = await passwords.matches(stored, password);
    if (stored === null || !matches) throw wrongPassword(path);
    await this.passed(ctx);
    return stored;
  }

  /** Counts an attempt of the caller. @throws RATE_LIMITED */
  async take(ctx: RequestContext): Promise<void> {
    await this.#options.limit.take(keyOf(ctx), TOO_MANY);
  }

  /** It was the right person: what was counted is forgotten. */
  async passed(ctx: RequestContext): Promise<void> {
    await this.#options.limit.reset(keyOf(ctx));
  }
}

/** @param path where it stands in the arguments */
export function wrongPassword(path: string) {
  return badField(path, 'This is not your current password.');
}

function keyOf(ctx: RequestContext): string {
  const { orgId, userId } = requireCaller(ctx);
  return `${orgId} ${userId}`;
}
