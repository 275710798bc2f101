import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SalesLedger } from '../src/commerce/index.js';
import { createOrganizationAdministration } from '../src/identity/index.js';
import { systemClock } from '../src/shared/clock.js';
import { decodeId, newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, startApi, unknownId } from './support/api.js';
import { recomputedSales, storedSales } from './support/recomputed-sales.js';
import { placeOrder, refund, type SoldOrder, sell, visitorId } from './support/sold-order.js';
import { createStockedProduct } from './support/stocked-product.js';

const REPORT = `query (
  $range: DayRangeInput!, $currency: CurrencyCode! = "EUR", $groupBy: SalesGrouping! = DAY, $interval: SalesInterval,
  $top: Int, $categoryId: ID
) {
  salesReport(range: $range, currency: $currency, groupBy: $groupBy, interval: $interval, top: $top, categoryId: $categoryId) {
    rows {
      start orders units refundedOrders refundedUnits
      gross { amount decimal } refunded { amount } net { amount } averageOrderValue { amount decimal }
      product { id } category { id } categoryId customer { id } customerId
    }
    total { orders gross { amount } net { amount } }
  }
}`;

const SET_ZONE = `mutation ($timeZone: String!) {
  updateOrganization(input: { timeZone: $timeZone }) { timeZone }
}`;

let api: Api;

beforeAll(async () => {
  api = await startApi();
});

afterAll(() => api?.close());

/** A shop with one product that costs what is asked for it. */
async function createShop(timeZone = 'UTC') {
  const shop = await api.createOrganization();
  if (timeZone !== 'UTC') await shop.owner.ask(SET_ZONE, { timeZone });
  const productId = await createStockedProduct(api, shop);
  return { shop, productId };
}

const reportOf = async ({ viewer }: Organization, variables: object) =>
  (await viewer.ask(REPORT, variables)).salesReport;

const days = (from: string, to = from) => ({ range: { from, to } });

const createCategory = async ({ owner }: Organization, parentId?: string): Promise<string> => {
  const input = { name: `category ${newUuid()}`, ...(parentId && { parentId }) };
  const { createCategory: category } = await owner.ask(
    'mutation ($input: CreateCategoryInput!) { createCategory(input: $input) { id } }',
    { input },
  );
  return category.id;
};

