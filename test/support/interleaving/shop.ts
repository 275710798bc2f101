import type { Organization } from '../api.js';
import type { Random } from './random.js';
import { isShopper, type Reader, type Shopper, STAFF_WORD } from './reader.js';

/** As many as operations choose from; few, so that clients meet on the same ones. */
const MOST_KNOWN = 25;

export interface KnownProduct {
  id: string;
  version: number;
  deleted: boolean;
}

export interface KnownOrder {
  id: string;
  version: number;
  status: string;
}

/** An order or a payment that was asked for; the same request may come again. */
export interface Attempt {
  tag: string;
  input: Record<string, unknown>;
}

/** What a shopper was shown, and what they have asked for. */
export class ShopperMemory {
  readonly orders = new Map<string, KnownOrder>();
  readonly placed: Attempt[] = [];
  readonly paid: Attempt[] = [];
  /** Ids of what is nobody else's. */
  readonly ids: string[] = [];
  readonly cursors: string[] = [];
  cart: { id: string; hasChanges: boolean; items: CartItem[] } | null = null;
}

interface CartItem {
  productId: string;
  quantity: number;
  changes: { kind: string }[];
}

/** What is known of the shop of one organization. */
export class Shop {
  readonly products = new Map<string, KnownProduct>();
  /** As the staff knows them. */
  readonly orders = new Map<string, KnownOrder>();
  /** Ids that are shown to the staff alone. */
  readonly staffIds: string[] = [];
  readonly #memories = new Map<Reader, ShopperMemory>();

  /**
   * @param marker the word that every text of the organization has in it
   * @param counted id of a product that nobody changes, puts out of a cart or says a quantity of
   * @param draft id of a product that nobody puts on sale, so that no shopper is ever shown it
   * @param categories their ids
   */
  constructor(
    readonly marker: string,
    readonly shoppers: readonly Shopper[],
    readonly counted: string,
    readonly draft: string,
    readonly categories: readonly string[],
  ) {}

  /** Those who can have a cart. */
  get buyers(): readonly Shopper[] {
    return this.shoppers.filter(({ ownerId }) => ownerId !== null);
  }

  memoryOf(shopper: Shopper): ShopperMemory {
    const memory = this.#memories.get(shopper) ?? new ShopperMemory();
    this.#memories.set(shopper, memory);
    return memory;
  }

  aProduct(random: Random, deleted = false): KnownProduct {
    const wanted = [...this.products.values()].filter((row) => row.deleted === deleted);
    return random.pick(wanted.length > 0 ? wanted : [...this.products.values()]);
  }

  /** Takes note of a product or an order, as an answer shows it. */
  learn(reader: Reader, row: { id: string; version: number } & Record<string, unknown>): void {
    const { id, version } = row;
    const mayChange = id !== this.counted && id !== this.draft;
    if (id.startsWith('prod_') && mayChange) {
      keep(this.products, { id, version, deleted: row.deletedAt != null });
    }
    if (id.startsWith('order_')) {
      const known = isShopper(reader) ? this.memoryOf(reader).orders : this.orders;
      keep(known, { id, version, status: String(row.status) });
    }
  }

  /** Takes note of a cart, and of ids and cursors that were shown to somebody. */
  learnMore(reader: Reader, ids: Iterable<string>, cursors: string[], data: object | null): void {
    if (!isShopper(reader)) {
      for (const id of ids) if (id.startsWith('move_')) keepLast(this.staffIds, id);
      return;
    }
    const memory = this.memoryOf(reader);
    for (const id of ids) if (/^(cart|order|oevt|pay)_/.test(id)) keepLast(memory.ids, id);
    for (const cursor of cursors) keepLast(memory.cursors, cursor);
    for (const value of Object.values(data ?? {})) {
      if (value?.id?.startsWith('cart_')) memory.cart = value;
      // Ordered, there is nothing in it.
      if (value?.id?.startsWith('order_')) memory.cart = null;
    }
  }
}

function keep<T extends { id: string }>(known: Map<string, T>, row: T): void {
  known.delete(row.id);
  known.set(row.id, row);
  for (const oldest of known.keys()) {
    if (known.size <= MOST_KNOWN) break;
    known.delete(oldest);
  }
}

function keepLast(list: string[], item: string): void {
  if (list.includes(item)) return;
  list.push(item);
  if (list.length > MOST_KNOWN) list.shift();
}

const CREATE_CATEGORY =
  'mutation ($input: CreateCategoryInput!) { createCategory(input: $input) { id } }';
const CREATE_PRODUCT =
  'mutation ($input: CreateProductInput!) { createProduct(input: $input) { id version deletedAt } }';

/** Products under SKUs that are the same in every organization, one of which no shopper ever sees. */
export async function openShop(
  { owner, slug }: Organization,
  shoppers: readonly Shopper[],
): Promise<Shop> {
  const categories: string[] = [];
  for (const name of ['shirts', 'boots']) {
    const input = { name: `${slug} ${name}`, slug: `${slug}-${name}` };
    categories.push((await owner.ask(CREATE_CATEGORY, { input })).createCategory.id);
  }
  const create = async (sku: string, changes: object = {}) => {
    const base = { sku, name: `${slug} ${sku}`, price: { amount: 250, currency: 'EUR' } };
    const input = { ...base, categoryId: categories[0], metadata: { colour: slug }, ...changes };
    return (await owner.ask(CREATE_PRODUCT, { input })).createProduct;
  };
  const counted = await create('counted', { initialStock: 1_000_000 });
  const hidden = { name: `${slug} ${STAFF_WORD}`, description: STAFF_WORD, active: false };
  const draft = await create('draft', hidden);
  const shop = new Shop(slug, shoppers, counted.id, draft.id, categories);
  const staff = { organization: slug, foreign: /(?!)/ };
  for (let n = 1; n <= 6; n++) {
    shop.learn(staff, await create(`tee-${n}`, { initialStock: 60, lowStockThreshold: 5 * n }));
  }
  return shop;
}
