import { type IdPrefix, newUuid } from '../../../src/shared/ids.js';
import { unknownId } from '../api.js';
import { ADDRESS } from '../filled-cart.js';
import { type Field, mutationOf, newTag, queryOf } from './mutation.js';
import type { Operation } from './operation.js';
import type { Random } from './random.js';
import { STAFF_WORD } from './reader.js';
import type { Shop } from './shop.js';
import { ANY_NODES, FOR_STAFF, ONE_ORDER, ONE_PAYMENT } from './shop-documents.js';

/** Requests that name what is somebody else's: of another organization, or of another shopper of the same. */
export class Prying {
  readonly #shop: Shop;
  #others: readonly Shop[] = [];

  constructor(shop: Shop) {
    this.#shop = shop;
  }

  faces(others: readonly Shop[]): void {
    this.#others = others;
  }

  /** Searches for words of everybody. */
  get everyMarker(): string {
    return [this.#shop, ...this.#others].map(({ marker }) => marker).join(' or ');
  }

  next(random: Random): Operation {
    return random.chance(0.25) ? this.#ofStaff(random) : this.#ofShopper(random);
  }

  /** What a shopper may not see, or not do. */
  #ofShopper(random: Random): Operation {
    const { shoppers, buyers, staffIds, draft } = this.#shop;
    const as = random.pick(shoppers);
    const neighbours = buyers.filter((buyer) => buyer !== as);
    const ids = neighbours.flatMap((buyer) => this.#shop.memoryOf(buyer).ids);
    const foreign = [...ids, draft, ...staffIds, ...this.#foreignIds(random)];
    const tag = newTag(this.#shop.marker);
    const productId = this.#shop.aProduct(random).id;
    const tried = (name: string, input: object) => () => this.#try(as, { name, input, tag });
    return random.pick([
      () => queryOf(ANY_NODES, { ids: some(random, foreign) }, as),
      () => queryOf(ONE_ORDER, { id: oneOf(random, foreign, 'order') }, as),
      () => queryOf(ONE_PAYMENT, { id: oneOf(random, foreign, 'pay') }, as),
      () => queryOf(random.pick(FOR_STAFF), {}, as),
      () => this.#try(as, random.pick(movesOf(oneOf(random, foreign, 'order'), tag))),
      () => this.#try(as, orderOf(oneOf(random, foreign, 'cart'), tag)),
      tried('addCartItem', {
        productId: random.pick([draft, this.#product(random)]),
        quantity: 1,
      }),
      tried('receiveStock', { productId, quantity: 1, note: tag }),
      tried('updateProduct', { id: productId, version: 1, name: tag }),
    ])();
  }

  /** What the staff names of other organizations. */
  #ofStaff(random: Random): Operation {
    const foreign = this.#foreignIds(random);
    const tag = newTag(this.#shop.marker);
    const productId = this.#product(random);
    const tried = (name: string, input: object) => () => this.#try('owner', { name, input, tag });
    return random.pick([
      () => queryOf(ANY_NODES, { ids: some(random, foreign) }),
      tried('receiveStock', { productId, quantity: 1, note: tag }),
      tried('updateProduct', { id: productId, version: 1, name: tag }),
      () => this.#try('owner', random.pick(movesOf(oneOf(random, foreign, 'order'), tag))),
    ])();
  }

  #try(as: Operation['as'], tried: Tried): Operation {
    return mutationOf([{ ...tried, id: null, selection: '__typename' }], 'pry', as);
  }

  /** Of another organization. */
  #foreignIds(random: Random): string[] {
    const shop = random.pick(this.#others);
    const ids = shop.buyers.flatMap((buyer) => shop.memoryOf(buyer).ids);
    return [...ids, ...shop.products.keys(), ...shop.categories, ...shop.staffIds];
  }

  #product(random: Random): string {
    return random.pick(this.#others).aProduct(random).id;
  }
}

type Tried = Pick<Field, 'name' | 'input' | 'tag'>;

/** What can be done to an order. */
function movesOf(id: string, tag: string): Tried[] {
  const payment = { orderId: id, source: 'local-card-ok', idempotencyKey: newUuid() };
  const note = `${STAFF_WORD} ${tag}`;
  return [
    { name: 'cancelOrder', input: { id, version: 1, note }, tag },
    { name: 'payOrder', input: payment, tag },
    { name: 'refundOrder', input: { id, version: 2, note }, tag },
  ];
}

function orderOf(cartId: string, tag: string): Tried {
  const shippingAddress = { ...ADDRESS, line1: tag };
  const order = { idempotencyKey: newUuid(), cartId, email: 'it@example.com', shippingAddress };
  return { name: 'placeOrder', input: order, tag };
}

function some(random: Random, ids: readonly string[]): string[] {
  return Array.from({ length: 4 }, () => random.pick(ids));
}

/** One of a kind; where there is none yet, one that nobody has. */
function oneOf(random: Random, ids: readonly string[], prefix: IdPrefix): string {
  const wanted = ids.filter((id) => id.startsWith(`${prefix}_`));
  return wanted.length > 0 ? random.pick(wanted) : unknownId(prefix);
}
