import type { UserBelongings } from '../../identity/index.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import type { OrderStore } from './order.store.js';

/** The orders of users. They stay when an account goes: what was sold was sold. */
export class OrderBelongings implements UserBelongings {
  readonly #orders: OrderStore;

  constructor(orders: OrderStore) {
    this.#orders = orders;
  }

  async areOwnedBy(): Promise<boolean> {
    return false;
  }

  async handOver(): Promise<void> {
    // Nobody has bought what somebody else did.
  }

  release(tx: TenantTransaction, userId: string): Promise<void> {
    return this.#orders.releaseCustomer(tx, userId);
  }
}
