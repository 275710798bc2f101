import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import type { Organization } from './support/api.js';
import { eventually } from './support/eventually.js';
import { fillCart, orderInput, PLACE_ORDER } from './support/filled-cart.js';
import { type ProxiedApi, startProxiedApi, type TimedAnswer } from './support/proxied-api.js';
import { createStockedProduct } from './support/stocked-product.js';
import type { CutMoment } from './support/tcp-proxy.js';

let api: ProxiedApi;
let acme: Organization;

beforeAll(async () => {
  // One connection, so that statements can be counted.
  api = await startProxiedApi({ size: 1, waitLimitMs: 5_000, statementTimeoutMs: 5_000 });
  acme = await api.witness.createOrganization('acme');
});

afterAll(() => api?.close());

const place = (input: object) => api.send(acme.viewer, PLACE_ORDER, { input });

const superuser = <T>(text: string, values: unknown[]): Promise<T[]> =>
  withAdminConnection(api.witness.database.superuserUrl, async (client) => {
    const { rows } = await client.query(text, values);
    return rows;
  });

/** A cart of 2 of one product, of which there are 5, and 3 of another, which becomes low by it. */
async function shop() {
  const plenty = await createStockedProduct(api.witness, acme, { onHand: 5, priceAmount: 250n });
  const scarce = await createStockedProduct(api.witness, acme, { onHand: 4, lowStockThreshold: 1 });
  const cartId = await fillCart(api.witness, acme, acme.viewer, [
    { productId: plenty, quantity: 2 },
    { productId: scarce, quantity: 3 },
  ]);
  return { cartId, products: [plenty, scarce] };
}

type Shop = Awaited<ReturnType<typeof shop>>;

interface Truth {
  cart: string;
  orders: number;
  keys: number;
  money: number | null;
  items: number;
  events: number;
  stock: number[];
  ledger: number[];
  sold: number[];
  alerts: number;
  lastNumber: number;
  numbers: number;
}

/** All that an order leaves behind, in truth. */
async function truthOf({ cartId, products }: Shop): Promise<Truth> {
  const ids = products.map((id) => decodeId('prod', id, 'id'));
  const [truth] = await superuser<Truth>(
    `WITH mine AS (SELECT * FROM orders WHERE cart_id = $1),
     levels AS (
       SELECT level.*, place, (SELECT sum(quantity)::int FROM stock_movements AS movement
         WHERE movement.product_id = level.product_id) AS ledger
       FROM unnest($2::uuid[]) WITH ORDINALITY AS wanted (product_id, place) JOIN stock_levels AS level USING (product_id))
     SELECT (SELECT status FROM carts WHERE id = $1) AS cart,
       (SELECT count(*)::int FROM mine) AS orders,
       (SELECT count(*)::int FROM idempotency_keys WHERE order_id IN (SELECT id FROM mine)) AS keys,
       (SELECT sum(total_amount)::int FROM mine) AS money,
       (SELECT coalesce(sum(total_amount), 0)::int FROM order_items WHERE order_id IN (SELECT id FROM mine)) AS items,
       (SELECT count(*)::int FROM order_events WHERE order_id IN (SELECT id FROM mine)) AS events,
       (SELECT array_agg(on_hand ORDER BY place) FROM levels) AS stock,
       (SELECT array_agg(ledger ORDER BY place) FROM levels) AS ledger,
       (SELECT array_agg(units_sold::int ORDER BY place) FROM levels) AS sold,
       (SELECT count(*)::int FROM audit_events WHERE kind = 'stock.low' AND details::text LIKE '%' || $3 || '%') AS alerts,
       coalesce((SELECT last_number::int FROM number_series WHERE org_id = $4 AND name = 'orders'), 0) AS "lastNumber",
       (SELECT count(*)::int FROM orders WHERE org_id = $4) AS numbers`,
    [decodeId('cart', cartId, 'id'), ids, products[1], acme.tenant.orgId],
  );
  return truth as Truth;
}

const NOTHING = {
  cart: 'open',
  orders: 0,
  keys: 0,
  money: null,
  items: 0,
  events: 0,
  stock: [5, 4],
  ledger: [5, 4],
  sold: [0, 0],
  alerts: 0,
};
const ALL = {
  cart: 'ordered',
  orders: 1,
  keys: 1,
  money: 800,
  items: 800,
  events: 1,
  stock: [3, 1],
  ledger: [3, 1],
  sold: [2, 3],
  alerts: 1,
};

/** Nothing of the order is there, or all of it; and no number is missing either way. */
async function expectAllOrNothing(shopped: Shop): Promise<'all' | 'nothing'> {
  const { lastNumber, numbers, ...truth } = await truthOf(shopped);
  expect(lastNumber).toBe(numbers);
  expect([NOTHING, ALL]).toContainEqual(truth);
  return truth.orders === 0 ? 'nothing' : 'all';
}

