import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { unauthenticated } from '../src/shared/errors.js';
import { newUuid } from '../src/shared/ids.js';
import { fixedStatement } from '../src/shared/statements/index.js';
import {
  DatabaseError,
  Foresight,
  findByIds,
  query,
  type Tenancy,
  type Tenant,
  type TenantTransaction,
  withAdminConnection,
} from '../src/tenancy/index.js';
import { SHOPPER_ACCESS } from '../src/tenancy/isolation-audit.expectation.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import {
  createOrganization,
  openTenancy,
  type SeededOrganization,
} from './support/organizations.js';
import { visitorId } from './support/sold-order.js';
import { statementsOf } from './support/statements.js';
import { TcpProxy } from './support/tcp-proxy.js';

let database: TestDatabase;
let tenancy: Tenancy;
let acme: SeededOrganization;
let globex: SeededOrganization;
let ann: Tenant;
let ben: Tenant;
/** Somebody who is not signed in, with a cart. */
let guest: Tenant;
let forSale: string;
/** Products of acme that no shopper sees. */
let notForSale: string;
let deleted: string;

beforeAll(async () => {
  database = await createDatabase();
  tenancy = openTenancy(database, { size: 1 });
  acme = await createOrganization(tenancy, 'acme');
  globex = await createOrganization(tenancy, 'globex');
  [ann, ben] = [await createCustomer('ann'), await createCustomer('ben')];
  guest = { orgId: acme.orgId, userId: visitorId(), isShopper: true };
  forSale = await createProduct(acme, 'for sale', {});
  notForSale = await createProduct(acme, 'not for sale', { active: false });
  deleted = await createProduct(acme, 'deleted', { deletedAt: new Date() });
  await createProduct(globex, "somebody else's", {});
  for (const [index, { userId }] of [ann, ben, guest].entries()) {
    await createBelongings(userId as string, index + 1);
  }
});

afterAll(async () => {
  await tenancy?.close();
  await database?.drop();
});

async function createCustomer(name: string): Promise<Tenant> {
  const userId = newUuid();
  await tenancy.withTenant(acme.tenant, 'write', async ({ prisma }) => {
    const user = { id: userId, email: `${name}@example.com`, name, passwordHash: `of ${name}` };
    await prisma.user.create({ data: { ...user, role: 'customer' } });
    const session = { userId, refreshHash: Buffer.from(newUuid()), expiresAt: new Date(2 ** 42) };
    await prisma.session.create({ data: session });
  });
  return { orgId: acme.orgId, userId, isShopper: true };
}

async function createProduct(
  { tenant }: SeededOrganization,
  name: string,
  state: { active?: boolean; deletedAt?: Date },
): Promise<string> {
  const id = newUuid();
  await tenancy.withTenant(tenant, 'write', async ({ prisma }) => {
    const product = { id, sku: id, name, priceAmount: 100n, currency: 'EUR', ...state };
    await prisma.product.create({ data: product });
    await prisma.stockLevel.create({
      data: { productId: id, onHand: 3, lowStockThreshold: 5, lowSince: new Date() },
    });
  });
  return id;
}

/** An order that was paid, and a cart that is being checked out. */
async function createBelongings(ownerId: string, number: number): Promise<void> {
  const [orderId, cartId] = [newUuid(), newUuid()];
  const money = { priceAmount: 100n, currency: 'EUR' };
  const one = { productId: forSale, ownerId, quantity: 1 };
  await tenancy.withTenant(acme.tenant, 'write', async ({ prisma }) => {
    const cart = await prisma.cart.create({ data: { id: cartId, ownerId } });
    await prisma.cartItem.create({ data: { ...one, ...money, cartId } });
    const expiresAt = new Date(2 ** 42);
    await prisma.stockReservation.create({
      data: { ...one, cartId, startedAt: cart.createdAt, expiresAt },
    });
    const order = { id: orderId, number, ownerId, status: 'paid', paidAt: new Date() };
    await prisma.order.create({
      data: {
        ...order,
        currency: 'EUR',
        totalAmount: 100n,
        email: 'buyer@example.com',
        shippingAddress: {},
      },
    });
    const item = { ...one, orderId, sku: 'sku', name: 'for sale' };
    await prisma.orderItem.create({ data: { ...item, priceAmount: 100n, totalAmount: 100n } });
    const event = { orderId, ownerId, status: 'paid', actorId: acme.userId, note: 'by bank' };
    await prisma.orderEvent.create({ data: event });
    const payment = { orderId, ownerId, provider: 'local', reference: orderId };
    await prisma.payment.create({ data: { ...payment, amount: 100n, currency: 'EUR' } });
    const key = { ownerId, key: 'the-same', operation: 'placeOrder', orderId, expiresAt };
    await prisma.idempotencyKey.create({ data: { ...key, requestHash: Buffer.alloc(32) } });
  });
}

