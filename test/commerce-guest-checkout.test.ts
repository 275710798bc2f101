import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, startApi } from './support/api.js';
import { orderInput, PLACE_ORDER } from './support/filled-cart.js';
import { createPublishableKey, type Guest, newGuest } from './support/guest.js';
import { createStockedProduct } from './support/stocked-product.js';

let api: Api;
let acme: Organization;
let key: string;
let anna: Guest;
let ben: Guest;

beforeAll(async () => {
  api = await startApi();
});

beforeEach(async () => {
  acme = await api.createOrganization();
  key = await createPublishableKey(acme);
  [anna, ben] = [await newGuest(api, key), await newGuest(api, key)];
});

afterAll(() => api?.close());

const CART = `{ hasChanges expiresAt total { amount }
  items { product { id } changes { kind } unitPrice { amount currency } } }`;
const ADD = `mutation ($input: AddCartItemInput!) { addCartItem(input: $input) ${CART} }`;
const REMOVE = `mutation ($input: RemoveCartItemInput!) { removeCartItem(input: $input) ${CART} }`;
const BEGIN = 'mutation { beginCheckout { expiresAt items { quantity } } }';
const CANCEL = 'mutation ($input: ChangeOrderInput!) { cancelOrder(input: $input) { id } }';

const add = async (guest: Guest, productId: string, quantity = 1) => {
  const { data, errors } = await guest.send(ADD, { input: { productId, quantity } });
  expect(errors).toBeUndefined();
  return data.addCartItem;
};

const begin = async (guest: Guest) => {
  const { data, errors } = await guest.send(BEGIN);
  expect(errors).toBeUndefined();
  return data.beginCheckout;
};

const place = (guest: Guest) =>
  guest.send(PLACE_ORDER, { input: orderInput({ email: 'guest@example.com' }) });

const placed = async (guest: Guest) => {
  const { data, errors } = await place(guest);
  expect(errors).toBeUndefined();
  return data.placeOrder;
};

const stockOf = async (id: string) => {
  const { product } = await acme.owner.ask(
    'query ($id: ID!) { product(id: $id) { stock { onHand reserved unitsSold } } }',
    { id },
  );
  return product.stock;
};

const product = (onHand: number) => createStockedProduct(api, acme, { onHand });

const inOrganization = (text: string) =>
  withAdminConnection(api.database.superuserUrl, (client) =>
    client.query(text, [decodeId('org', acme.id, 'id')]),
  );

/** As if so much time had gone by. */
const expireReservations = () =>
  inOrganization(
    "UPDATE stock_reservations SET expires_at = now() - interval '1 second' WHERE org_id = $1",
  );
const expireCarts = () =>
  inOrganization(
    `UPDATE carts SET expires_at = now() - interval '1 second'
     WHERE org_id = $1 AND status = 'open' AND expires_at IS NOT NULL`,
  );

describe('the last units', () => {
  it('are for who has begun to check out, and for nobody else who orders them', async () => {
    const chair = await product(3);
    await add(anna, chair, 3);
    await add(ben, chair, 2);
    await begin(anna);
    const { errors } = await place(ben);
    expect(errors?.[0].extensions).toEqual({
      code: 'INSUFFICIENT_STOCK',
      shortages: [{ productId: chair, onHand: 3, available: 0, requested: 2 }],
    });
    expect(await placed(anna)).toMatchObject({ status: 'PENDING', items: [{ quantity: 3 }] });
    expect(await stockOf(chair)).toEqual({ onHand: 0, reserved: 0, unitsSold: 3 });
  });

  it('are for anybody again when that has taken too long', async () => {
    const chair = await product(3);
    await add(anna, chair, 3);
    await add(ben, chair, 2);
    await begin(anna);
    await expireReservations();
    expect(await placed(ben)).toMatchObject({ items: [{ quantity: 2 }] });
    const { errors } = await place(anna);
    expect(errors?.[0].extensions).toMatchObject({
      code: 'INSUFFICIENT_STOCK',
      shortages: [{ onHand: 1, available: 1, requested: 3 }],
    });
  });
});

