import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lockOpenCart } from '../src/commerce/cart/open-cart.lock.js';
import { CheckoutCartStore } from '../src/commerce/reservation/checkout-cart.store.js';
import { reserve } from '../src/commerce/reservation/reserve.js';
import { StockReservationStore } from '../src/commerce/reservation/stock-reservation.store.js';
import { StockMovementKind } from '../src/commerce/stock/stock-movement.type.js';
import { moveStock } from '../src/commerce/stock/stock-moves.js';
import { trail } from '../src/identity/audit/audit-trail.js';
import { UserStore } from '../src/identity/user/user.store.js';
import { newUuid } from '../src/shared/ids.js';
import type { TenantTransaction } from '../src/tenancy/index.js';
import { LargeTenancy } from './support/statement-plans/large-tenancy.js';

/** Products of one order. */
const PRODUCTS = 100;

let db: LargeTenancy;
let productIds: string[];

beforeAll(async () => {
  db = await LargeTenancy.create();
  const { orgId } = db.large;
  await db.asSuperuser("UPDATE users SET role = 'member' WHERE org_id = $1 AND role <> 'custom'", [
    orgId,
  ]);
  await db.asSuperuser(
    `UPDATE users SET role = 'admin', custom_role_id = NULL
     WHERE org_id = $1 AND id IN (SELECT id FROM users WHERE org_id = $1 ORDER BY created_at DESC LIMIT 3)`,
    [orgId],
  );
  await db.asSuperuser('VACUUM ANALYZE users');
  const rows = await db.asSuperuser<{ id: string }>(
    'SELECT product_id AS id FROM stock_levels WHERE org_id = $1 AND on_hand > 0 ORDER BY md5(product_id::text) LIMIT $2',
    [orgId, PRODUCTS],
  );
  productIds = rows.map(({ id }) => id);
}, 120_000);

afterAll(() => db?.close());

const carts = new CheckoutCartStore();

/** The cart of the person, locked. */
async function openCart(tx: TenantTransaction) {
  const ownerId = db.large.userId;
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
    expect(await db.seen((tx) => moveStock(tx, moves))).toEqual({ statements: 2, violations: '' });
  });

  it('are two as well for the sale of a cart, with what is reserved', async () => {
    const cart = await db.tenancy.withTenant(db.large.tenant, 'write', openCart);
    await db.seen((tx) => moveStock(tx, cart.items.map(receiptOf)));
    const sales = cart.items.map(({ productId, quantity }) => ({
      ...receiptOf({ productId }),
      kind: StockMovementKind.SALE,
      units: { by: -quantity },
      cartId: cart.id,
    }));
    expect(await db.seen((tx) => moveStock(tx, sales))).toEqual({ statements: 2, violations: '' });
  });

  it('are seven for a checkout of any number of products', async () => {
    await db.seen((tx) =>
      moveStock(
        tx,
        productIds.map((productId) => receiptOf({ productId })),
      ),
    );
    await db.asSuperuser(
      `INSERT INTO cart_items (org_id, cart_id, product_id, owner_id, quantity, price_amount, currency)
         SELECT org_id, id, unnest($3::uuid[]), owner_id, 1, 100, 'EUR' FROM carts
         WHERE org_id = $1 AND owner_id = $2 AND status = 'open' ON CONFLICT DO NOTHING`,
      [db.large.orgId, db.large.userId, productIds],
    );
    await db.asSuperuser(
      `UPDATE products SET active = true, deleted_at = NULL
         WHERE org_id = $1 AND id IN (SELECT product_id FROM cart_items WHERE org_id = $1 AND owner_id = $2)`,
      [db.large.orgId, db.large.userId],
    );
    let reserved: unknown[] = [];
    const checkout = await db.seen(async (tx) => {
      const cart = await openCart(tx);
      reserved = await reserve(tx, cart, { minutes: 15, limitMinutes: 60 });
    });
    expect(checkout).toEqual({ statements: 7, violations: '' });
    expect(reserved.length).toBeGreaterThanOrEqual(PRODUCTS);
  });

  it('are one to see a checkout, and one more to say what is reserved', async () => {
    const reservations = new StockReservationStore();
    const own = await db.seen((tx) => reservations.ofOwner(tx, db.large.userId));
    expect(own).toEqual({ statements: 1, violations: '' });
    const reserved = await db.seen((tx) => reservations.reservedUnits(tx, productIds, newUuid()));
    expect(reserved).toEqual({ statements: 1, violations: '' });
    const ended = await db.seen(async (tx) => reservations.end(tx, (await openCart(tx)).id));
    expect(ended).toEqual({ statements: 3, violations: '' });
  });

  it('are one for any number of events', async () => {
    const event = { kind: 'stock.low', actorId: null, subjectId: null, address: null, details: {} };
    const events = productIds.map(() => event);
    expect(await db.seen((tx) => trail.addAll(tx, events))).toEqual({
      statements: 1,
      violations: '',
    });
  });

  it('find the few administrators among all users', async () => {
    const users = new UserStore();
    let found: unknown[] = [];
    const administrators = await db.seen(
      async (tx) => {
        found = await users.findAdministrators(tx, 20);
      },
      { list: 'administrators', depth: 'first', limit: 20 },
    );
    expect(administrators).toEqual({ statements: 1, violations: '' });
    expect(found).toHaveLength(3);
  });
});
