import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SalesLedger } from '../src/commerce/index.js';
import { bucketsOf, SalesInterval } from '../src/commerce/sales/local-days.js';
import { SalesReportStore } from '../src/commerce/sales/sales-report.store.js';
import { LargeTenancy } from './support/statement-plans/large-tenancy.js';

let db: LargeTenancy;
let orderId: string;
let categoryId: string;

beforeAll(async () => {
  db = await LargeTenancy.create();
  const idOf = async (text: string) =>
    (await db.asSuperuser<{ id: string }>(text, [db.large.orgId]))[0]?.id as string;
  // As if it had been paid at this moment.
  orderId = await idOf(
    `UPDATE orders SET sales_counted = false
     WHERE org_id = $1 AND id = (SELECT id FROM orders WHERE org_id = $1 AND status = 'paid' LIMIT 1) RETURNING id`,
  );
  categoryId = await idOf(
    'SELECT parent_id AS id FROM categories WHERE org_id = $1 AND parent_id IS NOT NULL LIMIT 1',
  );
}, 120_000);

afterAll(() => db?.close());

describe('the statements of sales', () => {
  it('that count an order are two, and find all that they add to in an index', async () => {
    const ledger = new SalesLedger();
    expect(await db.seen((tx) => ledger.record(tx, orderId, 'sale'))).toEqual({
      statements: 2,
      violations: '',
    });
  });

  it.each(['product', 'category', 'customer'] as const)(
    'that report by %s read the days of the organization along an index',
    async (by) => {
      const store = new SalesReportStore();
      const buckets = bucketsOf({ from: '2025-03-01', to: '2025-05-31' }, SalesInterval.MONTH);
      let rows = 0;
      const report = await db.seen(async (tx) => {
        for (const ranking of ['net', 'units'] as const) {
          const groups = { by, ranking, most: 5 };
          rows += (await store.sumGroups(tx, 'EUR', buckets, groups)).length;
        }
      });
      expect(rows).toBe(30);
      expect(report).toEqual({ statements: 2, violations: '' });
    },
  );

  it('that report on one category read no more days than the others do', async () => {
    const store = new SalesReportStore();
    const buckets = bucketsOf({ from: '2025-03-01', to: '2025-05-31' }, SalesInterval.MONTH);
    const { violations } = await db.seen(async (tx) => {
      for (const by of ['product', 'category'] as const) {
        await store.sumGroups(tx, 'EUR', buckets, { by, ranking: 'net', most: 5, categoryId });
      }
    });
    // The days lead; which of their rows are of the category is asked of each.
    expect(violations).not.toMatch(/no sequential scan|organization in an Index Cond/);
  });
});