/** A number below `most` each time; the same ones for the same seed. */
function randomNumbers(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

describe('a local day', () => {
  it.each([
    // Has 23 hours, and 25.
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00Z', '2026-03-29T22:00Z'],
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00Z', '2026-10-25T23:00Z'],
    ['Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15Z', '2026-01-01T18:15Z'],
    ['America/St_Johns', '2026-03-08', '2026-03-08T03:30Z', '2026-03-09T02:30Z'],
    ['America/St_Johns', '2026-11-01', '2026-11-01T02:30Z', '2026-11-02T03:30Z'],
    ['Pacific/Kiritimati', '2026-12-31', '2026-12-30T10:00Z', '2026-12-31T10:00Z'],
    // Has no midnight, and has two.
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00Z', '2026-04-24T21:00Z'],
    ['America/Havana', '2026-11-01', '2026-11-01T04:00Z', '2026-11-02T05:00Z'],
  ])('of %s, %s, is from %s until %s', async (timeZone, day, begins, ends) => {
    const { shop, productId } = await createShop(timeZone);
    const [first, next] = [Date.parse(begins), Date.parse(ends)];
    for (const [moment, price] of [
      [first - 1, 1],
      [first, 10],
      [next - 1, 100],
      [next, 1000],
    ] as const) {
      await sell(api, shop, { at: new Date(moment), items: [{ productId, price }] });
      await api.app.tenancy.withTenant(shop.tenant, 'write', ({ prisma }) =>
        prisma.cart.create({
          data: { id: newUuid(), ownerId: newUuid(), createdAt: new Date(moment) },
        }),
      );
    }
    const { total } = await reportOf(shop, days(day));
    expect(total).toMatchObject({ orders: 2, gross: { amount: 110 } });
    const { cartConversion } = await shop.viewer.ask(
      'query ($range: DayRangeInput!) { cartConversion(range: $range) { opened } }',
      days(day),
    );
    expect(cartConversion).toEqual({ opened: 2 });
  });

  it('of a refund is that on which it happens', async () => {
    const { shop, productId } = await createShop('Europe/Berlin');
    const items = [{ productId, quantity: 3, price: 250 }];
    const at = '2026-05-01T21:59:59.999Z';
    const first = await sell(api, shop, { at, items });
    const second = await sell(api, shop, { at, items });
    await refund(api, shop, { id: first, at: '2026-05-01T22:00Z' });
    await refund(api, shop, { id: second, at: '2026-05-03T10:00Z', by: 'cancelled' });
    const { rows, total } = await reportOf(shop, days('2026-05-01', '2026-05-03'));
    const nothing = { orders: 0, units: 0, gross: { amount: 0, decimal: '0.00' } };
    const refunded = { refundedOrders: 1, refundedUnits: 3, refunded: { amount: 750 } };
    expect(rows).toMatchObject([
      { start: '2026-05-01', orders: 2, units: 6, net: { amount: 1500 }, refundedOrders: 0 },
      { ...nothing, ...refunded, net: { amount: -750 }, averageOrderValue: null },
      { ...nothing, ...refunded, net: { amount: -750 }, averageOrderValue: null },
    ]);
    expect(total).toEqual({ orders: 2, gross: { amount: 1500 }, net: { amount: 0 } });
  });
});

describe('money', () => {
  it.each([
    ['EUR', 1250, '12.50', 1251, '12.50'],
    ['JPY', 1251, '1251', 1252, '1252'],
    ['BHD', 1251, '1.251', 1252, '1.252'],
  ])('of %s is exact, and a mean rounds a half to the even unit', async (currency, ...sums) => {
    const [one, decimal, other, mean] = sums;
    const { shop, productId } = await createShop();
    const sold = (price: number) =>
      sell(api, shop, { at: '2026-05-01T10:00Z', currency, items: [{ productId, price }] });
    await sold(one);
    const { rows } = await reportOf(shop, { ...days('2026-05-01'), currency });
    expect(rows[0].gross).toEqual({ amount: one, decimal });
    await sold(other);
    const later = await reportOf(shop, { ...days('2026-05-01'), currency });
    expect(later.rows[0].gross.amount).toBe(one + other);
    expect(later.rows[0].averageOrderValue.decimal).toBe(mean);
  });

  it('of different currencies is never summed up', async () => {
    const { shop, productId } = await createShop();
    for (const currency of ['EUR', 'JPY']) {
      await sell(api, shop, {
        at: '2026-05-01T10:00Z',
        currency,
        items: [{ productId, price: 7 }],
      });
    }
    for (const currency of ['EUR', 'JPY', 'BHD']) {
      const { total } = await reportOf(shop, { ...days('2026-05-01'), currency });
      expect(total.gross.amount).toBe(currency === 'BHD' ? 0 : 7);
    }
  });

  it('is exact to the last unit that can be told, and refused beyond it', async () => {
    const { shop } = await createShop();
    const add = (amount: bigint, day: string) =>
      api.app.tenancy.withTenant(shop.tenant, 'write', ({ prisma }) =>
        prisma.dailySales.create({
          data: {
            currency: 'EUR',
            day: new Date(day),
            orders: 1n,
            units: 1n,
            grossAmount: amount,
            refundedOrders: 0n,
            refundedUnits: 0n,
            refundedAmount: 0n,
          },
        }),
      );
    await add(BigInt(Number.MAX_SAFE_INTEGER), '2026-05-01');
    const { total } = await reportOf(shop, days('2026-05-01'));
    expect(total.gross.amount).toBe(Number.MAX_SAFE_INTEGER);
    await add(1n, '2026-05-02');
    const { errors } = await shop.viewer.send(
      'query ($range: DayRangeInput!) { salesReport(range: $range, currency: "EUR") { total { orders } } }',
      days('2026-05-01', '2026-05-02'),
    );
    expect(errors?.[0].extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'range' }],
    });
  });
});

