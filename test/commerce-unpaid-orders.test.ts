import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Answer, type Api, type Organization, startApi } from './support/api.js';
import { eventually } from './support/eventually.js';
import { orderInput, PLACE_ORDER } from './support/filled-cart.js';
import { createPublishableKey, type Guest, newGuest } from './support/guest.js';
import { type SecondServer, startSecondServer } from './support/second-server.js';
import { createStockedProduct } from './support/stocked-product.js';
import { whileHeld } from './support/while-held.js';

let api: Api;
/** Servers go around the organizations in the order of their ids. */
let acme: Organization;
let globex: Organization;
let keys: Map<Organization, string>;
let servers: SecondServer[];

beforeAll(async () => {
  api = await startApi();
});

beforeEach(async () => {
  servers = [];
  const both = [await api.createOrganization(), await api.createOrganization()];
  both.sort((a, b) => (a.tenant.orgId < b.tenant.orgId ? -1 : 1));
  [acme, globex] = both as [Organization, Organization];
  keys = new Map();
  for (const each of both) keys.set(each, await createPublishableKey(each));
});

afterEach(async () => {
  await Promise.all(servers.map(({ close }) => close()));
});

afterAll(() => api?.close());

const HOUR_MS = 3_600_000;

/** A server whose clock is so many hours ahead, and that has begun to cancel what nobody pays. */
async function startAhead(
  hours: number,
  unpaidHours: number | null = 72,
  { start = true } = {},
): Promise<SecondServer> {
  const clock = { now: () => new Date(Date.now() + hours * HOUR_MS) };
  const orders = { unpaidHours, lookEveryMs: 20 };
  const server = await startSecondServer(api, { clock, commerce: { orders } });
  servers.push(server);
  if (start) server.expiring.start();
  return server;
}

const ADD = 'mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { id } }';
const PAY = 'mutation ($input: PayOrderInput!) { payOrder(input: $input) { id status } }';
const MARK_PAID = 'mutation ($input: ChangeOrderInput!) { markOrderPaid(input: $input) { id } }';
const CANCEL = 'mutation ($input: ChangeOrderInput!) { cancelOrder(input: $input) { id } }';
const ORDER = `query ($id: ID!) { order(id: $id) {
  id status version cancelledAt paidAt payments { status } history { status note actorId }
} }`;
const STOCK = `query ($id: ID!) { product(id: $id) {
  stock { onHand unitsSold reserved } stockMovements(first: 20) { nodes { kind quantity note } }
} }`;

interface Placed {
  id: string;
  guest: Guest;
  organization: Organization;
}

/** What a guest has ordered, with nothing but the key that stands in the web page. */
async function place(organization: Organization, productId: string, quantity = 1): Promise<Placed> {
  const guest = await newGuest(api, keys.get(organization) as string);
  await guest.send(ADD, { input: { productId, quantity } });
  const input = orderInput({ email: 'guest@example.com' });
  const { data, errors } = await guest.send(PLACE_ORDER, { input });
  expect(errors).toBeUndefined();
  return { id: data.placeOrder.id, guest, organization };
}

const seen = async ({ id, organization }: Placed) =>
  (await organization.owner.ask(ORDER, { id })).order;

const statusOf = async (order: Placed): Promise<string> => (await seen(order)).status;

const isCancelled = (order: Placed) =>
  eventually(async () => (await statusOf(order)) === 'CANCELLED', 'the order is cancelled');

const stockOf = async (productId: string, organization = acme) => {
  const { product } = await organization.owner.ask(STOCK, { id: productId });
  return product;
};

const pay = ({ id, guest }: Placed, source = 'local-card-ok', idempotencyKey = 'once') =>
  guest.send(PAY, { input: { orderId: id, source, idempotencyKey } });

const asSuperuser = (text: string, values: unknown[] = []) =>
  withAdminConnection(api.database.superuserUrl, (client) => client.query(text, values));

const product = (organization = acme, onHand = 10) =>
  createStockedProduct(api, organization, { onHand });

