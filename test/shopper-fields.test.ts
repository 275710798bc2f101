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
import { decodeId, encodeId, newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Answer, type Api, type Organization, type Person, startApi } from './support/api.js';
import { ADDRESS, orderInput, PLACE_ORDER } from './support/filled-cart.js';
import { createPublishableKey, newGuest } from './support/guest.js';
import { shownTo } from './support/shown-to-shoppers.js';
import { createStockedProduct } from './support/stocked-product.js';

const schema = await createSchemaAlone();

let api: Api;
let acme: Organization;
let customer: Shopper;
let guest: Shopper;
let ids: Record<string, string>;

/** Somebody who has bought something, and is about to buy more. */
interface Shopper {
  ask: Ask;
  /** A payment of theirs that has failed. */
  payment: string;
}

type Ask = (query: string, variables?: object) => Promise<Answer>;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  const ann = await acme.createPerson('customer', 'ann');
  const visitor = await newGuest(api, await createPublishableKey(acme));
  await furnish(ann);
  customer = await buy(ann.send, 'customer');
  guest = await buy(visitor.send, 'guest');
  await changeMeanwhile();
});

afterAll(() => api?.close());

/** Whatever a field could show is there: rows of every kind, and a value in every column that may be empty. */
async function furnish(ann: Person): Promise<void> {
  const { taskIds } = await acme.createProject('internal', 2);
  const top = await acme.owner.ask('mutation { createCategory(input: { name: "Top" }) { id } }');
  const below = await acme.owner.ask(
    `mutation { createCategory(input: { name: "Below", parentId: "${top.createCategory.id}" }) { id } }`,
  );
  const product = await acme.owner.ask(`mutation { createProduct(input: {
    sku: "SKU-1", name: "Chair", description: "To sit on", price: { amount: 100, currency: "EUR" },
    metadata: { color: "red" }, initialStock: 99, lowStockThreshold: 5, categoryId: "${below.createCategory.id}" }) { id } }`);
  await acme.owner.ask(
    `mutation { receiveStock(input: { productId: "${product.createProduct.id}", quantity: 1 }) { id } }`,
  );
  await withAdminConnection(api.database.superuserUrl, (client) =>
    client.query(
      "UPDATE users SET email_verified_at = now(); UPDATE sessions SET address = '192.0.2.1', user_agent = 'a browser'",
    ),
  );
  const stool = await createStockedProduct(api, acme, { name: 'Stool', onHand: 99 });
  const [task] = taskIds;
  ids = {
    category: below.createCategory.id,
    product: product.createProduct.id,
    task: task as string,
    user: ann.id,
    stool,
    owner: acme.owner.id,
    organization: acme.id,
  };
}

/** Makes two orders, and a cart that is being checked out, of two products each. */
async function buy(ask: Ask, who: string): Promise<Shopper> {
  const must = async (query: string, variables?: object) => {
    const { data, errors } = await ask(query, variables);
    expect(errors).toBeUndefined();
    return data;
  };
  const fillCart = async () => {
    for (const productId of [ids.product, ids.stool]) {
      await must('mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { id } }', {
        input: { productId, quantity: 2 },
      });
    }
  };
  const order = async (): Promise<string> => {
    await fillCart();
    const more = { company: 'Ltd', line2: '1st floor', region: 'Berlin', phone: '+49 30 1' };
    const shippingAddress = { ...ADDRESS, ...more };
    const input = orderInput({ email: 'buyer@example.com', shippingAddress });
    const { placeOrder } = await must(PLACE_ORDER, { input });
    return decodeId('order', placeOrder.id, 'id');
  };
  const payment = await endOrders(await order(), await order(), `of ${who}`);
  await fillCart();
  await must('mutation { beginCheckout { expiresAt } }');
  return { ask, payment };
}

/** What can become of orders, whose payment has failed once; the payment's id comes back. */
async function endOrders(refunded: string, cancelled: string, reference: string): Promise<string> {
  const id = newUuid();
  const now = new Date();
  await api.app.tenancy.withTenant(acme.tenant, 'write', async ({ prisma }) => {
    const times = { paidAt: now, shippedAt: now, deliveredAt: now, refundedAt: now };
    const where = { id: refunded };
    const { ownerId, totalAmount } = await prisma.order.findFirstOrThrow({ where });
    await prisma.order.updateMany({ where, data: { ...times, status: 'refunded' } });
    const ended = { status: 'cancelled', cancelledAt: now };
    await prisma.order.updateMany({ where: { id: cancelled }, data: ended });
    const of = { orderId: refunded, ownerId };
    const event = { status: 'refunded', actorId: acme.owner.uuid, note: 'was broken' };
    await prisma.orderEvent.create({ data: { ...of, ...event } });
    const money = { amount: totalAmount, currency: 'EUR' };
    const failed = { provider: 'local', reference, status: 'failed', failure: 'card_declined' };
    await prisma.payment.create({ data: { ...of, ...money, ...failed, id } });
  });
  return encodeId('pay', id);
}

