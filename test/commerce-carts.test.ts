import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, type Person, startApi, unknownId } from './support/api.js';
import { statementsOf } from './support/statements.js';
import { createStockedProduct, type ProductData } from './support/stocked-product.js';

const CART = `id expiresAt updatedAt totalQuantity hasChanges total { amount currency decimal }
  items {
    quantity addedAt product { id name } unitPrice { amount currency } total { amount currency }
    changes { kind priceThen { amount currency } onHand }
  }`;
const READ = `{ cart { ${CART} } }`;
const ADD = `mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { ${CART} } }`;
const UPDATE = `mutation ($input: UpdateCartItemInput!) { updateCartItem(input: $input) { ${CART} } }`;
const REMOVE = `mutation ($input: RemoveCartItemInput!) { removeCartItem(input: $input) { ${CART} } }`;
const CLEAR = `mutation { clearCart { ${CART} } }`;
const CONFIRM = `mutation { confirmCart { ${CART} } }`;

let api: Api;
let acme: Organization;
let globex: Organization;
/** Somebody new in each test, without a cart. */
let buyer: Person;
let people = 0;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  globex = await api.createOrganization();
});

beforeEach(async () => {
  people += 1;
  buyer = await acme.createPerson('viewer', `buyer-${people}`);
});

afterAll(() => api?.close());

const createProduct = (data: ProductData = {}, organization = acme) =>
  createStockedProduct(api, organization, { onHand: 20_000, ...data });

const add = async (productId: string, quantity = 1, person = buyer) =>
  (await person.ask(ADD, { input: { productId, quantity } })).addCartItem;

const update = async (productId: string, quantity: number) =>
  (await buyer.ask(UPDATE, { input: { productId, quantity } })).updateCartItem;

const remove = async (productId: string) =>
  (await buyer.ask(REMOVE, { input: { productId } })).removeCartItem;

const clear = async () => (await buyer.ask(CLEAR)).clearCart;

const confirm = async () => (await buyer.ask(CONFIRM)).confirmCart;

const cartOf = async (person = buyer) => (await person.ask(READ)).cart;

interface Item {
  quantity: number;
  product: { id: string };
  changes: object[];
}

/** What is in a cart, and how many of each. */
const contents = (cart: { items: Item[] } | null) =>
  cart?.items.map(({ product, quantity }) => [product.id, quantity]);

const changesIn = ({ items }: { items: Item[] }) => items.map(({ changes }) => changes);

const asSuperuser = (statement: string, values: unknown[]) =>
  withAdminConnection(api.database.superuserUrl, (client) => client.query(statement, values));

const setProduct = (id: string, assignment: string, ...values: unknown[]) =>
  asSuperuser(`UPDATE products SET ${assignment} WHERE id = $1`, [
    decodeId('prod', id, 'id'),
    ...values,
  ]);

const setStock = (id: string, onHand: number) =>
  asSuperuser('UPDATE stock_levels SET on_hand = $2 WHERE product_id = $1', [
    decodeId('prod', id, 'id'),
    onHand,
  ]);

const PRICE = (amount: number, currency = 'EUR') => ({
  kind: 'PRICE',
  priceThen: { amount, currency },
  onHand: null,
});
const UNAVAILABLE = { kind: 'UNAVAILABLE', priceThen: null, onHand: null };
const STOCK = (onHand: number) => ({ kind: 'STOCK', priceThen: null, onHand });

