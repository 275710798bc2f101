import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SalesLedger } from '../src/commerce/index.js';
import { bucketsOf, SalesInterval } from '../src/commerce/sales/local-days.js';
import { SalesReportStore } from '../src/commerce/sales/sales-report.store.js';
import { PLANNER_OPTIONS } from '../src/tenancy/connection-pool.js';
import { type Tenancy, type TenantTransaction, withAdminConnection } from '../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import {
  createOrganization,
  openTenancy,
  type SeededOrganization,
} from './support/organizations.js';
import {
  contractViolations,
  describeViolation,
  type Sighting,
} from './support/statement-plans/index.js';
import { fillLargeDatabase } from './support/statement-plans/large-database.js';
import { WireTap } from './support/statement-plans/wire-tap.js';
import { type TenantTable, tenantTables } from './support/tenant-tables.js';

let database: TestDatabase;
let tap: WireTap;
let tenancy: Tenancy;
let large: SeededOrganization;
let tables: TenantTable[];
let orderId: string;
let categoryId: string;

beforeAll(async () => {
  database = await createDatabase();
  tap = await WireTap.inFrontOf(database.appUrl);
  tenancy = openTenancy(database, { url: tap.through(database.appUrl) });
  large = await createOrganization(tenancy);
  const { orgId, userId: personId } = large;
  await withAdminConnection(database.superuserUrl, async (superuser) => {
    await fillLargeDatabase(superuser, orgId, { passwordHash: 'none', personId });
    tables = await tenantTables(superuser);
    const idOf = async (text: string) =>
      (await superuser.query<{ id: string }>(text, [orgId])).rows[0]?.id as string;
    orderId = await idOf("SELECT id FROM orders WHERE org_id = $1 AND status = 'paid' LIMIT 1");
    categoryId = await idOf(
      'SELECT parent_id AS id FROM categories WHERE org_id = $1 AND parent_id IS NOT NULL LIMIT 1',
    );
  });
}, 120_000);

afterAll(async () => {
  await tenancy?.close();
  await tap?.close();
  await database?.drop();
});

/** What `step` sends, and what of it breaks the contract. */
async function seen(
  step: (tx: TenantTransaction) => Promise<unknown>,
): Promise<{ statements: number; violations: string }> {
  tap.take();
  await tenancy.withTenant(large.tenant, 'write', step);
  const sighting: Sighting = { subject: 'sales', detail: '', statements: tap.take() };
  const asServed = new URL(database.appUrl);
  asServed.searchParams.set('options', PLANNER_OPTIONS);
  const violations = await withAdminConnection(asServed.href, (client) =>
    contractViolations(client, [sighting], tables),
  );
  return {
    statements: sighting.statements.length,
    violations: violations.map(describeViolation).join('\n\n'),
  };
}

describe('the statements of sales', () => {
  it('that count an order are two, and find all that they add to in an index', async () => {
    const ledger = new SalesLedger();
    expect(await seen((tx) => ledger.record(tx, orderId, 'sale'))).toEqual({
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
      const report = await seen(async (tx) => {
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
    const { violations } = await seen(async (tx) => {
      for (const by of ['product', 'category'] as const) {
        await store.sumGroups(tx, 'EUR', buckets, { by, ranking: 'net', most: 5, categoryId });
      }
    });
    // The days lead; which of their rows are of the category is asked of each.
    expect(violations).not.toMatch(/no sequential scan|organization in an Index Cond/);
  });
});