/** Of what is in carts and orders, one costs something else and is nearly gone, and the other is not for sale any more. */
async function changeMeanwhile(): Promise<void> {
  const price = '{ amount: 120, currency: "EUR" }';
  await acme.owner.ask(`mutation {
    updateProduct(input: { id: "${ids.product}", version: 1, price: ${price} }) { id }
    correctStock(input: { productId: "${ids.product}", countedOnHand: 1 }) { id }
  }`);
  await acme.owner.ask(
    `mutation { updateProduct(input: { id: "${ids.stool}", version: 1, active: false }) { id } }`,
  );
}

/** How an operation that is open is asked for, around what is asked of its result. */
const ENTRANCES: Readonly<Record<string, (inner: string, shopper: Shopper) => string>> = {
  'Query.product': (inner) => `product(id: "${ids.product}") ${inner}`,
  'Query.productBySku': (inner) => `productBySku(sku: "SKU-1") ${inner}`,
  'Query.category': (inner) => `category(id: "${ids.category}") ${inner}`,
  'Query.node': (inner) => `node(id: "${ids.product}") { ... on Product ${inner} }`,
  'Query.nodes': (inner) => `nodes(ids: ["${ids.category}"]) { ... on Category ${inner} }`,
  'Query.can': () => 'can(permission: "tasks:write")',
  'Query.productFacets': (inner) => `productFacets ${inner}`,
  // One order is not everything that orders can be.
  'Query.orders': (inner) => `orders(first: 2) { nodes ${inner} }`,
  'Query.order': (inner) => `orders(first: 2) { nodes ${inner} }`,
  'Query.payment': (inner, { payment }) => `payment(id: "${payment}") ${inner}`,
};

/** The type that an entrance leads to, where that is not the field's own. */
const LEADS_TO: Readonly<Record<string, string>> = {
  'Query.node': 'Product',
  'Query.nodes': 'Category',
  'Query.orders': 'Order',
};

interface Found {
  /** `Type.field` of every field that has come with data. */
  shown: Set<string>;
  asked: Set<string>;
  /** What was answered with anything but data, or that it is not for shoppers. */
  faults: string[];
}

/** Asks for each field that can be reached, once per type, and goes on where there is something. */
async function walk(shopper: Shopper, isForGuests: boolean): Promise<Found> {
  const found: Found = { shown: new Set(), asked: new Set(), faults: [] };
  const open: { type: GraphQLObjectType; around: (inner: string) => string }[] = [];
  for (const [name, rule] of SHOPPER_OPERATIONS) {
    if (!name.startsWith('Query.') || (isForGuests && !rule.isForGuests)) continue;
    const field = schema.getQueryType()?.getFields()[name.slice('Query.'.length)];
    if (!field) throw new Error(`There is no ${name}`);
    const enter = ENTRANCES[name] ?? ((inner: string) => `${field.name} ${inner}`);
    const type = schema.getType(LEADS_TO[name] ?? getNamedType(field.type).name);
    if (isObjectType(type)) {
      const around = (inner: string) => `{ ${enter(`{ __typename ${inner} }`, shopper)} }`;
      open.push({ type, around });
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
      const answer = await shopper.ask(around(`${marked} ${braces(field, '')}`));
      for (const { extensions, path } of answer.errors ?? []) {
        if (extensions.requires === 'staff') continue;
        found.faults.push(`${name}: ${extensions.code} at ${path}`);
      }
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

/** Types that only hold others, as pages of lists do. */
const isHolder = (name: string) => /^(\w+Connection|\w+Edge|PageInfo)\./.test(name);

describe.each([
  ['a customer', false],
  ['a guest', true],
])('whatever %s asks for', (_who, isForGuests) => {
  it('comes with data only where it is meant for them', async () => {
    const { shown, asked, faults } = await walk(isForGuests ? guest : customer, isForGuests);
    const meant = shownTo(isForGuests ? 'guest' : 'customer');
    expect(faults).toEqual([]);
    expect([...shown].filter((name) => !isHolder(name)).sort()).toEqual([...meant].sort());
    expect(asked).toContain('Product.stockMovements');
    expect(asked).toContain('StockLevel.lowStockThreshold');
  });

  it('is refused by the database in what hangs from it', async () => {
    const { ask } = isForGuests ? guest : customer;
    const { data, errors } = await ask(
      `{ product(id: "${ids.product}") { name stockMovements { totalCount nodes { note } } } }`,
    );
    expect(JSON.stringify(data)).not.toContain('totalCount');
    expect(errors?.[0].extensions).toEqual({ code: 'FORBIDDEN', requires: 'staff' });
  });

  it.each(['task', 'owner', 'organization'])('is no %s by its id', async (kind) => {
    const { ask } = isForGuests ? guest : customer;
    const { data, errors } = await ask(`{ node(id: "${ids[kind]}") { id } }`);
    expect(data?.node ?? null).toBeNull();
    expect(['FORBIDDEN', 'NOT_FOUND']).toContain(errors?.[0].extensions.code);
  });
});
