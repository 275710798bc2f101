import { timingSafeEqual } from 'node:crypto';
import { NIL } from 'uuid';
import type { Clock } from '../../shared/clock.js';
import { unauthenticated } from '../../shared/errors.js';
import { readOpaqueToken } from '../../shared/opaque-token.js';
import type { Tenancy } from '../../tenancy/index.js';
import { Remembered } from '../remembered.js';
import type { Caller } from '../request-context.js';
import { grantOf, isPermission, type Permission } from '../roles.js';
import { type ApiKeyStore, apiKeyStands } from './api-key.store.js';

/** Keys that are remembered, at most; each takes about a kilobyte. */
const MOST_REMEMBERED = 10_000;
/** Only how long a key that nobody uses takes up room: whether it still stands, each request asks anew. */
const REMEMBERED_MS = 300_000;

/** What a key came to when it was last looked at. */
export interface KnownApiKey {
  /** UUID. */
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly caller: Caller;
  readonly expiresAt: Date | null;
}

export interface ApiKeyCredentialsOptions {
  readonly tenancy: Tenancy;
  readonly store: ApiKeyStore;
  readonly clock: Clock;
}

/**
 * Tells whom a key acts for. What was found is remembered for the next request, under the key's hash: that it
 * still holds is part of the caller's precondition, and so asked in that request's own transaction.
 */
export class ApiKeyCredentials {
  readonly #options: ApiKeyCredentialsOptions;
  readonly #known: Remembered<KnownApiKey>;

  constructor(options: ApiKeyCredentialsOptions) {
    this.#options = options;
    this.#known = new Remembered(options.clock, { most: MOST_REMEMBERED, forMs: REMEMBERED_MS });
  }

  /** What is remembered of a key; asks nobody. */
  recall(key: string): KnownApiKey | null {
    const known = this.#known.get(key);
    return known && !this.#isOver(known.expiresAt) ? known : null;
  }

  /**
   * Looks a key up. The same is asked of the database whatever is wrong with it.
   *
   * @returns null for anything that is no key, or none that is good
   */
  async look(key: string): Promise<KnownApiKey | null> {
    const read = readOpaqueToken('apiKey', key);
    const { orgId, id, hash } = read ?? { orgId: NIL, id: NIL, hash: NO_HASH };
    const found = await this.#options.tenancy.withTenant({ orgId, userId: null }, 'read', (tx) =>
      this.#options.store.findPresented(tx, id),
    );
    const isRight = timingSafeEqual(hash, found?.secretHash ?? NO_HASH);
    if (!read || !found || !isRight || this.#isOver(found.expiresAt)) return null;
    const { name, prefix, userId, role, rolePermissions, stamp, permissions, expiresAt } = found;
    const { requiresTenantSecret } = found;
    const grant = grantOf(role, rolePermissions);
    if (!grant) return null;
    const caller: Caller = {
      orgId,
      userId,
      role: grant.role,
      permissions: effective(permissions, grant.permissions),
      sessionId: null,
      isKey: true,
      requiresTenantSecret,
      isRemembered: true,
      precondition: {
        statement: apiKeyStands({ orgId, id, stamp, requiresTenantSecret }),
        refusal: () => {
          this.forget(key);
          return apiKeyRefused();
        },
      },
    };
    const known = { id, name, prefix, caller, expiresAt };
    this.#known.set(key, known);
    return known;
  }

  /** Has the key looked up again. */
  forget(key: string): void {
    this.#known.delete(key);
  }

  #isOver(expiresAt: Date | null): boolean {
    return expiresAt !== null && expiresAt <= this.#options.clock.now();
  }
}

/** For a key that is not good, whatever the reason. */
export function apiKeyRefused(): Error {
  return unauthenticated(
    'This API key is not good: it was revoked, has expired, or its user may not act at the moment.',
  );
}

const NO_HASH = Buffer.alloc(32);

/** What a key may do: never more than its user at this moment. */
function effective(
  scopes: readonly string[] | null,
  held: ReadonlySet<Permission>,
): ReadonlySet<Permission> {
  return new Set((scopes ?? []).filter(isPermission).filter((scope) => held.has(scope)));
}
