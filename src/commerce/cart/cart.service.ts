import { type RequestContext, VisitorLimit } from '../../identity/index.js';
import type { Clock } from '../../shared/clock.js';
import { badField, insufficientStock, notFound } from '../../shared/errors.js';
import { decodeId } from '../../shared/ids.js';
import type { Money } from '../money/money.js';
import { ProductLoader } from '../product/product.loader.js';
import type { ProductRow } from '../product/product.store.js';
import type { AddCartItemInput, RemoveCartItemInput, UpdateCartItemInput } from './cart.input.js';
import { MOST_OF_PRODUCT, MOST_PRODUCTS } from './cart.limits.js';
import type {
  CartItemRow,
  CartRow,
  CartStore,
  CartTimes,
  FilledCart,
  LockedCart,
} from './cart.store.js';
import { buyable, changesOf, isForSale, onHandOf } from './cart-line.js';
import { isVisitor, keepOwner, NOBODY, ownerOf } from './cart-owner.js';

export interface CartSettings {
  /** For how many days the cart of a visitor is kept after the last change. */
  readonly lifetimeDays: number;
  /** How many carts guests can open in an organization who come from one network address. */
  readonly perAddress: { readonly times: number; readonly seconds: number };
}

const DAY = 86_400_000;

/** A cart that is locked, with all that is in it. */
interface ReadCart {
  readonly cart: LockedCart;
  readonly items: readonly CartItemRow[];
}

export class CartService {
  readonly #carts: CartStore;
  readonly #clock: Clock;
  readonly #settings: CartSettings;
  /** Anybody can make up a token, so it is carts that count, and not tokens alone. */
  readonly #opened: VisitorLimit;