describe('a cart', () => {
  it('is there from the first product on, and is answered by what changes it', async () => {
    expect(await cartOf()).toBeNull();
    const mug = await createProduct({ name: 'mug', priceAmount: 1250n });
    const before = Date.now();
    const added = await add(mug, 2);
    expect(added).toEqual({
      id: expect.stringMatching(/^cart_/),
      expiresAt: null,
      updatedAt: expect.any(String),
      totalQuantity: 2,
      hasChanges: false,
      total: { amount: 2500, currency: 'EUR', decimal: '25.00' },
      items: [
        {
          quantity: 2,
          addedAt: expect.any(String),
          product: { id: mug, name: 'mug' },
          unitPrice: { amount: 1250, currency: 'EUR' },
          total: { amount: 2500, currency: 'EUR' },
          changes: [],
        },
      ],
    });
    expect(Date.parse(added.updatedAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(added.items[0].addedAt)).toBeGreaterThanOrEqual(before);
    expect(await cartOf()).toEqual(added);
  });

  it('has its products in the order in which they were put in, whatever is changed afterwards', async () => {
    const products = [await createProduct(), await createProduct(), await createProduct()];
    const [first, second, third] = products as [string, string, string];
    const aliases = [third, first, second].map(
      (id, n) => `a${n}: addCartItem(input: { productId: "${id}", quantity: 1 }) { id }`,
    );
    await buyer.ask(`mutation { ${aliases.join(' ')} }`);
    await add(third, 4);
    expect(contents(await update(first, 7))).toEqual([
      [third, 5],
      [first, 7],
      [second, 1],
    ]);
  });

  it('adds to what is there', async () => {
    const mug = await createProduct();
    await add(mug, 2);
    expect(contents(await add(mug, 3))).toEqual([[mug, 5]]);
  });

  it('says when something was last done with it', async () => {
    const mug = await createProduct();
    const steps = [
      () => add(mug, 5),
      () => update(mug, 2),
      confirm,
      () => remove(mug),
      () => add(mug),
      clear,
    ];
    let last = 0;
    for (const step of steps) {
      // Longer ago than the clock is fine.
      await asSuperuser(
        "UPDATE carts SET updated_at = now() - interval '1 hour' WHERE owner_id = $1",
        [buyer.uuid],
      );
      const updatedAt = Date.parse((await step()).updatedAt);
      expect(updatedAt).toBeGreaterThanOrEqual(last);
      expect(Date.now() - updatedAt).toBeLessThan(1_800_000);
      last = updatedAt;
    }
  });

  it('takes products out, one or all, and stays the same cart', async () => {
    const mug = await createProduct();
    const cup = await createProduct();
    await add(mug);
    const { id } = await add(cup, 3);
    expect(contents(await remove(mug))).toEqual([[cup, 3]]);
    expect(await clear()).toMatchObject({ id, items: [], total: null, totalQuantity: 0 });
    expect(await cartOf()).toMatchObject({ id, items: [], hasChanges: false });
    expect(await add(mug)).toMatchObject({ id });
  });

  it('that is not there is neither cleared nor confirmed', async () => {
    expect(await clear()).toBeNull();
    expect(await confirm()).toBeNull();
    expect(await cartOf()).toBeNull();
  });

  it('is found by its id, by its owner alone', async () => {
    const { id } = await add(await createProduct());
    const NODE = 'query ($id: ID!) { node(id: $id) { id ... on Cart { totalQuantity } } }';
    expect((await buyer.ask(NODE, { id })).node).toEqual({ id, totalQuantity: 1 });
    const other = await acme.createPerson('viewer', `other-${people}`);
    await add(await createProduct(), 1, other);
    for (const person of [other, acme.owner, globex.owner]) {
      const { extensions } = await person.fail(NODE, { id });
      expect(extensions).toEqual({ code: 'NOT_FOUND', id });
    }
  });

  it('counts exactly however dear it is, and takes 100 products', async () => {
    const dear = { priceAmount: 1_000_000_000n, currency: 'JPY' };
    await api.app.tenancy.withTenant(acme.tenant, 'write', async ({ prisma }) => {
      const made = await prisma.product.createManyAndReturn({
        data: Array.from({ length: 99 }, (_, n) => ({ sku: `dear-${n}`, name: 'dear', ...dear })),
        select: { id: true },
      });
      const ids = made.map(({ id: productId }) => ({ productId }));
      await prisma.stockLevel.createMany({ data: ids.map((id) => ({ ...id, onHand: 9_999 })) });
      const { id: cartId } = await prisma.cart.create({ data: { ownerId: buyer.uuid } });
      const item = { cartId, ownerId: buyer.uuid, quantity: 9_999, ...dear };
      await prisma.cartItem.createMany({ data: ids.map((id) => ({ ...id, ...item })) });
    });
    const last = await createProduct(dear);
    const { total, totalQuantity, hasChanges } = await add(last, 9_999);
    expect({ total, totalQuantity, hasChanges }).toEqual({
      total: { amount: 999_900_000_000_000, currency: 'JPY', decimal: '999900000000000' },
      totalQuantity: 999_900,
      hasChanges: false,
    });
    const { extensions } = await buyer.fail(ADD, {
      input: { productId: await createProduct(dear), quantity: 1 },
    });
    expect(extensions).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [
        { path: 'input.productId', message: 'The cart has 100 products, and takes no more.' },
      ],
    });
    expect((await update(last, 1)).items).toHaveLength(100);
    expect((await add(last, 1)).totalQuantity).toBe(989_903);
  });

  it('of many products is read with three statements', async () => {
    for (let n = 0; n < 5; n++) await add(await createProduct());
    const sent = await statementsOf(() => cartOf());
    const reads = sent.filter((text) => /FROM (carts|unnest|cart_items)/.test(text));
    expect(reads).toHaveLength(3);
    expect(sent.filter((text) => /cart_items|products|stock_levels/.test(text))).toHaveLength(3);
  });
});

