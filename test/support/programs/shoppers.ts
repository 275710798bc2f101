import { makeCartToken, visitorIdOf } from '../../../src/identity/visitor/cart-token.js';
import type { Api, Organization, Person } from '../api.js';
import { createPublishableKey, guestWith } from '../guest.js';
import { type Actor, SHOPPERS } from './step.js';

/** A customer and a guest of an organization. */
export interface Shoppers {
  customer: Pick<Person, 'send'>;
  guest: Pick<Person, 'send'>;
  /** The UUIDs of who owns their carts and orders. */
  owners: Record<(typeof SHOPPERS)[number], string>;
}

/** Of one guest at all organizations, to each of which it is somebody else. */
const CART_TOKEN = makeCartToken();

export async function createShoppers(api: Api, organization: Organization): Promise<Shoppers> {
  const customer = await organization.createPerson('customer', 'customer');
  const guest = guestWith(api, await createPublishableKey(organization), CART_TOKEN);
  const visitorId = visitorIdOf(organization.tenant.orgId, CART_TOKEN) as string;
  return { customer, guest, owners: { customer: customer.uuid, guest: visitorId } };
}

/** The name under which somebody orders. */
export function selfOf(marker: string, as: Actor): string {
  return `${marker} ${mark(as)}`;
}

const mark = (as: Actor) => `ordered by the ${as}`;

/** What of an answer is another one's than the shopper's who gets it; nothing as a rule. */
export function shownOfOthers(as: Actor, text: string): string[] {
  if (as !== 'customer' && as !== 'guest') return [];
  const others = ['owner', 'admin', 'member', 'viewer', ...SHOPPERS] as const;
  const shown = others.filter((other) => other !== as && text.includes(mark(other)));
  return shown.map((other) => `The ${as} was shown what is ${mark(other)}: ${text}`);
}
