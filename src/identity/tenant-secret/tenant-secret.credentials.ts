import { NIL } from 'uuid';
import type { Clock } from '../../shared/clock.js';
import { tryDecodeId } from '../../shared/ids.js';
import { readOpaqueToken } from '../../shared/opaque-token.js';
import type { Tenancy } from '../../tenancy/index.js';
import { Remembered } from '../remembered.js';
import type { PasswordHasher } from '../session/password-hasher.js';
import type { TenantSecretStore } from './tenant-secret.store.js';

/** Secrets that are remembered, at most. */
const MOST_REMEMBERED = 10_000;
/** After that, one request pays for Argon2 again. */
const REMEMBERED_MS = 300_000;

/** A tenant id and a secret, as headers have them. */
export interface TenantProof {
  readonly tenantId: string | undefined;
  readonly tenantSecret: string | undefined;
}

/** UUIDs of the organization and the row. */
export interface TenantSecretClaim {
  readonly orgId: string;
  readonly id: string;
}

/** A secret that was verified. */
export interface KnownTenantSecret extends TenantSecretClaim {
  readonly prefix: string;
  readonly expiresAt: Date | null;
}

export interface TenantSecretCredentialsOptions {
  readonly tenancy: Tenancy;
  readonly store: TenantSecretStore;
  readonly passwords: PasswordHasher;
  readonly clock: Clock;
}

/**
 * Tells whether a secret is one of the organization that is named beside it. Verifying costs tens of
 * milliseconds of Argon2, so what was found is remembered under the secret's SHA-256: that the row is still
 * there is for the caller's precondition to ask, in each request's own transaction.
 */
export class TenantSecretCredentials {
  readonly #options: TenantSecretCredentialsOptions;
  readonly #known: Remembered<KnownTenantSecret>;

  constructor(options: TenantSecretCredentialsOptions) {
    this.#options = options;
    this.#known = new Remembered(options.clock, { most: MOST_REMEMBERED, forMs: REMEMBERED_MS });
  }

  /** What is remembered of a secret; asks nobody. */
  recall({ tenantId, tenantSecret }: TenantProof): KnownTenantSecret | null {
    if (tenantSecret === undefined) return null;
    const known = this.#known.get(tenantSecret);
    if (!known || known.orgId !== organizationOf(tenantId)) return null;
    return this.#isOver(known.expiresAt) ? null : known;
  }

  /** What a secret says of itself, if it says the same as the tenant id; it proves nothing yet. */
  claimOf({ tenantId, tenantSecret = '' }: TenantProof): TenantSecretClaim | null {
    const read = readOpaqueToken('tenantSecret', tenantSecret);
    return read !== null && read.orgId === organizationOf(tenantId) ? read : null;
  }

  /**
   * Verifies a secret, and remembers it. The same is asked of the database, and the same worked on, whatever is wrong with it.
   *
   * @returns null for anything that is no secret of this organization, or none that is good
   */
  async verify(proof: TenantProof): Promise<KnownTenantSecret | null> {
    const { tenancy, store, passwords } = this.#options;
    const { tenantSecret = '' } = proof;
    const { orgId, id } = this.claimOf(proof) ?? { orgId: NIL, id: NIL };
    const found = await tenancy.withTenant({ orgId, userId: null }, 'read', (tx) =>
      store.findPresented(tx, id),
    );
    // No connection is held while the secret is worked on.
    const matches = await passwords.matches(found?.secretHash ?? null, tenantSecret);
    if (!found || !matches || this.#isOver(found.expiresAt)) return null;
    const { prefix, expiresAt } = found;
    const known = { orgId, id, prefix, expiresAt };
    this.#known.set(tenantSecret, known);
    return known;
  }

  /** Has the secret verified again. */
  forget(tenantSecret: string): void {
    this.#known.delete(tenantSecret);
  }

  #isOver(expiresAt: Date | null): boolean {
    return expiresAt !== null && expiresAt <= this.#options.clock.now();
  }
}

/** UUID of the organization that a tenant id names; null where it names none. */
export function organizationOf(tenantId: string | undefined): string | null {
  const decoded = tryDecodeId(tenantId ?? '');
  return decoded?.prefix === 'org' ? decoded.uuid : null;
}