  constructor(carts: CartStore, clock: Clock, settings: CartSettings) {
    this.#carts = carts;
    this.#clock = clock;
    this.#settings = settings;
    this.#opened = new VisitorLimit(
      settings.perAddress,
      'Too many carts were opened from this network address. Sign in, or try again later.',
    );
  }

  /** The caller's own; null when none is open. */
  async find(ctx: RequestContext): Promise<FilledCart | null> {
    // A guest who is nobody yet has none, and is asked whether they may ask all the same.
    const cart = await this.#carts.findOpen(ctx.tx, ctx.tx.tenant.userId ?? NOBODY);
    return cart && this.#isExpired(cart) ? null : cart;
  }

  /**
   * @throws NOT_FOUND for a product that is not for sale; INSUFFICIENT_STOCK when there are fewer than the cart would
   *   have; RATE_LIMITED for a visitor whose network address has opened many carts; BAD_USER_INPUT
   */
  async add(ctx: RequestContext, input: AddCartItemInput): Promise<FilledCart | null> {
    const productId = decodeId('prod', input.productId, 'input.productId');
    const [open, product, onHand] = await Promise.all([
      this.#lockFilled(ctx),
      ctx.use(ProductLoader).byId.load(productId),
      onHandOf(ctx, productId),
    ]);
    if (!product || !isForSale(product)) throw notFound(input.productId);
    // None is opened, and counted, for what cannot be put in.
    if (!open) requireStock(input.productId, onHand, input.quantity);
    const { cart, items } = open ?? (await this.#open(ctx));
    const there = items.find((item) => item.productId === productId);
    const quantity = (there?.quantity ?? 0) + input.quantity;
    requireRoom(items, there, quantity);
    requireCurrency(items, product);
    requireStock(input.productId, onHand, quantity);
    const times = this.#times(ctx);
    const { priceAmount, currency } = product;
    const added = { productId, priceAmount, currency, addedAt: addedAfter(items, times.now) };
    // What the owner has seen of one that is there stays: else a new price would go unnoticed.
    return this.#put(ctx, cart, items, { ...(there ?? added), quantity }, times);
  }

  /**
   * @throws NOT_FOUND for a product that is not in the cart; INSUFFICIENT_STOCK when there are fewer; BAD_USER_INPUT,
   *   also for one that cannot be bought any more
   */
  async update(ctx: RequestContext, input: UpdateCartItemInput): Promise<FilledCart | null> {
    const { quantity } = input;
    const { cart, items, item } = await this.#lockItem(ctx, input.productId);
    const [product, onHand] = await Promise.all([
      buyable(ctx, item),
      onHandOf(ctx, item.productId),
    ]);
    if (!product) {
      throw badField(
        'input.productId',
        'This product can not be bought any more, or not in the currency of the cart: take it out with removeCartItem.',
      );
    }
    requireStock(input.productId, onHand, quantity);
    return this.#put(ctx, cart, items, { ...item, quantity }, this.#times(ctx));
  }

  /** @throws NOT_FOUND for a product that is not in the cart; BAD_USER_INPUT */
  async remove(
    ctx: RequestContext,
    { productId }: RemoveCartItemInput,
  ): Promise<FilledCart | null> {
    const { cart, item } = await this.#lockItem(ctx, productId);
    return this.#after(ctx, this.#carts.remove(ctx.tx, cart, item.productId, this.#times(ctx)));
  }

  /** Takes everything out of the cart; where none is open, there is nothing to do. */
  async clear(ctx: RequestContext): Promise<FilledCart | null> {
    const cart = await this.#lock(ctx);
    if (!cart) return null;
    return this.#after(ctx, this.#carts.clear(ctx.tx, cart, this.#times(ctx)));
  }

  /** The owner has seen what everything costs now; where no cart is open, there is nothing to do. */
  async confirm(ctx: RequestContext): Promise<FilledCart | null> {
    const cart = await this.#lock(ctx);
    if (!cart) return null;
    return this.#after(ctx, this.#carts.confirm(ctx.tx, cart, this.#times(ctx)));
  }

  /** Something is done with the caller's open cart, which is locked: that of a visitor is kept for as long anew. */
  async touch(ctx: RequestContext, id: string): Promise<void> {
    if (isVisitor(ctx)) await this.#carts.touch(ctx.tx, { id }, this.#times(ctx));
  }

  /** What the items come to that can be bought; null for a cart with nothing in it, which has no currency. */
  async total(ctx: RequestContext, { items }: FilledCart): Promise<Money | null> {
    const [first] = items;
    if (!first) return null;
    const sums = items.map(async (item) => {
      const product = await buyable(ctx, item);
      return product ? product.priceAmount * item.quantity : 0;
    });
    const amount = (await Promise.all(sums)).reduce((sum, each) => sum + each, 0);
    return { amount, currency: first.currency };
  }

  async hasChanges(ctx: RequestContext, { items }: FilledCart): Promise<boolean> {
    const changes = await Promise.all(items.map((item) => changesOf(ctx, item)));
    return changes.some(({ length }) => length > 0);
  }

  /** @returns the cart as it is then: nobody else changes it, and all that is in it has been read */
  async #put(
    ctx: RequestContext,
    cart: LockedCart,
    items: readonly CartItemRow[],
    item: CartItemRow,
    times: CartTimes,
  ): Promise<FilledCart> {
    await this.#carts.put(ctx.tx, cart, [item], times);
    const isThere = items.some(({ productId }) => productId === item.productId);
    return {
      id: cart.id,
      expiresAt: times.expiresAt,
      updatedAt: times.now,
      items: isThere
        ? items.map((each) => (each.productId === item.productId ? item : each))
        : [...items, item],
    };
  }

  /** The cart as it is by then: it is asked for right behind what is being written, which nobody waits for before. */
  async #after(ctx: RequestContext, writing: Promise<void>): Promise<FilledCart | null> {
    const [cart] = await Promise.all([this.find(ctx), writing]);
    return cart;
  }

  /** The caller's open cart, locked; null when there is none. One that has expired is ended. */
  async #lock(ctx: RequestContext): Promise<LockedCart | null> {
    const cart = await this.#carts.lockOpen(ctx.tx, ownerOf(ctx));
    if (!cart || !this.#isExpired(cart)) return cart;
    const end = () => this.#carts.end(ctx.tx, cart, 'expired', this.#clock.now());
    await ctx.tx.asOrganization(end);
    return null;
  }

  /** The same with what is in it, which is asked for right behind what locks it. */
  async #lockFilled(ctx: RequestContext): Promise<ReadCart | null> {
    const ownerId = ownerOf(ctx);
    const [cart, items] = await Promise.all([
      this.#lock(ctx),
      this.#carts.itemsOfOpen(ctx.tx, ownerId),
    ]);
    return cart && { cart, items };
  }

  /** Opens one for the caller, and ends those that have expired: so nobody has to look into all organizations. */
  async #open(ctx: RequestContext): Promise<ReadCart> {
    // Users have one at most, and an account.
    if (isVisitor(ctx)) await this.#opened.take(ctx);
    const { tx } = ctx;
    const { isShopper } = tx.tenant;
    const ownerId = ownerOf(ctx);
    const times = this.#times(ctx);
    // Sent together, but not for a shopper: nothing of theirs runs beside what the organization does.
    const keeping = keepOwner(ctx);
    if (isShopper) await keeping;
    const opening = this.#carts.open(tx, ownerId, times);
    if (isShopper) await opening;
    // They are those of others.
    const sweeping = tx.asOrganization(() => this.#carts.sweep(tx, times.now));
    const [, cart] = await Promise.all([keeping, opening, sweeping]);
    // Somebody else may have opened it meanwhile.
    const items = cart.isNew ? [] : await this.#carts.itemsOf(tx, cart);
    return { cart, items };
  }

  async #lockItem(ctx: RequestContext, id: string): Promise<ReadCart & { item: CartItemRow }> {
    const productId = decodeId('prod', id, 'input.productId');
    const open = await this.#lockFilled(ctx);
    const item = open?.items.find((each) => each.productId === productId);
    if (!open || !item) throw notFound(id);
    return { ...open, item };
  }

  #times(ctx: RequestContext): CartTimes {
    const now = this.#clock.now();
    const { lifetimeDays } = this.#settings;
    return {
      now,
      expiresAt: isVisitor(ctx) ? new Date(now.getTime() + lifetimeDays * DAY) : null,
    };
  }

  #isExpired({ expiresAt }: Pick<CartRow, 'expiresAt'>): boolean {
    return expiresAt !== null && expiresAt <= this.#clock.now();
  }
}

