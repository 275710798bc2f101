import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId } from '../src/shared/ids.js';
import { type Answer, type Api, type Organization, type Person, startApi } from './support/api.js';
import { fillCart, orderInput, PLACE_ORDER } from './support/filled-cart.js';
import {
  asSuperuser,
  expectAllOrNothing,
  expectOneOrder,
  openShop,
  type Shop,
} from './support/order-truth.js';
import { type ServerProcess, ServerProcesses } from './support/server-processes.js';
import { createStockedProduct } from './support/stocked-product.js';
import { type CutMoment, TcpProxy } from './support/tcp-proxy.js';

const TIMEOUT = 300_000;
/** With it, a write begins; what a server looks for from time to time comes without. */
const WRITE = 'BEGIN ISOLATION LEVEL READ COMMITTED';

/** Sees what is true, and is not killed. */
let witness: Api;
let servers: ServerProcesses;

beforeAll(async () => {
  witness = await startApi();
  servers = await ServerProcesses.on(witness.database);
}, TIMEOUT);

afterAll(async () => {
  await servers?.end();
  await witness?.close();
}, TIMEOUT);

const place = (server: ServerProcess, buyer: Person, input: object) =>
  server.send(buyer, PLACE_ORDER, { input });

describe('whenever the process is killed under placeOrder', () => {
  interface Watched {
    server: ServerProcess;
    proxy: TcpProxy;
  }

  let acme: Organization;
  const proxies: TcpProxy[] = [];
  let serving: Watched;
  let standby: Promise<Watched>;
  /** How many statements it takes. */
  let statements: number;

  /** A server with one connection, whose statements can be counted. */
  async function start(): Promise<Watched> {
    const { appUrl } = witness.database;
    const proxy = await TcpProxy.inFrontOf(appUrl);
    proxies.push(proxy);
    const server = await servers.start({ databaseUrl: proxy.through(appUrl), poolSize: 1 });
    return { server, proxy };
  }

  /** A new process takes over; the one behind it starts meanwhile, which takes a second or two. */
  async function takeOver(): Promise<void> {
    serving = await standby;
    standby = start();
    // When all is over, it may be ended before it serves.
    standby.catch(() => undefined);
  }

  const placeHere = (input: object) => place(serving.server, acme.viewer, input);

  /** An organization of its own, and a server that has read what is read once. */
  async function begin(): Promise<void> {
    acme = await witness.createOrganization();
    await takeOver();
    await openShop(witness, acme);
    expect((await placeHere(orderInput())).errors).toBeUndefined();
  }

  beforeAll(async () => {
    standby = start();
    await begin();
    await openShop(witness, acme);
    const counted = serving.proxy.countStatements({ from: WRITE });
    expect((await placeHere(orderInput())).errors).toBeUndefined();
    statements = counted();
  }, TIMEOUT);

  afterAll(() => Promise.all(proxies.map((proxy) => proxy.close())));

  /** Kills the process at this point of an order. @returns what is there of the order then */
  async function killAt(nth: number, moment: CutMoment, shopped: Shop, input: object) {
    const { server, proxy } = serving;
    const end = () => server.kill();
    const killed = proxy.cutAtStatement(nth, moment, { from: WRITE, end });
    await Promise.all([killed, expect(placeHere(input)).rejects.toThrow('fetch failed')]);
    await server.forgotten();
    return expectAllOrNothing(shopped);
  }

  it.each([
    ['before a statement arrives, up to COMMIT', 'before it arrives', 'nothing'],
    ['after a statement was executed, up to COMMIT', 'after it was answered', 'all'],
  ] as const)(
    '%s: money, stock, order and ledger agree, and a new process gives the one order for the same key',
    async (_what, moment, last) => {
      await begin();
      const outcomes: string[] = [];
      for (let nth = 1; nth <= statements; nth++) {
        const shopped = await openShop(witness, acme);
        const input = orderInput();
        outcomes.push(await killAt(nth, moment, shopped, input));
        await takeOver();
        await expectOneOrder(shopped, () => placeHere(input));
      }
      // COMMIT alone keeps anything, and it is the last.
      expect(outcomes).toEqual([...Array(statements - 1).fill('nothing'), last]);
    },
    TIMEOUT,
  );

  it('which are more than 20 points', () => {
    expect(statements * 2).toBeGreaterThanOrEqual(20);
  });
});

