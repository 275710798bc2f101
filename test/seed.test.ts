import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PasswordHasher } from '../src/identity/index.js';
import { DEMO_ORGANIZATIONS, DEMO_PASSWORD, seedDemo } from '../src/seed/index.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { type Api, startApi } from './support/api.js';
import { openTenancy } from './support/organizations.js';
import { recomputedSales, storedSales } from './support/recomputed-sales.js';
import {
  closePlace,
  everythingIn,
  expectTimedIds,
  LATER,
  openPlace,
  type Place,
  rowsIn,
  TODAY,
} from './support/seeded-place.js';

/** What counts from the moment at which it is made; so does what the shop's year leaves in the stock. */
const OF_THE_MOMENT = [
  'dueDates',
  'stock',
  'movements',
  'carts',
  'cartItems',
  'orders',
  'orderItems',
  'orderEvents',
  'payments',
  'numbers',
];

/** The first row of each table that is not the same: a difference of all would take minutes to show. */
function differences(one: Record<string, unknown[]>, other: Record<string, unknown[]>) {
  return Object.keys(one).flatMap((table) => {
    const [here = [], there = []] = [one[table], other[table]];
    const texts = there.map((row) => JSON.stringify(row));
    const index = here.findIndex((row, place) => JSON.stringify(row) !== texts[place]);
    if (index < 0 && here.length === there.length) return [];
    return [{ table, rows: [here.length, there.length], here: here[index], there: there[index] }];
  });
}

