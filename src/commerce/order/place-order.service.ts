import { createHash } from 'node:crypto';
import { type RequestContext, requireSelf } from '../../identity/index.js';
import {
  badField,
  badUserInput,
  type CartChange,
  cartChanged,
  idempotencyKeyReused,
  notFound,
  RowhouseError,
} from '../../shared/errors.js';
import { decodeId, encodeId, newUuid } from '../../shared/ids.js';
import { ownerOf } from '../cart/cart-owner.js';
import { lockOpenCart } from '../cart/open-cart.lock.js';
import { shown } from '../money/money.type.js';
import type { StockAlerts } from '../stock/stock-alerts.js';
import { StockMovementKind } from '../stock/stock-movement.type.js';
import { planMoves, type StockMove } from '../stock/stock-moves.js';
import type { CartLine, CheckoutStore, SoldProduct } from './checkout.store.js';
import type { IdempotencyKeyStore } from './idempotency-key.store.js';
import type { PlaceOrderInput } from './order.input.js';
import type { NewOrder, OrderRow, OrderStore } from './order.store.js';
import { MOST_ITEMS, type OrderItemRow } from './order-item.store.js';
import { type StoredAddress, storedAddress } from './shipping-address.js';

const OPERATION = 'placeOrder';

export interface PlaceOrderOptions {
  readonly orders: OrderStore;
  readonly checkout: CheckoutStore;
  readonly keys: IdempotencyKeyStore;
  readonly alerts: StockAlerts;
}

/** A cart on its way to become an order. */
interface Checkout extends Omit<NewOrder, 'items' | 'currency' | 'totalAmount'> {
  lines: readonly CartLine[];
}

/** Places orders. What it locks, and in which order: docs/decisions/0022-placing-an-order.md. */
export class PlaceOrderService {
  readonly #options: PlaceOrderOptions;

  constructor(options: PlaceOrderOptions) {
    this.#options = options;
  }

  /**
   * Makes an order of the caller's open cart; of the same request under the same key, the order that is there.
   *
   * @throws CART_CHANGED when a price, or what is for sale, is not what the buyer has seen; INSUFFICIENT_STOCK;
   *   IDEMPOTENCY_KEY_REUSED for another request under the key; NOT_FOUND for a cart that is not the open one;
   *   BAD_USER_INPUT, also for an empty cart. Nothing is kept then, nor the key
   */
  async place(ctx: RequestContext, input: PlaceOrderInput): Promise<OrderRow> {
    const { keys, checkout } = this.#options;
    const { tx } = ctx;
    const ownerId = ownerOf(ctx);
    const cartId = input.cartId == null ? null : decodeId('cart', input.cartId, 'input.cartId');
    const shippingAddress = storedAddress(input.shippingAddress);
    const id = newUuid();
    const requestHash = hashOf({ cartId, email: input.email ?? null, shippingAddress });
    const request = { ownerId, key: input.idempotencyKey, operation: OPERATION, requestHash };
    // Whoever removes accounts locks them first, and what they have behind them.
    const [account, before] = await tx.asOrganization(() =>
      Promise.all([ctx.caller && requireSelf(ctx), keys.claim(tx, request, id)]),
    );
    if (before) {
      const isSame = before.operation === OPERATION && before.requestHash.equals(requestHash);
      if (!isSame) throw idempotencyKeyReused();
      return this.#placedBefore(ctx, before.orderId);
    }
    const email = input.email ?? account?.email;
    if (email === undefined) {
      throw badField(
        'input.email',
        'Say where the buyer can be reached: there is no account whose address could be taken.',
      );
    }
    const [openCartId, lines] = await Promise.all([
      lockOpenCart(tx, ownerId),
      // One more than there may be, to tell.
      checkout.findLines(tx, ownerId, MOST_ITEMS + 1),
    ]);
    if (cartId !== null && cartId !== openCartId) throw notFound(input.cartId as string);
    if (openCartId === null || lines.length === 0) {
      throw badField('input', 'There is nothing in the cart. Put something into it first.');
    }
    if (lines.length > MOST_ITEMS) {
      throw badField('input', `An order has at most ${MOST_ITEMS} products. Take some out first.`);
    }
    const customerId = account?.id ?? null;
    const of = { id, ownerId, customerId, actorId: customerId, cartId: openCartId };
    const order = { ...of, email, shippingAddress, lines };
    return tx.asOrganization(() => this.#place(ctx, order));
  }

  /** What the organization does for the buyer, who may do none of it: it sells. */
  async #place(ctx: RequestContext, { lines, ...order }: Checkout): Promise<OrderRow> {
    const { orders, keys, alerts } = this.#options;
    // Locks the stock with its first statement, which all others are sent behind.
    const taking = planMoves(ctx.tx, salesOf(lines, order));
    const reading = this.#productsOf(ctx, lines);
    const [stock, products] = await Promise.all([
      // What is not for sale needs no stock.
      taking.catch(async (error: unknown) => {
        const isShort = error instanceof RowhouseError && error.code === 'INSUFFICIENT_STOCK';
        if (isShort) this.#judge(lines, await reading);
        throw error;
      }),
      reading,
      keys.sweep(ctx.tx),
    ]);
    const items = this.#judge(lines, products);
    // Exact: so few items of such prices come to less than 2^53.
    const totalAmount = items.reduce((sum, item) => sum + item.totalAmount, 0);
    // Each has the same currency.
    const { currency } = lines[0] as CartLine;
    const recording = stock.record();
    if (stock.low.length > 0) {
      await recording;
      await alerts.raise(ctx, stock.low);
    }
    // Where others have reserved what is to go, neither is kept.
    const placing = orders.place(ctx.tx, { ...order, items, currency, totalAmount });
    const [placed] = await Promise.all([placing, recording]);
    return placed;
  }

