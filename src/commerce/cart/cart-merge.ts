import type { Clock } from '../../shared/clock.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import { MOST_OF_PRODUCT, MOST_PRODUCTS } from './cart.limits.js';
import type { CartItemRow, CartStore, LockedCart } from './cart.store.js';

/** What somebody has put into a cart before they signed in goes on with them. */
export class CartMerge {
  readonly #carts: CartStore;
  readonly #clock: Clock;

  constructor(carts: CartStore, clock: Clock) {
    this.#carts = carts;
    this.#clock = clock;
  }

  /**
   * The visitor's open cart, to be merged; null where there is none, it has expired, or somebody else has just merged it:
   * the same sign-in twice is one.
   *
   * Whoever places an order of it has the same lock: when this returns, the order is there, or there will be none.
   *
   * @param visitorId UUID
   */
  async lock(tx: TenantTransaction, visitorId: string): Promise<LockedCart | null> {
    const cart = await this.#carts.lockOpen(tx, visitorId);
    return cart?.expiresAt && cart.expiresAt <= this.#clock.now() ? null : cart;
  }

  /**
   * Puts what is in the visitor's cart into the user's, and ends the visitor's.
   *
   * The visitor's cart is locked first and the user's second, always: nobody else locks two, and a visitor is never
   * the user of somebody else. Not in the order of their ids, since the user's may be about to be opened.
   *
   * @param tx of the organization of both, which keeps the user from being removed, as opening a session does
   * @param userId UUID
   */
  async merge(tx: TenantTransaction, visitors: LockedCart, userId: string): Promise<void> {
    const now = this.#clock.now();
    const brought = await this.#carts.itemsOf(tx, visitors);
    if (brought.length > 0) {
      const times = { now, expiresAt: null };
      const users = await this.#carts.open(tx, userId, times);
      const items = mergedItems(await this.#carts.itemsOf(tx, users), brought);
      await this.#carts.put(tx, users, items, times);
    }
    await this.#carts.end(tx, visitors, 'merged', now);
  }
}

/**
 * What of `brought` goes into a cart that has `there`, as it is then to stand there.
 *
 * Of a product that both have, the quantities are added, and it counts as put in when it first was, at the price that
 * was seen then. What is in another currency than the cart is left out, and what it has no room for.
 */
export function mergedItems(
  there: readonly CartItemRow[],
  brought: readonly CartItemRow[],
): CartItemRow[] {
  const currency = there[0]?.currency ?? brought[0]?.currency;
  const present = new Map(there.map((item) => [item.productId, item]));
  let room = MOST_PRODUCTS - there.length;
  return brought.flatMap((item) => {
    if (item.currency !== currency) return [];
    const other = present.get(item.productId);
    if (!other) return room-- > 0 ? [item] : [];
    const older = other.addedAt <= item.addedAt ? other : item;
    const quantity = Math.min(other.quantity + item.quantity, MOST_OF_PRODUCT);
    return [{ ...older, quantity }];
  });
}
