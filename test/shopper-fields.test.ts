import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { createSchemaAlone } from '../src/app.js';
import { SHOPPER_OPERATIONS } from '../src/identity/index.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Answer, type Api, type Organization, type Person, startApi } from './support/api.js';

/**
 * What shoppers may be shown, field by field: nothing else of all that can be reached from the operations that are open
 * to them may ever come with data. A new field that is meant for them is added here.
 */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  Product: [
    ...['id', 'sku', 'name', 'description', 'active', 'metadata', 'version', 'createdAt'],
    ...['updatedAt', 'price', 'category', 'stock'],
  ],
  StockLevel: ['onHand', 'unitsSold'],
  Money: ['amount', 'currency', 'decimal'],
  Category: [
    ...['id', 'name', 'slug', 'position', 'version', 'createdAt', 'updatedAt'],
    ...['parent', 'children', 'ancestors', 'products'],
  ],
  ProductFacets: ['categories', 'currencies', 'stock', 'active'],
  CategoryFacet: ['category', 'count'],
  CurrencyFacet: ['currency', 'count', 'min', 'max'],
  StockFacet: ['in', 'out'],
  // Of what is not for sale they count none.
  ActiveFacet: ['active', 'inactive'],
};

/** Of a customer's own account, which guests have none of. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  // What a role permits is nothing, for theirs.
  User: ['id', 'email', 'emailVerifiedAt', 'name', 'role', 'createdAt', 'updatedAt'],
  Session: [
    ...['id', 'address', 'userAgent', 'createdAt', 'refreshedAt', 'expiresAt', 'isCurrent'],
  ],
};

const schema = await createSchemaAlone();

let api: Api;
let acme: Organization;
let customer: Person;
let asGuest: (query: string) => Promise<Answer>;
let ids: Record<string, string>;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  customer = await acme.createPerson('customer', 'ann');
  await furnish();
  const made = await acme.owner.ask(
    'mutation { createPublishableKey(input: { name: "shop" }) { key } }',
  );
  asGuest = (query) => api.send(query, {}, { 'x-publishable-key': made.createPublishableKey.key });
});

afterAll(() => api?.close());

/** Whatever a field could show is there: rows of every kind, and a value in every column that may be empty. */
async function furnish(): Promise<void> {
  const { taskIds } = await acme.createProject('internal', 2);
  const top = await acme.owner.ask('mutation { createCategory(input: { name: "Top" }) { id } }');
  const below = await acme.owner.ask(
    `mutation { createCategory(input: { name: "Below", parentId: "${top.createCategory.id}" }) { id } }`,
  );
  const product = await acme.owner.ask(`mutation { createProduct(input: {
    sku: "SKU-1", name: "Chair", description: "To sit on", price: { amount: 100, currency: "EUR" },
    metadata: { color: "red" }, initialStock: 3, lowStockThreshold: 5, categoryId: "${below.createCategory.id}" }) { id } }`);
  await acme.owner.ask(
    `mutation { receiveStock(input: { productId: "${product.createProduct.id}", quantity: 1 }) { id } }`,
  );
  await withAdminConnection(api.database.superuserUrl, (client) =>
    client.query(
      "UPDATE users SET email_verified_at = now(); UPDATE sessions SET address = '192.0.2.1', user_agent = 'a browser'",
    ),
  );
  const [task] = taskIds;
  ids = {
    category: below.createCategory.id,
    product: product.createProduct.id,
    task: task as string,
    user: customer.id,
    owner: acme.owner.id,
    organization: acme.id,
  };
}

type Ask = (query: string) => Promise<Answer>;

/** How an operation that is open is asked for, around what is asked of its result. */
const ENTRANCES: Readonly<Record<string, (inner: string) => string>> = {
  'Query.product': (inner) => `product(id: "${ids.product}") ${inner}`,
  'Query.productBySku': (inner) => `productBySku(sku: "SKU-1") ${inner}`,
  'Query.category': (inner) => `category(id: "${ids.category}") ${inner}`,
  'Query.node': (inner) => `node(id: "${ids.product}") { ... on Product ${inner} }`,
  'Query.nodes': (inner) => `nodes(ids: ["${ids.category}"]) { ... on Category ${inner} }`,
  'Query.can': () => 'can(permission: "tasks:write")',
  'Query.productFacets': (inner) => `productFacets ${inner}`,
};

/** The type that an entrance leads to, where that is not the field's own. */
const LEADS_TO: Readonly<Record<string, string>> = {
  'Query.node': 'Product',
  'Query.nodes': 'Category',
};

