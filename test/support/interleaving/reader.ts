import { makeCartToken, visitorIdOf } from '../../../src/identity/visitor/cart-token.js';
import type { Api, Organization } from '../api.js';
import { createPublishableKey } from '../guest.js';

/** Whom answers are shown to: the staff of an organization, or one of its shoppers. */
export interface Reader {
  /** Slug. */
  organization: string;
  /** What no answer to them has in it: the words of everybody else. */
  foreign: RegExp;
}

/** A customer or a guest. */
export interface Shopper extends Reader {
  /** What all texts of theirs have in them; in each organization there is one with the same. */
  word: string;
  /** The UUID whose carts and orders are theirs; null for who can have none. */
  ownerId: string | null;
  email: string;
  headers: Record<string, string>;
}

/** What is written for the staff alone has this in it. */
export const STAFF_WORD = 'backoffice';

const CUSTOMERS = ['wombat', 'numbat'];
const GUESTS = ['bilby', 'quoll'];
/** Sees the catalog, and has no cart token. */
const PASSER_BY = 'dingo';
const WORDS = [...CUSTOMERS, ...GUESTS, PASSER_BY];

/** Of one guest of each organization: the same token is somebody else at each of them. */
const SHARED_TOKEN = makeCartToken();

export function isShopper(reader: Reader): reader is Shopper {
  return 'word' in reader;
}

/** As a failure calls them. */
export function nameOf(reader: Reader): string {
  return `${isShopper(reader) ? reader.word : 'the staff'} of ${reader.organization}`;
}

/** @param slugs of all organizations */
export function staffOf({ slug }: Organization, slugs: readonly string[]): Reader {
  return { organization: slug, foreign: anyOf(slugs.filter((other) => other !== slug)) };
}

/** @param slugs of all organizations */
export async function createShoppers(
  api: Pick<Api, 'send'>,
  organization: Organization,
  slugs: readonly string[],
): Promise<Shopper[]> {
  const { slug, tenant } = organization;
  const shopper = (word: string) => {
    const words = [...slugs, ...WORDS, STAFF_WORD].filter((it) => it !== word && it !== slug);
    const email = `${word}@${slug}.example.com`;
    return { organization: slug, word, email, foreign: anyOf(words) };
  };
  const shoppers: Shopper[] = [];
  for (const word of CUSTOMERS) {
    const { uuid, token } = await organization.createPerson('customer', word);
    const headers = { authorization: `Bearer ${token}` };
    shoppers.push({ ...shopper(word), ownerId: uuid, headers });
  }
  const key = { 'x-publishable-key': await createPublishableKey(organization) };
  for (const [index, word] of GUESTS.entries()) {
    const token = index === 0 ? SHARED_TOKEN : await askForToken(api, key);
    const headers = { ...key, 'x-cart-token': token };
    shoppers.push({ ...shopper(word), ownerId: visitorIdOf(tenant.orgId, token), headers });
  }
  shoppers.push({ ...shopper(PASSER_BY), ownerId: null, headers: key });
  return shoppers;
}

async function askForToken(api: Pick<Api, 'send'>, key: Record<string, string>): Promise<string> {
  const { data } = await api.send('mutation { createCartToken }', {}, key);
  return data.createCartToken;
}

function anyOf(words: readonly string[]): RegExp {
  return new RegExp(words.join('|'));
}
