import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SalesLedger } from '../src/commerce/index.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, startApi } from './support/api.js';
import { eventually } from './support/eventually.js';
import { recomputedSales, storedSales } from './support/recomputed-sales.js';
import { placeOrder, refund, sell } from './support/sold-order.js';
import { createStockedProduct } from './support/stocked-product.js';

const SET_ZONE = `mutation ($timeZone: String!) {
  updateOrganization(input: { timeZone: $timeZone }) { timeZone }
}`;

const ledger = new SalesLedger();

let api: Api;
let shop: Organization;
let products: string[];

beforeAll(async () => {
  api = await startApi();
});

beforeAll(async () => {
  shop = await api.createOrganization();
  products = [];
  for (let n = 0; n < 6; n++) products.push(await createStockedProduct(api, shop));
});

afterAll(() => api?.close());

const stored = () => storedSales(api.database, shop.tenant.orgId);

const recomputed = (timeZone: string) => recomputedSales(api.database, shop.tenant.orgId, timeZone);

const waiting = (count: number) =>
  withAdminConnection(api.database.superuserUrl, (watcher) =>
    eventually(async () => {
      const { rows } = await watcher.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      return rows.length >= count;
    }, `${count} wait`),
  );

describe('sales at the same time', () => {
  it('are all counted, whatever the order of their products, and none fails', async () => {
    const at = '2026-05-01T10:00Z';
    const ids = await Promise.all(
      Array.from({ length: 30 }, (_, turn) => {
        const items = products.map((_each, n) => {
          const place = turn % 2 === 0 ? n : products.length - 1 - n;
          return { productId: products[(place + turn) % products.length] as string, price: turn };
        });
        return sell(api, shop, { at, items, customerId: shop.member.uuid });
      }),
    );
    await Promise.all([
      ...ids.slice(0, 15).map((id) => refund(api, shop, { id, at })),
      ...products.map((productId) => sell(api, shop, { at, items: [{ productId }] })),
    ]);
    const sales = await stored();
    expect(sales.daily_sales).toEqual(['EUR 2026-05-01 36 186 3210 15 90 630']);
    expect(sales).toEqual(await recomputed('UTC'));
  });
});

describe('a sale while the time zone changes', () => {
  it('that is counted already is counted again, by the new days', async () => {
    const items = [{ productId: products[0] as string }];
    let changing: Promise<unknown> | undefined;
    await api.app.tenancy.withTenant(shop.tenant, 'write', async (tx) => {
      await ledger.record(tx, await placeOrder(tx, { at: '2026-06-01T23:00Z', items }), 'sale');
      changing = shop.owner.ask(SET_ZONE, { timeZone: 'Europe/Berlin' });
      await waiting(1);
    });
    await changing;
    const sales = await stored();
    expect(sales.daily_sales.at(-1)).toBe('EUR 2026-06-02 1 1 100 0 0 0');
    expect(sales).toEqual(await recomputed('Europe/Berlin'));
  });

  it('that comes meanwhile waits, and is counted once, by the new days', async () => {
    const items = [{ productId: products[0] as string }];
    const at = '2026-07-01T14:00Z';
    const id = await api.app.tenancy.withTenant(shop.tenant, 'write', async (tx) => {
      const placed = await placeOrder(tx, { at, items });
      await tx.prisma.order.updateMany({
        where: { id: placed },
        data: { status: 'pending', paidAt: null },
      });
      return placed;
    });
    await withAdminConnection(api.database.superuserUrl, async (holder) => {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM daily_sales WHERE org_id = $1 FOR UPDATE', [
        shop.tenant.orgId,
      ]);
      const changing = shop.owner.ask(SET_ZONE, { timeZone: 'Pacific/Kiritimati' });
      await waiting(1);
      const paying = api.app.tenancy.withTenant(shop.tenant, 'write', async (tx) => {
        await tx.prisma.order.updateMany({
          where: { id },
          data: { status: 'paid', paidAt: new Date(at) },
        });
        await ledger.record(tx, id, 'sale');
      });
      await waiting(2);
      await holder.query('COMMIT');
      await Promise.all([changing, paying]);
    });
    const sales = await stored();
    expect(sales.daily_sales.at(-1)).toBe('EUR 2026-07-02 1 1 100 0 0 0');
    expect(sales).toEqual(await recomputed('Pacific/Kiritimati'));
  });
});