  async #productsOf(
    { tx }: RequestContext,
    lines: readonly CartLine[],
  ): Promise<Map<string, SoldProduct>> {
    const ids = lines.map(({ productId }) => productId);
    const products = await this.#options.checkout.findProducts(tx, ids);
    return new Map(products.map((product) => [product.id, product]));
  }

  /**
   * What is ordered, at the prices of now.
   *
   * @throws CART_CHANGED when they are not those that the buyer has seen; BAD_USER_INPUT for several currencies
   */
  #judge(lines: readonly CartLine[], products: ReadonlyMap<string, SoldProduct>) {
    const changes: CartChange[] = [];
    const items: OrderItemRow[] = [];
    for (const line of lines) {
      const product = products.get(line.productId);
      const change = changeOf(line, product);
      if (change) changes.push(change);
      else if (product) items.push(itemOf(line, product));
    }
    if (changes.length > 0) throw cartChanged(changes);
    const currencies = new Set(lines.map(({ currency }) => currency));
    if (currencies.size > 1) {
      throw badUserInput([
        {
          path: 'input',
          message: `An order is paid in one currency, and the cart has ${[...currencies].join(', ')}. Order them one after the other.`,
        },
      ]);
    }
    return items;
  }

  async #placedBefore({ tx }: RequestContext, orderId: string): Promise<OrderRow> {
    const [order] = await this.#options.orders.findByIds(tx, [orderId]);
    // A key is kept along with its order, or not at all; and orders are kept for good.
    if (!order) throw new Error(`The order ${orderId} of an idempotency key is not there`);
    return order as OrderRow;
  }
}

function salesOf(
  lines: readonly CartLine[],
  { id, actorId, cartId }: Pick<NewOrder, 'id' | 'actorId' | 'cartId'>,
): StockMove[] {
  const kind = StockMovementKind.SALE;
  const note = encodeId('order', id);
  return lines.map(({ productId, quantity }) => ({
    productId,
    kind,
    units: { by: -quantity },
    note,
    actorId,
    cartId,
  }));
}

function changeOf(line: CartLine, product: SoldProduct | undefined): CartChange | null {
  const productId = encodeId('prod', line.productId);
  // In another currency it can only be taken out, as the cart says: no price of it can be confirmed.
  const isBuyable = product?.isForSale && product.currency === line.currency;
  if (!isBuyable) return { productId, kind: 'UNAVAILABLE' };
  if (line.priceAmount === product.priceAmount) return null;
  return { productId, kind: 'PRICE', from: priceOf(line), to: priceOf(product) };
}

function priceOf({ priceAmount: amount, currency }: CartLine | SoldProduct) {
  return shown({ amount, currency });
}

function itemOf({ quantity }: CartLine, product: SoldProduct): OrderItemRow {
  const { id: productId, categoryId, sku, name, priceAmount } = product;
  return {
    productId,
    categoryId,
    sku,
    name,
    quantity,
    priceAmount,
    totalAmount: priceAmount * quantity,
  };
}

/** Of what a request asks for, however its fields were written down. */
function hashOf(request: {
  cartId: string | null;
  email: string | null;
  shippingAddress: StoredAddress;
}): Buffer {
  const { cartId, email, shippingAddress } = request;
  // Of a fixed order: `storedAddress` writes each property, and always in the same one.
  const text = JSON.stringify([cartId, email, Object.values(shippingAddress)]);
  return createHash('sha256').update(text).digest();
}