type Work<T> = (tx: TenantTransaction) => Promise<T>;

const raw = <Row>(text: string): Work<Row[]> => {
  return (tx) => tx.execute(sql<Row>`${sql.raw(text)}`.compile(query));
};
const read = <T>(tenant: Tenant, work: Work<T>) => tenancy.withTenant(tenant, 'read', work);
const write = <T>(tenant: Tenant, work: Work<T>) => tenancy.withTenant(tenant, 'write', work);
const inUnit = <T>(tenant: Tenant, work: Work<T>) =>
  write(tenant, (tx) => tx.unit(() => work(tx), { alone: true }));

const whoActs = async (tx: TenantTransaction) => {
  const [row] = await raw<{ role: string }>('SELECT current_user::text AS role')(tx);
  return row?.role;
};

const productNames = raw<{ name: string }>('SELECT name FROM products ORDER BY name');
const usersByIds = findByIds('users', ['users.id', 'users.name']);

/** What belongs to somebody, and is written by the organization alone. */
const READ_ONLY = ['orders', 'order_items', 'order_events', 'payments', 'stock_reservations'];
/** What they write by themselves. */
const OWN_TO_WRITE = ['carts', 'cart_items'];

const FORBIDDEN = { code: 'FORBIDDEN', details: { requires: 'staff' } };

