import { PERMISSIONS } from '../../../src/identity/index.js';
import { newUuid } from '../../../src/shared/ids.js';
import type { ShopperKind } from '../shown-to-shoppers.js';
import { COMMON_WORD } from './made-up-values.js';

/** What stands in a place that takes text. */
export type TextMeaning = 'cursor' | 'free' | 'token' | Words | Reference;

/** All texts that are taken: like an enum, they name nobody's row. */
export interface Words {
  words: readonly string[];
}

/** Text that names a row, as a slug does. */
export interface Reference {
  /** Where the names of rows are found. */
  table: string;
  column: string;
  /** A name that nothing has. */
  unknown(): string;
}

const SLUG: Reference = {
  table: 'organizations',
  column: 'slug',
  unknown: () => `nothing-${newUuid().slice(-12)}`,
};
const EMAIL: Reference = {
  table: 'users',
  column: 'email',
  unknown: () => `nobody-${newUuid().slice(-12)}@example.com`,
};

const CATEGORY_SLUG: Reference = {
  table: 'categories',
  column: 'slug',
  unknown: () => `nothing-${newUuid().slice(-12)}`,
};

const SKU: Reference = {
  table: 'products',
  column: 'sku',
  unknown: () => `nothing-${newUuid().slice(-12)}`,
};

const IDEMPOTENCY_KEY: Reference = {
  table: 'idempotency_keys',
  column: 'key',
  unknown: () => `nothing-${newUuid().slice(-12)}`,
};
/** Some of them: which there are is no secret of anybody. */
const TIME_ZONE: Words = { words: ['Europe/Berlin', 'Asia/Kathmandu'] };

const PERMISSION: Words = { words: PERMISSIONS };

/**
 * What text means, by the name of its argument or input field. A name that is missing here fails the
 * suite: only a person can tell whether a new text names somebody's row, or just says something.
 */
const MEANINGS: Record<string, TextMeaning> = {
  after: 'cursor',
  before: 'cursor',
  organization: SLUG,
  slug: SLUG,
  email: EMAIL,
  newEmail: EMAIL,
  audience: 'free',
  city: 'free',
  claim: 'free',
  company: 'free',
  description: 'free',
  emailClaim: 'free',
  idempotencyKey: IDEMPOTENCY_KEY,
  line1: 'free',
  line2: 'free',
  name: 'free',
  note: 'free',
  organizationName: 'free',
  nameClaim: 'free',
  password: 'free',
  phone: 'free',
  postalCode: 'free',
  region: 'free',
  permission: PERMISSION,
  permissions: PERMISSION,
  currentPassword: 'free',
  newPassword: 'free',
  // Unguessable: its feature's own tests send it foreign, used and forged.
  refreshToken: 'token',
  token: 'token',
  code: 'token',
  search: 'free',
  key: 'free',
  sku: SKU,
  text: 'free',
  roleClaim: 'free',
  source: 'free',
  timeZone: TIME_ZONE,
  title: 'free',
  value: 'free',
};

/** Texts that mean something else in one place than by their name alone. */
const MEANINGS_IN_PLACES: Record<string, TextMeaning> = {
  'Mutation.createCategory input.slug': CATEGORY_SLUG,
  'Mutation.updateCategory input.slug': CATEGORY_SLUG,
};

/**
 * Fields and places that the attacks leave to the tests of their feature, and why: what is somebody else's must make a
 * difference there, or can make none.
 */
const APART: Readonly<Record<string, string>> = {
  'Mutation.signUp': "makes an organization: nothing is in it yet, and its rows are nobody else's",
  'Mutation.updateOrganization input.slug': 'a slug is unique over all organizations, and public',
  'Query.salesReport categoryId':
    'is refused without groupBy, which test/commerce-sales.test.ts gives along with a foreign category',
  'Mutation.requestPasswordReset': 'answers alike whatever it is given, and is held to that',
  'Mutation.requestEmailChange input.newEmail': 'answers alike whether somebody has the address',
  'Mutation.resetPassword': 'looks at nothing without a token that is good',
  'Mutation.acceptInvitation': 'looks at nothing without a token that is good',
  'Mutation.placeOrder input.email': 'is where the buyer can be reached, and looked for nowhere',
  'Mutation.payOrder input.idempotencyKey':
    'is looked for among the payments of the one order alone',
  'Mutation.placeOrder input.cartId':
    'is compared with the own open cart, which is looked for by its owner alone',
};

/** Whether the attacks pass over a place. */
export function isApart({ field, name }: { field: string; name: string }): boolean {
  return field in APART || name in APART;
}

/** Places in which for shoppers no value makes a difference, and why: their own are not taken either. */
const INDIFFERENT: Readonly<Record<ShopperKind, Readonly<Record<string, string>>>> = {
  customer: { 'Query.can on': 'no customer has a permission, on whatever' },
  guest: { 'Query.orders filter.customerId': 'no order of a guest has a customer' },
};

/** Whether it is known of a place that no value makes a difference there, to a shopper of a kind. */
export function isIndifferent(kind: ShopperKind, { name }: { name: string }): boolean {
  return name in INDIFFERENT[kind];
}

/** Scalars whose values are text. */
const TEXT_SCALARS = new Set(['String', 'EmailAddress']);

/**
 * @param path of a place whose scalar is `scalar`: `filter.and.0.text`
 * @param field whose argument it is, `Query.tasks`, where it is known
 * @returns undefined where nobody has said; null for a scalar that is no text
 */
export function textMeaning(
  scalar: string,
  path: string,
  field?: string,
): TextMeaning | null | undefined {
  if (!TEXT_SCALARS.has(scalar)) return null;
  return MEANINGS_IN_PLACES[`${field} ${path}`] ?? MEANINGS[lastName(path)];
}

/** Whether a text names a row. */
export function isReference(meaning: TextMeaning | null | undefined): meaning is Reference {
  return typeof meaning === 'object' && meaning !== null && 'table' in meaning;
}

/** Whether a text is one of a few. */
export function isWords(meaning: TextMeaning | null | undefined): meaning is Words {
  return typeof meaning === 'object' && meaning !== null && 'words' in meaning;
}

/** A value for a place where it does not matter which; null for an id, which nobody knows here. */
export function anyValue(scalar: string, path: string): unknown {
  const meaning = textMeaning(scalar, path);
  if (isWords(meaning)) return meaning.words[0];
  // Text of which nobody has said what it means fails by its name, and nothing beside it.
  return meaning === null ? (plainValue(scalar) ?? null) : COMMON_WORD;
}

/** What to tell about a text that nobody has classified. */
export function unclassified(place: string): string {
  return `${place}: nobody has said what this text means. Say in MEANINGS of test/support/attacks/text-places.ts whether it is a cursor, names a row, is a token, or is free.`;
}

/** Scalars that can name no row, each with a value that is taken anywhere. */
const PLAIN_SCALARS: Record<string, unknown> = {
  Int: 1,
  Float: 1,
  Boolean: true,
  DateTime: '2030-01-01T00:00:00Z',
  URL: 'https://issuer.example.com',
  SafeInt: 1,
  CurrencyCode: 'EUR',
  CountryCode: 'DE',
  LocalDate: '2025-06-01',
  JSONObject: {},
};

/** @returns undefined for a scalar that nobody has classified */
export function plainValue(scalar: string): unknown {
  return PLAIN_SCALARS[scalar];
}

function lastName(path: string): string {
  const names = path.split('.').filter((step) => !/^\d+$/.test(step));
  return names.at(-1) ?? path;
}