describe('what goes into a cart', () => {
  it.each([
    ['0', 0, ' To take a product out, use removeCartItem.'],
    ['less than nothing', -1, ''],
    ['more than 9,999', 10_000, ''],
  ])('is never %s', async (_what, quantity, hint) => {
    const productId = await createProduct();
    await add(productId);
    for (const operation of [ADD, UPDATE]) {
      const { extensions } = await buyer.fail(operation, { input: { productId, quantity } });
      const message = `Must be a whole number from 1 to 9,999.${hint}`;
      expect(extensions).toEqual({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.quantity', message }],
      });
    }
    expect(contents(await cartOf())).toEqual([[productId, 1]]);
  });

  it('is at most 9,999 of one product, with what is there', async () => {
    const productId = await createProduct();
    await add(productId, 9_998);
    expect(contents(await add(productId, 1))).toEqual([[productId, 9_999]]);
    const { extensions } = await buyer.fail(ADD, { input: { productId, quantity: 1 } });
    expect(extensions).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [
        {
          path: 'input.quantity',
          message: 'The cart has 9999 of this product already, and takes at most 9,999.',
        },
      ],
    });
    expect(contents(await update(productId, 9_999))).toEqual([[productId, 9_999]]);
  });

  it.each([
    ['that is not active', { active: false }],
    ['that is deleted', { deletedAt: new Date() }],
  ])('is no product %s: the answer is as for one that is not there', async (_what, data) => {
    const productId = await createProduct(data);
    const error = await buyer.fail(ADD, { input: { productId, quantity: 1 } });
    const unknown = unknownId('prod');
    const other = await buyer.fail(ADD, { input: { productId: unknown, quantity: 1 } });
    expect(error.extensions).toEqual({ code: 'NOT_FOUND', id: productId });
    expect(JSON.stringify(error).replaceAll(productId, unknown)).toBe(JSON.stringify(other));
    expect(await cartOf()).toBeNull();
  });

  it.each([
    ['of another kind', () => unknownId('task')],
    ['that is none', () => 'mug'],
  ])('is refused with an id %s, by every mutation', async (_what, id) => {
    for (const [operation, input] of [
      [ADD, { quantity: 1 }],
      [UPDATE, { quantity: 1 }],
      [REMOVE, {}],
    ] as const) {
      const { extensions } = await buyer.fail(operation, { input: { ...input, productId: id() } });
      expect(extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.productId' }],
      });
    }
  });

  it('must be there already to be changed or taken out', async () => {
    const productId = await createProduct();
    const expectNotFound = async () => {
      for (const [operation, input] of [
        [UPDATE, { productId, quantity: 1 }],
        [REMOVE, { productId }],
      ] as const) {
        const { extensions } = await buyer.fail(operation, { input });
        expect(extensions).toEqual({ code: 'NOT_FOUND', id: productId });
      }
    };
    await expectNotFound();
    await add(await createProduct());
    await expectNotFound();
  });

  it('is no more than there is in stock, with what is there', async () => {
    const productId = await createProduct({ onHand: 5 });
    await add(productId, 3);
    const added = await buyer.fail(ADD, { input: { productId, quantity: 3 } });
    const shortages = [{ productId, onHand: 5, requested: 6 }];
    expect(added.extensions).toEqual({ code: 'INSUFFICIENT_STOCK', shortages });
    const updated = await buyer.fail(UPDATE, { input: { productId, quantity: 6 } });
    expect(updated.extensions).toEqual({ code: 'INSUFFICIENT_STOCK', shortages });
    expect(contents(await update(productId, 5))).toEqual([[productId, 5]]);
  });

  it('has one currency: of another, the refusal says which the cart has', async () => {
    const euros = await createProduct();
    const dollars = await createProduct({ currency: 'USD' });
    await add(euros);
    const { extensions } = await buyer.fail(ADD, { input: { productId: dollars, quantity: 1 } });
    expect(extensions).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [
        {
          path: 'input.productId',
          message:
            'The cart is in EUR, and this product has a price in USD. Order what is in the cart, or take it out, first.',
        },
      ],
    });
    await clear();
    expect(await add(dollars, 2)).toMatchObject({ total: { amount: 200, currency: 'USD' } });
  });
});

