import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { StockReservationStore } from '../src/commerce/reservation/stock-reservation.store.js';
import { unitsFree } from '../src/commerce/reservation/units-free.js';
import { StockMovementKind } from '../src/commerce/stock/stock-movement.type.js';
import { moveStock, type StockMove } from '../src/commerce/stock/stock-moves.js';
import { decodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, type Person, startApi } from './support/api.js';
import { statementsOf } from './support/statements.js';
import { type CartContent, fillCart } from './support/stocked-cart.js';
import { createStockedProduct, type ProductData } from './support/stocked-product.js';

const CHECKOUT = '{ expiresAt renewableUntil items { quantity product { id } } }';
const BEGIN = `mutation { checkout: beginCheckout ${CHECKOUT} }`;
const END = `mutation { checkout: endCheckout ${CHECKOUT} }`;
const GET = `{ checkout ${CHECKOUT} }`;
const CORRECT =
  'mutation ($input: CorrectStockInput!) { correctStock(input: $input) { stock { onHand } } }';
const RECEIVE =
  'mutation ($input: ReceiveStockInput!) { receiveStock(input: $input) { stock { onHand } } }';

const { SALE, RETURN } = StockMovementKind;
const MINUTE = 60_000;

let api: Api;
let acme: Organization;
let globex: Organization;
let anna: Person;
let ben: Person;

beforeAll(async () => {
  api = await startApi();
  globex = await api.createOrganization();
});

beforeEach(async () => {
  acme = await api.createOrganization();
  anna = acme.member;
  ben = acme.viewer;
});

afterAll(() => api?.close());

const asSuperuser = <T>(work: (client: pg.Client) => Promise<T>) =>
  withAdminConnection(api.database.superuserUrl, work);

const product = (onHand: number, data: ProductData = {}) =>
  createStockedProduct(api, acme, { ...data, onHand });

const fill = (person: Person, content: CartContent) => fillCart(api, acme, person, content);

const uuidOf = (productId: string) => decodeId('prod', productId, 'id');

/** What is kept, by product; null where nothing is. */
const kept = ({ checkout }: { checkout: Checkout | null }) =>
  checkout &&
  Object.fromEntries(checkout.items.map(({ product: { id }, quantity }) => [id, quantity]));

interface Checkout {
  expiresAt: string;
  renewableUntil: string;
  items: { quantity: number; product: { id: string } }[];
}

const begin = async (person: Person) => kept(await person.ask(BEGIN));

const end = async (person: Person) => kept(await person.ask(END));

const checkoutOf = async (person: Person) => kept(await person.ask(GET));

const levelOf = async (productId: string) => {
  const { product: found } = await acme.admin.ask(
    'query ($id: ID!) { product(id: $id) { stock { onHand reserved available } } }',
    { id: productId },
  );
  return found.stock;
};

/** Lets time go by for what somebody has reserved. */
const age = (person: Person, minutes: number) =>
  asSuperuser(async (client) => {
    await client.query(
      `UPDATE stock_reservations SET started_at = started_at - make_interval(mins => $2),
         expires_at = expires_at - make_interval(mins => $2) WHERE owner_id = $1`,
      [person.uuid, minutes],
    );
  });

/** Minutes from the begin of somebody's checkout to its end, and from now to its end; rounded. */
const termsOf = async (person: Person) => {
  const { checkout } = await person.ask(GET);
  const ends = Date.parse(checkout.expiresAt);
  const began = Date.parse(checkout.renewableUntil) - 60 * MINUTE;
  return {
    sinceBegin: Math.round((ends - began) / MINUTE),
    fromNow: Math.round((ends - Date.now()) / MINUTE),
  };
};

const moveOf = (kind: StockMovementKind, productId: string, by: number, cartId?: string) => ({
  productId: uuidOf(productId),
  kind,
  units: { by },
  note: '',
  actorId: null,
  ...(cartId && { cartId }),
});

const saleOf = (productId: string, by: number, cartId?: string) =>
  moveOf(SALE, productId, by, cartId);

