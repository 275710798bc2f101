import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OrderStore } from '../src/commerce/order/order.store.js';
import { PaymentStore } from '../src/commerce/payment/payment.store.js';
import { PaymentCommandStore } from '../src/commerce/payment/payment-command.store.js';
import { PaymentEventStore } from '../src/commerce/payment/payment-event.store.js';
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

describe('the statements of payments', () => {
  it('find their keys in an index, and read no table in full', async () => {
    const tenancy = openTenancy(database, { url: tap.through(database.appUrl) });
    try {
      const large = await createOrganization(tenancy);
      const { tables, found } = await withAdminConnection(
        database.superuserUrl,
        async (superuser) => {
          await fillLargeDatabase(superuser, large.orgId, {
            passwordHash: 'none',
            personId: large.userId,
          });
          const { rows } = await superuser.query(
            "SELECT id, order_id FROM payments WHERE org_id = $1 AND status = 'open' ORDER BY id LIMIT 1",
            [large.orgId],
          );
          return { tables: await tenantTables(superuser), found: rows[0] };
        },
      );
      const [payments, commands, events] = [
        new PaymentStore(),
        new PaymentCommandStore(),
        new PaymentEventStore(),
      ];
      const orders = new OrderStore();
      const { id, order_id: orderId } = found;
      const event = {
        provider: 'local',
        eventId: 'x',
        kind: 'other',
        paymentId: id,
        occurredAt: new Date(),
      };
      const later = { reason: 'none', delayMs: 1 };
      const steps: Record<string, (tx: TenantTransaction) => Promise<unknown>> = {
        'payments lock': (tx) => payments.findAndLock(tx, id),
        'payments of an order': (tx) => payments.ofOrder(tx, orderId),
        'payments by reference': (tx) => payments.findByReference(tx, 'local', 'local-1-1'),
        'payments compare': (tx) => payments.isSame(tx, id, Buffer.alloc(32)),
        'payments change': (tx) =>
          payments.change(tx, { id, reference: id, failure: null, problem: null } as never, {
            status: 'open',
          }),
        'commands add': (tx) => commands.add(tx, id, 'cancel'),
        'commands add anew': (tx) => commands.addAnew(tx, id, 'cancel'),
        'commands answered': (tx) => commands.answered(tx, id),
        'commands claim': (tx) =>
          commands.claim(tx, { limit: 4, leaseMs: 60_000, giveUpAfterMs: 60_000 }),
        'commands finish': (tx) => commands.finish(tx, id, ['authorize', 'capture']),
        'commands of a kind': (tx) => commands.isKnown(tx, id, 'refund'),
        'commands withdraw': (tx) => commands.withdraw(tx, id, 'capture'),
        'commands put off': (tx) => commands.putOff(tx, { id, attempts: 1 }, later),
        'events record': (tx) => events.record(tx, event),
        'orders lock': (tx) => orders.findAndLock(tx, orderId),
      };
      const sightings: Sighting[] = [];
      for (const [subject, step] of Object.entries(steps)) {
        tap.take();
        await tenancy.withTenant(large.tenant, 'write', step);
        sightings.push({ subject, detail: '', statements: tap.take() });
      }
      expect(sightings.map(({ statements }) => statements.length)).toEqual(
        Object.keys(steps).map(() => 1),
      );
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

  it('look for organizations with due commands in the index of what waits alone', async () => {
    await withAdminConnection(database.superuserUrl, async (client) => {
      const { rows: bodies } = await client.query(
        "SELECT prosrc FROM pg_proc WHERE proname = 'organizations_with_due_commands'",
      );
      const text = bodies[0].prosrc.replace('organizations_with_due_commands.after', '$1');
      await client.query('BEGIN; SET LOCAL SESSION AUTHORIZATION rowhouse_directory');
      await client.query(`PREPARE due (uuid) AS ${text}`);
      const { rows } = await client.query(
        "EXPLAIN EXECUTE due ('00000000-0000-0000-0000-000000000000')",
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toContain('using payment_commands_org_id_next_attempt_at_id_waiting_idx');
      expect(plan).not.toContain('Seq Scan');
    });
  });
});