describe('a report', () => {
  it('has a row for each interval, also where nothing was sold', async () => {
    const { shop, productId } = await createShop();
    for (const [day, price] of [
      ['2026-02-28', 1],
      ['2026-03-01', 10],
      ['2026-03-02', 100],
      ['2026-05-31', 1000],
      ['2026-06-01', 10_000],
    ] as const) {
      await sell(api, shop, { at: `${day}T12:00Z`, items: [{ productId, price }] });
    }
    const grossBy = async (interval: string | undefined, from: string, to: string) => {
      const { rows } = await reportOf(shop, { ...days(from, to), interval });
      return rows.map((row: { start: string; gross: { amount: number } }) => [
        row.start,
        row.gross.amount,
      ]);
    };
    expect(await grossBy(undefined, '2026-02-28', '2026-03-03')).toEqual([
      ['2026-02-28', 1],
      ['2026-03-01', 10],
      ['2026-03-02', 100],
      ['2026-03-03', 0],
    ]);
    // The first of March is a Sunday.
    expect(await grossBy('WEEK', '2026-03-01', '2026-03-09')).toEqual([
      ['2026-02-23', 10],
      ['2026-03-02', 100],
      ['2026-03-09', 0],
    ]);
    expect(await grossBy('MONTH', '2026-03-02', '2026-06-30')).toEqual([
      ['2026-03-01', 100],
      ['2026-04-01', 0],
      ['2026-05-01', 1000],
      ['2026-06-01', 10_000],
    ]);
    expect(await grossBy('QUARTER', '2026-01-01', '2026-06-30')).toEqual([
      ['2026-01-01', 111],
      ['2026-04-01', 11_000],
    ]);
    expect(await grossBy('YEAR', '2025-01-01', '2026-05-31')).toEqual([
      ['2025-01-01', 0],
      ['2026-01-01', 1111],
    ]);
  });

  it('by products ranks them in each interval, and tells no more than the top', async () => {
    const { shop, productId: cheap } = await createShop();
    const dear = await createStockedProduct(api, shop);
    const other = await createStockedProduct(api, shop);
    const at = '2026-05-01T10:00Z';
    await sell(api, shop, {
      at,
      items: [
        { productId: cheap, quantity: 9, price: 10 },
        { productId: dear, quantity: 2, price: 500 },
        { productId: other, price: 5 },
      ],
    });
    const returned = await sell(api, shop, { at, items: [{ productId: other, price: 5000 }] });
    await refund(api, shop, { id: returned, at });
    await sell(api, shop, {
      at: '2026-06-01T10:00Z',
      items: [{ productId: cheap, quantity: 2, price: 30 }],
    });
    const asked = { ...days('2026-05-01', '2026-06-30'), groupBy: 'PRODUCT', interval: 'MONTH' };
    const { rows } = await reportOf(shop, { ...asked, top: 2 });
    expect(rows).toMatchObject([
      { start: '2026-05-01', product: { id: dear }, units: 2, gross: { amount: 1000 } },
      { start: '2026-05-01', product: { id: cheap }, units: 9, gross: { amount: 90 } },
      { start: '2026-06-01', product: { id: cheap }, units: 2, gross: { amount: 60 } },
    ]);
    const all = await reportOf(shop, { ...asked, interval: null });
    expect(all.rows.map((row: { product: object }) => row.product)).toEqual(
      [dear, cheap, other].map((id) => ({ id })),
    );
    expect(all.rows[1]).toMatchObject({
      start: '2026-05-01',
      orders: 2,
      averageOrderValue: { amount: 75 },
    });

    const TOP = `query ($range: DayRangeInput!, $by: SalesRanking, $first: Int) {
      topProducts(range: $range, currency: "EUR", by: $by, first: $first) { product { id } units net { amount } }
    }`;
    const top = async (by: string, first?: number) =>
      (await shop.viewer.ask(TOP, { ...days('2026-05-01', '2026-06-30'), by, first })).topProducts;
    expect(await top('NET')).toEqual([
      { product: { id: dear }, units: 2, net: { amount: 1000 } },
      { product: { id: cheap }, units: 11, net: { amount: 150 } },
      { product: { id: other }, units: 2, net: { amount: 5 } },
    ]);
    expect(await top('UNITS', 2)).toMatchObject([
      { product: { id: cheap } },
      { product: { id: dear } },
    ]);
  });

  it('by categories counts an order once in each, where its products stood then', async () => {
    const { shop, productId } = await createShop();
    const second = await createStockedProduct(api, shop);
    const [shirts, shoes] = [await createCategory(shop), await createCategory(shop)];
    const boots = await createCategory(shop, shoes);
    const at = '2026-05-01T10:00Z';
    const order = (first: string | null, other: string | null): SoldOrder => ({
      at,
      items: [
        { productId, price: 10, categoryId: first },
        { productId: second, price: 200, categoryId: other },
      ],
    });
    await sell(api, shop, order(shirts, shirts));
    await sell(api, shop, order(boots, shirts));
    await sell(api, shop, order(boots, null));
    const asked = { ...days('2026-05-01'), groupBy: 'CATEGORY' };
    const { rows, total } = await reportOf(shop, asked);
    expect(total.orders).toBe(3);
    expect(rows).toMatchObject([
      { category: { id: shirts }, categoryId: shirts, orders: 2, units: 3, gross: { amount: 410 } },
      { category: null, categoryId: null, orders: 1, units: 1, gross: { amount: 200 } },
      { category: { id: boots }, orders: 2, units: 2, gross: { amount: 20 } },
    ]);
    const below = await reportOf(shop, { ...asked, categoryId: shoes });
    expect(below.rows).toMatchObject([{ category: { id: boots } }]);
    const products = await reportOf(shop, { ...asked, groupBy: 'PRODUCT', categoryId: shoes });
    expect(products.rows).toMatchObject([{ product: { id: productId }, gross: { amount: 20 } }]);
    const { shop: other, productId: foreign } = await createShop();
    const theirs = await createCategory(other);
    await sell(api, other, { at, items: [{ productId: foreign, categoryId: theirs }] });
    for (const groupBy of ['PRODUCT', 'CATEGORY']) {
      for (const categoryId of [unknownId('cat'), theirs]) {
        const none = await reportOf(shop, { ...asked, groupBy, categoryId });
        expect(none.rows).toEqual([]);
      }
    }

    const { category } = await shop.viewer.ask(
      'query ($id: ID!) { category(id: $id) { version } }',
      { id: boots },
    );
    await shop.owner.ask(
      'mutation ($input: CategoryVersionInput!) { removeCategory(input: $input) { __typename } }',
      { input: { id: boots, version: category.version } },
    );
    const removed = await reportOf(shop, { ...asked, categoryId: boots });
    expect(removed.rows).toMatchObject([
      { category: null, categoryId: boots, gross: { amount: 20 } },
    ]);
  });

  it('by customers has a row for each user, and one for all who had not signed in', async () => {
    const { shop, productId } = await createShop();
    const { member, viewer } = shop;
    const sold = (price: number, customerId?: string) =>
      sell(api, shop, {
        at: '2026-05-01T10:00Z',
        items: [{ productId, price }],
        ...(customerId && { customerId }),
      });
    await sold(10, viewer.uuid);
    await sold(40);
    await sold(50);
    await sold(700, member.uuid);
    await sold(20, viewer.uuid);
    const { rows } = await reportOf(shop, { ...days('2026-05-01'), groupBy: 'CUSTOMER' });
    expect(rows).toMatchObject([
      { customer: { id: member.id }, customerId: member.id, orders: 1, gross: { amount: 700 } },
      { customer: null, customerId: null, orders: 2, gross: { amount: 90 } },
      { customer: { id: viewer.id }, orders: 2, gross: { amount: 30 } },
    ]);
  });

  it('tells nothing of another organization', async () => {
    const { shop, productId } = await createShop();
    await sell(api, shop, { at: '2026-05-01T10:00Z', items: [{ productId }] });
    const { shop: other } = await createShop();
    for (const groupBy of ['DAY', 'PRODUCT', 'CATEGORY', 'CUSTOMER']) {
      const { rows, total } = await reportOf(other, { ...days('2026-05-01'), groupBy });
      expect(total.orders).toBe(0);
      expect(rows).toHaveLength(groupBy === 'DAY' ? 1 : 0);
    }
  });

  it.each([
    ['range.to', 'before range.from', days('2026-05-02', '2026-05-01')],
    ['range.to', '3,653 days', { ...days('2016-01-01', '2026-01-01'), interval: 'YEAR' }],
    ['range.from', 'years 1900 to 9998', days('1899-12-31', '1900-01-01')],
    ['interval', '401 rows', days('2026-01-01', '2027-02-05')],
    [
      'interval',
      'a longer interval',
      { ...days('2026-01-01', '2026-01-21'), groupBy: 'PRODUCT', interval: 'DAY' },
    ],
    ['top', 'from 1 to 100', { ...days('2026-01-01'), groupBy: 'PRODUCT', top: 101 }],
    ['top', 'from 1 to 100', { ...days('2026-01-01'), groupBy: 'PRODUCT', top: 0 }],
    ['categoryId', 'PRODUCT or CATEGORY', { ...days('2026-01-01'), categoryId: 'cat_x' }],
  ])('is refused for its %s: %s', async (path, message, variables) => {
    const { shop } = await createShop();
    const { extensions } = await shop.viewer.fail(REPORT, variables);
    expect(extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path, message: expect.stringContaining(message) }],
    });
  });
});

