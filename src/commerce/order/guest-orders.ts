import type { TenantTransaction } from '../../tenancy/index.js';
import type { IdempotencyKeyStore } from './idempotency-key.store.js';
import type { OrderStore } from './order.store.js';

/** What somebody has ordered before they signed in goes on with them. */
export class GuestOrders {
  readonly #orders: OrderStore;
  readonly #keys: IdempotencyKeyStore;

  constructor(orders: OrderStore, keys: IdempotencyKeyStore) {
    this.#orders = orders;
    this.#keys = keys;
  }

  /**
   * Makes what a visitor has ordered the user's. The ids are UUIDs.
   *
   * Of two who come with the same visitor, one gets each order. The keys come behind the orders, whose they are: so an
   * order and its key are never of two owners.
   *
   * @param tx which holds the visitor's open cart, where there is one, and of the user no more than the account: see
   *   docs/decisions/0022-placing-an-order.md
   * @returns those that were paid, and so have been counted as sold to nobody
   */
  async takeOver(
    tx: TenantTransaction,
    visit: { visitorId: string; userId: string },
  ): Promise<string[]> {
    const orders = await this.#orders.takeOver(tx, visit);
    if (orders.length === 0) return [];
    await this.#keys.follow(tx, visit);
    return orders.flatMap(({ id, isPaid }) => (isPaid ? [id] : []));
  }
}