describe('a transaction of a shopper', () => {
  it('sees by raw SQL what is for sale, and its own account', async () => {
    expect(await read(ann, productNames)).toEqual([{ name: 'for sale' }]);
    expect(await read(ann, raw('SELECT name FROM users'))).toEqual([{ name: 'ann' }]);
    expect(await read(ann, raw('SELECT user_id FROM sessions'))).toEqual([{ user_id: ann.userId }]);
    expect(await read(ann, raw('SELECT slug FROM organizations'))).toEqual([{ slug: 'acme' }]);
  });

  it('sees by Prisma and by ids no more', async () => {
    const found = await read(ann, async (tx) => ({
      products: await tx.prisma.product.findMany({ select: { name: true } }),
      byId: await tx.prisma.product.findMany({
        where: { id: { in: [notForSale, deleted] } },
        select: { name: true },
      }),
      users: await usersByIds(tx, [ann.userId as string, ben.userId as string, acme.userId]),
    }));
    expect(found).toEqual({
      products: [{ name: 'for sale' }],
      byId: [],
      users: [{ id: ann.userId, name: 'ann' }],
    });
  });

  it('has nothing of its own where nobody is known', async () => {
    const nobody = { orgId: acme.orgId, userId: null, isShopper: true };
    expect(await read(nobody, productNames)).toEqual([{ name: 'for sale' }]);
    for (const table of ['users', 'sessions', ...READ_ONLY, ...OWN_TO_WRITE]) {
      expect(await read(nobody, raw(`SELECT count(*)::int AS rows FROM ${table}`))).toEqual([
        { rows: 0 },
      ]);
    }
  });

  it.each([
    ['the hash of its own password', 'SELECT password_hash FROM users'],
    ['when stock is low', 'SELECT low_stock_threshold FROM stock_levels'],
    ['the whole of a row', 'SELECT users FROM users'],
    ['what was noted of its own order', 'SELECT note FROM order_events'],
    ['who has done something with its own order', 'SELECT actor_id FROM order_events'],
    ['what it has sent under which key', 'SELECT key FROM idempotency_keys'],
    ['projects', 'SELECT id FROM projects'],
    ['the ledger of the stock', 'SELECT id FROM stock_movements'],
    ['the audit trail', 'SELECT id FROM audit_events'],
    ['keys', 'SELECT id FROM api_keys'],
    ['the outbox', 'SELECT id FROM outgoing_mails'],
    ['other organizations', "SELECT tenancy.find_organization('globex')"],
  ])('is not told %s', async (_what, text) => {
    await expect(read(ann, raw(text))).rejects.toMatchObject(FORBIDDEN);
  });

  it('is refused every table of the database but a few', async () => {
    const tables = await withAdminConnection(database.superuserUrl, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        "SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname = 'public'",
      );
      return rows.map(({ name }) => name);
    });
    expect(tables.length).toBeGreaterThan(20);
    const open: string[] = [];
    for (const table of tables) {
      const rows = await read(ann, raw(`SELECT count(*) FROM ${table}`)).catch((error) => error);
      if (rows instanceof Error) expect(rows).toMatchObject(FORBIDDEN);
      else open.push(table);
    }
    const listed = SHOPPER_ACCESS.filter(({ privileges }) => privileges.SELECT).map(
      ({ table }) => table,
    );
    expect(open.sort()).toEqual(listed.sort());
  });

  it.each([
    ['a price', "UPDATE products SET price_amount = 1 WHERE name = 'for sale'"],
    ['its own role', "UPDATE users SET role = 'owner'"],
    ['the stock', 'UPDATE stock_levels SET on_hand = 9'],
    ['its own account', 'DELETE FROM users'],
    [
      'a project',
      "INSERT INTO projects (id, owner_id, name) VALUES (gen_random_uuid(), gen_random_uuid(), 'x')",
    ],
  ])('cannot write %s', async (_what, text) => {
    await expect(write(ann, raw(text))).rejects.toMatchObject(FORBIDDEN);
  });

  it('gives what is asked beside a refused statement the same refusal', async () => {
    const outcomes = await read(ann, (tx) =>
      Promise.allSettled([raw('SELECT id FROM tasks')(tx), productNames(tx)]),
    );
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: FORBIDDEN },
      { status: 'rejected', reason: FORBIDDEN },
    ]);
  });

  it('refuses to keep a write beside a refused statement that was swallowed', async () => {
    const attempt = write(ann, async (tx) => {
      await raw('SELECT id FROM tasks')(tx).catch(() => undefined);
    });
    await expect(attempt).rejects.toMatchObject(FORBIDDEN);
  });

  it('leaves the connection to the next one as it was', async () => {
    await read(ann, productNames);
    expect(await read(acme.tenant, whoActs)).toBe('rowhouse_app');
    await read(ann, raw('SELECT id FROM tasks')).catch(() => undefined);
    expect(await read(acme.tenant, whoActs)).toBe('rowhouse_app');
    expect(await read(acme.tenant, productNames)).toHaveLength(3);
  });

  it('is a fault of the server for everybody else', async () => {
    const attempt = read(acme.tenant, raw('SELECT migration_name FROM _prisma_migrations'));
    await expect(attempt).rejects.toBeInstanceOf(DatabaseError);
  });

  it('becomes one in the packet of its beginning, and sends nothing more for it', async () => {
    let behindFirst: readonly string[] = [];
    const ofShopper = await statementsOf((sent) =>
      read(ann, async (tx) => {
        const first = productNames(tx);
        await Promise.resolve();
        await first;
        behindFirst = [...sent];
        await productNames(tx);
      }),
    );
    expect(behindFirst).toHaveLength(3);
    expect(behindFirst[1]).toBe('SET LOCAL ROLE rowhouse_shopper');
    const ofStaff = await statementsOf(() =>
      read(acme.tenant, async (tx) => {
        await productNames(tx);
        await productNames(tx);
      }),
    );
    expect(ofShopper.filter((text) => !text.includes('ROLE'))).toEqual(
      ofStaff.map((text) => text.replaceAll(acme.userId, ann.userId as string)),
    );
    expect(ofStaff.join()).not.toContain('ROLE');
  });

  it('asks what goes along with its beginning as the server, and writes it so', async () => {
    const statement = { sql: 'SELECT id FROM audit_events LIMIT 0', parameters: [] };
    const holds = { sql: 'SELECT id FROM projects', parameters: [] };
    let kept = false;
    const terms = {
      precondition: { statement: holds, refusal: () => unauthenticated() },
      recording: {
        statements: [statement],
        kept: () => {
          kept = true;
        },
      },
    };
    expect(await tenancy.withTenant(ann, 'read', productNames, terms)).toHaveLength(1);
    expect(kept).toBe(true);
  });

  it('ends where its end is foreseen', async () => {
    const foresight = new Foresight();
    for (let time = 0; time < 4; time++) {
      expect(await tenancy.withTenantAgain(ann, foresight, productNames)).toHaveLength(1);
    }
    expect(foresight.lastRound).toBe(1);
    const sent = await statementsOf(() => tenancy.withTenantAgain(ann, foresight, productNames));
    expect(sent).toHaveLength(4);
    expect(await read(acme.tenant, whoActs)).toBe('rowhouse_app');
  });

  it('shares no prepared statement with those of the organization', async () => {
    const named = fixedStatement('test.shared', (of: { orgId: string }) =>
      query.selectFrom('products').select('name').where('org_id', '=', of.orgId).compile(),
    );
    const names: Work<unknown[]> = (tx) => tx.execute(named({ orgId: acme.orgId }));
    for (let time = 0; time < 3; time++) {
      expect(await read(acme.tenant, names)).toHaveLength(3);
      expect(await read(ann, names)).toHaveLength(1);
    }
    const prepared = await read(
      acme.tenant,
      raw("SELECT name FROM pg_prepared_statements WHERE name ~ 'test.shared' ORDER BY name"),
    );
    expect(prepared).toEqual([{ name: 'shopper.test.shared' }, { name: 'test.shared' }]);
  });

  it('is answered with a fault of the server where it cannot become one', async () => {
    // Somebody who may read products, and become nobody.
    const others = openTenancy(database, { size: 1, url: database.backupUrl });
    const attempt = others.withTenant(ann, 'read', productNames);
    await expect(attempt).rejects.toMatchObject({ name: 'DatabaseError' });
    await others.close();
  });
});