describe('what has changed since', () => {
  it('is the price: the total is of today, and the price then is told until it is confirmed', async () => {
    const mug = await createProduct({ priceAmount: 1000n });
    await add(mug, 2);
    await setProduct(mug, 'price_amount = 1200');
    const changed = await cartOf();
    expect(changed).toMatchObject({
      hasChanges: true,
      total: { amount: 2400 },
      items: [{ unitPrice: { amount: 1200 }, total: { amount: 2400 }, changes: [PRICE(1000)] }],
    });
    expect(changesIn(await add(mug, 1))).toEqual([[PRICE(1000)]]);
    expect(changesIn(await update(mug, 1))).toEqual([[PRICE(1000)]]);
    expect(await confirm()).toMatchObject({ hasChanges: false, items: [{ changes: [] }] });
    await setProduct(mug, 'price_amount = 900');
    expect(changesIn(await cartOf())).toEqual([[PRICE(1200)]]);
    await setProduct(mug, 'price_amount = 1200');
    expect(changesIn(await cartOf())).toEqual([[]]);
  });

  it.each([
    ['not active any more', 'active = false'],
    ['deleted', 'deleted_at = now()'],
  ])(
    'is that a product is %s: it counts nothing, and can only be taken out',
    async (_what, set) => {
      const mug = await createProduct({ priceAmount: 1000n });
      const cup = await createProduct({ priceAmount: 30n });
      await add(mug, 2);
      await add(cup, 3);
      await setProduct(mug, `${set}, price_amount = 5`);
      await setStock(mug, 0);
      const changed = await cartOf();
      expect(changesIn(changed)).toEqual([[UNAVAILABLE], []]);
      expect(changed).toMatchObject({ hasChanges: true, total: { amount: 90 }, totalQuantity: 5 });
      const { extensions } = await buyer.fail(UPDATE, { input: { productId: mug, quantity: 1 } });
      expect(extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [
          {
            path: 'input.productId',
            message:
              'This product can not be bought any more, or not in the currency of the cart: take it out with removeCartItem.',
          },
        ],
      });
      expect(changesIn(await confirm())).toEqual([[UNAVAILABLE], []]);
      await setStock(mug, 2);
      await setProduct(mug, 'active = true, deleted_at = NULL');
      expect(changesIn(await cartOf())).toEqual([[PRICE(1000)], []]);
      await setProduct(mug, set);
      expect(contents(await remove(mug))).toEqual([[cup, 3]]);
    },
  );

  it('is that a product has another currency: it is unavailable, and what was seen stays', async () => {
    const mug = await createProduct({ priceAmount: 1000n });
    await add(mug, 2);
    await setProduct(mug, "price_amount = 1100, currency = 'USD'");
    expect(await confirm()).toMatchObject({
      hasChanges: true,
      total: { amount: 0, currency: 'EUR' },
      items: [{ unitPrice: { amount: 1100, currency: 'USD' }, changes: [UNAVAILABLE] }],
    });
    const { extensions } = await buyer.fail(ADD, { input: { productId: mug, quantity: 1 } });
    expect(extensions.fields[0].message).toMatch(/^The cart is in EUR, and .* in USD\./);
    await setProduct(mug, "currency = 'EUR'");
    expect(changesIn(await cartOf())).toEqual([[PRICE(1000)]]);
  });

  it('is that there are fewer than wanted, and how many; the price as well', async () => {
    const mug = await createProduct({ priceAmount: 1000n, onHand: 5 });
    await add(mug, 5);
    await setStock(mug, 4);
    expect(await cartOf()).toMatchObject({
      hasChanges: true,
      total: { amount: 5000 },
      items: [{ changes: [STOCK(4)] }],
    });
    await setProduct(mug, 'price_amount = 1100');
    expect(changesIn(await cartOf())).toEqual([[PRICE(1000), STOCK(4)]]);
    expect(changesIn(await confirm())).toEqual([[STOCK(4)]]);
    expect(changesIn(await update(mug, 4))).toEqual([[]]);
  });
});

