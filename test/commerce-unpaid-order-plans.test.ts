import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OrderStore } from '../src/commerce/order/order.store.js';
import { PaymentStore } from '../src/commerce/payment/payment.store.js';
import { PLANNER_OPTIONS } from '../src/tenancy/connection-pool.js';
import { type TenantTransaction, withAdminConnection } from '../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import { createOrganization, openTenancy } from './support/organizations.js';
import {
  contractViolations,
  describeViolation,
  type Sighting,
} from './support/statement-plans/index.js';
import { fillLargeDatabase } from './support/statement-plans/large-database.js';
import { WireTap } from './support/statement-plans/wire-tap.js';
import { tenantTables } from './support/tenant-tables.js';

let database: TestDatabase;
let tap: WireTap;

beforeAll(async () => {
  database = await createDatabase();
  tap = await WireTap.inFrontOf(database.appUrl);
}, 120_000);

afterAll(async () => {
  await tap?.close();
  await database?.drop();
});

describe('the statements that cancel what nobody pays', () => {
  it('find their keys in an index, and read no table in full', async () => {
    const tenancy = openTenancy(database, { url: tap.through(database.appUrl) });
    try {
      const large = await createOrganization(tenancy);
      const tables = await withAdminConnection(database.superuserUrl, async (superuser) => {
        await fillLargeDatabase(superuser, large.orgId, {
          passwordHash: 'none',
          personId: large.userId,
        });
        return tenantTables(superuser);
      });
      const [orders, payments] = [new OrderStore(), new PaymentStore()];
      const before = new Date();
      const of = { before, after: null, limit: 20 };
      const [first, second] = await tenancy.withTenant(large.tenant, 'read', (tx) =>
        orders.findUnpaid(tx, of),
      );
      if (!first || !second) throw new Error('There are no orders that are pending');
      const steps: Record<string, (tx: TenantTransaction) => Promise<unknown>> = {
        'the first': (tx) => orders.findUnpaid(tx, of),
        'those behind it': async (tx) => {
          expect((await orders.findUnpaid(tx, { ...of, after: first }))[0]).toEqual(second);
        },
        lock: (tx) => orders.lockIfFree(tx, first.id),
        payments: (tx) => payments.ofOrder(tx, first.id),
      };
      const sightings: Sighting[] = [];
      for (const [subject, step] of Object.entries(steps)) {
        tap.take();
        await tenancy.withTenant(large.tenant, 'write', step);
        sightings.push({ subject, detail: '', statements: tap.take() });
      }
      expect(sightings.map(({ statements }) => statements.length)).toEqual([1, 1, 1, 1]);
      const asServed = new URL(database.appUrl);
      asServed.searchParams.set('options', PLANNER_OPTIONS);
      const violations = await withAdminConnection(asServed.href, (client) =>
        contractViolations(client, sightings, tables),
      );
      expect(violations.map(describeViolation).join('\n\n')).toBe('');
    } finally {
      await tenancy.close();
    }
  }, 120_000);

  it('step from organization to organization in the index of what is not paid alone', async () => {
    await withAdminConnection(database.superuserUrl, async (client) => {
      const { rows: bodies } = await client.query(
        "SELECT prosrc FROM pg_proc WHERE proname = 'organizations_with_unpaid_orders'",
      );
      const text = bodies[0].prosrc
        .replace('organizations_with_unpaid_orders.after', '$1')
        .replace('organizations_with_unpaid_orders.before', '$2');
      await client.query('BEGIN; SET LOCAL SESSION AUTHORIZATION rowhouse_directory');
      await client.query(`PREPARE unpaid (uuid, timestamptz) AS ${text}`);
      const { rows } = await client.query(
        "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE unpaid ('00000000-0000-0000-0000-000000000000', '-infinity')",
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).not.toMatch(/Seq Scan|Sort|Bitmap/);
      // Nothing is that old: it has looked at one order of each of the organizations, and at no other.
      const read = [
        ...plan.matchAll(
          /using orders_org_id_placed_at_id_pending_idx.*\(actual rows=([\d.]+) loops=(\d+)\)/g,
        ),
      ];
      expect(read).toHaveLength(2);
      for (const [, count] of read) expect(Number(count)).toBeLessThanOrEqual(1);
    });
  });
});