describe('the conversion of carts', () => {
  it('counts carts where they were opened, but none that went into another', async () => {
    const { shop } = await createShop();
    const open = (status: string, at: string) =>
      api.app.tenancy.withTenant(shop.tenant, 'write', ({ prisma }) =>
        prisma.cart.create({
          data: {
            id: newUuid(),
            ownerId: visitorId(),
            status,
            createdAt: new Date(at),
            orderedAt: status === 'ordered' ? new Date('2026-05-09T10:00Z') : null,
          },
        }),
      );
    for (const status of ['open', 'ordered', 'merged', 'expired']) {
      await open(status, '2026-05-01T10:00Z');
    }
    await open('ordered', '2026-05-02T10:00Z');
    const conversionOf = async (from: string, to: string) =>
      (
        await shop.viewer.ask(
          'query ($range: DayRangeInput!) { cartConversion(range: $range) { opened ordered rate } }',
          days(from, to),
        )
      ).cartConversion;
    expect(await conversionOf('2026-05-01', '2026-05-01')).toEqual({
      opened: 3,
      ordered: 1,
      rate: 1 / 3,
    });
    expect(await conversionOf('2026-05-01', '2026-05-02')).toEqual({
      opened: 4,
      ordered: 2,
      rate: 0.5,
    });
    expect(await conversionOf('2026-05-09', '2026-05-09')).toEqual({
      opened: 0,
      ordered: 0,
      rate: null,
    });
  });
});