interface Found {
  /** `Type.field` of every field that has come with data. */
  shown: Set<string>;
  asked: Set<string>;
}

/** Asks for each field that can be reached, once per type, and goes on where there is something. */
async function walk(ask: Ask, isForGuests: boolean): Promise<Found> {
  const found: Found = { shown: new Set(), asked: new Set() };
  const open: { type: GraphQLObjectType; around: (inner: string) => string }[] = [];
  for (const [name, rule] of SHOPPER_OPERATIONS) {
    if (!name.startsWith('Query.') || (isForGuests && !rule.isForGuests)) continue;
    const field = schema.getQueryType()?.getFields()[name.slice('Query.'.length)];
    if (!field) throw new Error(`There is no ${name}`);
    const enter = ENTRANCES[name] ?? ((inner: string) => `${field.name} ${inner}`);
    const type = schema.getType(LEADS_TO[name] ?? getNamedType(field.type).name);
    if (isObjectType(type)) {
      open.push({ type, around: (inner) => `{ ${enter(`{ __typename ${inner} }`)} }` });
    }
  }
  const seen = new Set<string>();
  for (const { type, around } of open) {
    if (seen.has(type.name)) continue;
    seen.add(type.name);
    for (const field of Object.values(type.getFields())) {
      if (field.args.some(isRequiredArgument)) continue;
      const name = `${type.name}.${field.name}`;
      found.asked.add(name);
      const marked = `seen: ${field.name}`;
      const answer = await ask(around(`${marked} ${braces(field, '')}`));
      if (!hasData(answer.data)) continue;
      found.shown.add(name);
      const inner = getNamedType(field.type);
      if (isObjectType(inner)) {
        open.push({ type: inner, around: (rest) => around(`${marked} ${braces(field, rest)}`) });
      }
    }
  }
  return found;
}

function braces({ type }: GraphQLField<unknown, unknown>, inner: string): string {
  return isCompositeType(getNamedType(type)) ? `{ __typename ${inner} }` : '';
}

/** Whether anything that was marked, the innermost, holds something. */
function hasData(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasData);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => {
    if (key !== 'seen') return hasData(inner);
    const isObject = typeof inner === 'object' && inner !== null && '__typename' in inner;
    const deeper = isObject && 'seen' in inner;
    if (Array.isArray(inner)) {
      return inner.some((each) =>
        typeof each === 'object' && each !== null && 'seen' in each ? hasData(each) : true,
      );
    }
    return deeper ? hasData(inner) : inner !== null;
  });
}

const fieldsOf = (types: Readonly<Record<string, readonly string[]>>): string[] =>
  Object.entries(types).flatMap(([type, fields]) => fields.map((field) => `${type}.${field}`));

/** Types that only hold others, as pages of lists do. */
const isHolder = (name: string) => /^(\w+Connection|\w+Edge|PageInfo)\./.test(name);

describe.each([
  ['a customer', false],
  ['a guest', true],
])('whatever %s asks for', (_who, isForGuests) => {
  it('comes with data only where it is meant for them', async () => {
    const ask: Ask = (query) => (isForGuests ? asGuest(query) : customer.send(query));
    const { shown, asked } = await walk(ask, isForGuests);
    const meant = [...fieldsOf(SHOWN), ...(isForGuests ? [] : fieldsOf(OWN))];
    expect([...shown].filter((name) => !isHolder(name)).sort()).toEqual(meant.sort());
    expect(asked).toContain('Product.stockMovements');
    expect(asked).toContain('StockLevel.lowStockThreshold');
  });

  it('is refused by the database in what hangs from it', async () => {
    const ask: Ask = (query) => (isForGuests ? asGuest(query) : customer.send(query));
    const { data, errors } = await ask(
      `{ product(id: "${ids.product}") { name stockMovements { totalCount nodes { note } } } }`,
    );
    expect(JSON.stringify(data)).not.toContain('totalCount');
    expect(errors?.[0].extensions).toEqual({ code: 'FORBIDDEN', requires: 'staff' });
  });

  it.each(['task', 'owner', 'organization'])('is no %s by its id', async (kind) => {
    const ask: Ask = (query) => (isForGuests ? asGuest(query) : customer.send(query));
    const { data, errors } = await ask(`{ node(id: "${ids[kind]}") { id } }`);
    expect(data?.node ?? null).toBeNull();
    expect(['FORBIDDEN', 'NOT_FOUND']).toContain(errors?.[0].extensions.code);
  });
});