describe('an order that nobody pays', () => {
  it('is cancelled after a time, in each organization: its stock is back, and nothing was sold', async () => {
    const [chair, table] = [await product(acme), await product(globex)];
    const order = await place(acme, chair, 10);
    const others = await place(globex, table, 4);
    expect((await stockOf(chair)).stock).toMatchObject({ onHand: 0, unitsSold: 10 });
    await startAhead(73);
    await Promise.all([isCancelled(order), isCancelled(others)]);
    expect(await seen(order)).toMatchObject({
      version: 2,
      cancelledAt: expect.any(String),
      paidAt: null,
      history: [
        { status: 'PENDING', note: '', actorId: null },
        { status: 'CANCELLED', note: 'Not paid within 72 hours.', actorId: null },
      ],
    });
    expect(await stockOf(chair)).toEqual({
      stock: { onHand: 10, unitsSold: 0, reserved: 0 },
      stockMovements: {
        nodes: [
          { kind: 'RETURN', quantity: 10, note: order.id },
          { kind: 'SALE', quantity: -10, note: order.id },
          { kind: 'RECEIPT', quantity: 10, note: 'first' },
        ],
      },
    });
    expect((await stockOf(table, globex)).stock).toMatchObject({ onHand: 10, unitsSold: 0 });
    const { rows } = await asSuperuser('SELECT count(*)::int FROM daily_sales');
    expect(rows).toEqual([{ count: 0 }]);
    // Who has placed it sees that; notes are for the people of the organization.
    const { data } = await order.guest.send(ORDER, { id: order.id });
    expect(data.order).toMatchObject({
      status: 'CANCELLED',
      history: [{ status: 'PENDING' }, { status: 'CANCELLED', note: null }],
    });
  });

  it('stays until then, while another one goes', async () => {
    const chair = await product();
    const [younger, older] = [await place(acme, chair), await place(acme, chair)];
    await asSuperuser(
      "UPDATE orders SET placed_at = placed_at - interval '2 hours' WHERE id = $1",
      [decodeId('order', older.id, 'id')],
    );
    await startAhead(71);
    await isCancelled(older);
    expect(await statusOf(younger)).toBe('PENDING');
    expect((await stockOf(chair)).stock.onHand).toBe(9);
  });

  it('stays for good where that is wanted', async () => {
    const order = await place(acme, await product());
    const sentinel = await place(globex, await product(globex));
    await startAhead(10_000, null);
    await startAhead(10_000, 9_000, { start: false });
    // Nobody who has begun cancels anything.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([await statusOf(order), await statusOf(sentinel)]).toEqual(['PENDING', 'PENDING']);
    servers[1]?.expiring.start();
    await isCancelled(order);
  });

  it('stays while a payment is under way, and goes when that has failed', async () => {
    const chair = await product();
    const [open, authorized, paid, sentinel] = [
      await place(acme, chair),
      await place(acme, chair),
      await place(acme, chair),
      await place(globex, await product(globex)),
    ];
    for (const order of [open, authorized]) {
      expect((await pay(order)).data.payOrder.status).toBe('OPEN');
    }
    const become = (order: Placed, status: string) =>
      asSuperuser('UPDATE payments SET status = $2 WHERE order_id = $1', [
        decodeId('order', order.id, 'id'),
        status,
      ]);
    await become(authorized, 'authorized');
    await acme.owner.ask(MARK_PAID, { input: { id: paid.id, version: 1 } });
    await startAhead(100);
    await isCancelled(sentinel);
    expect(await Promise.all([open, authorized, paid].map(statusOf))).toEqual([
      'PENDING',
      'PENDING',
      'PAID',
    ]);
    await become(open, 'failed');
    await isCancelled(open);
    await become(authorized, 'cancelled');
    await isCancelled(authorized);
    expect((await stockOf(chair)).stock.onHand).toBe(9);
  });

  it('keeps no other from being cancelled when it cannot be itself, however many there are', async () => {
    const [chair, full] = [await product(acme, 100), await product()];
    const stuck = await place(acme, full);
    const orders: Placed[] = [];
    for (let n = 0; n < 45; n++) orders.push(await place(acme, chair, 2));
    const sentinel = await place(globex, await product(globex));
    // There is room for no unit more.
    await asSuperuser('UPDATE stock_levels SET on_hand = 1000000000 WHERE product_id = $1', [
      decodeId('prod', full, 'id'),
    ]);
    await startAhead(73);
    await isCancelled(sentinel);
    expect(new Set(await Promise.all(orders.map(statusOf)))).toEqual(new Set(['CANCELLED']));
    expect(await statusOf(stuck)).toBe('PENDING');
    expect((await stockOf(chair)).stock).toMatchObject({ onHand: 100, unitsSold: 0 });
  });
});

