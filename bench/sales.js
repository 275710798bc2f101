/**
 * `npm run bench:sales`: how long the reports of sales take over a million orders of one organization, and how many
 * payments a second one organization takes.
 *
 * It starts the product with an embedded PostgreSQL in a folder of its own, fills it with SQL, has the rollups made by
 * the operator's command, and asks for each report over HTTP. Everything is removed at the end. It ends with 1, and names
 * them, where reports take longer than a second.
 */
import { availableParallelism } from 'node:os';
import { SalesLedger } from '../dist/commerce/index.js';
import { createLogger } from '../dist/shared/logger.js';
import { Tenancy } from '../dist/tenancy/index.js';
import { print, withProduct } from './started-product.js';

const ORDERS = Number(process.env.ORDERS ?? 1_000_000);
const PRODUCTS = 1_000;
const CATEGORIES = 20;
const CUSTOMERS = 200_000;
const TIMES = 7;
const PAYMENTS = 2_000;
const SLUG = 'million';
/** What the median of a report may take. */
const LIMIT = 1_000;

await withProduct({ name: SLUG, port: 4789 }, async (product) => {
  const token = await product.signUp();
  const client = await product.connect();
  const orgId = (await client.query('SELECT id FROM organizations WHERE slug = $1', [SLUG])).rows[0]
    .id;
  print(
    `${process.version}, ${availableParallelism()} cores, ${(await client.query('SHOW server_version')).rows[0].server_version}`,
  );
  await timed(`fill with ${ORDERS} orders`, () => fill(client, orgId));
  await timed('organizations -- rebuild-sales', () =>
    product.run('cli/organizations.js', ['rebuild-sales', SLUG, '--time-zone', 'Europe/Berlin']),
  );
  await timed('vacuum', () => client.query('VACUUM ANALYZE'));
  await tellSizes(client);
  await reports(product, token);
  await payments(client, orgId, (await product.databaseUrls()).appUrl);
  await client.end();
});

