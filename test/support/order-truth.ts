import { expect } from '@jest/globals';
import { decodeId } from '../../src/shared/ids.js';
import { withAdminConnection } from '../../src/tenancy/index.js';
import type { Answer, Api, Organization } from './api.js';
import type { TestDatabase } from './database.js';
import { eventually } from './eventually.js';
import { fillCart } from './filled-cart.js';
import { createStockedProduct } from './stocked-product.js';

/** What is about to be ordered, by public ids. */
export interface Shop {
  database: TestDatabase;
  orgId: string;
  cartId: string;
  products: string[];
}

/** The viewer's cart of 2 of one product, of which there are 5, and 3 of another, which becomes low by it. */
export async function openShop(api: Api, organization: Organization): Promise<Shop> {
  const plenty = await createStockedProduct(api, organization, { onHand: 5, priceAmount: 250n });
  const scarce = await createStockedProduct(api, organization, { onHand: 4, lowStockThreshold: 1 });
  const cartId = await fillCart(api, organization, organization.viewer, [
    { productId: plenty, quantity: 2 },
    { productId: scarce, quantity: 3 },
  ]);
  const { orgId } = organization.tenant;
  return { database: api.database, orgId, cartId, products: [plenty, scarce] };
}

/** Rows of a statement that row-level security does not hold. */
export function asSuperuser<T>(
  { superuserUrl }: TestDatabase,
  text: string,
  values: unknown[] = [],
): Promise<T[]> {
  return withAdminConnection(superuserUrl, async (client) => {
    const { rows } = await client.query(text, values);
    return rows;
  });
}

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
async function truthOf({ database, orgId, cartId, products }: Shop): Promise<Truth> {
  const ids = products.map((id) => decodeId('prod', id, 'id'));
  const [truth] = await asSuperuser<Truth>(
    database,
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
    [decodeId('cart', cartId, 'id'), ids, products[1], orgId],
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
export async function expectAllOrNothing(shopped: Shop): Promise<'all' | 'nothing'> {
  const { lastNumber, numbers, ...truth } = await truthOf(shopped);
  expect(lastNumber).toBe(numbers);
  expect([NOTHING, ALL]).toContainEqual(truth);
  return truth.orders === 0 ? 'nothing' : 'all';
}

/**
 * The same request again, which gives the one order that there is, however often.
 *
 * @param place sends it
 */
export async function expectOneOrder(shopped: Shop, place: () => Promise<Answer>): Promise<void> {
  const answers = [await place(), await place()];
  for (const answer of answers) expect(answer).toMatchObject({ status: 200, errors: undefined });
  expect(answers[0]?.data).toEqual(answers[1]?.data);
  expect(await expectAllOrNothing(shopped)).toBe('all');
  const [{ id } = { id: '' }] = await asSuperuser<{ id: string }>(
    shopped.database,
    'SELECT id FROM orders WHERE cart_id = $1',
    [decodeId('cart', shopped.cartId, 'id')],
  );
  expect(decodeId('order', answers[0]?.data.placeOrder.id, 'id')).toBe(id);
}

/** A statement is under way until its backend has noticed that nobody listens. */
export const settled = (database: TestDatabase) =>
  eventually(async () => {
    const rows = await asSuperuser(
      database,
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = 'rowhouse_app'
       AND state <> 'idle'`,
    );
    return rows.length === 0;
  }, 'no transaction is open');
