import {
  ABANDONED_FOR_EACH_ORDER,
  type DemoShop,
  GROWTH,
  HOURS,
  MONTHS,
  SEASONS,
  WEEKDAYS,
} from './demo-shop.js';
import { Lottery, SeededRandom } from './seeded-random.js';
import { Clientele, type Customer, type Shopper } from './shop-people.js';
import { stableOpaqueUuid, stableUuid } from './stable-uuid.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
/** After that an open cart of a visitor is ended, and what was in it is forgotten. */
const CART_LIFETIME = 30 * DAY;

const HOUR_OF_DAY = new Lottery(HOURS);
/** How many products are in a cart, less one. */
const MORE_PRODUCTS = {
  ordered: new Lottery([50, 28, 14, 8]),
  abandoned: new Lottery([80, 15, 5]),
};

/** What is sold. */
export interface ShopProduct {
  /** UUID. */
  id: string;
  /** UUID of its category. */
  categoryId: string;
  /** The category at the top that it stands below. */
  department: string;
  sku: string;
  name: string;
  /** In minor units. */
  price: number;
  /** What there is of it when the year begins, and again at its end. */
  onHand: number;
  /** Since when there is so much. */
  since: Date;
  /** Since when that is little; null where it is not. */
  lowSince: Date | null;
}

export interface CartLine {
  product: ShopProduct;
  quantity: number;
  addedAt: Date;
}

export interface ShopCart {
  id: string;
  ownerId: string;
  status: 'ordered' | 'open' | 'expired';
  madeAt: Date;
  touchedAt: Date;
  /** null for one of a user */
  expiresAt: Date | null;
  lines: CartLine[];
}

export type ShopOrderStatus =
  | 'pending'
  | 'paid'
  | 'shipped'
  | 'delivered'
  | 'cancelled'
  | 'refunded';

/** Something that became of an order. */
export interface OrderStep {
  status: ShopOrderStatus;
  at: Date;
  /** UUID of the user who did it; null for visitors, and for what comes by itself. */
  actorId: string | null;
  note: string;
}

export interface ShopOrder {
  id: string;
  number: number;
  buyer: Shopper;
  cart: ShopCart;
  total: number;
  /** From `pending` to what it is now. */
  steps: OrderStep[];
  /** Whether what was ordered is in stock again. */
  stockReturned: boolean;
}

export interface ShopYear {
  begunAt: Date;
  /** As they were placed. */
  orders: ShopOrder[];
  /** Those of the orders, and those that were abandoned. */
  carts: ShopCart[];
}

export interface ShopYearOptions {
  shop: DemoShop;
  /** Slug of the organization, from which all ids are made. */
  slug: string;
  products: readonly ShopProduct[];
  customers: readonly Customer[];
  /** UUID of the user who sends what was ordered. */
  keeperId: string;
  now: Date;
}

/**
 * The year before `now` in a shop: who has filled a cart, who has ordered it, and what has become of the order. The same
 * for the same moment. It is shorter where there has not been a catalog for a year.
 */
export function shopYear(options: ShopYearOptions): ShopYear {
  const { products, now } = options;
  const begin = Math.max(
    now.getTime() - YEAR,
    ...products.map(({ since }) => since.getTime() + HOUR),
  );
  const year = new GrowingYear(options, begin);
  for (let day = Math.floor(begin / DAY) * DAY; day <= now.getTime(); day += DAY) year.live(day);
  return year.finish();
}

class GrowingYear {
  readonly #orders: ShopOrder[] = [];
  readonly #abandoned: ShopCart[] = [];
  readonly #options: ShopYearOptions;
  readonly #begin: number;
  readonly #now: number;
  readonly #random: SeededRandom;
  readonly #clientele: Clientele;
  /** For each month, how much each product is asked for. */
  readonly #demand: readonly Lottery[];
  /** When the owner of a cart has last been there. */
  readonly #lastSeen = new Map<string, number>();
  #newest = 0;

  constructor(options: ShopYearOptions, begin: number) {
    const { slug, customers, products, now } = options;
    this.#options = options;
    this.#begin = begin;
    this.#now = now.getTime();
    this.#random = new SeededRandom(`${slug} shop`);
    this.#clientele = new Clientele(customers, slug, this.#random);
    this.#demand = demandOf(products, this.#random);
  }