const move = (...moves: StockMove[]) =>
  api.app.tenancy.withTenant(acme.tenant, 'write', (tx) => moveStock(tx, moves));

const sell = (productId: string, units: number, cartId?: string) =>
  move(saleOf(productId, -units, cartId));

const shortOf = (...shortages: object[]) => ({
  code: 'INSUFFICIENT_STOCK',
  details: { shortages },
});

describe('a checkout', () => {
  it('keeps all that is in the cart, for 15 minutes, and shows it to its owner alone', async () => {
    const mug = await product(10);
    const cup = await product(3);
    await fill(anna, { [mug]: 4, [cup]: 3 });
    expect(await checkoutOf(anna)).toBeNull();
    expect(await begin(anna)).toEqual({ [mug]: 4, [cup]: 3 });
    expect(await checkoutOf(anna)).toEqual({ [mug]: 4, [cup]: 3 });
    expect(await termsOf(anna)).toEqual({ sinceBegin: 15, fromNow: 15 });
    expect(await checkoutOf(ben)).toBeNull();
    expect(await levelOf(mug)).toEqual({ onHand: 10, reserved: 4, available: 6 });
    expect(await levelOf(cup)).toEqual({ onHand: 3, reserved: 3, available: 0 });
  });

  it('keeps all or nothing, and says of each product how many can be had', async () => {
    const mug = await product(10);
    const cup = await product(3);
    const jug = await product(9);
    await fill(anna, { [mug]: 4, [cup]: 2 });
    await begin(anna);
    await fill(ben, { [mug]: 7, [cup]: 2, [jug]: 1 });
    const { message, extensions } = await ben.fail(BEGIN);
    expect(message).toBe('There is too little of 2 products in stock; see extensions.shortages.');
    expect(extensions).toEqual({
      code: 'INSUFFICIENT_STOCK',
      shortages: expect.arrayContaining([
        { productId: mug, onHand: 10, available: 6, requested: 7 },
        { productId: cup, onHand: 3, available: 1, requested: 2 },
      ]),
    });
    expect(extensions.shortages).toHaveLength(2);
    expect(await checkoutOf(ben)).toBeNull();
    expect(await levelOf(jug)).toMatchObject({ reserved: 0 });
    await fill(ben, { [mug]: 6, [cup]: 1 });
    expect(await begin(ben)).toEqual({ [mug]: 6, [cup]: 1 });
    expect(await levelOf(mug)).toEqual({ onHand: 10, reserved: 10, available: 0 });
  });

  it('keeps nothing of what is not for sale', async () => {
    const fine = await product(5);
    const inactive = await product(5, { active: false });
    const deleted = await product(5, { deletedAt: new Date() });
    for (const productId of [inactive, deleted]) {
      await fill(anna, { [fine]: 1, [productId]: 1 });
      expect((await anna.fail(BEGIN)).extensions).toEqual({
        code: 'INSUFFICIENT_STOCK',
        shortages: [{ productId, onHand: 5, available: 0, requested: 1 }],
      });
    }
    expect(await levelOf(fine)).toMatchObject({ reserved: 0 });
  });

  it('needs something in the cart, and not more than a hundred products', async () => {
    expect((await anna.fail(BEGIN)).extensions.code).toBe('BAD_USER_INPUT');
    await fill(anna, {});
    expect((await anna.fail(BEGIN)).message).toBe(
      'cart: There is nothing in it: add a product first.',
    );
    expect(await end(anna)).toBeNull();
    const products: string[] = [];
    for (let n = 0; n < 101; n++) products.push(await product(1));
    const all = products.map((id) => [id, 1]);
    await fill(anna, Object.fromEntries(all));
    expect((await anna.fail(BEGIN)).message).toContain('more than 100 products');
    await fill(anna, Object.fromEntries(all.slice(1)));
    expect(Object.keys((await begin(anna)) ?? {})).toHaveLength(100);
  });

  it('is of the open cart alone', async () => {
    const mug = await product(5);
    const cartId = await fill(anna, { [mug]: 2 });
    await begin(anna);
    await asSuperuser((client) =>
      client.query("UPDATE carts SET status = 'expired' WHERE id = $1", [cartId]),
    );
    expect(await checkoutOf(anna)).toBeNull();
    expect((await anna.fail(BEGIN)).extensions.code).toBe('BAD_USER_INPUT');
    expect(await end(anna)).toBeNull();
  });

  it('sees nothing of another organization', async () => {
    const mug = await product(5);
    await fill(anna, { [mug]: 5 });
    await begin(anna);
    const other = await createStockedProduct(api, globex, { onHand: 5 });
    await fillCart(api, globex, globex.member, { [other]: 5 });
    expect(await begin(globex.member)).toEqual({ [other]: 5 });
    expect(await end(globex.member)).toEqual({ [other]: 5 });
    expect(await checkoutOf(anna)).toEqual({ [mug]: 5 });
  });
});

