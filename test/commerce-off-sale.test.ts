import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answer, type Api, type Organization, startApi } from './support/api.js';
import { orderInput, PLACE_ORDER } from './support/filled-cart.js';
import { createPublishableKey, newGuest } from './support/guest.js';
import { createStockedProduct } from './support/stocked-product.js';

let api: Api;
let acme: Organization;
let key: string;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  key = await createPublishableKey(acme);
});

afterAll(() => api?.close());

type Send = (query: string, variables?: object) => Promise<Answer>;

const ADD = 'mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { id } }';
const REMOVE =
  'mutation ($input: RemoveCartItemInput!) { removeCartItem(input: $input) { items { productId } } }';
const HIDE =
  'mutation ($id: ID!) { updateProduct(input: { id: $id, version: 1, active: false }) { id } }';
const DELETE = 'mutation ($id: ID!) { deleteProduct(input: { id: $id, version: 2 }) { id } }';

const ORDER = `{
  number status email total { amount } history { status } payments { status }
  items { sku name quantity unitPrice { amount } total { amount } product { name } }
}`;
const PAGE = `query ($id: ID!) {
  order(id: $id) ${ORDER}
  orders(first: 2) { nodes ${ORDER} }
  cart { totalQuantity items {
    productId quantity product { name } unitPrice { amount } total { amount } changes { kind }
  } }
  checkout { items { productId quantity product { name } } }
}`;

let customers = 0;

describe.each<[string, () => Promise<Send>]>([
  ['a guest', async () => (await newGuest(api, key)).send],
  ['a customer', async () => (await acme.createPerson('customer', `ann-${customers++}`)).send],
])('%s whose products were taken off sale', (_who, arrive) => {
  let send: Send;
  /** What was bought together with something else. */
  let chair: string;
  /** What is in the cart, and kept for it. */
  let table: string;
  let orderId: string;

  beforeEach(async () => {
    send = await arrive();
    const make = (name: string) => createStockedProduct(api, acme, { name, onHand: 9 });
    chair = await make('chair');
    table = await make('table');
    for (const productId of [chair, await make('lamp')]) {
      await see(ADD, { input: { productId, quantity: 2 } });
    }
    const input = orderInput({ email: 'buyer@example.com' });
    orderId = (await see(PLACE_ORDER, { input })).placeOrder.id;
    await see(ADD, { input: { productId: table, quantity: 3 } });
    await see('mutation { beginCheckout { expiresAt } }');
  });

  /** What comes without any error. */
  async function see(query: string, variables = {}) {
    const { data, errors } = await send(query, variables);
    expect(errors).toBeUndefined();
    return data;
  }

  const takeOffSale = async (mutation: string) => {
    for (const id of [chair, table]) await acme.owner.ask(mutation, { id });
  };

  it('still sees the whole of the order, the cart and what is kept', async () => {
    const before = await see(PAGE, { id: orderId });
    const names = (items: { product: { name: string } | null }[]) =>
      items.map(({ product }) => product?.name).sort();
    expect(names(before.order.items)).toEqual(['chair', 'lamp']);
    expect(names(before.cart.items)).toEqual(['table']);
    expect(names(before.checkout.items)).toEqual(['table']);

    const items = before.order.items.map((item: { name: string }) =>
      item.name === 'chair' ? { ...item, product: null } : item,
    );
    const order = { ...before.order, items };
    const line = { productId: table, quantity: 3, product: null };
    const changes = [{ kind: 'UNAVAILABLE' }];
    const after = {
      order,
      orders: { nodes: [order] },
      cart: { totalQuantity: 3, items: [{ ...line, unitPrice: null, total: null, changes }] },
      checkout: { items: [line] },
    };
    for (const mutation of [HIDE, DELETE]) {
      await takeOffSale(mutation);
      expect(await see(PAGE, { id: orderId })).toEqual(after);
    }
    const seen = await acme.viewer.ask(
      'query ($id: ID!) { order(id: $id) { items { product { name deletedAt } } } }',
      { id: orderId },
    );
    expect(names(seen.order.items)).toEqual(['chair', 'lamp']);
  });

  it('takes it out of the cart by the id that its item has', async () => {
    await takeOffSale(HIDE);
    const { cart } = await see('{ cart { items { productId } } }');
    const { removeCartItem } = await see(REMOVE, { input: cart.items[0] });
    expect(removeCartItem).toEqual({ items: [] });
  });
});