/** The same request again, which gives the one order that there is, however often. */
async function expectOneOrder(shopped: Shop, input: object): Promise<void> {
  const answers = [await place(input), await place(input)];
  for (const answer of answers) expect(answer).toMatchObject({ status: 200, errors: undefined });
  expect(answers[0]?.data).toEqual(answers[1]?.data);
  expect(await expectAllOrNothing(shopped)).toBe('all');
  const [{ id } = { id: '' }] = await superuser<{ id: string }>(
    'SELECT id FROM orders WHERE cart_id = $1',
    [decodeId('cart', shopped.cartId, 'id')],
  );
  expect(decodeId('order', answers[0]?.data.placeOrder.id, 'id')).toBe(id);
}

/** Ends the backend at the other end of a connection, as an administrator or a crash does. */
const terminate = async (port: number) => {
  await superuser('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = $1', [
    port,
  ]);
};

/** A statement is under way until its backend has noticed that nobody listens. */
const settled = () =>
  eventually(async () => {
    const rows = await superuser(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = 'rowhouse_app'
       AND state <> 'idle'`,
      [],
    );
    return rows.length === 0;
  }, 'no transaction is open');

const isUnknown = ({ errors }: TimedAnswer) =>
  errors?.[0].extensions.retryable === false &&
  errors[0].message.includes('may or may not have been kept');

describe('when the answer to COMMIT is lost', () => {
  it.each([
    ['before it arrives', 'nothing'],
    ['after it was answered', 'all'],
  ] as const)(
    '%s, the client asks again with the same key and has one order',
    async (moment, kept) => {
      const shopped = await shop();
      const input = orderInput();
      const cut = api.proxy.cutAt('COMMIT\0', moment);
      const answer = await place(input);
      await cut;
      expect(isUnknown(answer)).toBe(true);
      await settled();
      expect(await expectAllOrNothing(shopped)).toBe(kept);
      await expectOneOrder(shopped, input);
    },
  );

  it('and the client asks again before it is known: the second waits for the first', async () => {
    const shopped = await shop();
    const input = orderInput();
    const stalled = api.proxy.stallAt('COMMIT\0');
    const first = place(input);
    await stalled;
    const second = acme.viewer.send(PLACE_ORDER, { input });
    await eventually(async () => {
      const rows = await superuser(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        [],
      );
      return rows.length === 1;
    }, 'the second waits');
    api.proxy.resume();
    expect((await first).errors).toBeUndefined();
    expect((await second).data).toEqual((await first).data);
    expect(await expectAllOrNothing(shopped)).toBe('all');
  });
});

describe('whenever the server or its backend dies under placeOrder', () => {
  /** How many statements it takes. */
  let statements: number;

  beforeAll(async () => {
    // What is read once is read by then.
    await shop();
    expect((await place(orderInput())).errors).toBeUndefined();
    await shop();
    const counted = api.proxy.countStatements();
    expect((await place(orderInput())).errors).toBeUndefined();
    statements = counted();
  });

  const MOMENTS: [string, CutMoment, ((port: number) => Promise<void>) | undefined][] = [
    ['the connection is lost before a statement arrives', 'before it arrives', undefined],
    ['the backend is ended before a statement arrives', 'before it arrives', terminate],
    ['the connection is lost after a statement', 'after it was answered', undefined],
    ['the backend is ended after a statement', 'after it was answered', terminate],
  ];

  it.each(MOMENTS)(
    '%s: all of the order is there or nothing, and the same key gives one order',
    async (_what, moment, end) => {
      const outcomes: string[] = [];
      for (let nth = 1; nth <= statements; nth++) {
        const shopped = await shop();
        const input = orderInput();
        const cut = api.proxy.cutAtStatement(nth, moment, end);
        const answer = await place(input);
        await cut;
        await settled();
        const kept = await expectAllOrNothing(shopped);
        // Who was told that it is there has it; who was not looks, or asks again.
        if (answer.errors) expect(answer.errors[0].extensions.code).toBe('UNAVAILABLE');
        else expect(kept).toBe('all');
        outcomes.push(answer.errors ? kept : 'answered');
        await expectOneOrder(shopped, input);
      }
      // Before anything was answered it is begun anew; then it fails, and at the end it may be kept.
      const last = moment === 'before it arrives' ? 'nothing' : 'all';
      expect(outcomes).toHaveLength(statements);
      expect(outcomes[0]).toBe('answered');
      expect(outcomes.at(-2)).toBe('nothing');
      expect(outcomes.at(-1)).toBe(last);
    },
    120_000,
  );

  it('which are more than 20 points', () => {
    expect(statements * 2).toBeGreaterThanOrEqual(20);
  });
});
