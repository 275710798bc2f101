import type { TenantTransaction } from '../../tenancy/index.js';
import type { IdempotencyKeyStore } from './idempotency-key.store.js';
import type { OrderStore, TakenOrder } from './order.store.js';

/** Of one visitor: far more than anybody orders as a guest. A sign-in ends, whatever a token was used for. */
const MOST_TAKEN_OVER = 10_000;

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
   * @returns those that were paid, and are counted as sold to nobody, if at all
   */
  async takeOver(
    tx: TenantTransaction,
    visit: { visitorId: string; userId: string },
  ): Promise<TakenOrder[]> {
    const orders = await this.#orders.takeOver(tx, visit, MOST_TAKEN_OVER);
    if (orders.length === 0) return [];
    await this.#keys.follow(tx, visit);
    return orders.filter(({ isPaid }) => isPaid);
  }
}
