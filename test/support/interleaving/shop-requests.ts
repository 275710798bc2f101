import { type Field, mutationOf, newTag, queryOf } from './mutation.js';
import { type Operation, type OperationKind, SHOP_KINDS, type ShopKind } from './operation.js';
import { keyOf, OrderRequests } from './order-requests.js';
import { Prying } from './prying.js';
import type { Random } from './random.js';
import { type Shopper, STAFF_WORD } from './reader.js';
import type { Shop } from './shop.js';
import * as documents from './shop-documents.js';

const { CART_FIELDS, PRODUCT_FIELDS } = documents;

/** How often each kind comes, beside those of {@link WEIGHTS}. */
export const SHOP_WEIGHTS: Record<ShopKind, number> = {
  catalog: 3,
  product: 3,
  cart: 2,
  'count up': 3,
  'fill cart': 6,
  'change cart': 4,
  checkout: 2,
  order: 6,
  'order again': 3,
  pay: 4,
  'own orders': 2,
  'own cancel': 2,
  pry: 5,
  'all orders': 2,
  'handle order': 5,
  stock: 3,
  'edit product': 4,
  sales: 2,
};

export function isShopKind(kind: OperationKind): kind is ShopKind {
  return (SHOP_KINDS as readonly string[]).includes(kind);
}

/** What the people of one shop ask next, its staff and its shoppers. */
export class ShopRequests {
  readonly #shop: Shop;
  readonly #orders: OrderRequests;
  readonly #prying: Prying;

  constructor(shop: Shop) {
    this.#shop = shop;
    this.#orders = new OrderRequests(shop);
    this.#prying = new Prying(shop);
  }

  /** Whose ids are pried for. */
  faces(others: readonly Shop[]): void {
    this.#prying.faces(others);
  }

