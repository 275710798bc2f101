import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StockMovementKind } from '../src/commerce/stock/stock-movement.type.js';
import { moveStock } from '../src/commerce/stock/stock-moves.js';
import { trail } from '../src/identity/audit/audit-trail.js';
import { UserStore } from '../src/identity/user/user.store.js';
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

/** Products of one order. */
const PRODUCTS = 100;

let database: TestDatabase;
let tap: WireTap;
let tenancy: Tenancy;
let large: SeededOrganization;
let tables: TenantTable[];
let productIds: string[];

beforeAll(async () => {
  database = await createDatabase();
  tap = await WireTap.inFrontOf(database.appUrl);
  tenancy = openTenancy(database, { url: tap.through(database.appUrl) });
  large = await createOrganization(tenancy);
  const { orgId, userId: personId } = large;
  await withAdminConnection(database.superuserUrl, async (superuser) => {
    await fillLargeDatabase(superuser, orgId, { passwordHash: 'none', personId });
    tables = await tenantTables(superuser);
    await superuser.query(
      "UPDATE users SET role = 'member' WHERE org_id = $1 AND role <> 'custom'",
      [orgId],
    );
    await superuser.query(
      `UPDATE users SET role = 'admin', custom_role_id = NULL
       WHERE org_id = $1 AND id IN (SELECT id FROM users WHERE org_id = $1 ORDER BY created_at DESC LIMIT 3)`,
      [orgId],
    );
    await superuser.query('VACUUM ANALYZE users');
    const { rows } = await superuser.query<{ id: string }>(
      'SELECT product_id AS id FROM stock_levels WHERE org_id = $1 AND on_hand > 0 ORDER BY md5(product_id::text) LIMIT $2',
      [orgId, PRODUCTS],
    );
    productIds = rows.map(({ id }) => id);
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
  page?: Sighting['page'],
): Promise<{ statements: number; violations: string }> {
  tap.take();
  await tenancy.withTenant(large.tenant, 'write', step);
  const sighting = { subject: 'stock', detail: '', statements: tap.take() };
  const sightings: Sighting[] = [page ? { ...sighting, page } : sighting];
  const asServed = new URL(database.appUrl);
  asServed.searchParams.set('options', PLANNER_OPTIONS);
  const violations = await withAdminConnection(asServed.href, (client) =>
    contractViolations(client, sightings, tables),
  );
  return {
    statements: sighting.statements.length,
    violations: violations.map(describeViolation).join('\n\n'),
  };
}

describe('the statements of stock', () => {
  it('are two for any number of movements, which find their products in an index', async () => {
    const moves = productIds.map((productId) => ({
      productId,
      kind: StockMovementKind.SALE,
      units: { by: -1 },
      note: '',
      actorId: null,
    }));
    expect(moves).toHaveLength(PRODUCTS);
    expect(await seen((tx) => moveStock(tx, moves))).toEqual({ statements: 2, violations: '' });
  });

  it('are one for any number of events', async () => {
    const event = { kind: 'stock.low', actorId: null, subjectId: null, address: null, details: {} };
    const events = productIds.map(() => event);
    expect(await seen((tx) => trail.addAll(tx, events))).toEqual({ statements: 1, violations: '' });
  });

  it('find the few administrators among all users', async () => {
    const users = new UserStore();
    let found: unknown[] = [];
    const administrators = await seen(
      async (tx) => {
        found = await users.findAdministrators(tx, 20);
      },
      { list: 'administrators', depth: 'first', limit: 20 },
    );
    expect(administrators).toEqual({ statements: 1, violations: '' });
    expect(found).toHaveLength(3);
  });
});
