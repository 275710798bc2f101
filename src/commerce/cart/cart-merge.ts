import type { Clock } from '../../shared/clock.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import { StockReservationStore } from '../reservation/stock-reservation.store.js';
import { MOST_OF_PRODUCT, MOST_PRODUCTS } from './cart.limits.js';
import type { CartItemRow, CartStore } from './cart.store.js';

const reservations = new StockReservationStore();

/** Who has signed in, and who they were before. Both UUIDs. */
export interface CartOwners {
  readonly visitorId: string;
  readonly userId: string;
}

/** What somebody has put into a cart before they signed in goes on with them. */
export class CartMerge {
  readonly #carts: CartStore;
  readonly #clock: Clock;

  constructor(carts: CartStore, clock: Clock) {
    this.#carts = carts;
    this.#clock = clock;
  }

  /**
   * Puts what is in the visitor's open cart into the user's, and ends the visitor's. Where there is none, or somebody
   * else has just merged it, nothing happens: the same sign-in twice is one.
   *
   * The visitor's cart is locked first and the user's second, always: nobody else locks two, and a visitor is never
   * the user of somebody else. Not in the order of their ids, since the user's may be about to be opened.
   *
   * @param tx of the organization of both, which keeps the user from being removed, as opening a session does
   */
  async merge(tx: TenantTransaction, { visitorId, userId }: CartOwners): Promise<void> {
    const now = this.#clock.now();
    const visitors = await this.#carts.lockOpen(tx, visitorId);
    if (!visitors || (visitors.expiresAt && visitors.expiresAt <= now)) return;
    const brought = await this.#carts.itemsOf(tx, visitors);
    if (brought.length > 0) {
      const times = { now, expiresAt: null };
      const users = await this.#carts.open(tx, userId, times);
      const items = mergedItems(await this.#carts.itemsOf(tx, users), brought);
      await this.#carts.put(tx, users, items, times);
    }
    await this.#carts.end(tx, visitors, 'merged', now);
    // Else it would be kept from its own owner.
    await reservations.end(tx, visitors.id);
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
