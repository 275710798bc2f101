import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeId, newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, type Person, startApi } from './support/api.js';
import { createStockedProduct, type ProductData } from './support/stocked-product.js';
import { CART_LIFETIME_DAYS, contentsOf, visitorCarts } from './support/visitor-carts.js';

const DAY = 86_400_000;
const READ = '{ cart { items { product { id } quantity changes { kind priceThen { amount } } } } }';
const ADD = 'mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { id } }';

let api: Api;
let acme: Organization;
let globex: Organization;
let carts: ReturnType<typeof visitorCarts>;
let now: Date;
/** UUID. */
let visitor: string;
let user: Person;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  globex = await api.createOrganization();
});

beforeEach(async () => {
  now = new Date();
  carts = visitorCarts(api, acme, { now: () => now });
  visitor = newUuid();
  user = await acme.createPerson('viewer', newUuid());
});

afterAll(() => api?.close());

const createProduct = (data: ProductData = {}) =>
  createStockedProduct(api, acme, { onHand: 20_000, ...data });

const inDays = (days: number) => {
  now = new Date(now.getTime() + days * DAY);
};

const add = (productId: string, quantity = 1) => user.ask(ADD, { input: { productId, quantity } });

const usersItems = async () => {
  const { cart } = await user.ask(READ);
  return cart?.items.map(({ product, quantity }: { product: { id: string }; quantity: number }) => [
    product.id,
    quantity,
  ]);
};

/** Every cart that an owner ever had, the oldest first, and how many items are kept of it. */
const cartsOf = (ownerId: string) =>
  withAdminConnection(api.database.superuserUrl, async (client) => {
    const { rows } = await client.query<{ status: string; items: number }>(
      `SELECT status, (SELECT count(*)::int FROM cart_items WHERE cart_items.cart_id = carts.id) AS items
       FROM carts WHERE owner_id = $1 ORDER BY created_at, id`,
      [ownerId],
    );
    return rows;
  });

const setPrice = (productId: string, amount: number) =>
  withAdminConnection(api.database.superuserUrl, (client) =>
    client.query('UPDATE products SET price_amount = $2 WHERE id = $1', [
      decodeId('prod', productId, 'id'),
      amount,
    ]),
  );