describe('the turnover of stock', () => {
  const TURNOVER = `query ($range: DayRangeInput!, $productId: ID) {
    stockTurnover(range: $range, productId: $productId) {
      unitsSold onHandAtStart onHandAtEnd averageOnHand turnover
    }
  }`;

  it('is units sold by the mean of what was there before and after', async () => {
    const { shop, productId } = await createShop('Asia/Kathmandu');
    const other = await createStockedProduct(api, shop);
    const moved = (onHand: number, at: string, product = productId) =>
      api.app.tenancy.withTenant(shop.tenant, 'write', ({ prisma }) =>
        prisma.stockMovement.create({
          data: {
            productId: decodeId('prod', product, 'id'),
            kind: 'correction',
            quantity: 1,
            onHand,
            createdAt: new Date(at),
          },
        }),
      );
    // The day begins, and ends, at 18:15.
    await moved(30, '2026-04-30T18:14:59.999Z');
    await moved(25, '2026-04-30T18:15Z');
    await moved(10, '2026-05-01T18:14:59.999Z');
    await moved(99, '2026-05-01T18:15Z');
    await moved(40, '2026-04-01T10:00Z', other);
    const at = '2026-05-01T10:00Z';
    await sell(api, shop, { at, items: [{ productId, quantity: 30 }] });
    await sell(api, shop, { at, currency: 'JPY', items: [{ productId, quantity: 5 }] });
    const returned = await sell(api, shop, { at, items: [{ productId, quantity: 2 }] });
    await refund(api, shop, { id: returned, at });
    await sell(api, shop, {
      at: '2026-05-01T18:15Z',
      items: [{ productId: other, quantity: 1000 }],
    });
    const turnoverOf = async (product?: string) =>
      (await shop.viewer.ask(TURNOVER, { ...days('2026-05-01'), productId: product }))
        .stockTurnover;
    expect(await turnoverOf(productId)).toEqual({
      unitsSold: 35,
      onHandAtStart: 30,
      onHandAtEnd: 10,
      averageOnHand: 20,
      turnover: 1.75,
    });
    expect(await turnoverOf()).toEqual({
      unitsSold: 35,
      onHandAtStart: 70,
      onHandAtEnd: 50,
      averageOnHand: 60,
      turnover: 35 / 60,
    });
    const { shop: empty } = await createShop();
    const { stockTurnover } = await empty.viewer.ask(TURNOVER, days('2026-05-01'));
    expect(stockTurnover).toMatchObject({ unitsSold: 0, averageOnHand: 0, turnover: null });
  });

  it('is that of no product that is not there', async () => {
    const { shop } = await createShop();
    const { productId } = await createShop();
    for (const id of [productId, unknownId('prod')]) {
      const { extensions } = await shop.viewer.fail(TURNOVER, {
        ...days('2026-05-01'),
        productId: id,
      });
      expect(extensions).toEqual({ code: 'NOT_FOUND', id });
    }
  });
});