/** @throws BAD_USER_INPUT when there would be more in the cart than it takes */
function requireRoom(
  items: readonly CartItemRow[],
  there: CartItemRow | undefined,
  quantity: number,
): void {
  if (quantity > MOST_OF_PRODUCT) {
    throw badField(
      'input.quantity',
      `The cart has ${there?.quantity} of this product already, and takes at most 9,999.`,
    );
  }
  if (!there && items.length >= MOST_PRODUCTS) {
    throw badField('input.productId', `The cart has ${MOST_PRODUCTS} products, and takes no more.`);
  }
}

/** @throws BAD_USER_INPUT when the cart has another currency */
function requireCurrency([first]: readonly CartItemRow[], { currency }: ProductRow): void {
  if (!first || first.currency === currency) return;
  throw badField(
    'input.productId',
    `The cart is in ${first.currency}, and this product has a price in ${currency}. Order what is in the cart, or take it out, first.`,
  );
}

/** @throws INSUFFICIENT_STOCK */
function requireStock(id: string, onHand: number, requested: number): void {
  if (onHand < requested) throw insufficientStock([{ productId: id, onHand, requested }]);
}

/** Later than all that is in the cart, also within one millisecond: the items stay in the order of adding. */
function addedAfter(items: readonly CartItemRow[], now: Date): Date {
  const last = items.at(-1)?.addedAt.getTime() ?? 0;
  return new Date(Math.max(now.getTime(), last + 1));
}