describe('what belongs to a shopper', () => {
  const ownersOf = (table: string) => raw<{ owner_id: string }>(`SELECT owner_id FROM ${table}`);

  /** What a statement gives, of which nothing stays. */
  async function undone(tenant: Tenant, text: string): Promise<unknown[]> {
    let rows: unknown[] = [];
    const undo = new Error('undo');
    const attempt = write(tenant, async (tx) => {
      rows = await raw(text)(tx);
      throw undo;
    });
    await expect(attempt).rejects.toBe(undo);
    return rows;
  }

  it.each([...READ_ONLY, ...OWN_TO_WRITE])(
    'is seen by nobody else of the organization: %s',
    async (table) => {
      for (const owner of [ann, ben, guest]) {
        expect(await read(owner, ownersOf(table))).toEqual([{ owner_id: owner.userId }]);
      }
      expect(await read(acme.tenant, ownersOf(table))).toHaveLength(3);
    },
  );

  it.each([...READ_ONLY, 'idempotency_keys'])('is not theirs to write: %s', async (table) => {
    for (const shopper of [ann, guest]) {
      for (const text of [
        `UPDATE ${table} SET owner_id = owner_id`,
        `DELETE FROM ${table}`,
        `INSERT INTO ${table} (owner_id) VALUES ('${shopper.userId}')`,
      ]) {
        await expect(write(shopper, raw(text))).rejects.toMatchObject(FORBIDDEN);
      }
    }
  });

  it.each(OWN_TO_WRITE)('is changed and deleted by nobody else: %s', async (table) => {
    for (const shopper of [ann, guest]) {
      const own = [{ owner_id: shopper.userId }];
      const change = `UPDATE ${table} SET owner_id = owner_id RETURNING owner_id`;
      expect(await undone(shopper, change)).toEqual(own);
      expect(await undone(shopper, `DELETE FROM ${table} RETURNING owner_id`)).toEqual(own);
      const others = `WHERE owner_id = '${ben.userId}'`;
      const taken = `UPDATE ${table} SET owner_id = '${shopper.userId}' ${others} RETURNING owner_id`;
      expect(await undone(shopper, taken)).toEqual([]);
    }
  });

  it('is nothing that others are given, nor put into what they have', async () => {
    const [bens] = await read(ben, raw<{ id: string }>('SELECT id FROM carts'));
    const item = (ownerId: string | null) => `
      INSERT INTO cart_items (cart_id, product_id, owner_id, quantity, price_amount, currency)
      VALUES ('${bens?.id}', '${notForSale}', '${ownerId}', 1, 1, 'EUR')`;
    for (const shopper of [ann, guest]) {
      for (const text of [
        `UPDATE carts SET owner_id = '${ben.userId}', status = 'expired'`,
        `INSERT INTO carts (id, owner_id, status) VALUES (gen_random_uuid(), '${ben.userId}', 'expired')`,
        item(ben.userId),
      ]) {
        await expect(write(shopper, raw(text))).rejects.toMatchObject(FORBIDDEN);
      }
      // Into the cart of somebody else, as one's own.
      const smuggled = write(shopper, raw(item(shopper.userId)));
      await expect(smuggled).rejects.toMatchObject({
        constraint: expect.stringContaining('owner_id'),
      });
    }
  });
});