describe('the ledger of sales', () => {
  it('refuses what has no moment to be counted at', async () => {
    const { shop, productId } = await createShop();
    const ledger = new SalesLedger();
    const id = await sell(api, shop, { at: '2026-05-01T10:00Z', items: [{ productId }] });
    await expect(
      api.app.tenancy.withTenant(shop.tenant, 'write', (tx) => ledger.record(tx, id, 'refund')),
    ).rejects.toThrow('has no moment to be counted at as a refund');
    const { shop: other } = await createShop();
    await expect(
      api.app.tenancy.withTenant(other.tenant, 'write', (tx) => ledger.record(tx, id, 'sale')),
    ).rejects.toThrow('has no moment to be counted at as a sale');
  });

  it('holds what counting all orders anew comes to, whatever has happened', async () => {
    const { shop } = await createShop('America/St_Johns');
    const random = randomNumbers(20_261_124);
    const pick = <T>(of: readonly T[]) => of[random(of.length)] as T;
    const products: string[] = [];
    for (let n = 0; n < 6; n++) products.push(await createStockedProduct(api, shop));
    const categories = [null, await createCategory(shop), await createCategory(shop)];
    const customers = [shop.owner.uuid, shop.member.uuid, undefined];
    const moment = () => new Date(Date.UTC(2026, 9, 30) + random(5 * 86_400_000));
    const open: string[] = [];
    for (let step = 0; step < 120; step++) {
      if (open.length > 5 && random(3) === 0) {
        const [id] = open.splice(random(open.length), 1) as [string];
        await refund(api, shop, { id, at: moment(), by: pick(['refunded', 'cancelled']) });
        continue;
      }
      const customerId = pick(customers);
      const order: SoldOrder = {
        at: moment(),
        currency: pick(['EUR', 'JPY']),
        items: [...products]
          .sort(() => random(2) - 0.5)
          .slice(0, 1 + random(4))
          .map((productId) => ({
            productId,
            quantity: 1 + random(9),
            price: random(100_000),
            categoryId: pick(categories),
          })),
        ...(customerId && { customerId }),
      };
      open.push(await sell(api, shop, order));
    }
    // Neither paid nor counted, and cancelled without having been paid.
    await api.app.tenancy.withTenant(shop.tenant, 'write', async (tx) => {
      for (const changes of [
        { status: 'pending', paidAt: null },
        { status: 'cancelled', paidAt: null, cancelledAt: moment() },
      ]) {
        const at = moment();
        const id = await placeOrder(tx, { at, items: [{ productId: products[0] as string }] });
        await tx.prisma.order.updateMany({ where: { id }, data: changes });
      }
    });
    const { orgId } = shop.tenant;
    const stored = await storedSales(api.database, orgId);
    expect(stored.daily_sales.length).toBeGreaterThan(8);
    expect(stored).toEqual(await recomputedSales(api.database, orgId, 'America/St_Johns'));

    await api.app.tenancy.withTenant(shop.tenant, 'write', (tx) => new SalesLedger().rebuild(tx));
    expect(await storedSales(api.database, orgId)).toEqual(stored);

    await shop.owner.ask(SET_ZONE, { timeZone: 'Pacific/Kiritimati' });
    const moved = await storedSales(api.database, orgId);
    expect(moved).toEqual(await recomputedSales(api.database, orgId, 'Pacific/Kiritimati'));
    expect(moved).not.toEqual(stored);
  });
});

