import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, startApi } from './support/api.js';
import { orderInput, PLACE_ORDER } from './support/filled-cart.js';
import { createPublishableKey, type Guest, newGuest } from './support/guest.js';
import { createStockedProduct } from './support/stocked-product.js';

let api: Api;
let acme: Organization;
let globex: Organization;
let key: string;
let chair: string;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  globex = await api.createOrganization();
  key = await createPublishableKey(acme);
  chair = await createStockedProduct(api, acme, { onHand: 100 });
});

afterAll(() => api?.close());

const ADD = 'mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { id } }';
const CANCEL =
  'mutation ($input: ChangeOrderInput!) { cancelOrder(input: $input) { status history { status actorId } } }';
const PAY = 'mutation ($input: PayOrderInput!) { payOrder(input: $input) { id status } }';
const ORDER =
  'query ($id: ID!) { order(id: $id) { id number items { name } payments { status } } }';
const EVENT = 'id ... on OrderEvent { status occurredAt note actorId actor { name } }';
const HISTORY = `query ($id: ID!) { order(id: $id) { history { ${EVENT} } } }`;
const BY_IDS = `query ($payment: ID!, $ids: [ID!]!) {
  payment(id: $payment) { id } nodes(ids: $ids) { id ... on OrderEvent { status } }
}`;
const ORDERS = '{ orders { totalCount nodes { id } } }';

const email = 'guest@example.com';

async function place(guest: Guest, changes: object = {}, productId = chair) {
  await guest.send(ADD, { input: { productId, quantity: 2 } });
  return guest.send(PLACE_ORDER, { input: orderInput({ email, ...changes }) });
}

async function placed(guest: Guest, productId = chair) {
  const { data, errors } = await place(guest, {}, productId);
  expect(errors).toBeUndefined();
  return data.placeOrder;
}

const onHandOf = async (productId: string) => {
  const { product } = await acme.owner.ask(
    'query ($id: ID!) { product(id: $id) { stock { onHand reserved } } }',
    { id: productId },
  );
  return product.stock;
};