describe('a checkout that is begun again', () => {
  it('keeps what is in the cart by then, for as long anew', async () => {
    const more = await product(10);
    const less = await product(10);
    const gone = await product(10);
    const added = await product(10);
    await fill(anna, { [more]: 2, [less]: 8, [gone]: 10 });
    await begin(anna);
    await age(anna, 10);
    await fill(anna, { [more]: 10, [less]: 1, [added]: 3 });
    expect(await begin(anna)).toEqual({ [more]: 10, [less]: 1, [added]: 3 });
    expect(await checkoutOf(anna)).toEqual({ [more]: 10, [less]: 1, [added]: 3 });
    expect(await termsOf(anna)).toEqual({ sinceBegin: 25, fromNow: 15 });
    expect(await levelOf(more)).toMatchObject({ reserved: 10, available: 0 });
    expect(await levelOf(less)).toMatchObject({ reserved: 1, available: 9 });
    expect(await levelOf(gone)).toMatchObject({ reserved: 0, available: 10 });
  });

  it('keeps what it had where it cannot have more', async () => {
    const mug = await product(10);
    await fill(anna, { [mug]: 4 });
    await begin(anna);
    await fill(ben, { [mug]: 5 });
    await begin(ben);
    await fill(anna, { [mug]: 6 });
    expect((await anna.fail(BEGIN)).extensions.shortages).toEqual([
      { productId: mug, onHand: 10, available: 5, requested: 6 },
    ]);
    expect(await checkoutOf(anna)).toEqual({ [mug]: 4 });
    expect(await levelOf(mug)).toMatchObject({ reserved: 9 });
  });

  it('lasts an hour from the first time at most, and rests for a quarter of one', async () => {
    const mug = await product(10);
    await fill(anna, { [mug]: 4 });
    for (let renewal = 0; renewal < 5; renewal++) {
      await begin(anna);
      await age(anna, 10);
    }
    await begin(anna);
    expect(await termsOf(anna)).toEqual({ sinceBegin: 60, fromNow: 10 });
    await age(anna, 10);
    expect(await checkoutOf(anna)).toBeNull();

    const refused = await anna.fail(BEGIN);
    expect(refused.extensions.code).toBe('RATE_LIMITED');
    expect(refused.message).toContain('for as long as one may');
    const { retryAfterSeconds } = refused.extensions;
    expect(retryAfterSeconds).toBeGreaterThan(14 * 60);
    expect(retryAfterSeconds).toBeLessThanOrEqual(15 * 60);
    expect(await levelOf(mug)).toMatchObject({ reserved: 0 });

    await age(anna, 14);
    expect((await anna.fail(BEGIN)).extensions.code).toBe('RATE_LIMITED');
    await age(anna, 1);
    await begin(anna);
    expect(await termsOf(anna)).toEqual({ sinceBegin: 15, fromNow: 15 });
  });

  it('is the same one where it was given back, or has expired, just before', async () => {
    const mug = await product(10);
    const cup = await product(10);
    await fill(anna, { [mug]: 4 });
    await begin(anna);
    await age(anna, 10);
    await end(anna);
    await fill(anna, { [cup]: 4 });
    await begin(anna);
    expect(await termsOf(anna)).toEqual({ sinceBegin: 25, fromNow: 15 });
    await age(anna, 29);
    await begin(anna);
    expect(await termsOf(anna)).toEqual({ sinceBegin: 54, fromNow: 15 });
    await age(anna, 30);
    await begin(anna);
    expect(await termsOf(anna)).toEqual({ sinceBegin: 15, fromNow: 15 });
  });
});