describe('the time zone of an organization', () => {
  it('is UTC, until somebody who may changes it', async () => {
    const shop = await api.createOrganization();
    const ZONE = '{ organization { timeZone } }';
    expect(await shop.viewer.ask(ZONE)).toEqual({ organization: { timeZone: 'UTC' } });
    const { extensions } = await shop.member.fail(SET_ZONE, { timeZone: 'Europe/Berlin' });
    expect(extensions.code).toBe('FORBIDDEN');
    await shop.owner.ask(SET_ZONE, { timeZone: 'Asia/Kathmandu' });
    expect(await shop.viewer.ask(ZONE)).toEqual({ organization: { timeZone: 'Asia/Kathmandu' } });
  });

  it.each(['Mars/Olympus', '+05:30', ''])('cannot be %j', async (timeZone) => {
    const shop = await api.createOrganization();
    const { extensions } = await shop.owner.fail(SET_ZONE, { timeZone });
    expect(extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.timeZone' }],
    });
  });

  it('is changed by the operator where there are too many orders for a request', async () => {
    const { shop, productId } = await createShop();
    const id = await sell(api, shop, { at: '2026-05-01T23:00Z', items: [{ productId }] });
    await withAdminConnection(api.database.superuserUrl, (client) =>
      client.query(
        `INSERT INTO orders (org_id, id, number, owner_id, currency, total_amount, email, shipping_address)
         SELECT org_id, gen_random_uuid(), 1000000 + n, owner_id, currency, 0, email, '{}'
         FROM orders, generate_series(1, 50000) AS n WHERE id = $1`,
        [id],
      ),
    );
    const { extensions } = await shop.owner.fail(SET_ZONE, { timeZone: 'Europe/Berlin' });
    expect(extensions.fields).toEqual([
      {
        path: 'input.timeZone',
        message: expect.stringContaining(
          `npm run organizations -- rebuild-sales ${shop.slug} --time-zone Europe/Berlin`,
        ),
      },
    ]);
    const dayOf = async () => {
      const { rows } = await reportOf(shop, days('2026-05-01', '2026-05-02'));
      return rows.map(({ orders }: { orders: number }) => orders);
    };
    expect(await dayOf()).toEqual([1, 0]);
    const operator = createOrganizationAdministration(
      api.app.tenancy,
      systemClock,
      new SalesLedger(),
    );
    expect(await operator.rebuildDays(shop.tenant.orgId, 'Europe/Berlin')).toBe(true);
    expect(await dayOf()).toEqual([0, 1]);
    expect(await operator.rebuildDays(shop.tenant.orgId)).toBe(true);
    expect(await dayOf()).toEqual([0, 1]);
    expect(await operator.rebuildDays(newUuid())).toBe(false);
    const { auditEvents } = await shop.admin.ask(
      '{ auditEvents(filter: { kind: [ORGANIZATION_UPDATED] }) { nodes { actorId details } } }',
    );
    expect(auditEvents.nodes).toEqual([{ actorId: null, details: { fields: ['timeZone'] } }]);
  });
});
