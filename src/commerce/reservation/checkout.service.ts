import type { RequestContext } from '../../identity/index.js';
import { badField } from '../../shared/errors.js';
import { MOST_PRODUCTS } from '../cart/cart.limits.js';
import { NOBODY, ownerOf } from '../cart/cart-owner.js';
import { lockOpenCart } from '../cart/open-cart.lock.js';
import type { CheckoutCartStore } from './checkout-cart.store.js';
import { reserve } from './reserve.js';
import type {
  CheckoutTerms,
  StockReservationRow,
  StockReservationStore,
} from './stock-reservation.store.js';

/** What is kept for a cart, and until when. */
export interface CheckoutRow {
  expiresAt: Date;
  renewableUntil: Date;
  items: readonly StockReservationRow[];
}

/** Carts that are kept for some time after something was done with them. */
export interface TouchedCarts {
  /** @param cartId of an open cart of the caller that this transaction has locked */
  touch(ctx: RequestContext, cartId: string): Promise<void>;
}

export interface CheckoutServiceOptions {
  readonly carts: CheckoutCartStore;
  readonly reservations: StockReservationStore;
  readonly terms: CheckoutTerms;
  readonly touched: TouchedCarts;
}

const MINUTE_MS = 60_000;

export class CheckoutService {
  readonly #carts: CheckoutCartStore;
  readonly #reservations: StockReservationStore;
  readonly #terms: CheckoutTerms;
  readonly #touched: TouchedCarts;

  constructor({ carts, reservations, terms, touched }: CheckoutServiceOptions) {
    this.#carts = carts;
    this.#reservations = reservations;
    this.#terms = terms;
    this.#touched = touched;
  }

  /** The caller's checkout; null where none is open. */
  async get(ctx: RequestContext): Promise<CheckoutRow | null> {
    const ownerId = ctx.tx.tenant.userId ?? NOBODY;
    return this.#checkoutOf(await this.#reservations.ofOwner(ctx.tx, ownerId));
  }

  /**
   * Reserves what is in the caller's cart, anew or for the first time.
   *
   * @throws INSUFFICIENT_STOCK, RATE_LIMITED; BAD_USER_INPUT for a cart with nothing in it, or too much
   */
  async begin(ctx: RequestContext): Promise<CheckoutRow | null> {
    const { tx } = ctx;
    const ownerId = ownerOf(ctx);
    const id = await lockOpenCart(tx, ownerId);
    const items = id === null ? [] : await this.#carts.items(tx, id, MOST_PRODUCTS + 1);
    if (id === null || items.length === 0) {
      throw badField('cart', 'There is nothing in it: add a product first.');
    }
    if (items.length > MOST_PRODUCTS) {
      const message = `There are more than ${MOST_PRODUCTS} products in it: remove some, and order them by themselves.`;
      throw badField('cart', message);
    }
    const cart = { id, ownerId, items };
    const reserved = await tx.asOrganization(() => reserve(tx, cart, this.#terms));
    // Else it might be forgotten while its owner is checking out.
    await this.#touched.touch(ctx, id);
    return this.#checkoutOf(reserved);
  }

  /** Gives back what is reserved for the caller's cart, and returns that; null where nothing is. */
  async end(ctx: RequestContext): Promise<CheckoutRow | null> {
    const id = await lockOpenCart(ctx.tx, ownerOf(ctx));
    if (id === null) return null;
    const end = () => this.#reservations.end(ctx.tx, id);
    return this.#checkoutOf(await ctx.tx.asOrganization(end));
  }

  #checkoutOf(items: readonly StockReservationRow[]): CheckoutRow | null {
    const [first] = items;
    if (!first) return null;
    const limit = this.#terms.limitMinutes * MINUTE_MS;
    return {
      expiresAt: first.expiresAt,
      renewableUntil: new Date(first.startedAt.getTime() + limit),
      items,
    };
  }
}