  /** @param midnight of the day, in UTC */
  live(midnight: number): void {
    const expected = this.#expectedOrders(new Date(midnight));
    for (const at of this.#moments(midnight, expected)) this.#order(at);
    for (const at of this.#moments(midnight, expected * ABANDONED_FOR_EACH_ORDER)) {
      this.#abandon(at);
    }
  }

  finish(): ShopYear {
    const carts = [...this.#orders.map(({ cart }) => cart), ...this.#abandoned];
    return { begunAt: new Date(this.#begin), orders: this.#orders, carts };
  }

  #expectedOrders(day: Date): number {
    const age = Math.min(Math.max((day.getTime() - this.#begin) / YEAR, 0), 1);
    const growth = GROWTH.from + (GROWTH.to - GROWTH.from) * age;
    const weekday = WEEKDAYS[day.getUTCDay()] ?? 1;
    const month = MONTHS[day.getUTCMonth()] ?? 1;
    return this.#options.shop.ordersADay * growth * weekday * month;
  }

  /** When something happens on a day, in order; only what lies between the beginning and now. */
  #moments(midnight: number, expected: number): number[] {
    const random = this.#random;
    const count = Math.floor(expected * random.between(0.7, 1.3) + random.fraction());
    const hour = () => HOUR_OF_DAY.draw(random) + random.fraction();
    return Array.from({ length: count }, () => Math.round(midnight + hour() * HOUR))
      .filter((at) => at >= this.#begin + DAY / 2 && at < this.#now)
      .toSorted((a, b) => a - b);
  }

  #order(moment: number): void {
    const { slug, keeperId } = this.#options;
    const random = this.#random;
    // No two at once, so that numbers are in the order of time.
    const at = Math.max(moment, this.#newest + 1);
    this.#newest = at;
    const buyer = this.#clientele.nextBuyer();
    const number = this.#orders.length + 1;
    const browsed = random.chance(0.2)
      ? random.between(2, 40) * HOUR
      : random.between(2, 50) * MINUTE;
    const before = this.#lastSeen.get(buyer.ownerId) ?? 0;
    const madeAt = Math.round(Math.max(at - browsed, before + (at - before) / 2, this.#begin));
    this.#lastSeen.set(buyer.ownerId, at);
    const cart: ShopCart = {
      id: stableUuid(`${slug} cart of order ${number}`, new Date(madeAt)),
      ownerId: buyer.ownerId,
      status: 'ordered',
      madeAt: new Date(madeAt),
      touchedAt: new Date(at),
      expiresAt: buyer.customerId === null ? new Date(madeAt + CART_LIFETIME) : null,
      lines: this.#lines(madeAt, at, MORE_PRODUCTS.ordered),
    };
    const { steps, stockReturned } = this.#fate(at, buyer.customerId, keeperId);
    const total = cart.lines.reduce(
      (sum, { product, quantity }) => sum + product.price * quantity,
      0,
    );
    const id = stableUuid(`${slug} order ${number}`, new Date(at));
    this.#orders.push({ id, number, buyer, cart, total, steps, stockReturned });
  }

  /** Somebody fills a cart and does not come back. */
  #abandon(at: number): void {
    const number = this.#abandoned.length + 1;
    const name = `${this.#options.slug} abandoned cart ${number}`;
    const leftAt = Math.min(Math.round(at + this.#random.between(0, 20) * MINUTE), this.#now);
    const expiresAt = leftAt + CART_LIFETIME;
    const isOver = expiresAt <= this.#now;
    this.#abandoned.push({
      id: stableUuid(name, new Date(at)),
      ownerId: stableOpaqueUuid(`visitor of ${name}`),
      status: isOver ? 'expired' : 'open',
      madeAt: new Date(at),
      touchedAt: new Date(isOver ? expiresAt : leftAt),
      expiresAt: new Date(expiresAt),
      lines: isOver ? [] : this.#lines(at, leftAt, MORE_PRODUCTS.abandoned),
    });
  }

  #lines(from: number, to: number, more: Lottery): CartLine[] {
    const random = this.#random;
    const { products } = this.#options;
    const demand = this.#demand[new Date(from).getUTCMonth()] as Lottery;
    const wanted = 1 + more.draw(random);
    const chosen = new Set(Array.from({ length: wanted }, () => demand.draw(random)));
    return [...chosen].map((index, place) => {
      const product = products[index] as ShopProduct;
      const addedAt = new Date(Math.round(from + ((to - from) * place) / (chosen.size + 1)));
      return { product, quantity: quantityOf(product, random), addedAt };
    });
  }

  /** What becomes of an order that is placed at this time, as far as it has come. */
  #fate(placedAt: number, buyerId: string | null, keeperId: string) {
    const random = this.#random;
    const steps: OrderStep[] = [];
    const add = (status: ShopOrderStatus, at: number, actorId: string | null, note = '') => {
      steps.push({ status, at: new Date(Math.round(at)), actorId, note });
      return at;
    };
    const luck = random.fraction();
    add('pending', placedAt, buyerId);
    const isReturned = random.chance(0.75);
    if (luck < 0.03) {
      add('cancelled', placedAt + 3 * DAY, keeperId, 'Not paid within three days');
    } else {
      const slow = random.chance(0.2);
      const pause = slow ? random.between(4, 44) * HOUR : random.between(1, 15) * MINUTE;
      const paid = add('paid', placedAt + pause, null);
      if (luck < 0.045) {
        add('cancelled', paid + random.between(1, 9) * HOUR, keeperId, 'As the customer has asked');
      } else {
        const shipped = add('shipped', paid + random.between(9, 60) * HOUR, keeperId);
        const delivered = add('delivered', shipped + random.between(20, 90) * HOUR, keeperId);
        if (luck < 0.085) {
          const note = isReturned ? 'Sent back' : 'Broken on the way';
          add('refunded', delivered + random.between(2, 13) * DAY, keeperId, note);
        }
      }
    }
    const soFar = steps.filter(({ at }) => at.getTime() <= this.#now);
    const status = soFar.at(-1)?.status;
    const stockReturned = status === 'cancelled' || (status === 'refunded' && isReturned);
    return { steps: soFar, stockReturned };
  }
}

/** Few products are asked for often, and what is cheap more than what is dear. */
function demandOf(products: readonly ShopProduct[], random: SeededRandom): Lottery[] {
  const popularity = products.map(({ price }) => {
    const luck = 1 / (0.05 + random.fraction());
    return luck * Math.min(1, 1_500 / price);
  });
  return MONTHS.map((_, month) => {
    const wanted = ({ department }: ShopProduct) => SEASONS[department]?.[month] ?? 1;
    return new Lottery(
      products.map((product, index) => (popularity[index] ?? 0) * wanted(product)),
    );
  });
}

function quantityOf({ price }: ShopProduct, random: SeededRandom): number {
  const most = price < 1_000 ? 6 : price < 2_500 ? 3 : 1;
  return 1 + Math.floor(most * random.fraction() ** 3);
}
