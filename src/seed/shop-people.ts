import { CITIES, FIRST_NAMES, LAST_NAMES, STREETS } from './demo-shop.js';
import type { SeededRandom } from './seeded-random.js';
import { stableOpaqueUuid } from './stable-uuid.js';

/** Somebody who shops. */
export interface Shopper {
  /** Whose carts and orders they are: the id of the user, or of the visitor. */
  ownerId: string;
  /** UUID of the user; null for a visitor. */
  customerId: string | null;
  name: string;
  email: string;
  address: Address;
}

/** As orders store it: each property is there, whether given or not. */
interface Address {
  name: string;
  company: null;
  line1: string;
  line2: null;
  postalCode: string;
  city: string;
  region: null;
  country: string;
  phone: null;
}

/** Somebody with an account. */
export interface Customer {
  /** UUID of the user. */
  id: string;
  name: string;
  email: string;
}

/** Name and address of the customer with this number; no two have the same. */
export function customerNamed(number: number): Omit<Customer, 'id'> {
  const first = FIRST_NAMES[number % FIRST_NAMES.length] ?? '';
  const last = LAST_NAMES[(number * 5 + 3) % LAST_NAMES.length] ?? '';
  return { name: `${first} ${last}`, email: emailOf(first, last, '') };
}

const BY_CUSTOMERS = 0.25;
const BY_KNOWN_VISITORS = 0.2;

/** Who comes to the shop: some with an account, some who were there before, and most for the first time. */
export class Clientele {
  readonly #customers: readonly Shopper[];
  readonly #visitors: Shopper[] = [];
  readonly #slug: string;
  readonly #random: SeededRandom;

  /** @param slug of the organization, from which the ids of visitors are made */
  constructor(customers: readonly Customer[], slug: string, random: SeededRandom) {
    this.#slug = slug;
    this.#random = random;
    this.#customers = customers.map(({ id, name, email }) => ({
      ownerId: id,
      customerId: id,
      name,
      email,
      address: addressOf(name, random),
    }));
  }

  /** Who places the next order. Some customers come often, and of the visitors those who have come lately. */
  nextBuyer(): Shopper {
    const random = this.#random;
    const which = random.fraction();
    if (which < BY_CUSTOMERS && this.#customers.length > 0) {
      const often = Math.floor(this.#customers.length * random.fraction() ** 1.2);
      return this.#customers[often] as Shopper;
    }
    if (which < BY_CUSTOMERS + BY_KNOWN_VISITORS && this.#visitors.length > 0) {
      const ago = Math.floor(this.#visitors.length * random.fraction() ** 2);
      return this.#visitors[this.#visitors.length - 1 - ago] as Shopper;
    }
    const visitor = this.#newVisitor(this.#visitors.length + 1);
    this.#visitors.push(visitor);
    return visitor;
  }

  #newVisitor(number: number): Shopper {
    const random = this.#random;
    const first = random.oneOf(FIRST_NAMES);
    const last = random.oneOf(LAST_NAMES);
    const name = `${first} ${last}`;
    return {
      ownerId: stableOpaqueUuid(`${this.#slug} visitor ${number}`),
      customerId: null,
      name,
      email: emailOf(first, last, `.${number}`),
      address: addressOf(name, random),
    };
  }
}

function addressOf(name: string, random: SeededRandom): Address {
  const [postalCode, city, country] = random.oneOf(CITIES);
  const line1 = `${random.oneOf(STREETS)} ${1 + random.below(90)}`;
  const rest = { company: null, line2: null, region: null, phone: null };
  return { name, line1, postalCode, city, country, ...rest };
}

/** In ASCII, as most addresses are. */
function emailOf(first: string, last: string, suffix: string): string {
  const plain = `${first}.${last}`.replaceAll('ß', 'ss').normalize('NFD');
  return `${plain.replaceAll(/[^A-Za-z.]/g, '').toLowerCase()}${suffix}@example.com`;
}