describe('what is kept', () => {
  it('is given back by endCheckout, at once', async () => {
    const mug = await product(10);
    await fill(anna, { [mug]: 4 });
    await fill(ben, { [mug]: 10 });
    await begin(anna);
    await ben.fail(BEGIN);
    expect(await end(anna)).toEqual({ [mug]: 4 });
    expect(await begin(ben)).toEqual({ [mug]: 10 });
    expect(await checkoutOf(anna)).toBeNull();
    expect(await end(anna)).toBeNull();
    expect(await levelOf(mug)).toEqual({ onHand: 10, reserved: 10, available: 0 });
  });

  it('counts for nothing once it has expired', async () => {
    const mug = await product(10);
    await fill(anna, { [mug]: 4 });
    const cartId = await fill(ben, { [mug]: 10 });
    await begin(anna);
    await age(anna, 15);
    expect(await checkoutOf(anna)).toBeNull();
    expect(await levelOf(mug)).toEqual({ onHand: 10, reserved: 0, available: 10 });
    expect(await end(anna)).toBeNull();
    expect(await begin(ben)).toEqual({ [mug]: 10 });
    await age(ben, 15);
    await sell(mug, 1);
    await expect(sell(mug, 10, cartId)).rejects.toMatchObject(
      shortOf({ productId: mug, onHand: 9, available: 9, requested: 10 }),
    );
  });

  it('does not change with the cart until the checkout is begun again', async () => {
    const mug = await product(10);
    const cup = await product(10);
    await fill(anna, { [mug]: 4 });
    await begin(anna);
    await fill(anna, { [mug]: 9, [cup]: 1 });
    expect(await checkoutOf(anna)).toEqual({ [mug]: 4 });
    await fill(anna, { [cup]: 1 });
    expect(await checkoutOf(anna)).toEqual({ [mug]: 4 });
    expect(await levelOf(cup)).toMatchObject({ reserved: 0 });
  });

  it('is told of a page of products with one statement more', async () => {
    for (let n = 0; n < 3; n++) await product(10);
    const list = (fields: string) =>
      statementsOf(() => acme.admin.ask(`{ products { nodes { stock { ${fields} } } } }`));
    const without = await list('onHand');
    expect(await list('onHand reserved available')).toHaveLength(without.length + 1);
  });

  it('goes with the cart', async () => {
    const mug = await product(10);
    const cartId = await fill(anna, { [mug]: 4 });
    await begin(anna);
    await api.app.tenancy.withTenant(acme.tenant, 'write', ({ prisma }) =>
      prisma.cart.delete({ where: { orgId_id: { orgId: acme.tenant.orgId, id: cartId } } }),
    );
    expect(await levelOf(mug)).toMatchObject({ reserved: 0 });
  });
});

describe('how many can be had', () => {
  it('is what others have not reserved', async () => {
    const mug = await product(10);
    const cup = await product(2);
    const cartId = await fill(anna, { [mug]: 4, [cup]: 2 });
    await begin(anna);
    await fill(ben, { [mug]: 1 });
    await begin(ben);
    const available = (of: string | null) =>
      api.app.tenancy.withTenant(acme.tenant, 'read', async (tx) => {
        const ids = [uuidOf(mug), uuidOf(cup)] as const;
        const reserved = await new StockReservationStore().reservedUnits(tx, ids, of);
        return [unitsFree(10, reserved.get(ids[0])), unitsFree(2, reserved.get(ids[1]))];
      });
    expect(await available(null)).toEqual([5, 0]);
    expect(await available(cartId)).toEqual([9, 2]);
    expect(await levelOf(mug)).toMatchObject({ onHand: 10, available: 5 });
  });

  it('is never less than nothing, though goods are lost', async () => {
    const mug = await product(10);
    await fill(anna, { [mug]: 8 });
    await begin(anna);
    await acme.owner.ask(CORRECT, { input: { productId: mug, quantity: -7 } });
    expect(await levelOf(mug)).toEqual({ onHand: 3, reserved: 8, available: 0 });
  });
});

