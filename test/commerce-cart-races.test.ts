import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Answer, type Api, type Organization, type Person, startApi } from './support/api.js';
import { createStockedProduct, type ProductData } from './support/stocked-product.js';
import { CART_LIFETIME_DAYS, contentsOf, visitorCarts } from './support/visitor-carts.js';
import { whileHeld } from './support/while-held.js';

const ADD = 'mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { id } }';
const CLEAR = 'mutation { clearCart { id } }';

let api: Api;
let acme: Organization;
let carts: ReturnType<typeof visitorCarts>;
let buyer: Person;
/** UUID. */
let visitor: string;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  carts = visitorCarts(api, acme);
});

beforeEach(async () => {
  buyer = await acme.createPerson('viewer', newUuid());
  visitor = newUuid();
});

afterAll(() => api?.close());

const createProduct = (data: ProductData = {}) =>
  createStockedProduct(api, acme, { onHand: 20_000, ...data });

const createProducts = async (count: number) => {
  const products: string[] = [];
  for (let n = 0; n < count; n++) products.push(await createProduct());
  return products;
};

const add = (productId: string, quantity = 1): Promise<Answer> =>
  buyer.send(ADD, { input: { productId, quantity } });

const clear = (): Promise<Answer> => buyer.send(CLEAR);

const codeOf = ({ errors }: Answer) => errors?.[0].extensions.code;

const cartOf = (ownerId: string) => carts.find(ownerId);

const statusesOf = (ownerId: string) =>
  withAdminConnection(api.database.superuserUrl, async (client) => {
    const { rows } = await client.query<{ status: string }>(
      'SELECT status FROM carts WHERE owner_id = $1 ORDER BY created_at, id',
      [ownerId],
    );
    return rows.map(({ status }) => status);
  });

const lockOfCart = (ownerId: string): [string, unknown[]] => [
  'SELECT FROM carts WHERE owner_id = $1 FOR UPDATE',
  [ownerId],
];

const times = <T>(count: number, work: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => work(n));

describe('of many who do something with one cart at once', () => {
  it('all that add the first product find the same cart', async () => {
    const products = await createProducts(8);
    const answers = await Promise.all(products.map((id) => add(id)));
    expect(answers.map(codeOf)).toEqual(products.map(() => undefined));
    const ids = new Set(answers.map(({ data }) => data.addCartItem.id));
    expect(ids.size).toBe(1);
    expect(await statusesOf(buyer.uuid)).toEqual(['open']);
    expect(contentsOf(await cartOf(buyer.uuid))?.sort()).toEqual(
      products.map((id) => [id, 1]).sort(),
    );
  });

  it('none that adds is lost', async () => {
    const mug = await createProduct();
    await Promise.all(times(20, (n) => add(mug, n + 1)));
    expect(contentsOf(await cartOf(buyer.uuid))).toEqual([[mug, 210]]);
  });

  it('none goes beyond 9,999', async () => {
    const mug = await createProduct();
    await add(mug, 9_990);
    const answers = await Promise.all(times(20, () => add(mug)));
    const refused = answers.filter(({ errors }) => errors);
    expect(refused.map(codeOf)).toEqual(times(11, () => 'BAD_USER_INPUT'));
    expect(contentsOf(await cartOf(buyer.uuid))).toEqual([[mug, 9_999]]);
  });

  it('none goes beyond 100 products', async () => {
    const products = await createProducts(8);
    await api.app.tenancy.withTenant(acme.tenant, 'write', async ({ prisma }) => {
      const price = { priceAmount: 100n, currency: 'EUR' };
      const made = await prisma.product.createManyAndReturn({
        data: times(97, (n) => ({ sku: `crowd-${n}`, name: 'one of many', ...price })),
        select: { id: true },
      });
      const ownerId = buyer.uuid;
      const { id: cartId } = await prisma.cart.create({ data: { ownerId } });
      await prisma.cartItem.createMany({
        data: made.map(({ id: productId }) => ({
          cartId,
          productId,
          ownerId,
          quantity: 1,
          ...price,
        })),
      });
    });
    const answers = await Promise.all(products.map((id) => add(id)));
    expect(answers.filter(({ errors }) => errors).map(codeOf)).toEqual(
      times(5, () => 'BAD_USER_INPUT'),
    );
    expect((await cartOf(buyer.uuid))?.items).toHaveLength(100);
  });

  it('all have one currency', async () => {
    const products = await Promise.all(
      ['EUR', 'USD', 'GBP', 'JPY'].map((currency) => createProduct({ currency })),
    );
    const answers = await Promise.all(products.map((id) => add(id)));
    expect(answers.filter(({ errors }) => errors).map(codeOf)).toEqual(
      times(3, () => 'BAD_USER_INPUT'),
    );
    expect((await cartOf(buyer.uuid))?.items).toHaveLength(1);
  });

  it('what is added before the cart is cleared is gone, and what is added after it stays', async () => {
    const mug = await createProduct();
    await add(mug, 5);
    const lock = lockOfCart(buyer.uuid);
    await whileHeld(api.database, lock, [() => add(mug, 2), clear]);
    expect(contentsOf(await cartOf(buyer.uuid))).toEqual([]);
    await add(mug, 5);
    await whileHeld(api.database, lock, [clear, () => add(mug, 2)]);
    expect(contentsOf(await cartOf(buyer.uuid))).toEqual([[mug, 2]]);
    expect(await statusesOf(buyer.uuid)).toEqual(['open']);
  });

  it('all find the same new cart where the old one has expired', async () => {
    const mug = await createProduct();
    let now = new Date();
    const clocked = visitorCarts(api, acme, { now: () => now });
    await clocked.add(visitor, mug, 7);
    now = new Date(now.getTime() + CART_LIFETIME_DAYS * 86_400_000);
    await Promise.all(times(8, () => clocked.add(visitor, mug)));
    expect(await statusesOf(visitor)).toEqual(['expired', 'open']);
    expect(contentsOf(await clocked.find(visitor))).toEqual([[mug, 8]]);
  });
});

