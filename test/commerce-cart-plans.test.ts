import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CartStore } from '../src/commerce/cart/cart.store.js';
import { CartBelongings } from '../src/commerce/cart/cart-belongings.js';
import { CartMerge } from '../src/commerce/cart/cart-merge.js';
import { guestArrival } from '../src/commerce/guest-arrival.js';
import { SalesLedger } from '../src/commerce/index.js';
import { GuestOrders } from '../src/commerce/order/guest-orders.js';
import { IdempotencyKeyStore } from '../src/commerce/order/idempotency-key.store.js';
import { OrderStore } from '../src/commerce/order/order.store.js';
import { OrderBelongings } from '../src/commerce/order/order-belongings.js';
import { newUuid } from '../src/shared/ids.js';
import { LargeTenancy } from './support/statement-plans/large-tenancy.js';

/** Before every cart of the large organization has expired. */
const clock = { now: () => new Date('2025-01-01T00:00:00Z') };

const store = new CartStore();

let db: LargeTenancy;

beforeAll(async () => {
  db = await LargeTenancy.create();
}, 120_000);

afterAll(() => db?.close());

const asSuperuser = <Row extends object>(text: string, ...values: unknown[]) =>
  db.asSuperuser<Row>(text, [db.large.orgId, ...values]);

const openCarts = async (ownerId?: string) =>
  asSuperuser<{ ownerId: string; items: number }>(
    `SELECT carts.owner_id AS "ownerId", count(cart_items)::int AS items
     FROM carts LEFT JOIN cart_items ON cart_items.org_id = carts.org_id AND cart_items.cart_id = carts.id
     WHERE carts.org_id = $1 AND status = 'open' AND carts.owner_id = coalesce($2, carts.owner_id)
     GROUP BY 1 ORDER BY 2 DESC, 1`,
    ownerId ?? null,
  );

describe('the statements of carts', () => {
  it('merge a cart of a visitor with six, which find everything in an index', async () => {
    const [visitor] = (await openCarts()).filter(({ ownerId }) => ownerId !== db.large.userId);
    expect(visitor?.items).toBeGreaterThan(0);
    const merge = new CartMerge(store, clock);
    const owners = { visitorId: visitor?.ownerId as string, userId: db.large.userId as string };
    const merged = await db.seen(async (tx) => {
      const cart = await merge.lock(tx, owners.visitorId);
      if (cart) await merge.merge(tx, cart, owners.userId);
    });
    expect(merged).toEqual({ statements: 6, violations: '' });
    expect(await openCarts(visitor?.ownerId)).toEqual([]);
  });

  it('welcome a guest who has ordered with a hundred orders each, and find all that belongs to them in an index', async () => {
    const visitorId = 'aaaaaaaa-aaaa-8aaa-8aaa-aaaaaaaaaaaa';
    const made = 'SELECT id FROM orders WHERE org_id = $1 AND customer_id IS NULL LIMIT 150';
    await asSuperuser(`UPDATE orders SET owner_id = $2 WHERE id IN (${made})`, visitorId);
    await asSuperuser(
      'UPDATE idempotency_keys SET owner_id = $2 FROM orders WHERE orders.org_id = $1 AND orders.id = order_id AND orders.owner_id = $2',
      visitorId,
    );
    const welcome = guestArrival({
      carts: new CartMerge(store, clock),
      orders: new GuestOrders(new OrderStore(), new IdempotencyKeyStore()),
      ledger: new SalesLedger(),
    });
    const visit = { visitorId, userId: db.large.userId as string };
    // The cart, orders twice, their keys, and four for the sums of what was paid of them.
    expect(await db.seen((tx) => welcome(tx, visit))).toEqual({ statements: 8, violations: '' });
    const of = (table: string) =>
      asSuperuser(`SELECT FROM ${table} WHERE org_id = $1 AND owner_id = $2`, visitorId);
    expect(await of('orders')).toEqual([]);
    expect(await of('idempotency_keys')).toEqual([]);
  });

  it('sweep a hundred carts with one', async () => {
    const before = await openCarts();
    expect(before.length).toBeGreaterThan(300);
    const now = new Date();
    expect(await db.seen((tx) => store.sweep(tx, now))).toEqual({ statements: 1, violations: '' });
    expect(await openCarts()).toHaveLength(before.length - 100);
  });

  it('open one with one', async () => {
    const times = { now: clock.now(), expiresAt: null };
    const opened = await db.seen((tx) => store.open(tx, newUuid(), times));
    expect(opened).toEqual({ statements: 1, violations: '' });
  });

  it('let go of a user with three, however many orders are theirs', async () => {
    const userId = db.large.userId as string;
    const orders = () =>
      asSuperuser('SELECT FROM orders WHERE org_id = $1 AND customer_id = $2', userId);
    expect((await orders()).length).toBeGreaterThan(100);
    const released = await db.seen(async (tx) => {
      await new CartBelongings(store, clock).release(tx, userId);
      await new OrderBelongings(new OrderStore()).release(tx, userId);
    });
    expect(released).toEqual({ statements: 3, violations: '' });
    expect(await orders()).toEqual([]);
    expect(await openCarts(userId)).toEqual([]);
  });
});