describe('a sale', () => {
  it('without a cart takes what is not reserved', async () => {
    const mug = await product(10);
    await fill(anna, { [mug]: 4 });
    await begin(anna);
    await expect(sell(mug, 7)).rejects.toMatchObject({
      ...shortOf({ productId: mug, onHand: 10, available: 6, requested: 7 }),
      message: 'Only 6 of the 10 in stock can be had, and 7 are to go.',
    });
    await sell(mug, 6);
    expect(await levelOf(mug)).toEqual({ onHand: 4, reserved: 4, available: 0 });
    await expect(sell(mug, 5)).rejects.toMatchObject(
      shortOf({ productId: mug, onHand: 4, available: 0, requested: 5 }),
    );
  });

  it('writes nothing where one of its products is reserved', async () => {
    const mug = await product(10);
    const cup = await product(10);
    const cartId = await fill(anna, { [cup]: 3 });
    await begin(anna);
    await fill(ben, { [mug]: 4 });
    await begin(ben);
    const refusal = shortOf({ productId: mug, onHand: 10, available: 6, requested: 7 });
    // Also where whoever sells goes on.
    await api.app.tenancy.withTenant(acme.tenant, 'write', async (tx) => {
      const moves = [saleOf(cup, -3, cartId), saleOf(mug, -7, cartId)];
      await expect(moveStock(tx, moves)).rejects.toMatchObject(refusal);
    });
    expect(await levelOf(mug)).toEqual({ onHand: 10, reserved: 4, available: 6 });
    expect(await levelOf(cup)).toEqual({ onHand: 10, reserved: 3, available: 7 });
    const { node } = await acme.admin.ask(
      'query ($id: ID!) { node(id: $id) { ... on Product { stockMovements { totalCount } } } }',
      { id: cup },
    );
    expect(node.stockMovements.totalCount).toBe(1);
  });

  it('of a cart takes what the cart has reserved, and uses it up', async () => {
    const mug = await product(10);
    const cup = await product(10);
    const cartId = await fill(anna, { [mug]: 4, [cup]: 1 });
    await begin(anna);
    await fill(ben, { [mug]: 6 });
    await begin(ben);
    await expect(sell(mug, 5, cartId)).rejects.toMatchObject(
      shortOf({ productId: mug, onHand: 10, available: 4, requested: 5 }),
    );
    await sell(mug, 3, cartId);
    expect(await checkoutOf(anna)).toBeNull();
    expect(await levelOf(mug)).toEqual({ onHand: 7, reserved: 6, available: 1 });
    expect(await levelOf(cup)).toMatchObject({ reserved: 0 });
    expect(await checkoutOf(ben)).toEqual({ [mug]: 6 });
  });

  it('of a cart takes beyond that what is free', async () => {
    const mug = await product(10);
    const cartId = await fill(anna, { [mug]: 4 });
    await begin(anna);
    await sell(mug, 10, cartId);
    expect(await levelOf(mug)).toEqual({ onHand: 0, reserved: 0, available: 0 });
  });

  it('is of one cart', async () => {
    const mug = await product(10);
    const cartId = await fill(anna, { [mug]: 4 });
    await expect(move(saleOf(mug, -1, cartId), saleOf(mug, -1))).rejects.toThrow(TypeError);
  });

  it('comes to who is first, where goods were lost that several have reserved', async () => {
    const mug = await product(10);
    const annas = await fill(anna, { [mug]: 5 });
    const bens = await fill(ben, { [mug]: 5 });
    await begin(anna);
    await begin(ben);
    await acme.owner.ask(CORRECT, { input: { productId: mug, countedOnHand: 6 } });
    await expect(sell(mug, 1)).rejects.toMatchObject(
      shortOf({ productId: mug, onHand: 6, available: 0, requested: 1 }),
    );
    expect(await begin(anna)).toEqual({ [mug]: 5 });
    await sell(mug, 5, bens);
    await expect(sell(mug, 5, annas)).rejects.toMatchObject(
      shortOf({ productId: mug, onHand: 1, available: 1, requested: 5 }),
    );
  });
});