describe('the demo data', () => {
  let place: Place;

  beforeAll(async () => {
    place = await openPlace();
    expect(await seedDemo(place.tenancy, TODAY)).toEqual(['Demo Org', 'Test Corp']);
  });
  afterAll(() => closePlace(place));

  it('is two organizations, with the accounts and projects that the documentation names', async () => {
    expect(
      await rowsIn(
        place,
        `SELECT slug, o.name, array_agg(DISTINCT email || ' ' || role ORDER BY email || ' ' || role) AS accounts,
           array_agg(DISTINCT p.name ORDER BY p.name) AS projects
         FROM organizations o JOIN users u ON u.org_id = o.id JOIN projects p ON p.org_id = o.id
         WHERE email NOT LIKE '%@example.com'
         GROUP BY o.id ORDER BY slug`,
      ),
    ).toEqual([
      {
        slug: 'demo',
        name: 'Demo Org',
        accounts: ['admin@demo.com owner', 'user@demo.com member'],
        projects: ['Feature X', 'MVP Project'],
      },
      {
        slug: 'test',
        name: 'Test Corp',
        accounts: ['admin@test.com owner'],
        projects: ['Website Relaunch'],
      },
    ]);
  });

  it('opens every account with the password that is printed', async () => {
    const hashes = await rowsIn(place, 'SELECT password_hash FROM users');
    expect(hashes.length).toBeGreaterThan(3);
    expect(DEMO_PASSWORD.length).toBeGreaterThanOrEqual(12);
    for (const hash of new Set(hashes.map(({ password_hash }) => password_hash))) {
      expect(await new PasswordHasher().matches(hash, DEMO_PASSWORD)).toBe(true);
    }
  });

  it('has lists that page, all states and priorities, and due dates on both sides of today', async () => {
    const [demo, test] = await rowsIn(
      place,
      `SELECT count(*)::int AS tasks, count(DISTINCT status)::int AS states,
         count(DISTINCT priority)::int AS priorities,
         count(*) FILTER (WHERE assignee_id IS NULL)::int AS unassigned,
         count(*) FILTER (WHERE due_at IS NULL)::int AS without_due_date,
         count(*) FILTER (WHERE NOT completed AND due_at < '2026-11-21T10:30Z')::int AS overdue,
         count(*) FILTER (WHERE NOT completed AND due_at > '2026-11-21T10:30Z')::int AS ahead
       FROM tasks JOIN organizations o ON o.id = org_id GROUP BY slug ORDER BY slug`,
    );
    expect(demo).toEqual({
      tasks: 48,
      states: 3,
      priorities: 5,
      unassigned: 9,
      without_due_date: 4,
      overdue: 6,
      ahead: 25,
    });
    expect(test).toMatchObject({ tasks: 8, states: 3, unassigned: 2, overdue: 1 });
  });

  it('has a catalog in a tree, with products that are sold out and such as are low, at honest prices', async () => {
    const [demo, test] = await rowsIn(
      place,
      `SELECT count(*)::int AS products, count(DISTINCT category_id)::int AS categories,
         count(DISTINCT c.parent_id)::int AS parents, count(DISTINCT p.name)::int AS names,
         count(*) FILTER (WHERE on_hand = 0)::int AS sold_out, count(*) FILTER (WHERE low_since IS NOT NULL)::int AS low,
         min(price_amount)::int AS cheapest, max(price_amount)::int AS dearest
       FROM products p JOIN organizations o ON o.id = p.org_id JOIN categories c ON c.id = category_id
       JOIN stock_levels ON product_id = p.id GROUP BY o.slug ORDER BY o.slug`,
    );
    expect(demo).toMatchObject({ products: 237, categories: 12, parents: 5, names: 237 });
    expect(demo.sold_out).toBeGreaterThan(10);
    expect(demo.low).toBeGreaterThan(demo.sold_out + 20);
    expect(demo.low).toBeLessThan(120);
    expect(demo.cheapest).toBeGreaterThan(100);
    expect(demo.dearest).toBeLessThan(200_000);
    expect(test).toMatchObject({ categories: 1, parents: 0 });
    const shared = await rowsIn(place, 'SELECT sku FROM products GROUP BY sku HAVING count(*) = 2');
    expect(shared).toHaveLength(test.products);
  });

  it('has a ledger that comes to what is in stock', async () => {
    expect(
      await rowsIn(
        place,
        `SELECT product_id FROM stock_levels LEFT JOIN stock_movements USING (org_id, product_id)
         GROUP BY org_id, product_id, stock_levels.on_hand
         HAVING coalesce(sum(quantity), 0) <> stock_levels.on_hand`,
      ),
    ).toEqual([]);
    const last = await rowsIn(
      place,
      `SELECT DISTINCT ON (product_id) m.on_hand = l.on_hand AS agrees FROM stock_movements m
       JOIN stock_levels l USING (org_id, product_id) ORDER BY product_id, created_at DESC`,
    );
    expect(last.length).toBeGreaterThan(200);
    expect(last.every(({ agrees }) => agrees)).toBe(true);
    expect(
      await rowsIn(
        place,
        `SELECT * FROM (SELECT product_id, created_at, on_hand,
           sum(quantity) OVER (PARTITION BY product_id ORDER BY created_at, id) AS counted FROM stock_movements) AS running
         WHERE on_hand <> counted`,
      ),
    ).toEqual([]);
  });

  it('knows how much was sold of a product, and since when it is low', async () => {
    const [found] = await rowsIn(
      place,
      `SELECT count(*) FILTER (WHERE units_sold <> sold)::int AS wrong_units,
         count(*) FILTER (WHERE low_since IS DISTINCT FROM low_from)::int AS wrong_moment,
         max(units_sold)::int AS best, count(*) FILTER (WHERE units_sold > 0)::int AS sold
       FROM stock_levels
       CROSS JOIN LATERAL (SELECT coalesce(-sum(quantity) FILTER (WHERE kind IN ('sale', 'return')), 0) AS sold,
           max(created_at) FILTER (WHERE on_hand > low_stock_threshold) AS last_high
         FROM stock_movements AS m WHERE m.org_id = stock_levels.org_id AND m.product_id = stock_levels.product_id) AS a
       CROSS JOIN LATERAL (SELECT min(created_at) AS low_from FROM stock_movements AS m
         WHERE m.org_id = stock_levels.org_id AND m.product_id = stock_levels.product_id
           AND m.created_at > coalesce(last_high, '-infinity')) AS b
       WHERE EXISTS (SELECT FROM orders WHERE orders.org_id = stock_levels.org_id)`,
    );
    expect(found).toMatchObject({ wrong_units: 0, wrong_moment: 0 });
    expect(found.sold).toBeGreaterThan(200);
    expect(found.best).toBeGreaterThan(100);
  });

  it('has a year of orders, up to the moment at which it is made', async () => {
    const [year] = await rowsIn(
      place,
      `SELECT count(*)::int AS orders, count(DISTINCT date_trunc('day', placed_at, 'UTC'))::int AS days,
         min(placed_at) < timestamptz '2025-11-23Z' AS is_whole, count(DISTINCT org_id)::int AS shops,
         max(greatest(placed_at, updated_at)) < timestamptz '2026-11-21 10:30Z' AS is_past,
         max(placed_at) > timestamptz '2026-11-20Z' AS is_current,
         avg((extract(isodow FROM placed_at AT TIME ZONE 'UTC') > 5)::int)::real AS weekend,
         avg((placed_at > timestamptz '2026-05-22Z')::int)::real AS second_half,
         count(*) FILTER (WHERE placed_at < timestamptz '2026-01-01Z')::int AS forty_days_before_christmas,
         count(*) FILTER (WHERE placed_at >= timestamptz '2026-07-01Z' AND placed_at < '2026-08-10Z')::int AS forty_of_summer
       FROM orders`,
    );
    expect(year).toMatchObject({
      days: 365,
      shops: 1,
      is_whole: true,
      is_past: true,
      is_current: true,
    });
    expect(year.orders).toBeGreaterThan(2_000);
    expect(year.orders).toBeLessThan(5_000);
    expect(year.weekend).toBeGreaterThan(0.3);
    expect(year.forty_days_before_christmas).toBeGreaterThan(year.forty_of_summer);
    expect(year.second_half).toBeGreaterThan(0.45);
  });

  it('has numbered the orders as they were placed, without gaps', async () => {
    const [found] = await rowsIn(
      place,
      `SELECT count(*) FILTER (WHERE number <> place)::int AS misplaced, max(number) = count(*) AS gapless,
         max(number) = (SELECT last_number FROM number_series WHERE name = 'orders') AS continues
       FROM (SELECT number, row_number() OVER (ORDER BY placed_at) AS place FROM orders) AS numbered`,
    );
    expect(found).toEqual({ misplaced: 0, gapless: true, continues: true });
  });

  it('has orders of 1 to 4 products that come to their total, as the cart had it and as it was paid', async () => {
    const [found] = await rowsIn(
      place,
      `SELECT min(lines)::int AS least, max(lines)::int AS most, avg(lines)::real AS lines,
         count(*) FILTER (WHERE total <> total_amount)::int AS wrong_totals,
         count(*) FILTER (WHERE in_cart IS DISTINCT FROM ordered)::int AS other_than_cart,
         count(*) FILTER (WHERE p.amount IS DISTINCT FROM CASE WHEN paid_at IS NOT NULL THEN total_amount END
           OR p.status IS DISTINCT FROM CASE WHEN paid_at IS NULL THEN NULL
             WHEN o.status IN ('cancelled', 'refunded') THEN 'refunded' ELSE 'captured' END)::int AS wrong_payments,
         count(DISTINCT p.status)::int AS payment_statuses, count(*) FILTER (WHERE p.id IS NULL)::int AS unpaid
       FROM orders AS o
       CROSS JOIN LATERAL (SELECT count(*) AS lines, sum(price_amount * quantity) AS total,
         array_agg((product_id, quantity, price_amount, o.currency) ORDER BY product_id) AS ordered
         FROM order_items WHERE org_id = o.org_id AND order_id = o.id) AS items
       CROSS JOIN LATERAL (SELECT array_agg((product_id, quantity, price_amount, currency) ORDER BY product_id) AS in_cart
         FROM cart_items JOIN carts USING (org_id)
         WHERE carts.org_id = o.org_id AND carts.id = o.cart_id AND cart_id = o.cart_id AND carts.owner_id = o.owner_id AND ordered_at = o.placed_at) AS cart
       LEFT JOIN payments AS p ON p.org_id = o.org_id AND p.order_id = o.id`,
    );
    expect(found).toMatchObject({
      least: 1,
      most: 4,
      wrong_totals: 0,
      other_than_cart: 0,
      wrong_payments: 0,
      payment_statuses: 2,
    });
    expect(found.unpaid).toBeGreaterThan(10);
    expect(found.lines).toBeGreaterThan(1.4);
  });

  it('has delivered nearly all of them, and those of the last days are on their way', async () => {
    const [found] = await rowsIn(
      place,
      `SELECT avg((status = 'delivered')::int)::real AS delivered, avg((status IN ('refunded', 'cancelled'))::int)::real AS undone,
         count(DISTINCT status)::int AS statuses,
         min(placed_at) FILTER (WHERE status IN ('pending', 'paid', 'shipped')) > timestamptz '2026-11-12Z' AS old_ones_ended,
         count(*) FILTER (WHERE steps[cardinality(steps)] <> status OR steps[1] <> 'pending' OR version <> cardinality(steps))::int
           AS other_than_history,
         count(*) FILTER (WHERE moments IS DISTINCT FROM array_remove(
           ARRAY[placed_at, paid_at, shipped_at, delivered_at, cancelled_at, refunded_at], NULL))::int AS other_moments
       FROM orders AS o
       CROSS JOIN LATERAL (SELECT array_agg(status ORDER BY occurred_at) AS steps, array_agg(occurred_at ORDER BY occurred_at) AS moments
         FROM order_events WHERE org_id = o.org_id AND order_id = o.id) AS history`,
    );
    expect(found).toMatchObject({
      statuses: 6,
      old_ones_ended: true,
      other_than_history: 0,
      other_moments: 0,
    });
    expect(found.delivered).toBeGreaterThan(0.85);
    expect(found.undone).toBeGreaterThan(0.04);
    expect(found.undone).toBeLessThan(0.12);
  });

  it('has taken from the stock what was ordered, and put back what came back', async () => {
    expect(
      await rowsIn(
        place,
        `SELECT coalesce(o.product_id, m.product_id) AS product, o.net, m.net FROM
           (SELECT product_id, sum(CASE WHEN stock_returned THEN 0 ELSE quantity END) AS net FROM order_items
              JOIN orders ON orders.id = order_id GROUP BY 1) AS o
           FULL JOIN (SELECT product_id, -sum(quantity) AS net FROM stock_movements WHERE kind IN ('sale', 'return')
              GROUP BY 1) AS m USING (product_id)
         WHERE o.net IS DISTINCT FROM m.net`,
      ),
    ).toEqual([]);
  });

  it('has customers who come back, visitors, and carts that nobody has ordered', async () => {
    const [found] = await rowsIn(
      place,
      `SELECT avg((customer_id IS NOT NULL)::int)::real AS by_customers, count(DISTINCT customer_id)::int AS customers,
         avg((row_number > 1)::int)::real AS repeated, (SELECT avg((status = 'ordered')::int)::real FROM carts) AS conversion,
         (SELECT count(*)::int FROM carts WHERE status = 'open' AND expires_at < '2026-11-21 10:30Z') AS forgotten,
         (SELECT count(*)::int FROM carts JOIN cart_items USING (org_id) WHERE cart_id = id AND status = 'expired')
           AS filled_and_over,
         (SELECT count(DISTINCT cart_id)::int FROM carts JOIN cart_items USING (org_id)
           WHERE cart_id = id AND status = 'open') AS filled
       FROM (SELECT customer_id, row_number() OVER (PARTITION BY owner_id ORDER BY placed_at) FROM orders) AS o`,
    );
    expect(found.by_customers).toBeGreaterThan(0.2);
    expect(found.by_customers).toBeLessThan(0.3);
    expect(found.customers).toBeGreaterThan(30);
    expect(found.repeated).toBeGreaterThan(0.3);
    expect(found.conversion).toBeGreaterThan(0.1);
    expect(found.conversion).toBeLessThan(0.25);
    expect(found).toMatchObject({ forgotten: 0, filled_and_over: 0 });
    expect(found.filled).toBeGreaterThan(100);
  });

  it('is left alone when it is there', async () => {
    const before = await everythingIn(place);
    await rowsIn(place, "UPDATE users SET name = 'Renamed' WHERE email = 'user@demo.com'");
    expect(await seedDemo(place.tenancy, LATER)).toEqual([]);
    await rowsIn(place, "UPDATE users SET name = 'Uma User' WHERE email = 'user@demo.com'");
    expect(differences(before, await everythingIn(place))).toEqual([]);
  });

  it('is the same wherever it is made', async () => {
    const other = await openPlace();
    try {
      await seedDemo(other.tenancy, TODAY);
      expect(differences(await everythingIn(place), await everythingIn(other))).toEqual([]);
    } finally {
      await closePlace(other);
    }
  });

  it('is the same whenever it is made, but for due dates and the year of the shop', async () => {
    const other = await openPlace();
    try {
      await seedDemo(other.tenancy, LATER);
      const [here, there] = await Promise.all([everythingIn(place), everythingIn(other)]);
      const dueDates = here.dueDates;
      const later = there.dueDates;
      for (const { orders } of [here, there]) expect(orders.length).toBeGreaterThan(2_000);
      for (const name of OF_THE_MOMENT) {
        delete here[name];
        delete there[name];
      }
      expect(differences(here, there)).toEqual([]);
      const days = (Date.UTC(2027, 1, 3) - Date.UTC(2026, 10, 21)) / 86_400_000;
      expect(later).toEqual(
        dueDates.map((row: { due_at: Date | null }) => ({
          ...row,
          due_at: row.due_at && new Date(row.due_at.getTime() + days * 86_400_000),
        })),
      );
    } finally {
      await closePlace(other);
    }
  });

  it('has ids of version 7, which sort as their rows were made', () => expectTimedIds(place));

  it('is completed when only a part of it was made', async () => {
    await rowsIn(place, "DELETE FROM organizations WHERE slug = 'test'");
    expect(await seedDemo(place.tenancy, TODAY)).toEqual(['Test Corp']);
    expect(await place.tenancy.findOrganization('test')).not.toBeNull();
  });

  it('is made once when two processes seed at the same moment', async () => {
    const other = await openPlace();
    const second = openTenancy(other.database);
    try {
      const made = await Promise.all([seedDemo(other.tenancy, TODAY), seedDemo(second, TODAY)]);
      expect(made.flat().sort()).toEqual(DEMO_ORGANIZATIONS.map(({ name }) => name));
    } finally {
      await second.close();
      await closePlace(other);
    }
  });
});

