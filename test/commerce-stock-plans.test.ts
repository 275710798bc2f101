import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lockOpenCart } from '../src/commerce/cart/open-cart.lock.js';
import { availableUnits } from '../src/commerce/reservation/available-units.js';
import { CheckoutCartStore } from '../src/commerce/reservation/checkout-cart.store.js';
import { reserve } from '../src/commerce/reservation/reserve.js';
import { StockReservationStore } from '../src/commerce/reservation/stock-reservation.store.js';
import { StockMovementKind } from '../src/commerce/stock/stock-movement.type.js';
import { moveStock } from '../src/commerce/stock/stock-moves.js';
import { trail } from '../src/identity/audit/audit-trail.js';
import { UserStore } from '../src/identity/user/user.store.js';
import { newUuid } from '../src/shared/ids.js';
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

const carts = new CheckoutCartStore();

/** The cart of the person, locked. */
async function openCart(tx: TenantTransaction) {
  const ownerId = large.userId;
  const id = (await lockOpenCart(tx, ownerId)) as string;
  return { id, ownerId, items: await carts.items(tx, id, 1_000) };
}

const receiptOf = ({ productId }: { productId: string }) => ({
  productId,
  kind: StockMovementKind.RECEIPT,
  units: { by: 100 },
  note: '',
  actorId: null,
});

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

  it('are two as well for the sale of a cart, with what is reserved', async () => {
    const cart = await tenancy.withTenant(large.tenant, 'write', openCart);
    await seen((tx) => moveStock(tx, cart.items.map(receiptOf)));
    const sales = cart.items.map(({ productId, quantity }) => ({
      ...receiptOf({ productId }),
      kind: StockMovementKind.SALE,
      units: { by: -quantity },
      cartId: cart.id,
    }));
    expect(await seen((tx) => moveStock(tx, sales))).toEqual({ statements: 2, violations: '' });
  });

  it('are seven for a checkout of any number of products', async () => {
    await seen((tx) =>
      moveStock(
        tx,
        productIds.map((productId) => receiptOf({ productId })),
      ),
    );
    await withAdminConnection(database.superuserUrl, (superuser) =>
      superuser.query(
        `INSERT INTO cart_items (org_id, cart_id, product_id, owner_id, quantity, price_amount, currency)
         SELECT org_id, id, unnest($3::uuid[]), owner_id, 1, 100, 'EUR' FROM carts
         WHERE org_id = $1 AND owner_id = $2 AND status = 'open' ON CONFLICT DO NOTHING`,
        [large.orgId, large.userId, productIds],
      ),
    );
    await withAdminConnection(database.superuserUrl, (superuser) =>
      superuser.query(
        `UPDATE products SET active = true, deleted_at = NULL
         WHERE org_id = $1 AND id IN (SELECT product_id FROM cart_items WHERE org_id = $1 AND owner_id = $2)`,
        [large.orgId, large.userId],
      ),
    );
    let reserved: unknown[] = [];
    const checkout = await seen(async (tx) => {
      const cart = await openCart(tx);
      reserved = await reserve(tx, cart, { minutes: 15, limitMinutes: 60 });
    });
    expect(checkout).toEqual({ statements: 7, violations: '' });
    expect(reserved.length).toBeGreaterThanOrEqual(PRODUCTS);
  });

  it('are one to see a checkout, and one more each to say what can be had and to end it', async () => {
    const reservations = new StockReservationStore();
    const own = await seen((tx) => reservations.ofOwner(tx, large.userId));
    expect(own).toEqual({ statements: 1, violations: '' });
    const available = await seen((tx) => availableUnits(tx, productIds, newUuid()));
    expect(available).toEqual({ statements: 2, violations: '' });
    const ended = await seen(async (tx) => reservations.end(tx, (await openCart(tx)).id));
    expect(ended).toEqual({ statements: 3, violations: '' });
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