describe('a guest', () => {
  it('places an order, and sees it with all that is in it', async () => {
    const guest = await newGuest(api, key);
    const order = await placed(guest);
    expect(order).toMatchObject({
      status: 'PENDING',
      total: { amount: 200 },
      email,
      customer: null,
      items: [{ quantity: 2 }],
      history: [{ status: 'PENDING', actorId: null }],
    });
    const seen = await guest.send(ORDER, { id: order.id });
    expect(seen.data.order).toMatchObject({ id: order.id, payments: [] });
    expect((await guest.send(ORDERS)).data.orders).toEqual({
      totalCount: 1,
      nodes: [{ id: order.id }],
    });
    expect((await guest.send('{ cart { id } }')).data.cart).toBeNull();
  });

  it('has to say where they can be reached', async () => {
    const { errors } = await place(await newGuest(api, key), { email: undefined });
    expect(errors?.[0].extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.email' }],
    });
  });

  it('repeats a request under its key, which is good for nobody else', async () => {
    const [guest, other] = [await newGuest(api, key), await newGuest(api, key)];
    const idempotencyKey = 'the-same-for-both';
    const first = await place(guest, { idempotencyKey });
    expect(first.data.placeOrder.status).toBe('PENDING');
    const again = await guest.send(PLACE_ORDER, { input: orderInput({ email, idempotencyKey }) });
    expect(again.data).toEqual(first.data);
    const others = await place(other, { idempotencyKey });
    expect(others.data.placeOrder.number).not.toBe(first.data.placeOrder.number);
  });

  it('is kept from the orders of everybody else, whatever is done to them', async () => {
    const order = await placed(await newGuest(api, key));
    const stranger = await newGuest(api, key);
    const customer = await acme.createPerson('customer', 'curious');
    const { id, version } = order;
    const missing = { code: 'NOT_FOUND' };
    for (const send of [
      stranger.send,
      (query: string, variables: object) => customer.send(query, variables),
    ]) {
      expect((await send(ORDER, { id })).errors?.[0].extensions).toMatchObject(missing);
      const cancelled = await send(CANCEL, { input: { id, version } });
      expect(cancelled.errors?.[0].extensions).toMatchObject(missing);
      const input = { orderId: id, source: 'local-card-ok', idempotencyKey: 'x' };
      expect((await send(PAY, { input })).errors?.[0].extensions).toMatchObject(missing);
      expect((await send(ORDERS, {})).data.orders).toEqual({ totalCount: 0, nodes: [] });
    }
    expect((await globex.owner.fail(ORDER, { id })).extensions.code).toBe('NOT_FOUND');
    expect((await acme.viewer.ask(ORDER, { id })).order.id).toBe(id);
  });

  it('does not wait for an order of somebody else, whoever is busy with it', async () => {
    const { id, version } = await placed(await newGuest(api, key));
    const stranger = await newGuest(api, key);
    await withAdminConnection(api.database.superuserUrl, async (holder) => {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM orders WHERE id = $1 FOR UPDATE', [
        decodeId('order', id, 'id'),
      ]);
      const cancelled = await stranger.send(CANCEL, { input: { id, version } });
      expect(cancelled.errors?.[0].extensions).toEqual({ code: 'NOT_FOUND', id });
      const input = { orderId: id, source: 'local-card-ok', idempotencyKey: 'x' };
      const paying = await stranger.send(PAY, { input });
      expect(paying.errors?.[0].extensions).toEqual({ code: 'NOT_FOUND', id });
    });
  });

  it('is kept from events and payments of everybody else, by their ids too', async () => {
    const guest = await newGuest(api, key);
    const { id, history } = await placed(guest);
    const input = { orderId: id, source: 'local-card-ok', idempotencyKey: 'mine' };
    const paying = await guest.send(PAY, { input });
    const payment = paying.data.payOrder.id;
    const event = history[0].id;
    const own = await guest.send(BY_IDS, { payment, ids: [id, event, payment] });
    expect(own.data).toMatchObject({
      payment: { id: payment },
      nodes: [{ id }, { id: event, status: 'PENDING' }, { id: payment }],
    });
    const [stranger, customer] = [
      await newGuest(api, key),
      await acme.createPerson('customer', 'nosy'),
    ];
    for (const { send } of [stranger, customer]) {
      expect((await send(BY_IDS, { payment, ids: [id, event, payment] })).data).toEqual({
        payment: null,
        nodes: [null, null, null],
      });
      for (const each of [id, event, payment]) {
        const { data, errors } = await send('query ($id: ID!) { node(id: $id) { id } }', {
          id: each,
        });
        expect(data.node).toBeNull();
        expect(errors?.[0].extensions.code).toBe('NOT_FOUND');
      }
    }
  });

  it('is told what became of their order, and not by whom, nor what the shop has noted', async () => {
    const buyers = [
      (await newGuest(api, key)).send,
      (await acme.createPerson('customer', 'addressee')).send,
    ];
    for (const send of buyers) {
      await send(ADD, { input: { productId: chair, quantity: 1 } });
      const { data } = await send(PLACE_ORDER, { input: orderInput({ email }) });
      const { id, version } = data.placeOrder;
      const note = 'a difficult customer';
      await acme.member.ask(
        'mutation ($input: ChangeOrderInput!) { markOrderPaid(input: $input) { id } }',
        { input: { id, version, note } },
      );
      const toShop = (await acme.viewer.ask(HISTORY, { id })).order.history;
      const by = { actorId: acme.member.id, actor: { name: 'member' } };
      expect(toShop).toMatchObject([{ status: 'PENDING' }, { status: 'PAID', note, ...by }]);
      const told = await send(HISTORY, { id });
      expect(told.errors).toBeUndefined();
      const nothing = { note: null, actorId: null, actor: null };
      const toBuyer = toShop.map((event: object) => ({ ...event, ...nothing }));
      expect(told.data.order.history).toEqual(toBuyer);
      const ids = toShop.map((event: { id: string }) => event.id);
      const nodes = await send(`query ($ids: [ID!]!) { nodes(ids: $ids) { ${EVENT} } }`, { ids });
      expect(nodes.data.nodes).toEqual(toBuyer);
    }
  });

  it('cancels while nothing is paid, once, and the stock is back', async () => {
    const product = await createStockedProduct(api, acme, { onHand: 5 });
    const guest = await newGuest(api, key);
    const { id, version } = await placed(guest, product);
    expect((await onHandOf(product)).onHand).toBe(3);
    const { data } = await guest.send(CANCEL, { input: { id, version } });
    expect(data.cancelOrder).toMatchObject({
      status: 'CANCELLED',
      history: [{ status: 'PENDING' }, { status: 'CANCELLED', actorId: null }],
    });
    expect((await onHandOf(product)).onHand).toBe(5);
    const again = await guest.send(CANCEL, { input: { id, version: version + 1 } });
    expect(again.errors?.[0].extensions).toMatchObject({
      code: 'ORDER_STATUS',
      status: 'CANCELLED',
    });
  });

  it('does not cancel what is paid: that is for the shop to decide', async () => {
    const guest = await newGuest(api, key);
    const { id, version } = await placed(guest);
    await acme.member.ask(
      'mutation ($input: ChangeOrderInput!) { markOrderPaid(input: $input) { id } }',
      { input: { id, version } },
    );
    const { errors } = await guest.send(CANCEL, { input: { id, version: version + 1 } });
    expect(errors?.[0].extensions).toMatchObject({ code: 'ORDER_STATUS', status: 'PAID' });
  });

  it('pays, and sees what becomes of it', async () => {
    const guest = await newGuest(api, key);
    const { id } = await placed(guest);
    const input = { orderId: id, source: 'local-card-ok', idempotencyKey: 'once' };
    const { data, errors } = await guest.send(PAY, { input });
    expect(errors).toBeUndefined();
    expect(data.payOrder.status).toBe('OPEN');
    const { order } = (await guest.send(ORDER, { id })).data;
    expect(order.payments).toHaveLength(1);
  });

  it('has the products of a checkout kept, and given back when signing in takes the cart along', async () => {
    const product = await createStockedProduct(api, acme, { onHand: 4 });
    const guest = await newGuest(api, key);
    await guest.send(ADD, { input: { productId: product, quantity: 3 } });
    const { data } = await guest.send('mutation { beginCheckout { items { quantity } } }');
    expect(data.beginCheckout.items).toEqual([{ quantity: 3 }]);
    expect((await guest.send('{ checkout { items { quantity } } }')).data.checkout).toEqual({
      items: [{ quantity: 3 }],
    });
    expect(await onHandOf(product)).toEqual({ onHand: 4, reserved: 3 });
    const account = { email: 'mia@example.com', password: 'a password of some length' };
    await acme.owner.ask(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
      { input: { ...account, name: 'Mia', role: 'CUSTOMER' } },
    );
    const signedIn = await api.send(
      'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }',
      { input: { ...account, organization: acme.slug } },
      { 'x-cart-token': guest.cartToken },
    );
    expect(await onHandOf(product)).toEqual({ onHand: 4, reserved: 0 });
    const bearer = { authorization: `Bearer ${signedIn.data.signIn.accessToken}` };
    const order = await api.send(PLACE_ORDER, { input: orderInput() }, bearer);
    expect(order.data.placeOrder).toMatchObject({
      email: account.email,
      items: [{ quantity: 3 }],
      customer: { id: expect.any(String) },
    });
  });

  it('may buy the last ones, of which the shop is told', async () => {
    const rare = await createStockedProduct(api, acme, { onHand: 3, lowStockThreshold: 1 });
    await placed(await newGuest(api, key), rare);
    const { rows } = await withAdminConnection(api.database.superuserUrl, (client) =>
      client.query(
        "SELECT actor_id, details FROM audit_events WHERE kind = 'stock.low' AND details ->> 'productId' = $1",
        [rare],
      ),
    );
    expect(rows).toMatchObject([{ actor_id: null, details: { onHand: 1, threshold: 1 } }]);
  });
});