describe('whatever else moves stock', () => {
  it('is not hindered by what is reserved, and uses none of it up', async () => {
    const mug = await product(10);
    const cartId = await fill(anna, { [mug]: 10 });
    await begin(anna);
    await acme.owner.ask(CORRECT, { input: { productId: mug, quantity: -4 } });
    await acme.owner.ask(RECEIVE, { input: { productId: mug, quantity: 1 } });
    await move(moveOf(RETURN, mug, 1, cartId));
    expect(await levelOf(mug)).toEqual({ onHand: 8, reserved: 10, available: 0 });
    expect(await checkoutOf(anna)).toEqual({ [mug]: 10 });
    const error = await acme.owner.fail(CORRECT, { input: { productId: mug, quantity: -9 } });
    expect(error.extensions.shortages).toEqual([{ productId: mug, onHand: 8, requested: 9 }]);
  });
});

describe('what expired long ago', () => {
  const countOf = ({ tenant }: Organization) =>
    asSuperuser(async (client) => {
      const { rows } = await client.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM stock_reservations WHERE org_id = $1',
        [tenant.orgId],
      );
      return rows[0]?.count;
    });

  /** Reservations of carts of which nobody hears again. */
  const leave = (count: number, productId: string, { tenant }: Organization, minutes: number) =>
    asSuperuser(async (client) => {
      await client.query(
        `WITH left_behind AS (
           INSERT INTO carts (org_id, id, owner_id) SELECT $1, gen_random_uuid(), gen_random_uuid()
           FROM generate_series(1, $3) RETURNING id, owner_id
         )
         INSERT INTO stock_reservations (org_id, cart_id, product_id, owner_id, quantity, started_at, expires_at)
         SELECT $1, id, $2, owner_id, 1, now() - interval '1 day', now() - make_interval(mins => $4) FROM left_behind`,
        [tenant.orgId, uuidOf(productId), count, minutes],
      );
    });

  it('is swept by who begins a checkout, the oldest cart first, in their own organization', async () => {
    const mug = await product(10);
    const cup = await product(10);
    await leave(3, mug, acme, 16);
    await leave(2, mug, acme, 14);
    const other = await createStockedProduct(api, globex, { onHand: 1 });
    await leave(3, other, globex, 1_000);
    const before = await countOf(globex);
    await fill(ben, { [mug]: 1, [cup]: 1 });
    await begin(ben);
    expect(await countOf(acme)).toBe(6);
    await age(ben, 60);
    await fill(anna, { [mug]: 1 });
    await begin(anna);
    expect(await countOf(acme)).toBe(5);
    await begin(anna);
    await begin(anna);
    expect(await countOf(acme)).toBe(3);
    await begin(anna);
    expect(await countOf(acme)).toBe(3);
    expect(await countOf(globex)).toBe(before);
  });

  it('is passed over while somebody else holds its cart', async () => {
    const mug = await product(10);
    await leave(2, mug, acme, 16);
    await leave(1, mug, acme, 20);
    await fill(anna, { [mug]: 1 });
    await asSuperuser(async (client) => {
      await client.query('BEGIN');
      await client.query(
        `SELECT FROM carts WHERE id =
           (SELECT cart_id FROM stock_reservations WHERE org_id = $1 ORDER BY expires_at LIMIT 1) FOR UPDATE`,
        [acme.tenant.orgId],
      );
      await begin(anna);
      await begin(anna);
      await begin(anna);
      await client.query('ROLLBACK');
    });
    expect(await countOf(acme)).toBe(2);
    await begin(anna);
    expect(await countOf(acme)).toBe(1);
  });
});