describe('the reports of the demo shop', () => {
  const RANGE = '{ from: "2025-11-21", to: "2026-11-21" }';
  const MONTHS = Array.from({ length: 13 }, (_, index) =>
    new Date(Date.UTC(2025, 10 + index, 1)).toISOString().slice(0, 7),
  );
  let api: Api;
  let ask: (query: string) => ReturnType<Api['send']>;

  beforeAll(async () => {
    api = await startApi();
    await seedDemo(api.app.tenancy, TODAY);
    const input = `{ organization: "demo", email: "admin@demo.com", password: "${DEMO_PASSWORD}" }`;
    const { data } = await api.send(`mutation { signIn(input: ${input}) { accessToken } }`);
    const authorization = `Bearer ${data.signIn.accessToken}`;
    ask = (query) => api.send(query, {}, { authorization });
  });
  afterAll(() => api?.close());

  const number = async (sql: string): Promise<number> => {
    const { superuserUrl } = api.database;
    const { rows: found } = await withAdminConnection(superuserUrl, (client) =>
      client.query({ text: sql, rowMode: 'array' }),
    );
    return Number(found[0]?.[0]);
  };

  it('have something sold in every month, and all orders that were paid', async () => {
    const { data, text } = await ask(
      `{ salesReport(range: ${RANGE}, currency: "EUR", interval: MONTH) {
        rows { start orders units gross { amount } net { amount } } total { orders net { amount } }
      } }`,
    );
    const { rows: months, total } = data?.salesReport ?? { rows: text };
    expect(months.map(({ start }: { start: string }) => start.slice(0, 7))).toEqual(MONTHS);
    for (const { orders, units, gross, net } of months) {
      expect(orders).toBeGreaterThan(20);
      expect(units).toBeGreaterThanOrEqual(orders);
      expect(net.amount).toBeGreaterThan(0);
      expect(gross.amount).toBeGreaterThanOrEqual(net.amount);
    }
    expect(total.orders).toBe(await number('SELECT count(paid_at) FROM orders'));
  });

  it('have products that were sold most, carts of which some were ordered, and stock that was sold', async () => {
    const { data, text } = await ask(
      `{
        topProducts(range: ${RANGE}, currency: "EUR", by: UNITS, first: 10) { units refundedUnits net { amount } product { name } }
        cartConversion(range: ${RANGE}) { opened ordered rate }
        stockTurnover(range: ${RANGE}) { unitsSold onHandAtEnd turnover }
        stockDiscrepancies { onHand sumOfMovements }
      }`,
    );
    if (!data) throw new Error(text);
    const { topProducts, cartConversion, stockTurnover, stockDiscrepancies } = data;
    const units: number[] = topProducts.map(
      (row: { units: number; refundedUnits: number }) => row.units - row.refundedUnits,
    );
    expect(units).toHaveLength(10);
    expect(units).toEqual([...units].sort((a, b) => b - a));
    expect(units.at(-1)).toBeGreaterThan(20);
    for (const { net, product } of topProducts) {
      expect(net.amount).toBeGreaterThan(0);
      expect(product.name).not.toBe('');
    }
    const ordered = await number("SELECT count(*) FROM carts WHERE status = 'ordered'");
    expect(cartConversion).toMatchObject({
      opened: await number('SELECT count(*) FROM carts'),
      ordered,
    });
    expect(cartConversion.rate).toBeCloseTo(ordered / cartConversion.opened);
    expect(stockTurnover.unitsSold).toBeGreaterThan(2_000);
    expect(stockTurnover.onHandAtEnd).toBe(
      await number(
        'SELECT sum(on_hand) FROM stock_levels WHERE org_id = (SELECT org_id FROM orders LIMIT 1)',
      ),
    );
    expect(stockTurnover.turnover).toBeGreaterThan(0);
    expect(stockDiscrepancies).toEqual([]);
  });

  it('are those that the orders come to, day by day', async () => {
    const orgId = (await api.app.tenancy.findOrganization('demo')) as string;
    const stored = await storedSales(api.database, orgId);
    expect(stored.daily_sales.length).toBeGreaterThan(360);
    expect(stored).toEqual(await recomputedSales(api.database, orgId, 'UTC'));
  });
});