describe("a visitor's cart", () => {
  it('expires so many days after the last change; each change begins that time anew', async () => {
    const mug = await createProduct();
    const changes = [
      () => carts.add(visitor, mug, 3),
      () => carts.update(visitor, mug, 2),
      () => carts.confirm(visitor),
      () => carts.clear(visitor),
      () => carts.add(visitor, mug),
    ];
    for (const change of changes) {
      inDays(CART_LIFETIME_DAYS - 1);
      const cart = await change();
      expect(cart?.expiresAt).toEqual(new Date(now.getTime() + CART_LIFETIME_DAYS * DAY));
      expect(await carts.find(visitor)).toEqual(cart);
    }
    expect(await cartsOf(visitor)).toEqual([{ status: 'open', items: 1 }]);
  });

  it('is not served once it has expired, and the next product begins a new one', async () => {
    const mug = await createProduct();
    const cup = await createProduct();
    const first = await carts.add(visitor, mug, 3);
    inDays(CART_LIFETIME_DAYS);
    expect(await carts.find(visitor)).toBeNull();
    await expect(carts.update(visitor, mug, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await carts.confirm(visitor)).toBeNull();
    const second = await carts.add(visitor, cup);
    expect(contentsOf(second)).toEqual([[cup, 1]]);
    expect(second?.id).not.toBe(first?.id);
    expect(await cartsOf(visitor)).toEqual([
      { status: 'expired', items: 0 },
      { status: 'open', items: 1 },
    ]);
  });

  it('has its products in the order in which they were put in, also within one millisecond', async () => {
    const products = [await createProduct(), await createProduct(), await createProduct()];
    products.reverse();
    for (const product of products) await carts.add(visitor, product);
    expect(contentsOf(await carts.find(visitor))).toEqual(products.map((id) => [id, 1]));
  });

  it('lives to the moment at which it expires', async () => {
    await carts.add(visitor, await createProduct());
    now = new Date(now.getTime() + CART_LIFETIME_DAYS * DAY - 1);
    expect(await carts.find(visitor)).not.toBeNull();
    now = new Date(now.getTime() + 1);
    expect(await carts.find(visitor)).toBeNull();
  });

  it('is swept by whoever opens one after it has expired, in their own organization', async () => {
    const mug = await createProduct();
    const foreign = await createStockedProduct(api, globex, { onHand: 1 });
    const theirs = newUuid();
    await visitorCarts(api, globex, { now: () => now }).add(theirs, foreign);
    await carts.add(visitor, mug);
    await add(mug);
    inDays(CART_LIFETIME_DAYS - 1);
    const late = newUuid();
    await carts.add(late, mug);
    inDays(1);
    // Who has one open sweeps nothing.
    await carts.add(late, mug);
    expect(await cartsOf(visitor)).toEqual([{ status: 'open', items: 1 }]);
    await carts.add(newUuid(), mug);
    expect(await cartsOf(visitor)).toEqual([{ status: 'expired', items: 0 }]);
    for (const owner of [late, user.uuid, theirs]) {
      expect(await cartsOf(owner)).toEqual([{ status: 'open', items: 1 }]);
    }
  });

  it('is swept with a hundred others at most, those that expired first', async () => {
    const initech = await api.createOrganization();
    const mug = await createStockedProduct(api, initech, { onHand: 1 });
    await api.app.tenancy.withTenant(initech.tenant, 'write', ({ prisma }) =>
      prisma.cart.createMany({
        data: Array.from({ length: 150 }, (_, n) => ({
          ownerId: newUuid(),
          expiresAt: new Date(now.getTime() - n * DAY),
        })),
      }),
    );
    const open = () =>
      withAdminConnection(api.database.superuserUrl, async (client) => {
        const { rows } = await client.query(
          "SELECT expires_at FROM carts WHERE org_id = $1 AND status = 'open' AND expires_at <= $2 ORDER BY 1",
          [initech.tenant.orgId, now],
        );
        return rows.map(({ expires_at }) => expires_at.getTime());
      });
    const sweeper = visitorCarts(api, initech, { now: () => now });
    await sweeper.add(newUuid(), mug);
    expect(await open()).toEqual(
      Array.from({ length: 50 }, (_, n) => now.getTime() - (49 - n) * DAY),
    );
    await sweeper.add(newUuid(), mug);
    expect(await open()).toEqual([]);
  });
});

describe('with a sign-in', () => {
  it("a visitor's cart becomes the user's, who had none, and never expires", async () => {
    const mug = await createProduct();
    const cup = await createProduct();
    await carts.add(visitor, mug, 3);
    await carts.add(visitor, cup, 1);
    await carts.merge(visitor, user.uuid);
    expect(await usersItems()).toEqual([
      [mug, 3],
      [cup, 1],
    ]);
    expect((await user.ask('{ cart { expiresAt } }')).cart.expiresAt).toBeNull();
    expect(await cartsOf(visitor)).toEqual([{ status: 'merged', items: 0 }]);
    expect(await carts.find(visitor)).toBeNull();
  });

  it('quantities are added, to 9,999 at most', async () => {
    const mug = await createProduct();
    const cup = await createProduct();
    const pot = await createProduct();
    await add(mug, 2);
    await add(cup, 9_000);
    now = new Date();
    await carts.add(visitor, cup, 1_000);
    await carts.add(visitor, pot, 4);
    await carts.add(visitor, mug, 3);
    await carts.merge(visitor, user.uuid);
    expect(await usersItems()).toEqual([
      [mug, 5],
      [cup, 9_999],
      [pot, 4],
    ]);
  });

  it.each([
    ['the user', true, 100],
    ['the visitor', false, 200],
  ])(
    'a product that both have keeps the price that %s has seen first',
    async (_who, isUserFirst, price) => {
      const mug = await createProduct({ priceAmount: isUserFirst ? 100n : 200n });
      const byUser = () => add(mug, 1);
      const byVisitor = async () => {
        now = new Date();
        await carts.add(visitor, mug, 1);
      };
      await (isUserFirst ? byUser() : byVisitor());
      await setPrice(mug, 150);
      await (isUserFirst ? byVisitor() : byUser());
      await carts.merge(visitor, user.uuid);
      const { cart } = await user.ask(READ);
      expect(cart.items).toEqual([
        {
          product: { id: mug },
          quantity: 2,
          changes: [{ kind: 'PRICE', priceThen: { amount: price } }],
        },
      ]);
    },
  );

  it('what is in another currency than the cart of the user stays behind', async () => {
    const euros = await createProduct();
    const dollars = await createProduct({ currency: 'USD' });
    await add(euros);
    await carts.add(visitor, dollars, 2);
    await carts.merge(visitor, user.uuid);
    expect(await usersItems()).toEqual([[euros, 1]]);
    expect(await cartsOf(visitor)).toEqual([{ status: 'merged', items: 0 }]);
  });

  it('a cart of the user with nothing in it takes any currency', async () => {
    const euros = await createProduct();
    const dollars = await createProduct({ currency: 'USD' });
    await add(euros);
    await user.ask('mutation { clearCart { id } }');
    await carts.add(visitor, dollars, 2);
    await carts.merge(visitor, user.uuid);
    expect(await usersItems()).toEqual([[dollars, 2]]);
  });

  it('what goes beyond 100 products is left out, and what both have is not', async () => {
    const products: string[] = [];
    for (let n = 0; n < 3; n++) products.push(await createProduct());
    const [mug, cup, pot] = products as [string, string, string];
    await add(mug, 1);
    const { tenancy } = api.app;
    await tenancy.withTenant(acme.tenant, 'write', async ({ prisma }) => {
      const made = await prisma.product.createManyAndReturn({
        data: Array.from({ length: 98 }, (_, n) => ({
          sku: `many-${n}`,
          name: 'one of many',
          priceAmount: 1n,
          currency: 'EUR',
        })),
        select: { id: true },
      });
      const cart = await prisma.cart.findFirstOrThrow({ where: { ownerId: user.uuid } });
      await prisma.cartItem.createMany({
        data: made.map(({ id: productId }) => ({
          cartId: cart.id,
          productId,
          ownerId: user.uuid,
          quantity: 1,
          priceAmount: 1n,
          currency: 'EUR',
        })),
      });
    });
    for (const product of [cup, pot, mug]) await carts.add(visitor, product, 1);
    await carts.merge(visitor, user.uuid);
    const { cart } = await user.ask(READ);
    expect(cart.items).toHaveLength(100);
    const found = (await usersItems()).filter(([id]: [string]) => products.includes(id));
    expect(Object.fromEntries(found)).toEqual({ [mug]: 2, [cup]: 1 });
  });

  it('nothing is merged a second time, and nothing of a cart that has expired or is not there', async () => {
    const mug = await createProduct();
    await carts.merge(visitor, user.uuid);
    expect(await cartsOf(user.uuid)).toEqual([]);
    await carts.add(visitor, mug, 2);
    await carts.merge(visitor, user.uuid);
    await carts.merge(visitor, user.uuid);
    expect(await usersItems()).toEqual([[mug, 2]]);
    await carts.add(visitor, mug, 5);
    inDays(CART_LIFETIME_DAYS);
    await carts.merge(visitor, user.uuid);
    expect(await usersItems()).toEqual([[mug, 2]]);
  });

  it('a cart with nothing in it is merged, and opens none', async () => {
    await carts.add(visitor, await createProduct());
    await carts.clear(visitor);
    await carts.merge(visitor, user.uuid);
    expect(await cartsOf(visitor)).toEqual([{ status: 'merged', items: 0 }]);
    expect(await cartsOf(user.uuid)).toEqual([]);
  });

  it('no cart of another organization is found, whoever has its id', async () => {
    const mug = await createProduct();
    await carts.add(visitor, mug, 2);
    await add(mug);
    const { merge } = visitorCarts(api, globex);
    await merge(visitor, globex.viewer.uuid);
    await merge(visitor, user.uuid);
    expect(await usersItems()).toEqual([[mug, 1]]);
    expect(contentsOf(await carts.find(visitor))).toEqual([[mug, 2]]);
    expect(await cartsOf(globex.viewer.uuid)).toEqual([]);
  });
});
