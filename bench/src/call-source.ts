import { randomUUID } from 'node:crypto';
import type { Call } from './calls.ts';
import { PRODUCT_QUALITIES, PRODUCT_THINGS } from './catalog-words.ts';
import type { Data } from './data.ts';
import type { KnownTask, KnownTasks } from './known-tasks.ts';
import { callerOf, type Places } from './places.ts';
import { TASK_OBJECTS, TASK_VERBS } from './product.ts';
import { Random } from './random.ts';
import type { Shopper, Shoppers } from './shoppers.ts';
import type { Errand, Workload } from './workloads.ts';

/** What is there to be asked for, at one server. */
export interface Ground {
  readonly data: Data;
  readonly places: Places;
  readonly tasks: KnownTasks;
  readonly shoppers: Shoppers;
}

export interface PlannedCall {
  readonly call: Call;
  /** What an update changes: its version goes up when the call has been answered. */
  readonly task: KnownTask | null;
}

/** Words as people type them. Hyphens are left out, which search engines take apart in their own ways. */
const SEARCHES = TASK_OBJECTS.filter((object) => !object.includes('-'))
  .map((object) => object.replace(/^the /, ''))
  .flatMap((object, index) => [object, `${TASK_VERBS[index % TASK_VERBS.length]} ${object}`]);

/** What people type into a shop: mostly what they want, sometimes of which kind. */
const WISHES = PRODUCT_THINGS.flatMap((thing, index) => [
  thing,
  thing,
  `${PRODUCT_QUALITIES[index % PRODUCT_QUALITIES.length]} ${thing}`,
]);

/** Where all orders go. */
const BUYER = {
  email: 'buyer@bench.example',
  shippingAddress: {
    name: 'Ada Adler',
    line1: 'Lindenallee 7',
    postalCode: '10115',
    city: 'Berlin',
    country: 'DE',
  },
};

/** Calls of one connection, which are the same for the same seed, whatever the server. */
export class CallSource {
  readonly #ground: Ground;
  readonly #connection: number;
  readonly #random: Random;
  /** Who has just put something into the cart. */
  #shopper: Shopper | null = null;
  /** One entry for each percent. */
  readonly #mix: readonly Errand[];

  constructor(ground: Ground, workload: Workload, connection: number, seed: number) {
    this.#ground = ground;
    this.#connection = connection;
    this.#random = new Random(seed * 1_000 + connection);
    this.#mix = Object.entries(workload.mix).flatMap(([errand, share]) =>
      Array<Errand>(share).fill(errand as Errand),
    );
  }

  next(): PlannedCall {
    const errand = this.#random.oneOf(this.#mix);
    if (errand === 'update') return this.#update();
    return { call: errand === 'shop' ? this.#shop() : this.#call(errand), task: null };
  }

  #update(): PlannedCall {
    const task = this.#ground.tasks.next(this.#connection);
    const caller = callerOf(task.organization, this.#random);
    const { id: taskId, version } = task;
    return { call: { kind: 'update', caller, taskId, version, title: this.#title() }, task };
  }

  /** In turns: something goes into somebody's cart, and then becomes an order. */
  #shop(): Call {
    if (this.#shopper !== null) {
      const { caller } = this.#shopper;
      this.#shopper = null;
      // Of its own for each order, also where another server is asked for the same.
      const idempotencyKey = randomUUID();
      return { ...BUYER, kind: 'place-order', caller, idempotencyKey };
    }
    this.#shopper = this.#ground.shoppers.next(this.#connection);
    const { caller, organization } = this.#shopper;
    const productId = this.#random.oneOf(organization.productIds);
    return { kind: 'add-cart-item', caller, productId, quantity: 1 + this.#random.below(3) };
  }

  #call(errand: Exclude<Errand, 'update' | 'shop'>): Call {
    const random = this.#random;
    const { data, places } = this.#ground;
    if (errand === 'list') return random.oneOf(places.pages);
    if (errand === 'deep-page') return random.oneOf(places.deepPages);
    const organization = random.oneOf(data.organizations);
    const caller = callerOf(organization, random);
    switch (errand) {
      case 'point-read':
        return { kind: 'point-read', caller, projectId: random.oneOf(organization.projectIds) };
      case 'nested-list':
        return { kind: 'nested-list', caller };
      case 'create': {
        const projectId = random.oneOf(organization.projectIds);
        return { kind: 'create', caller, projectId, title: this.#title() };
      }
      case 'search':
        return { kind: 'search', caller, text: random.oneOf(SEARCHES) };
      case 'catalog-search': {
        const categoryId = random.oneOf(organization.categoryIds);
        const order = random.below(2) === 0 ? 'relevance' : 'best-selling';
        return { kind: 'catalog-search', caller, categoryId, text: random.oneOf(WISHES), order };
      }
    }
  }

  /** Like those that are there, so that a search finds as much after many updates as before. */
  #title(): string {
    const random = this.#random;
    return `${random.oneOf(TASK_VERBS)} ${random.oneOf(TASK_OBJECTS)}, no. ${random.below(1_000_000)}`;
  }
}