describe('a process that is killed while eight buyers order one thing after another', () => {
  const ON_HAND = 1_000;

  interface Sent {
    buyer: Person;
    input: object;
    /** Null for one that was lost. */
    answer: Answer | null;
  }

  const start = () => servers.start({ poolSize: 4 });

  async function createShop() {
    const organization = await witness.createOrganization();
    const names = Array.from({ length: 8 }, (_, n) => `buyer-${n}`);
    const buyers = await Promise.all(
      names.map((name) => organization.createPerson('viewer', name)),
    );
    const products = [
      await createStockedProduct(witness, organization, { onHand: ON_HAND, priceAmount: 250n }),
      await createStockedProduct(witness, organization, { onHand: ON_HAND }),
    ];
    return { organization, buyers, products };
  }

  type Crowded = Awaited<ReturnType<typeof createShop>>;

  /** Orders until there is no server any more. */
  async function buy(
    server: ServerProcess,
    { organization, products }: Crowded,
    buyer: Person,
    onAnswer: () => void,
  ): Promise<Sent[]> {
    const sent: Sent[] = [];
    for (;;) {
      const lines = products.map((productId, n) => ({ productId, quantity: n + 1 }));
      await fillCart(witness, organization, buyer, lines);
      const input = orderInput();
      const answer = await place(server, buyer, input).catch((error: Error) => {
        expect(error.message).toMatch(/^(fetch failed|terminated)$/);
        return null;
      });
      sent.push({ buyer, input, answer });
      if (!answer) return sent;
      expect(answer.errors).toBeUndefined();
      onAnswer();
    }
  }

  /** @returns how many orders there are, when all that belongs to them agrees with that */
  async function expectAgreement({ organization, products }: Crowded): Promise<number> {
    const [{ orders, lastNumber, stock, ...truth } = { orders: 0, lastNumber: 0, stock: [] }] =
      await asSuperuser<{ orders: number; lastNumber: number; stock: object[] }>(
        witness.database,
        `WITH mine AS (SELECT * FROM orders WHERE org_id = $1),
         items AS (SELECT * FROM order_items WHERE org_id = $1),
         movements AS (SELECT * FROM stock_movements WHERE org_id = $1)
         SELECT (SELECT count(*)::int FROM mine) AS orders,
           (SELECT last_number::int FROM number_series WHERE org_id = $1 AND name = 'orders') AS "lastNumber",
           (SELECT array_agg(number::int ORDER BY number) FROM mine) AS numbers,
           (SELECT sum(total_amount)::int FROM mine) AS money,
           (SELECT sum(total_amount)::int FROM items) AS "moneyOfItems",
           (SELECT count(*)::int FROM items) AS items,
           (SELECT count(*)::int FROM order_events WHERE org_id = $1) AS events,
           (SELECT count(*)::int FROM carts WHERE org_id = $1 AND status = 'ordered') AS carts,
           (SELECT count(*)::int FROM idempotency_keys JOIN mine ON mine.id = order_id) AS keys,
           (SELECT count(*)::int FROM idempotency_keys WHERE org_id = $1) AS "allKeys",
           (SELECT count(*)::int FROM movements WHERE kind = 'sale') AS sales,
           (SELECT json_agg(json_build_object('onHand', on_hand, 'sold', units_sold,
               'ledger', (SELECT sum(quantity) FROM movements WHERE product_id = level.product_id),
               'bought', (SELECT sum(quantity) FROM items WHERE product_id = level.product_id)) ORDER BY place)
             FROM unnest($2::uuid[]) WITH ORDINALITY AS wanted (product_id, place)
             JOIN stock_levels AS level USING (product_id)) AS stock`,
        [organization.tenant.orgId, products.map((id) => decodeId('prod', id, 'id'))],
      );
    expect(truth).toEqual({
      numbers: Array.from({ length: orders }, (_, index) => index + 1),
      money: orders * 450,
      moneyOfItems: orders * 450,
      items: orders * 2,
      events: orders,
      carts: orders,
      keys: orders,
      allKeys: orders,
      sales: orders * 2,
    });
    expect(lastNumber).toBe(orders);
    expect(stock).toEqual(
      [orders, orders * 2].map((sold) => {
        const onHand = ON_HAND - sold;
        return { onHand, ledger: onHand, sold, bought: sold };
      }),
    );
    return orders;
  }

  it.each([1, 6, 13, 20])(
    'when %d have their answer: all agrees, and a new process gives each key its one order',
    async (enough) => {
      // The second is there when the first is not any more.
      const [shop, server, next] = await Promise.all([createShop(), start(), start()]);
      let answers = 0;
      let killed: Promise<void> | undefined;
      const onAnswer = () => {
        if (++answers === enough) killed = server.kill();
      };
      const buying = shop.buyers.map((buyer) => buy(server, shop, buyer, onAnswer));
      const sent = (await Promise.all(buying)).flat();
      await killed;
      await server.forgotten();
      const kept = await expectAgreement(shop);
      expect(kept).toBeGreaterThanOrEqual(answers);
      expect(kept).toBeLessThanOrEqual(sent.length);

      const ids = await Promise.all(
        sent.map(async ({ buyer, input, answer: before }) => {
          const answer = await place(next, buyer, input);
          expect(answer.errors).toBeUndefined();
          if (before) expect(answer.data).toEqual(before.data);
          return answer.data.placeOrder.id;
        }),
      );
      expect(new Set(ids).size).toBe(sent.length);
      expect(await expectAgreement(shop)).toBe(sent.length);
      await next.kill();
    },
    TIMEOUT,
  );
});
