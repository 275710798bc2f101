import { ADDRESS } from '../filled-cart.js';
import { type Field, mutationOf, newTag, queryOf } from './mutation.js';
import type { Operation } from './operation.js';
import type { Random } from './random.js';
import { type Shopper, STAFF_WORD } from './reader.js';
import type { Attempt, KnownOrder, Shop } from './shop.js';
import * as documents from './shop-documents.js';

const { ORDER_FIELDS, PAYMENT_FIELDS } = documents;

/** What is asked about orders: by those whose they are, and by the staff, who handles them. */
export class OrderRequests {
  readonly #shop: Shop;

  constructor(shop: Shop) {
    this.#shop = shop;
  }

  order(buyer: Shopper): Operation {
    const tag = newTag(this.#shop.marker);
    const name = `${this.#shop.marker} ${buyer.word}`;
    const shippingAddress = { ...ADDRESS, name, line1: tag };
    const input = { idempotencyKey: keyOf(tag), email: buyer.email, shippingAddress };
    const attempt = { tag, input };
    remember(this.#shop.memoryOf(buyer).placed, attempt);
    return placing(buyer, attempt);
  }

  /** Mostly one whose outcome is known: the same order comes back. */
  orderAgain(random: Random, buyer: Shopper): Operation {
    const { placed } = this.#shop.memoryOf(buyer);
    return placed.length > 0 ? placing(buyer, random.pick(placed)) : this.order(buyer);
  }

  pay(random: Random, buyer: Shopper): Operation {
    const { paid, orders } = this.#shop.memoryOf(buyer);
    if (paid.length > 0 && random.chance(0.2)) return paying(buyer, random.pick(paid));
    const order = some(random, orders, 'PENDING');
    if (!order) return queryOf(documents.OWN_ORDERS, { first: 3 }, buyer);
    const tag = newTag(this.#shop.marker);
    const source = `local-card-${random.pick(['ok', 'ok', 'ok', 'ok', 'slow', 'declined'])}`;
    const attempt = { tag, input: { orderId: order.id, source, idempotencyKey: keyOf(tag) } };
    remember(paid, attempt);
    return paying(random.chance(0.1) ? 'owner' : buyer, attempt);
  }

  ownOrders(random: Random, buyer: Shopper): Operation {
    const { orders, cursors } = this.#shop.memoryOf(buyer);
    const order = some(random, orders, 'PAID');
    if (order && random.chance(0.4)) {
      return queryOf(documents.ONE_ORDER, { id: order.id }, buyer);
    }
    const after = random.chance(0.3) ? cursors.at(-1) : undefined;
    return queryOf(documents.OWN_ORDERS, { first: 1 + random.below(4), after }, buyer);
  }

  cancel(random: Random, buyer: Shopper): Operation {
    const order = some(random, this.#shop.memoryOf(buyer).orders, 'PENDING');
    if (!order) return queryOf(documents.OWN_ORDERS, { first: 3 }, buyer);
    const tag = newTag(this.#shop.marker);
    return mutationOf([move('cancelOrder', order, tag, buyer.word)], 'own cancel', buyer);
  }

  /** Mostly what can become of the order as it is; the staff of a shop meets on the same ones. */
  handle(random: Random): Operation {
    const { orders, marker } = this.#shop;
    const status = random.pick(['PENDING', 'PENDING', 'PAID', 'PAID', 'PAID', 'SHIPPED', 'ANY']);
    const order = some(random, orders, status) ?? some(random, orders, 'ANY');
    if (!order) return queryOf(documents.ALL_ORDERS, { first: 3 });
    const moves = MOVES[order.status] ?? ['cancelOrder', 'refundOrder'];
    const field = move(random.pick(moves), order, newTag(marker), STAFF_WORD);
    return mutationOf([field], 'handle order');
  }

  /** Mostly somebody who has something in their cart. */
  ready(random: Random): Shopper {
    const { buyers } = this.#shop;
    const ready = buyers.filter((buyer) => {
      const { cart } = this.#shop.memoryOf(buyer);
      return cart !== null && cart.items.length > 0 && !cart.hasChanges;
    });
    return random.pick(ready.length > 0 && random.chance(0.9) ? ready : buyers);
  }

  /** Mostly somebody who has an order to be paid. */
  owing(random: Random): Shopper {
    const owing = this.#shop.buyers.filter((buyer) =>
      [...this.#shop.memoryOf(buyer).orders.values()].some(({ status }) => status === 'PENDING'),
    );
    return random.pick(owing.length > 0 ? owing : this.#shop.buyers);
  }
}

const MOVES: Readonly<Record<string, readonly string[]>> = {
  PENDING: ['markOrderPaid', 'cancelOrder'],
  PAID: ['shipOrder', 'shipOrder', 'cancelOrder', 'refundOrder'],
  SHIPPED: ['deliverOrder', 'refundOrder'],
};

/** A tag as a key or SKU can have it. */
export const keyOf = (tag: string) => tag.replace(' ', '');

function placing(buyer: Shopper, { tag, input }: Attempt): Operation {
  const field = { name: 'placeOrder', input, id: null, tag, selection: ORDER_FIELDS };
  return {
    ...mutationOf([field], 'order', buyer),
    fault: ({ field0: { shippingAddress } }) =>
      shippingAddress.line1 === tag ? undefined : 'it is the order of another request',
  };
}

function paying(as: Operation['as'], { tag, input }: Attempt): Operation {
  const field = { name: 'payOrder', input, id: null, tag, selection: PAYMENT_FIELDS };
  return mutationOf([field], 'pay', as);
}

function move(name: string, { id, version }: KnownOrder, tag: string, word: string): Field {
  return { name, input: { id, version, note: `${word} ${tag}` }, id, tag, selection: ORDER_FIELDS };
}

/** An order of this status, or of any; nothing where there is none. */
function some(
  random: Random,
  orders: ReadonlyMap<string, KnownOrder>,
  status: string,
): KnownOrder | undefined {
  const wanted = [...orders.values()].filter((it) => status === 'ANY' || it.status === status);
  return wanted.length > 0 ? random.pick(wanted) : undefined;
}

function remember(attempts: Attempt[], attempt: Attempt): void {
  attempts.push(attempt);
  if (attempts.length > 5) attempts.shift();
}