describe('a product whose price is in another currency since', () => {
  it('has to be taken out, as the cart and the order both say; then the rest is ordered', async () => {
    const [chair, table] = [await product(10), await product(10)];
    await add(anna, chair);
    await add(anna, table, 2);
    const price = { amount: 100, currency: 'USD' };
    await acme.admin.ask(
      'mutation ($input: UpdateProductInput!) { updateProduct(input: $input) { id } }',
      { input: { id: chair, version: 1, price } },
    );
    const { data } = await anna.send(`mutation { confirmCart ${CART} }`);
    expect(data.confirmCart).toMatchObject({
      hasChanges: true,
      items: [{ changes: [{ kind: 'UNAVAILABLE' }] }, { changes: [] }],
    });
    const { errors } = await place(anna);
    expect(errors?.[0].extensions).toEqual({
      code: 'CART_CHANGED',
      changes: [{ productId: chair, kind: 'UNAVAILABLE' }],
    });
    const left = await anna.send(REMOVE, { input: { productId: chair } });
    expect(left.data.removeCartItem).toMatchObject({ hasChanges: false, total: { amount: 200 } });
    expect(await placed(anna)).toMatchObject({ total: { amount: 200, currency: 'EUR' } });
  });
});

describe('what is kept for a cart', () => {
  let chair: string;

  beforeEach(async () => {
    chair = await product(5);
  });

  it('is given back when its owner comes again after it has expired', async () => {
    await add(anna, chair, 4);
    await begin(anna);
    expect(await stockOf(chair)).toMatchObject({ reserved: 4 });
    await expireCarts();
    await anna.send('mutation { clearCart { id } }');
    expect(await stockOf(chair)).toMatchObject({ reserved: 0 });
  });

  it('is given back by the next who opens one, and what is kept for others is not', async () => {
    await add(anna, chair, 2);
    await begin(anna);
    await expireCarts();
    await add(ben, chair, 1);
    expect(await stockOf(chair)).toMatchObject({ reserved: 0 });
    await begin(ben);
    const another = await newGuest(api, key);
    await add(another, chair, 1);
    expect(await stockOf(chair)).toMatchObject({ reserved: 1 });
  });

  it('is given back when the account of its owner is removed', async () => {
    const customer = await acme.createPerson('customer', 'short-lived');
    await customer.ask(ADD, { input: { productId: chair, quantity: 3 } });
    await customer.ask(BEGIN);
    expect(await stockOf(chair)).toMatchObject({ reserved: 3 });
    await acme.owner.ask('mutation ($id: ID!) { removeUser(input: { userId: $id }) { id } }', {
      id: customer.id,
    });
    expect(await stockOf(chair)).toMatchObject({ reserved: 0 });
  });

  it('keeps the cart for as long anew, so that it is not forgotten meanwhile', async () => {
    await add(anna, chair);
    await inOrganization(
      "UPDATE carts SET expires_at = now() + interval '1 minute' WHERE org_id = $1",
    );
    await begin(anna);
    const { cart } = (await anna.send(`{ cart ${CART} }`)).data;
    const days = (Date.parse(cart.expiresAt) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(30);
    // That of a user is kept anyhow.
    await acme.viewer.ask(ADD, { input: { productId: chair, quantity: 1 } });
    await acme.viewer.ask(BEGIN);
    expect((await acme.viewer.ask(`{ cart ${CART} }`)).cart.expiresAt).toBeNull();
  });
});

describe('products by what sells best', () => {
  it('are ordered by what was sold, and not by what was cancelled since', async () => {
    const [chair, table, lamp] = [await product(10), await product(10), await product(10)];
    const names = new Map([
      [chair, 'chair'],
      [table, 'table'],
      [lamp, 'lamp'],
    ]);
    const bestSelling = async () => {
      const { products } = await acme.owner.ask(
        '{ products(orderBy: { field: BEST_SELLING }) { nodes { id stock { unitsSold } } } }',
      );
      return products.nodes.map(
        ({ id, stock }: { id: string; stock: { unitsSold: number } }) =>
          `${names.get(id)} ${stock.unitsSold}`,
      );
    };
    await add(anna, lamp, 2);
    await placed(anna);
    await add(ben, table, 5);
    await add(ben, chair, 1);
    const { id, version } = await placed(ben);
    expect(await bestSelling()).toEqual(['table 5', 'lamp 2', 'chair 1']);
    await add(anna, chair, 3);
    await placed(anna);
    const cancelled = await ben.send(CANCEL, { input: { id, version } });
    expect(cancelled.errors).toBeUndefined();
    expect(await bestSelling()).toEqual(['chair 3', 'lamp 2', 'table 0']);
  });
});