describe('whose cart it is', () => {
  it('is only ever who asks, in the same organization and in another', async () => {
    const mug = await createProduct();
    const foreign = await createProduct({}, globex);
    const other = await acme.createPerson('viewer', 'other');
    const stranger = globex.viewer;
    await add(mug, 2);
    expect(await cartOf(other)).toBeNull();
    await add(mug, 7, other);
    await add(foreign, 9, stranger);
    for (const person of [other, stranger]) await person.ask(CONFIRM);
    for (const person of [other, stranger]) await person.ask(CLEAR);
    const removed = await other.fail(REMOVE, { input: { productId: mug } });
    expect(removed.extensions).toEqual({ code: 'NOT_FOUND', id: mug });
    expect(contents(await cartOf())).toEqual([[mug, 2]]);
    expect(contents(await cartOf(other))).toEqual([]);
  });

  it('has no product of another organization', async () => {
    const productId = await createProduct({}, globex);
    for (const [operation, input] of [
      [ADD, { productId, quantity: 1 }],
      [UPDATE, { productId, quantity: 1 }],
      [REMOVE, { productId }],
    ] as const) {
      const { extensions } = await buyer.fail(operation, { input });
      expect(extensions).toEqual({ code: 'NOT_FOUND', id: productId });
    }
  });

  it('is nobody without a sign-in', async () => {
    const input = { productId: unknownId('prod'), quantity: 1 };
    for (const operation of [READ, CLEAR, CONFIRM, ADD]) {
      const { errors } = await api.send(operation, operation === ADD ? { input } : {});
      expect(
        errors?.map(({ extensions }: { extensions: { code: string } }) => extensions.code),
      ).toEqual(['UNAUTHENTICATED']);
    }
  });
});

describe('who is removed', () => {
  const REMOVE_USER = 'mutation ($input: RemoveUserInput!) { removeUser(input: $input) { id } }';

  it('leaves an ended cart without anything in it, and orders of nobody', async () => {
    const mug = await createProduct();
    await add(mug, 2);
    const { rows } = await asSuperuser(
      `INSERT INTO orders (org_id, id, number, owner_id, customer_id, currency, total_amount, email, shipping_address)
       SELECT org_id, gen_random_uuid(), n, id, id, 'EUR', 100, email, '{}' FROM users, generate_series(1, 2) AS n
       WHERE id = $1 RETURNING id`,
      [buyer.uuid],
    );
    expect(rows).toHaveLength(2);
    await acme.owner.ask(REMOVE_USER, { input: { userId: buyer.id } });
    const carts = await asSuperuser(
      `SELECT status, (SELECT count(*)::int FROM cart_items WHERE cart_id = carts.id) AS items
       FROM carts WHERE owner_id = $1`,
      [buyer.uuid],
    );
    expect(carts.rows).toEqual([{ status: 'expired', items: 0 }]);
    const orders = await asSuperuser(
      'SELECT owner_id, customer_id, version FROM orders WHERE owner_id = $1',
      [buyer.uuid],
    );
    expect(orders.rows).toEqual([
      { owner_id: buyer.uuid, customer_id: null, version: 1 },
      { owner_id: buyer.uuid, customer_id: null, version: 1 },
    ]);
  });

  it('still has to leave projects to somebody, and tasks to nobody', async () => {
    const { taskIds } = await acme.createProject('theirs', 1);
    await asSuperuser('UPDATE projects SET owner_id = $2 WHERE org_id = $1', [
      acme.tenant.orgId,
      buyer.uuid,
    ]);
    await asSuperuser('UPDATE tasks SET assignee_id = $2 WHERE org_id = $1', [
      acme.tenant.orgId,
      buyer.uuid,
    ]);
    const { extensions } = await acme.owner.fail(REMOVE_USER, { input: { userId: buyer.id } });
    expect(extensions).toMatchObject({ fields: [{ path: 'input.newOwnerId' }] });
    await acme.owner.ask(REMOVE_USER, {
      input: { userId: buyer.id, newOwnerId: acme.member.id },
    });
    const { task } = await acme.viewer.ask(
      'query ($id: ID!) { task(id: $id) { assignee { id } project { owner { id } } } }',
      { id: taskIds[0] },
    );
    expect(task).toEqual({ assignee: null, project: { owner: { id: acme.member.id } } });
  });
});