describe('what the organization does on behalf of a shopper', () => {
  const rename = (name: string) => raw(`UPDATE projects SET name = '${name}'`);
  const renamed = async () =>
    (await read(acme.tenant, raw<{ name: string }>('SELECT name FROM projects')))[0]?.name;

  beforeEach(() => write(acme.tenant, rename('before')));

  it('is done, and then the shopper acts again', async () => {
    const roles = await inUnit(ann, async (tx) => {
      const before = await whoActs(tx);
      const during = await tx.asOrganization(async () => {
        await rename('during')(tx);
        return whoActs(tx);
      });
      return [before, during, await whoActs(tx)];
    });
    expect(roles).toEqual(['rowhouse_shopper', 'rowhouse_app', 'rowhouse_shopper']);
    expect(await renamed()).toBe('during');
  });

  it('may be the first of the transaction, or nothing at all', async () => {
    expect(await inUnit(ann, (tx) => tx.asOrganization(() => whoActs(tx)))).toBe('rowhouse_app');
    expect(await statementsOf(() => inUnit(ann, (tx) => tx.asOrganization(async () => 1)))).toEqual(
      [],
    );
    const behindNothing = inUnit(ann, async (tx) => {
      await tx.asOrganization(async () => 1);
      return whoActs(tx);
    });
    expect(await behindNothing).toBe('rowhouse_shopper');
  });

  it('may be asked for within itself', async () => {
    const roles = await inUnit(ann, (tx) =>
      tx.asOrganization(async () => {
        const inner = await tx.asOrganization(() => whoActs(tx));
        return [inner, await whoActs(tx)];
      }),
    );
    expect(roles).toEqual(['rowhouse_app', 'rowhouse_app']);
  });

  it('ends with an error of the work, and the shopper acts again', async () => {
    const role = await inUnit(ann, async (tx) => {
      const work = tx.asOrganization(async () => {
        await rename('during')(tx);
        throw new Error('not today');
      });
      await expect(work).rejects.toThrow('not today');
      return whoActs(tx);
    });
    expect(role).toBe('rowhouse_shopper');
  });

  it.each([false, true])(
    'leaves the shopper in the next unit behind a statement that failed (swallowed: %s)',
    async (isSwallowed) => {
      const roles = await write(ann, async (tx) => {
        const failing = tx.unit(
          async () => {
            const work = tx.asOrganization(async () => {
              await rename('during')(tx);
              await raw('SELECT 1 / 0')(tx);
            });
            await (isSwallowed ? work.catch(() => undefined) : work);
            await productNames(tx);
          },
          { alone: false },
        );
        await expect(failing).rejects.toThrow('division by zero');
        return [
          await tx.unit(() => whoActs(tx), { alone: false }),
          await tx.unit(() => tx.asOrganization(() => whoActs(tx)), { alone: false }),
          await whoActs(tx),
        ];
      });
      expect(roles).toEqual(['rowhouse_shopper', 'rowhouse_app', 'rowhouse_shopper']);
      expect(await renamed()).toBe('before');
    },
  );

  it('leaves the shopper in what is read behind the unit, also when a read of it fails', async () => {
    const roles = await write(ann, async (tx) => {
      await tx.unit(() => tx.asOrganization(() => rename('during')(tx)), { alone: false });
      const behind = await whoActs(tx);
      await expect(raw('SELECT id FROM tasks')(tx)).rejects.toMatchObject(FORBIDDEN);
      return [behind, await tx.unit(() => whoActs(tx), { alone: false })];
    });
    expect(roles).toEqual(['rowhouse_shopper', 'rowhouse_shopper']);
    expect(await renamed()).toBe('during');
  });

  it('is a fault of the server when it may not be done', async () => {
    const attempt = inUnit(ann, (tx) =>
      tx.asOrganization(() => raw('SELECT migration_name FROM _prisma_migrations')(tx)),
    );
    await expect(attempt).rejects.toBeInstanceOf(DatabaseError);
  });

  it('waits for what the shopper has under way', async () => {
    const [names, role] = await inUnit(ann, (tx) =>
      Promise.all([productNames(tx), tx.asOrganization(() => whoActs(tx))]),
    );
    expect(names).toEqual([{ name: 'for sale' }]);
    expect(role).toBe('rowhouse_app');
  });

  it('is nothing that Prisma does which was asked for before', async () => {
    const find = (tx: TenantTransaction) => tx.prisma.product.findMany().then((found) => found);
    const refusal = 'Await what Prisma does';
    const before = inUnit(ann, (tx) =>
      Promise.all([find(tx), tx.asOrganization(() => whoActs(tx))]),
    );
    await expect(before).rejects.toThrow(refusal);
  });

  it('is for units of mutations alone', async () => {
    const refusal = 'Only the unit of a mutation acts as the organization';
    await expect(read(ann, (tx) => tx.asOrganization(() => whoActs(tx)))).rejects.toThrow(refusal);
    await expect(write(ann, (tx) => tx.asOrganization(() => whoActs(tx)))).rejects.toThrow(refusal);
  });

  it('is nothing special for everybody else', async () => {
    const work = (tx: TenantTransaction) => tx.asOrganization(() => whoActs(tx));
    const sent = await statementsOf(async () => {
      expect(await read(acme.tenant, work)).toBe('rowhouse_app');
    });
    expect(sent.join()).not.toContain('ROLE');
  });

  it('costs no round trip: the roles go along with the statements', async () => {
    const sent = await statementsOf(() =>
      inUnit(ann, async (tx) => {
        await productNames(tx);
        await tx.asOrganization(() => rename('during')(tx));
        await productNames(tx);
      }),
    );
    expect(sent.map((text) => /ROLE \w+|BEGIN|COMMIT|projects|products/.exec(text)?.[0])).toEqual([
      'BEGIN',
      'ROLE rowhouse_shopper',
      'products',
      'ROLE rowhouse_app',
      'projects',
      'ROLE rowhouse_shopper',
      'products',
      'COMMIT',
    ]);
  });

  it('does not take what the shopper has under way along when the connection is lost', async () => {
    const proxy = await TcpProxy.inFrontOf(database.appUrl);
    const proxied = openTenancy(database, { size: 1, url: proxy.through(database.appUrl) });
    try {
      const cut = proxy.cutAt('SET LOCAL ROLE rowhouse_shopper', 'before it arrives');
      const answers = proxied.withTenant(ann, 'write', (tx) =>
        tx.unit(() => Promise.all([productNames(tx), tx.asOrganization(() => whoActs(tx))]), {
          alone: true,
        }),
      );
      await cut;
      expect(await answers).toEqual([[{ name: 'for sale' }], 'rowhouse_app']);
    } finally {
      await proxied.close();
      await proxy.close();
    }
  });

  it('is begun anew on another connection when the first was lost', async () => {
    const proxy = await TcpProxy.inFrontOf(database.appUrl);
    const proxied = openTenancy(database, { size: 1, url: proxy.through(database.appUrl) });
    try {
      for (const moment of ['before it arrives', 'after it was answered'] as const) {
        const cut = proxy.cutAt('SET LOCAL ROLE rowhouse_app', moment);
        const roles = proxied.withTenant(ann, 'write', (tx) =>
          tx.unit(async () => [await tx.asOrganization(() => whoActs(tx)), await whoActs(tx)], {
            alone: false,
          }),
        );
        await cut;
        expect(await roles).toEqual(['rowhouse_app', 'rowhouse_shopper']);
      }
    } finally {
      await proxied.close();
      await proxy.close();
    }
  });
});