  next(kind: ShopKind, random: Random): Operation {
    const buyer = random.pick(this.#shop.buyers);
    const reader = random.chance(0.2) ? 'owner' : random.pick(this.#shop.shoppers);
    switch (kind) {
      case 'catalog':
        return this.#catalog(random, reader);
      case 'product':
        return random.chance(0.5)
          ? queryOf(documents.PRODUCT, { id: this.#shop.aProduct(random).id }, reader)
          : queryOf(documents.BY_SKU, { sku: `tee-${1 + random.below(6)}` }, reader);
      case 'cart':
        return queryOf(documents.CART, {}, buyer);
      case 'count up':
        return this.#add(buyer, this.#shop.counted, 1);
      case 'fill cart':
        return this.#add(buyer, this.#shop.aProduct(random).id, 1 + random.below(3));
      case 'change cart':
        return this.#changeCart(random, buyer);
      case 'checkout':
        return random.chance(0.7)
          ? queryOf(documents.BEGIN_CHECKOUT, {}, this.#orders.ready(random))
          : queryOf(documents.END_CHECKOUT, {}, buyer);
      case 'order':
        return this.#orders.order(this.#orders.ready(random));
      case 'order again':
        return this.#orders.orderAgain(random, buyer);
      case 'pay':
        return this.#orders.pay(random, this.#orders.owing(random));
      case 'own orders':
        return this.#orders.ownOrders(random, buyer);
      case 'own cancel':
        return this.#orders.cancel(random, this.#orders.owing(random));
      case 'pry':
        return this.#prying.next(random);
      case 'all orders':
        return queryOf(
          documents.ALL_ORDERS,
          { first: 3, filter: random.pick([{}, { status: ['PENDING'] }, { status: ['PAID'] }]) },
          random.pick(['owner', 'viewer']),
        );
      case 'handle order':
        return this.#orders.handle(random);
      case 'stock':
        return this.#moveStock(random);
      case 'edit product':
        return this.#edit(random);
      case 'sales':
        return this.#sales();
    }
  }

  #catalog(random: Random, as: Operation['as']): Operation {
    const filter = random.pick([
      undefined,
      { inStock: true },
      { categoryId: random.pick(this.#shop.categories) },
      { metadata: { colour: this.#shop.marker } },
      { price: { currency: 'EUR', max: 300 } },
      { text: this.#prying.everyMarker },
    ]);
    if (random.chance(0.3)) return queryOf(documents.FACETS, { filter }, as);
    const orderBy = { field: random.pick(['CREATED_AT', 'NAME', 'PRICE', 'BEST_SELLING']) };
    const cursors = typeof as === 'string' ? [] : this.#shop.memoryOf(as).cursors;
    const after = random.chance(0.2) ? cursors.at(-1) : undefined;
    return queryOf(documents.CATALOG, { first: 1 + random.below(6), after, orderBy, filter }, as);
  }

  #add(buyer: Shopper, productId: string, quantity: number): Operation {
    const input = { productId, quantity };
    const field = { name: 'addCartItem', input, id: null, tag: null, selection: CART_FIELDS };
    return {
      ...mutationOf([field], 'fill cart', buyer),
      fault: ({ field0 }) =>
        quantityOf(field0, productId) >= quantity ? undefined : 'what was added is not there',
    };
  }

  #changeCart(random: Random, buyer: Shopper): Operation {
    const { cart } = this.#shop.memoryOf(buyer);
    const items = (cart?.items ?? []).filter(({ productId }) => productId !== this.#shop.counted);
    const gone = items.find(({ changes }) => changes.some(({ kind }) => kind === 'UNAVAILABLE'));
    if (items.length === 0 || (cart?.hasChanges && !gone)) {
      return queryOf(documents.CONFIRM_CART, {}, buyer);
    }
    const { productId } = gone ?? random.pick(items);
    const of = { id: null, tag: null, selection: CART_FIELDS };
    if (gone || random.chance(0.4)) {
      const field = { ...of, name: 'removeCartItem', input: { productId } };
      return {
        ...mutationOf([field], 'change cart', buyer),
        fault: ({ field0 }) =>
          quantityOf(field0, productId) === 0 ? undefined : 'what was taken out is there',
      };
    }
    const quantity = 1 + random.below(4);
    const field = { ...of, name: 'updateCartItem', input: { productId, quantity } };
    return {
      ...mutationOf([field], 'change cart', buyer),
      fault: ({ field0 }) =>
        quantityOf(field0, productId) === quantity ? undefined : 'it is another quantity',
    };
  }

  #moveStock(random: Random): Operation {
    const productId = this.#shop.aProduct(random).id;
    const tag = newTag(this.#shop.marker);
    const units = { productId, note: `${STAFF_WORD} ${tag}` };
    const selection = 'id name stock { onHand }';
    const field = random.chance(0.5)
      ? { name: 'receiveStock', input: { ...units, quantity: 1 + random.below(10) } }
      : { name: 'correctStock', input: { ...units, quantity: random.pick([-5, -1, 1]) } };
    return mutationOf([{ ...field, id: null, tag, selection }], 'stock');
  }

  #edit(random: Random): Operation {
    const tag = newTag(this.#shop.marker);
    const selection = PRODUCT_FIELDS;
    const price = { amount: random.pick([200, 250, 300]), currency: 'EUR' };
    const categoryId = random.pick(this.#shop.categories);
    const choice = random.below(10);
    const { id, version } = this.#shop.aProduct(random, choice === 9);
    const changing = { id, selection };
    const field = (): Field => {
      if (choice < 3) {
        const input = { sku: keyOf(tag), name: tag, description: tag, price, categoryId };
        const stocked = { ...input, initialStock: 20 + random.below(20) };
        return { name: 'createProduct', input: stocked, id: null, tag, selection };
      }
      if (choice < 8) {
        const changes = random.pick([{}, {}, { price }, { categoryId }, { active: choice > 4 }]);
        const input = { id, version, name: tag, ...changes };
        return { ...changing, name: 'updateProduct', input, tag };
      }
      const name = choice === 8 ? 'deleteProduct' : 'restoreProduct';
      return { ...changing, name, input: { id, version }, tag: null };
    };
    return mutationOf([field()], 'edit product');
  }

  #sales(): Operation {
    const year = new Date().getUTCFullYear();
    const range = { from: `${year - 1}-12-01`, to: `${year + 1}-01-31` };
    return {
      ...queryOf(documents.SALES, { range }, 'owner'),
      fault: ({ stockDiscrepancies: [first] }) => first && 'a stock is not the sum of its ledger',
    };
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a cart of an answer.
function quantityOf(cart: any, productId: string): number {
  // biome-ignore lint/suspicious/noExplicitAny: an item of it.
  return cart.items.find((item: any) => item.productId === productId)?.quantity ?? 0;
}