describe('at the moment at which an order is cancelled for not being paid', () => {
  const attempts: Record<string, (order: Placed) => Promise<Answer>> = {
    payOrder: (order) => pay(order),
    markOrderPaid: ({ id }) => acme.owner.send(MARK_PAID, { input: { id, version: 1 } }),
    cancelOrder: ({ id, guest }) => guest.send(CANCEL, { input: { id, version: 1 } }),
  };

  it.each(Object.entries(attempts))('%s that comes second is refused', async (_name, attempt) => {
    const chair = await product();
    const order = await place(acme, chair, 3);
    const server = await startAhead(73, 72, { start: false });
    const held = [
      'SELECT FROM stock_levels WHERE product_id = $1 FOR UPDATE',
      [decodeId('prod', chair, 'id')],
    ] as const;
    const [, answer] = await whileHeld<unknown>(
      api.database,
      [held[0], [...held[1]]],
      [
        async () => {
          server.expiring.start();
          await isCancelled(order);
        },
        () => attempt(order),
      ],
    );
    expect((answer as Answer).errors?.[0].extensions.code).toMatch(
      /^(ORDER_STATUS|VERSION_CONFLICT)$/,
    );
    const { status, history, payments } = await seen(order);
    expect({ status, payments, events: history.length }).toEqual({
      status: 'CANCELLED',
      payments: [],
      events: 2,
    });
    expect((await stockOf(chair)).stock).toMatchObject({ onHand: 10, unitsSold: 0 });
  });

  it.each([
    ['payOrder', 'PENDING', 1, 7],
    ['markOrderPaid', 'PAID', 2, 7],
    ['cancelOrder', 'CANCELLED', 2, 10],
  ])('%s that comes first is what holds', async (name, status, events, onHand) => {
    const chair = await product();
    const order = await place(acme, chair, 3);
    const sentinel = await place(globex, await product(globex));
    const attempt = attempts[name] as (order: Placed) => Promise<Answer>;
    const answer = await withAdminConnection(api.database.superuserUrl, async (holder) => {
      await holder.query('BEGIN');
      // What each of them writes refers to the organization.
      await holder.query('SELECT FROM organizations WHERE id = $1 FOR UPDATE', [acme.tenant.orgId]);
      const attempting = attempt(order);
      await eventually(async () => {
        const { rows } = await asSuperuser(
          "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        return rows.length > 0;
      }, 'it waits, with the order locked');
      await startAhead(73);
      await isCancelled(sentinel);
      await holder.query('COMMIT');
      return attempting;
    });
    expect(answer.errors).toBeUndefined();
    // Once more around.
    await isCancelled(await place(globex, await product(globex)));
    const found = await seen(order);
    expect([found.status, found.history.length]).toEqual([status, events]);
    expect(found.history.map(({ note }: { note: string }) => note).join('')).toBe('');
    expect((await stockOf(chair)).stock.onHand).toBe(onHand);
  });

  it('several servers cancel each order once', async () => {
    const chair = await product(acme, 60);
    const orders: Placed[] = [];
    for (let n = 0; n < 30; n++) orders.push(await place(acme, chair, 2));
    const [one, two, three] = await Promise.all(
      [1, 2, 3].map(() => startAhead(73, 72, { start: false })),
    );
    for (const server of [one, two, three]) server?.expiring.start();
    await Promise.all(orders.map(isCancelled));
    const all = await Promise.all(orders.map(seen));
    expect(new Set(all.map(({ history }) => history.length))).toEqual(new Set([2]));
    expect((await stockOf(chair)).stock).toMatchObject({ onHand: 60, unitsSold: 0 });
    const { rows } = await asSuperuser(
      "SELECT count(*)::int FROM stock_movements WHERE kind = 'return' AND product_id = $1",
      [decodeId('prod', chair, 'id')],
    );
    expect(rows).toEqual([{ count: 30 }]);
  });
});
