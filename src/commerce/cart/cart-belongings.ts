import type { UserBelongings } from '../../identity/index.js';
import type { Clock } from '../../shared/clock.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import type { CartStore } from './cart.store.js';

/** The cart of a user goes with them. */
export class CartBelongings implements UserBelongings {
  readonly #carts: CartStore;
  readonly #clock: Clock;

  constructor(carts: CartStore, clock: Clock) {
    this.#carts = carts;
    this.#clock = clock;
  }

  async areOwnedBy(): Promise<boolean> {
    return false;
  }

  async handOver(): Promise<void> {}

  async release(tx: TenantTransaction, userId: string): Promise<void> {
    const cart = await this.#carts.lockOpen(tx, userId);
    if (cart) await this.#carts.end(tx, cart, 'expired', this.#clock.now());
  }
}