describe('a sweep', () => {
  it('passes over a cart with which somebody is busy', async () => {
    const mug = await createProduct();
    const past = new Date(Date.now() - 1_000);
    const owners = [newUuid(), newUuid()] as const;
    await api.app.tenancy.withTenant(acme.tenant, 'write', ({ prisma }) =>
      prisma.cart.createMany({ data: owners.map((ownerId) => ({ ownerId, expiresAt: past })) }),
    );
    await withAdminConnection(api.database.superuserUrl, async (holder) => {
      await holder.query('BEGIN');
      await holder.query(...lockOfCart(owners[0]));
      await carts.add(visitor, mug);
      await holder.query('ROLLBACK');
    });
    expect(await statusesOf(owners[0])).toEqual(['open']);
    expect(await statusesOf(owners[1])).toEqual(['expired']);
  });
});

describe('of sign-ins with the same token at once', () => {
  it('one merges', async () => {
    const mug = await createProduct();
    await carts.add(visitor, mug, 3);
    await Promise.all(times(8, () => carts.merge(visitor, buyer.uuid)));
    expect(contentsOf(await cartOf(buyer.uuid))).toEqual([[mug, 3]]);
    expect(await statusesOf(visitor)).toEqual(['merged']);
    expect(await statusesOf(buyer.uuid)).toEqual(['open']);
  });

  it('one merges, of two users', async () => {
    const mug = await createProduct();
    await carts.add(visitor, mug, 3);
    const merge = (person: Person) => () => carts.merge(visitor, person.uuid);
    const other = await acme.createPerson('viewer', newUuid());
    await whileHeld(api.database, lockOfCart(visitor), [merge(buyer), merge(other)]);
    expect(contentsOf(await cartOf(buyer.uuid))).toEqual([[mug, 3]]);
    expect(await statusesOf(other.uuid)).toEqual([]);
  });
});

describe('a merge', () => {
  it('waits for who adds to the cart of the visitor, and has that as well', async () => {
    const mug = await createProduct();
    await carts.add(visitor, mug, 1);
    await whileHeld<unknown>(api.database, lockOfCart(visitor), [
      () => carts.add(visitor, mug, 2),
      () => carts.merge(visitor, buyer.uuid),
    ]);
    expect(contentsOf(await cartOf(buyer.uuid))).toEqual([[mug, 3]]);
  });

  it('leaves a new cart to the visitor who adds behind it', async () => {
    const mug = await createProduct();
    await carts.add(visitor, mug, 1);
    await whileHeld<unknown>(api.database, lockOfCart(visitor), [
      () => carts.merge(visitor, buyer.uuid),
      () => carts.add(visitor, mug, 2),
    ]);
    expect(contentsOf(await cartOf(buyer.uuid))).toEqual([[mug, 1]]);
    expect(contentsOf(await cartOf(visitor))).toEqual([[mug, 2]]);
    expect(await statusesOf(visitor)).toEqual(['merged', 'open']);
  });

  it('and the first products of the user come into one cart, without a circle', async () => {
    const products = await createProducts(6);
    const visitors = times(6, () => newUuid());
    await Promise.all(visitors.map((id, n) => carts.add(id, products[n] as string, 2)));
    const answers = await Promise.all([
      ...visitors.map((id) => carts.merge(id, buyer.uuid)),
      ...products.map(async (id) => codeOf(await add(id, 1))),
    ]);
    expect(answers).toEqual(times(12, () => undefined));
    expect(await statusesOf(buyer.uuid)).toEqual(['open']);
    expect(contentsOf(await cartOf(buyer.uuid))?.sort()).toEqual(
      products.map((id) => [id, 3]).sort(),
    );
  });
});

describe('who is removed while they put the first product into a cart', () => {
  it('leaves no open cart behind', async () => {
    const mug = await createProduct();
    const remove = () =>
      acme.owner.send('mutation ($input: RemoveUserInput!) { removeUser(input: $input) { id } }', {
        input: { userId: buyer.id },
      });
    const [removed, added] = await whileHeld(
      api.database,
      ['SELECT FROM sessions WHERE user_id = $1 FOR UPDATE', [buyer.uuid]],
      [remove, () => add(mug)],
    );
    expect(removed && codeOf(removed)).toBeUndefined();
    expect(added && codeOf(added)).toBe('NOT_FOUND');
    expect(await statusesOf(buyer.uuid)).toEqual([]);
  });
});