async function timed(what, work) {
  const start = performance.now();
  const result = await work();
  print(`${what.padEnd(46)} ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

/** A year of orders with two items on average; every second cart becomes one, every twentieth order is refunded. */
async function fill(client, orgId) {
  const moment = (n) => `timestamptz '2026-01-01Z' + ${n} * (interval '365 days' / ${ORDERS})`;
  const uuid = (text, version) =>
    `overlay(overlay(md5(${text}) placing '${version}' from 13) placing '8' from 17)::uuid`;
  await client.query(`BEGIN;
    SET LOCAL session_replication_role = replica;
    SET LOCAL work_mem = '256MB';
    SET LOCAL synchronous_commit = off;
    INSERT INTO categories (org_id, id, name, slug, position)
      SELECT '${orgId}', ${uuid("'category' || n", 7)}, 'Category ' || n, 'category-' || n, n FROM generate_series(1, ${CATEGORIES}) AS n;
    INSERT INTO products (org_id, id, category_id, sku, name, price_amount, currency)
      SELECT '${orgId}', ${uuid("'product' || n", 7)}, ${uuid(`'category' || 1 + n % ${CATEGORIES}`, 7)}, 'SKU-' || n,
        'Product ' || n, 100 + n % 5000, 'EUR' FROM generate_series(1, ${PRODUCTS}) AS n;
    INSERT INTO stock_levels (org_id, product_id, on_hand) SELECT org_id, id, 1000 FROM products WHERE org_id = '${orgId}';
    INSERT INTO stock_movements (org_id, id, product_id, kind, quantity, on_hand, created_at)
      SELECT '${orgId}', gen_random_uuid(), ${uuid(`'product' || 1 + n % ${PRODUCTS}`, 7)},
        CASE WHEN n % 2 = 0 THEN 'receipt' ELSE 'sale' END, CASE WHEN n % 2 = 0 THEN 5 ELSE -5 END, n % 1000,
        ${moment('n')}
      FROM generate_series(1, ${ORDERS}) AS n;
    INSERT INTO carts (org_id, id, owner_id, status, expires_at, ordered_at, created_at, updated_at)
      SELECT '${orgId}', ${uuid("'cart' || n", 7)}, ${uuid("'owner of cart' || n", 8)},
        CASE WHEN n % 2 = 0 THEN 'ordered' WHEN n % 50 = 1 THEN 'merged' ELSE 'expired' END, ${moment('n / 2')} + interval '30 days',
        CASE WHEN n % 2 = 0 THEN ${moment('n / 2')} END, ${moment('n / 2')}, ${moment('n / 2')}
      FROM generate_series(1, 2 * ${ORDERS}) AS n;
    INSERT INTO orders (org_id, id, number, owner_id, cart_id, status, currency, total_amount, email, shipping_address,
        placed_at, paid_at, shipped_at, delivered_at, refunded_at, sales_counted)
      SELECT '${orgId}', ${uuid("'order' || n", 7)}, n,
        CASE WHEN n % 10 < 3 THEN ${uuid("'visitor' || n", 8)} ELSE ${uuid(`'user' || n::bigint * 7919 % ${CUSTOMERS}`, 7)} END,
        ${uuid("'cart' || 2 * n", 7)}, CASE WHEN n % 20 = 0 THEN 'refunded' ELSE 'delivered' END, 'EUR', 0,
        'buyer@example.com', '{}', ${moment('n')}, ${moment('n')}, ${moment('n')}, ${moment('n')},
        CASE WHEN n % 20 = 0 THEN ${moment('n')} + interval '3 days' END, true
      FROM generate_series(1, ${ORDERS}) AS n;
    INSERT INTO order_items (org_id, order_id, product_id, owner_id, category_id, sku, name, quantity, price_amount,
        total_amount)
      SELECT '${orgId}', ${uuid("'order' || n", 7)}, ${uuid(`'product' || p`, 7)}, ${uuid("'owner' || n", 8)},
        ${uuid(`'category' || 1 + p % ${CATEGORIES}`, 7)}, 'SKU-' || p, 'Product ' || p, 1 + n % 3, 100 + p % 5000,
        (1 + n % 3) * (100 + p % 5000)
      FROM generate_series(1, ${ORDERS}) AS n
      CROSS JOIN generate_series(1, 1 + n % 3) AS line
      CROSS JOIN LATERAL (SELECT 1 + (n::bigint * 31 + line * 137) % ${PRODUCTS} AS p) AS product;
    COMMIT`);
  await client.query('VACUUM ANALYZE');
}

async function tellSizes(client) {
  for (const table of [
    'daily_sales',
    'daily_product_sales',
    'daily_category_sales',
    'daily_customer_sales',
  ]) {
    const { rows } = await client.query(
      `SELECT count(*) AS count, pg_size_pretty(pg_total_relation_size('${table}')) AS size FROM ${table}`,
    );
    print(`${table.padEnd(46)} ${rows[0].count} rows, ${rows[0].size}`);
  }
}

async function reports(product, token) {
  const FIGURES = 'orders units gross { decimal } net { decimal } averageOrderValue { decimal }';
  const year = { from: '2026-01-01', to: '2026-12-31' };
  const report = (args, more = '') => [
    `query ($range: DayRangeInput!) { salesReport(range: $range, currency: "EUR", ${args}) {
       rows { start ${FIGURES} ${more} } total { ${FIGURES} } } }`,
    { range: year },
  ];
  const asked = {
    'salesReport by DAY': report('groupBy: DAY'),
    'salesReport by DAY, months': report('groupBy: DAY, interval: MONTH'),
    'salesReport by PRODUCT': report('groupBy: PRODUCT, top: 100', 'product { name }'),
    'salesReport by PRODUCT, months': report(
      'groupBy: PRODUCT, interval: MONTH, top: 10',
      'product { name }',
    ),
    'salesReport by CATEGORY, weeks': report(
      'groupBy: CATEGORY, interval: WEEK, top: 7',
      'category { name }',
    ),
    'salesReport by CUSTOMER': report('groupBy: CUSTOMER, top: 100', 'customerId'),
    'salesReport by CUSTOMER, months': report(
      'groupBy: CUSTOMER, interval: MONTH, top: 10',
      'customerId',
    ),
    topProducts: [
      `query ($range: DayRangeInput!) { topProducts(range: $range, currency: "EUR", by: UNITS) { product { name } ${FIGURES} } }`,
      { range: year },
    ],
    cartConversion: [
      'query ($range: DayRangeInput!) { cartConversion(range: $range) { opened ordered rate } }',
      { range: year },
    ],
    stockTurnover: [
      'query ($range: DayRangeInput!) { stockTurnover(range: $range) { unitsSold averageOnHand turnover } }',
      { range: year },
    ],
  };
  for (const [name, [query, variables]] of Object.entries(asked)) {
    const times = [];
    for (let n = 0; n < TIMES; n++) {
      const start = performance.now();
      await product.ask(query, variables, token);
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    const ms = (at) => `${times[at].toFixed(0)} ms`;
    print(`${name.padEnd(46)} median ${ms((TIMES - 1) / 2)}, slowest ${ms(TIMES - 1)}`);
    product.check(name, times[(TIMES - 1) / 2], LIMIT);
  }
}

/** Orders of two items that are paid on the same day, each in a transaction of its own. */
async function payments(client, orgId, appUrl) {
  await client.query(`UPDATE orders SET status = 'pending', paid_at = NULL, shipped_at = NULL, delivered_at = NULL, sales_counted = false
    WHERE org_id = '${orgId}' AND number % 20 = 1 AND number <= ${PAYMENTS * 20}`);
  const { rows } = await client.query(
    "SELECT id FROM orders WHERE org_id = $1 AND status = 'pending' ORDER BY number",
    [orgId],
  );
  const ledger = new SalesLedger();
  for (const size of [1, 8]) {
    const tenancy = new Tenancy(
      {
        url: appUrl,
        size,
        waitLimitMs: 60_000,
        statementTimeoutMs: 60_000,
        idleInTransactionTimeoutMs: 60_000,
      },
      createLogger({ level: 'silent' }),
    );
    const tenant = { orgId, userId: null };
    for (const counted of [false, true]) {
      const ids = rows.splice(0, PAYMENTS / 4).map(({ id }) => id);
      const start = performance.now();
      await Promise.all(
        ids.map((id) =>
          tenancy.withTenant(tenant, 'write', async (tx) => {
            await tx.prisma.order.updateMany({
              where: { id },
              data: { status: 'paid', paidAt: new Date() },
            });
            if (counted) await ledger.record(tx, id, 'sale');
          }),
        ),
      );
      const rate = ids.length / ((performance.now() - start) / 1000);
      const what = counted ? 'paid and counted' : 'paid alone';
      print(`${`${size} at a time, ${what}`.padEnd(46)} ${rate.toFixed(0)} orders a second`);
    }
    await tenancy.close();
  }
}
