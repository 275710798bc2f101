import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OutgoingMailStore } from '../src/mail/outgoing-mail.store.js';
import { newUuid } from '../src/shared/ids.js';
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

describe('the statements of the outbox', () => {
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
      const store = new OutgoingMailStore();
      const mail = { id: newUuid(), attempts: 1 } as never;
      const reason = 'none';
      const steps: Record<string, (tx: TenantTransaction) => Promise<unknown>> = {
        add: (tx) => store.add(tx, newUuid(), Buffer.from('sealed')),
        claim: (tx) => store.claim(tx, { limit: 4, leaseMs: 60_000, giveUpAfterMs: 60_000 }),
        markSent: (tx) => store.markSent(tx, newUuid()),
        putOff: (tx) => store.putOff(tx, mail, { reason, delayMs: 1 }),
        giveUp: (tx) => store.giveUp(tx, mail, reason),
        forget: (tx) => store.forget(tx, 30 * 86_400_000),
      };
      const sightings: Sighting[] = [];
      for (const [subject, step] of Object.entries(steps)) {
        tap.take();
        await tenancy.withTenant(large.tenant, 'write', step);
        sightings.push({ subject, detail: '', statements: tap.take() });
      }
      expect(sightings.map(({ statements }) => statements.length)).toEqual([1, 1, 1, 1, 1, 1]);
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

  it('look for organizations with due mail in the index of what waits alone', async () => {
    await withAdminConnection(database.superuserUrl, async (client) => {
      const { rows: bodies } = await client.query(
        "SELECT prosrc FROM pg_proc WHERE proname = 'organizations_with_due_mail'",
      );
      const text = bodies[0].prosrc.replace('organizations_with_due_mail.after', '$1');
      await client.query('BEGIN; SET LOCAL SESSION AUTHORIZATION rowhouse_directory');
      await client.query(`PREPARE due (uuid) AS ${text}`);
      const { rows } = await client.query(
        "EXPLAIN EXECUTE due ('00000000-0000-0000-0000-000000000000')",
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toContain('using outgoing_mails_org_id_next_attempt_at_id_waiting_idx');
      expect(plan).not.toContain('Seq Scan');
    });
  });

  it('step from organization to organization in an index, looking for those with old mail', async () => {
    await withAdminConnection(database.superuserUrl, async (client) => {
      const { rows: bodies } = await client.query(
        "SELECT prosrc FROM pg_proc WHERE proname = 'organizations_with_old_mail'",
      );
      const text = bodies[0].prosrc
        .replace('organizations_with_old_mail.after', '$1')
        .replace('organizations_with_old_mail.before', '$2');
      await client.query('BEGIN; SET LOCAL SESSION AUTHORIZATION rowhouse_directory');
      await client.query(`PREPARE old (uuid, timestamptz) AS ${text}`);
      const { rows } = await client.query(
        "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE old ('00000000-0000-0000-0000-000000000000', '-infinity')",
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).not.toMatch(/Seq Scan|Sort|Bitmap/);
      // Nothing is that old: it has looked at one mail of each of the organizations, and at no other.
      const read = [...plan.matchAll(/outgoing_mails.*\(actual rows=([\d.]+) loops=(\d+)\)/g)];
      expect(read).toHaveLength(2);
      for (const [, count] of read) expect(Number(count)).toBeLessThanOrEqual(1);
    });
  });
});
