import type { TenantTransaction } from '../../tenancy/index.js';

/**
 * What other features keep that refers to users. They know users, users don't know them; so they
 * hand this in, for the removal of an account. All ids are UUIDs.
 */
export interface UserBelongings {
  /** Whether the user owns anything that cannot be without an owner; deleted things count. */
  areOwnedBy(tx: TenantTransaction, userId: string): Promise<boolean>;

  /** Gives all of it to another user, who is there. */
  handOver(tx: TenantTransaction, userId: string, newOwnerId: string): Promise<void>;

  /** Lets go of the user wherever there can be nobody as well. */
  release(tx: TenantTransaction, userId: string): Promise<void>;
}

/** Those of several features, as one. */
export function allBelongings(all: readonly UserBelongings[]): UserBelongings {
  return {
    async areOwnedBy(tx, userId) {
      for (const each of all) if (await each.areOwnedBy(tx, userId)) return true;
      return false;
    },
    async handOver(tx, userId, newOwnerId) {
      for (const each of all) await each.handOver(tx, userId, newOwnerId);
    },
    async release(tx, userId) {
      for (const each of all) await each.release(tx, userId);
    },
  };
}
