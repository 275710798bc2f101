import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OrderStore } from '../src/commerce/order/order.store.js';
import { OrderStatus } from '../src/commerce/order/order.type.js';
import { OrderItemStore } from '../src/commerce/order/order-item.store.js';
import { type OrderMoved, OrderMoves } from '../src/commerce/order/order-moves.js';
import { decodeId, newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, type Person, startApi, unknownId } from './support/api.js';
import {
  ADDRESS,
  type CartLineData,
  fillCart,
  orderInput,
  PLACE_ORDER,
} from './support/filled-cart.js';
import { statementsOf } from './support/statements.js';
import { createStockedProduct, type ProductData } from './support/stocked-product.js';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field.
type Json = any;

let api: Api;
let acme: Organization;
let globex: Organization;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  globex = await api.createOrganization();
});

afterAll(() => api?.close());

const createProduct = (data: ProductData = {}, organization = acme) =>
  createStockedProduct(api, organization, { onHand: 100, ...data });

const superuser = <T>(text: string, values: unknown[] = []): Promise<T[]> =>
  withAdminConnection(api.database.superuserUrl, async (client) => {
    const { rows } = await client.query(text, values);
    return rows;
  });

const uuidOf = (productId: string) => decodeId('prod', productId, 'id');

/** Nobody's cart is open any more. */
const forgetCarts = () => superuser("UPDATE carts SET status = 'expired' WHERE status = 'open'");

const fill = async (lines: CartLineData[], buyer: Person = acme.viewer) => {
  await forgetCarts();
  return fillCart(api, acme, buyer, lines);
};

const place = async (changes: object = {}, buyer: Person = acme.viewer): Promise<Json> =>
  (await buyer.ask(PLACE_ORDER, { input: orderInput(changes) })).placeOrder;

const failToPlace = (changes: object = {}, buyer: Person = acme.viewer): Promise<Json> =>
  buyer.fail(PLACE_ORDER, { input: orderInput(changes) });

/** An order of 2 of a product, of which there were 100. */
async function order(buyer: Person = acme.viewer) {
  const productId = await createProduct();
  await fill([{ productId, quantity: 2 }], buyer);
  return { ...(await place({}, buyer)), productId };
}

const onHandOf = async (
  productId: string,
): Promise<[onHand: number, ledger: number, sold: number]> => {
  const [row] = await superuser<{ onHand: number; ledger: number; sold: number }>(
    `SELECT on_hand AS "onHand", units_sold::int AS sold, (SELECT sum(quantity)::int FROM stock_movements AS movement
       WHERE movement.product_id = level.product_id) AS ledger
     FROM stock_levels AS level WHERE product_id = $1`,
    [uuidOf(productId)],
  );
  return [row?.onHand as number, row?.ledger as number, row?.sold as number];
};

const CHANGES = ['markOrderPaid', 'shipOrder', 'deliverOrder', 'cancelOrder', 'refundOrder'];
const changeOf = (mutation: string) =>
  `mutation ($input: ${mutation === 'refundOrder' ? 'RefundOrderInput' : 'ChangeOrderInput'}!) {
     change: ${mutation}(input: $input) { id status version paidAt shippedAt deliveredAt cancelledAt refundedAt }
   }`;

const change = async (
  mutation: string,
  { id, version }: { id: string; version: number },
  more: object = {},
  person: Person = acme.member,
): Promise<Json> =>
  (await person.ask(changeOf(mutation), { input: { id, version, ...more } })).change;

const failToChange = (
  mutation: string,
  { id, version }: { id: string; version: number },
  person: Person = acme.member,
): Promise<Json> => person.fail(changeOf(mutation), { input: { id, version } });

const ORDER = `query ($id: ID!) { order(id: $id) {
  id number status version customer { id } history { status note actorId actor { name } }
} }`;

describe('an order', () => {
  it('is made of the cart, at the prices of now, and takes what was bought out of stock', async () => {
    const shirt = await createProduct({ sku: 'SHIRT', name: 'Shirt', priceAmount: 1_250n });
    const socks = await createProduct({ sku: 'SOCKS', name: 'Socks', priceAmount: 399n });
    const cartId = await fill([
      { productId: shirt, quantity: 2 },
      { productId: socks, quantity: 10 },
    ]);
    const before = Date.now();
    const placed = await place({ cartId });
    expect(placed).toMatchObject({
      number: expect.any(Number),
      status: 'PENDING',
      version: 1,
      total: { amount: 6_490, currency: 'EUR' },
      items: [
        {
          sku: 'SHIRT',
          name: 'Shirt',
          quantity: 2,
          unitPrice: { amount: 1_250 },
          total: { amount: 2_500 },
        },
        {
          sku: 'SOCKS',
          name: 'Socks',
          quantity: 10,
          unitPrice: { amount: 399 },
          total: { amount: 3_990 },
        },
      ],
      email: acme.viewer.email,
      shippingAddress: { ...ADDRESS, company: null, line2: null, region: null, phone: null },
      history: [{ status: 'PENDING', note: '', actorId: acme.viewer.id }],
      customer: { id: acme.viewer.id },
    });
    expect(Date.parse(placed.placedAt)).toBeGreaterThanOrEqual(before - 1_000);
    expect(await onHandOf(shirt)).toEqual([98, 98, 2]);
    expect(await onHandOf(socks)).toEqual([90, 90, 10]);
    const { stockMovements } = await acme.viewer.ask(
      'query ($id: ID!) { stockMovements(filter: { productId: $id, kind: [SALE] }) { nodes { quantity note actorId } } }',
      { id: shirt },
    );
    expect(stockMovements.nodes).toEqual([
      { quantity: -2, note: placed.id, actorId: acme.viewer.id },
    ]);
    expect(
      await superuser('SELECT status, ordered_at IS NOT NULL AS ordered FROM carts WHERE id = $1', [
        decodeId('cart', cartId, 'id'),
      ]),
    ).toEqual([{ status: 'ordered', ordered: true }]);
  });

  it('stays what it was when products change', async () => {
    const productId = await createProduct({ sku: 'OLD', name: 'Old', priceAmount: 100n });
    await fill([{ productId }]);
    const { id } = await place();
    const price = { amount: 900, currency: 'USD' };
    await acme.admin.ask(
      'mutation ($input: UpdateProductInput!) { updateProduct(input: $input) { id } }',
      { input: { id: productId, version: 1, sku: 'NEW', name: 'New', price } },
    );
    await acme.admin.ask(
      'mutation ($id: ID!) { deleteProduct(input: { id: $id, version: 2 }) { id } }',
      { id: productId },
    );
    const { order: found } = await acme.viewer.ask(
      'query ($id: ID!) { order(id: $id) { total { decimal currency } items { sku name unitPrice { decimal } product { name deletedAt } } } }',
      { id },
    );
    expect(found).toEqual({
      total: { decimal: '1.00', currency: 'EUR' },
      items: [
        {
          sku: 'OLD',
          name: 'Old',
          unitPrice: { decimal: '1.00' },
          product: { name: 'New', deletedAt: expect.any(String) },
        },
      ],
    });
  });

  it('is exact where sums are large', async () => {
    const productId = await createProduct({ priceAmount: 1_000_000_000n, onHand: 9_999 });
    const other = await createProduct({ priceAmount: 999_999_999n, onHand: 9_999 });
    await fill([
      { productId, quantity: 9_999 },
      { productId: other, quantity: 9_999 },
    ]);
    expect((await place()).total.amount).toBe(19_997_999_990_001);
  });

  it('goes to the mail address that is given, and else to that of the account', async () => {
    const productId = await createProduct();
    await fill([{ productId }]);
    expect((await place({ email: 'gift@example.com' })).email).toBe('gift@example.com');
  });

  it('tells of what becomes low in stock by it', async () => {
    const productId = await createProduct({ onHand: 3, lowStockThreshold: 1 });
    await fill([{ productId, quantity: 2 }]);
    await place();
    const { auditEvents } = await acme.admin.ask(
      '{ auditEvents(filter: { kind: [STOCK_LOW] }) { nodes { details } } }',
    );
    expect(auditEvents.nodes).toMatchObject([{ details: { productId, onHand: 1, threshold: 1 } }]);
  });

  it('is for who is signed in', async () => {
    const { errors } = await api.send(PLACE_ORDER, { input: orderInput() });
    expect(errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
  });

  it('takes no price and no total from anybody', async () => {
    for (const field of ['total', 'totalAmount', 'price', 'items', 'ownerId', 'customerId']) {
      const error = await failToPlace({ [field]: 1 });
      expect(error.extensions.code).toBe('BAD_USER_INPUT');
      expect(error.message).toContain(field);
    }
  });
});

describe('nothing is ordered', () => {
  it('of a cart that is empty, expired, ordered, or not there', async () => {
    const productId = await createProduct();
    const nothing = {
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input', message: expect.any(String) }],
    };
    await forgetCarts();
    expect((await failToPlace()).extensions).toEqual(nothing);
    await fill([]);
    expect((await failToPlace()).extensions).toEqual(nothing);
    await forgetCarts();
    const expiresAt = new Date(Date.now() - 1_000);
    await fillCart(api, acme, acme.viewer, [{ productId }], { expiresAt });
    expect((await failToPlace()).extensions).toEqual(nothing);
    await fill([{ productId }]);
    await place();
    expect((await failToPlace()).extensions).toEqual(nothing);
    expect(await onHandOf(productId)).toEqual([99, 99, 1]);
  });

  it("of another cart than the buyer's open one", async () => {
    const productId = await createProduct();
    const theirs = await fillCart(api, globex, globex.viewer, [
      { productId: await createProduct({}, globex) },
    ]);
    const colleagues = await fill([{ productId }], acme.member);
    await fillCart(api, acme, acme.viewer, [{ productId }]);
    for (const cartId of [theirs, colleagues, unknownId('cart')]) {
      expect((await failToPlace({ cartId })).extensions).toEqual({ code: 'NOT_FOUND', id: cartId });
    }
    expect((await failToPlace({ cartId: unknownId('order') })).extensions.fields).toMatchObject([
      { path: 'input.cartId' },
    ]);
  });

  it('when prices or products are not what the buyer has seen; all of them are told', async () => {
    const same = await createProduct();
    const dearer = await createProduct({ priceAmount: 120n });
    const otherCurrency = await createProduct({ priceAmount: 100n, currency: 'USD' });
    const inactive = await createProduct({ active: false });
    const deleted = await createProduct({ deletedAt: new Date() });
    // There is none of it; but it is not for sale anyhow.
    const gone = await createProduct({ active: false, onHand: 0 });
    await fill([
      { productId: same },
      { productId: dearer, priceAmount: 100n },
      { productId: otherCurrency, currency: 'EUR' },
      { productId: inactive },
      { productId: deleted },
      { productId: gone },
    ]);
    const euro = { amount: 100, currency: 'EUR', decimal: '1.00' };
    const { extensions } = await failToPlace();
    expect(extensions).toEqual({
      code: 'CART_CHANGED',
      changes: [
        {
          productId: dearer,
          kind: 'PRICE',
          from: euro,
          to: { ...euro, amount: 120, decimal: '1.20' },
        },
        { productId: otherCurrency, kind: 'UNAVAILABLE' },
        { productId: inactive, kind: 'UNAVAILABLE' },
        { productId: deleted, kind: 'UNAVAILABLE' },
        { productId: gone, kind: 'UNAVAILABLE' },
      ],
    });
    expect(await onHandOf(same)).toEqual([100, 100, 0]);
  });

  it('when there is too little of anything; all of it is told', async () => {
    const plenty = await createProduct({ onHand: 3 });
    const few = await createProduct({ onHand: 2 });
    const none = await createProduct({ onHand: 0 });
    await fill([
      { productId: plenty, quantity: 3 },
      { productId: few, quantity: 5 },
      { productId: none },
    ]);
    const { extensions } = await failToPlace();
    expect(extensions).toEqual({
      code: 'INSUFFICIENT_STOCK',
      shortages: [
        { productId: few, onHand: 2, available: 2, requested: 5 },
        { productId: none, onHand: 0, available: 0, requested: 1 },
      ],
    });
    expect(await onHandOf(plenty)).toEqual([3, 3, 0]);
  });

  it('in several currencies at once, of more than 100 products, or beyond what can be counted', async () => {
    const euros = await createProduct();
    const dollars = await createProduct({ currency: 'USD' });
    await fill([{ productId: euros }, { productId: dollars }]);
    expect((await failToPlace()).message).toMatch(/one currency.*EUR, USD/);

    const many: CartLineData[] = [];
    for (let n = 0; n < 101; n++) many.push({ productId: await createProduct() });
    await fill(many);
    expect((await failToPlace()).message).toMatch(/at most 100 products/);
    await fill(many.slice(1));
    expect((await place()).items).toHaveLength(100);
  });

  it('and the cart is as it was, with what else was to be', async () => {
    const productId = await createProduct({ onHand: 1 });
    const cartId = await fill([{ productId, quantity: 2 }]);
    const [before] = await superuser('SELECT * FROM number_series WHERE org_id = $1', [
      acme.tenant.orgId,
    ]);
    const input = orderInput();
    await acme.viewer.fail(PLACE_ORDER, { input });
    const uuid = decodeId('cart', cartId, 'id');
    expect(await superuser('SELECT status FROM carts WHERE id = $1', [uuid])).toEqual([
      { status: 'open' },
    ]);
    expect(
      await superuser('SELECT * FROM number_series WHERE org_id = $1', [acme.tenant.orgId]),
    ).toEqual([before]);
    expect(
      await superuser('SELECT FROM idempotency_keys WHERE key = $1', [input.idempotencyKey]),
    ).toEqual([]);
  });
});

describe('the key of a request', () => {
  it('gives the same order again, though the cart is not open any more', async () => {
    const productId = await createProduct();
    const cartId = await fill([{ productId }]);
    const input = orderInput({ cartId, email: 'a@example.com' });
    const first = await acme.viewer.send(PLACE_ORDER, { input });
    expect(first.errors).toBeUndefined();
    expect((await acme.viewer.send(PLACE_ORDER, { input })).text).toBe(first.text);
    // Not even a cart that is open by now is ordered.
    await fill([{ productId }]);
    expect((await acme.viewer.send(PLACE_ORDER, { input })).text).toBe(first.text);
    expect(await onHandOf(productId)).toEqual([99, 99, 1]);
  });

  it('gives the order as it is by then', async () => {
    const productId = await createProduct();
    await fill([{ productId }]);
    const input = orderInput();
    const { placeOrder } = await acme.viewer.ask(PLACE_ORDER, { input });
    await change('markOrderPaid', placeOrder);
    const again = await acme.viewer.ask(PLACE_ORDER, { input });
    expect(again.placeOrder).toMatchObject({ id: placeOrder.id, status: 'PAID', version: 2 });
  });

  it('takes the same request however it was written down', async () => {
    const productId = await createProduct();
    await fill([{ productId }]);
    const { idempotencyKey } = orderInput();
    const { country, city, ...rest } = ADDRESS;
    const inputs = [
      { idempotencyKey, shippingAddress: ADDRESS },
      { shippingAddress: { country, city, ...rest }, idempotencyKey },
      {
        idempotencyKey,
        cartId: null,
        email: null,
        shippingAddress: { ...ADDRESS, line2: null, phone: '' },
      },
    ];
    const ids = new Set<string>();
    for (const input of inputs)
      ids.add((await acme.viewer.ask(PLACE_ORDER, { input })).placeOrder.id);
    expect(ids.size).toBe(1);
  });

  it.each([
    ['another address', { shippingAddress: { ...ADDRESS, line1: '2 Analytical Way' } }],
    [
      'an address in other fields',
      { shippingAddress: { ...ADDRESS, line1: 'x', line2: ADDRESS.line1 } },
    ],
    ['another country', { shippingAddress: { ...ADDRESS, country: 'AT' } }],
    ['another mail address', { email: 'other@example.com' }],
    ['a cart, where none was named', { cartId: unknownId('cart') }],
  ])('is refused for %s', async (_what, changes) => {
    const productId = await createProduct();
    await fill([{ productId }]);
    const input = orderInput();
    await acme.viewer.ask(PLACE_ORDER, { input });
    await fill([{ productId }]);
    const error = await acme.viewer.fail(PLACE_ORDER, { input: { ...input, ...changes } });
    expect(error.extensions).toEqual({ code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(await onHandOf(productId)).toEqual([99, 99, 1]);
  });

  it('is as good as new after 24 hours', async () => {
    const productId = await createProduct();
    await fill([{ productId }]);
    const input = orderInput();
    const first = (await acme.viewer.ask(PLACE_ORDER, { input })).placeOrder;
    const [kept] = await superuser<{ hours: number }>(
      'SELECT (extract(epoch FROM expires_at - created_at) / 3600)::int AS hours FROM idempotency_keys WHERE key = $1',
      [input.idempotencyKey],
    );
    expect(kept).toEqual({ hours: 24 });
    await superuser('UPDATE idempotency_keys SET expires_at = now() WHERE key = $1', [
      input.idempotencyKey,
    ]);
    await fill([{ productId }]);
    const second = (await acme.viewer.ask(PLACE_ORDER, { input })).placeOrder;
    expect(second.id).not.toBe(first.id);
    expect((await acme.viewer.ask(PLACE_ORDER, { input })).placeOrder.id).toBe(second.id);
  });

  it('is forgotten by who orders after that: 100 at a time, of the own organization', async () => {
    const keys = (organization: Organization, howMany: number, expires: string) =>
      superuser(
        `INSERT INTO idempotency_keys (org_id, owner_id, key, operation, request_hash, order_id, expires_at)
         SELECT $1, $2, 'kept-' || n, 'placeOrder', sha256('x'), $2, now() + $3::interval
         FROM generate_series(1, $4::int) AS n`,
        [organization.tenant.orgId, newUuid(), expires, howMany],
      );
    await keys(acme, 150, '-1 hour');
    await keys(acme, 5, '1 hour');
    await keys(globex, 5, '-1 hour');
    const left = async ({ tenant }: Organization) => {
      const rows = await superuser<{ expired: number }>(
        `SELECT count(*) FILTER (WHERE expires_at <= now())::int AS expired FROM idempotency_keys WHERE org_id = $1`,
        [tenant.orgId],
      );
      return rows[0]?.expired;
    };
    const productId = await createProduct();
    for (const expected of [50, 0]) {
      await fill([{ productId }]);
      await place();
      expect(await left(acme)).toBe(expected);
    }
    expect(await left(globex)).toBe(5);
    const rest = await superuser("SELECT FROM idempotency_keys WHERE key LIKE 'kept-%'");
    expect(rest).toHaveLength(10);
  });

  it.each(['', ' ', 'with space', 'ümlaut', 'x'.repeat(201), 'a\nb'])(
    'is no key: %j',
    async (idempotencyKey) => {
      const { extensions } = await failToPlace({ idempotencyKey });
      expect(extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.idempotencyKey' }],
      });
    },
  );

  it('may have 200 characters', async () => {
    await fill([{ productId: await createProduct() }]);
    await place({ idempotencyKey: `${'~!'.repeat(82)}${newUuid()}` });
  });
});

describe('the address', () => {
  it.each([
    ['name', ''],
    ['name', 'x'.repeat(121)],
    ['company', 'x'.repeat(121)],
    ['line1', '  '],
    ['line1', 'x'.repeat(201)],
    ['line2', 'x'.repeat(201)],
    ['postalCode', 'x'.repeat(21)],
    ['city', ''],
    ['region', 'x'.repeat(121)],
    ['country', 'de'],
    ['country', 'Germany'],
    ['country', 'UK'],
    ['phone', 'x'.repeat(41)],
    ['name', 'a\0b'],
  ])('is refused for its %s: %j', async (field, text) => {
    const { extensions } = await failToPlace({ shippingAddress: { ...ADDRESS, [field]: text } });
    expect(extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: `input.shippingAddress.${field}` }],
    });
  });

  it('comes back as it was given, as long as it may be', async () => {
    const shippingAddress = {
      name: '王'.repeat(120),
      company: 'é'.repeat(120),
      line1: '😀'.repeat(200),
      line2: '"\\'.repeat(100),
      postalCode: '1'.repeat(20),
      city: 'x'.repeat(120),
      region: '\u202e'.repeat(120),
      country: 'JP',
      phone: '+'.repeat(40),
    };
    await fill([{ productId: await createProduct() }]);
    expect((await place({ shippingAddress })).shippingAddress).toEqual(shippingAddress);
  });
});

/** How an order comes to be so, from `PENDING`. */
const WAYS: Record<string, string[]> = {
  PENDING: [],
  PAID: ['markOrderPaid'],
  SHIPPED: ['markOrderPaid', 'shipOrder'],
  DELIVERED: ['markOrderPaid', 'shipOrder', 'deliverOrder'],
  CANCELLED: ['cancelOrder'],
  REFUNDED: ['markOrderPaid', 'refundOrder'],
};
const BECOMES: Record<string, string> = {
  markOrderPaid: 'PAID',
  shipOrder: 'SHIPPED',
  deliverOrder: 'DELIVERED',
  cancelOrder: 'CANCELLED',
  refundOrder: 'REFUNDED',
};
const MAY: Record<string, string[]> = {
  PENDING: ['markOrderPaid', 'cancelOrder'],
  PAID: ['shipOrder', 'cancelOrder', 'refundOrder'],
  SHIPPED: ['deliverOrder', 'refundOrder'],
  DELIVERED: ['refundOrder'],
  CANCELLED: [],
  REFUNDED: [],
};

async function orderThatIs(status: string) {
  let current = await order();
  const { productId } = current;
  for (const mutation of WAYS[status] as string[]) current = await change(mutation, current);
  return { ...current, productId };
}

describe('the status of an order', () => {
  it.each(Object.keys(MAY))('%s becomes what it may, and nothing else', async (status) => {
    for (const mutation of CHANGES) {
      const current = await orderThatIs(status);
      const isOver = ['CANCELLED', 'REFUNDED'].includes(status);
      if (MAY[status]?.includes(mutation)) {
        const changed = await change(mutation, current);
        expect(changed).toMatchObject({ status: BECOMES[mutation], version: current.version + 1 });
        const ends = ['cancelOrder', 'refundOrder'].includes(mutation);
        const isSent = ['SHIPPED', 'DELIVERED'].includes(status);
        const isBack = ends && !isSent;
        expect(await onHandOf(current.productId)).toEqual(isBack ? [100, 100, 0] : [98, 98, 2]);
      } else {
        const { extensions, message } = await failToChange(mutation, current);
        expect(extensions).toEqual({ code: 'ORDER_STATUS', status });
        expect(message).toContain(`cannot become ${BECOMES[mutation]}`);
        expect(await onHandOf(current.productId)).toEqual(isOver ? [100, 100, 0] : [98, 98, 2]);
      }
    }
  });

  it('has a moment for each, and a history of who has done what', async () => {
    let current = await order();
    current = { ...current, ...(await change('markOrderPaid', current, { note: 'by bank' })) };
    current = { ...current, ...(await change('shipOrder', current, {}, acme.admin)) };
    current = { ...current, ...(await change('deliverOrder', current, { note: 'x'.repeat(500) })) };
    const refunded = await change('refundOrder', current, { note: 'broken', restock: false });
    expect(refunded.cancelledAt).toBeNull();
    const moments = [
      current.placedAt,
      refunded.paidAt,
      refunded.shippedAt,
      refunded.deliveredAt,
      refunded.refundedAt,
    ];
    expect(moments.every((moment) => typeof moment === 'string')).toBe(true);
    expect([...moments].sort()).toEqual(moments);
    const { order: found } = await acme.viewer.ask(ORDER, { id: current.id });
    const by = (person: Person, name: string) => ({ actorId: person.id, actor: { name } });
    expect(found.history).toEqual([
      { status: 'PENDING', note: '', ...by(acme.viewer, 'viewer') },
      { status: 'PAID', note: 'by bank', ...by(acme.member, 'member') },
      { status: 'SHIPPED', note: '', ...by(acme.admin, 'admin') },
      { status: 'DELIVERED', note: 'x'.repeat(500), ...by(acme.member, 'member') },
      { status: 'REFUNDED', note: 'broken', ...by(acme.member, 'member') },
    ]);
    // What is broken does not come back.
    expect(await onHandOf(current.productId)).toEqual([98, 98, 2]);
  });

  it.each(['PAID', 'SHIPPED', 'DELIVERED'])(
    'of one that is %s and refunded leaves what is back in stock to who says so',
    async (status) => {
      for (const [restock, there] of [
        [true, [100, 100, 0]],
        [false, [98, 98, 2]],
        [null, status === 'PAID' ? [100, 100, 0] : [98, 98, 2]],
      ] as const) {
        const current = await orderThatIs(status);
        await change('refundOrder', current, { restock });
        expect(await onHandOf(current.productId)).toEqual(there);
      }
    },
  );

  it('is not changed by who has read another version', async () => {
    const placed = await order();
    await change('markOrderPaid', placed);
    const { extensions } = await failToChange('shipOrder', placed);
    expect(extensions).toMatchObject({
      code: 'VERSION_CONFLICT',
      currentVersion: 2,
      current: {
        id: placed.id,
        number: placed.number,
        status: 'PAID',
        version: 2,
        total: { amount: 200, currency: 'EUR', decimal: '2.00' },
        customerId: acme.viewer.id,
      },
    });
    expect(JSON.stringify(extensions)).not.toMatch(/ownerId|cartId|stockReturned/);
  });

  it('takes orders:write, but for who cancels what they have placed and not paid', async () => {
    const placed = await order();
    const refused = { code: 'FORBIDDEN', permission: 'orders:write' };
    for (const mutation of CHANGES) {
      if (mutation === 'cancelOrder') continue;
      expect((await failToChange(mutation, placed, acme.viewer)).extensions).toEqual(refused);
    }
    const onlooker = await acme.createPerson('viewer', `onlooker-${newUuid()}`);
    expect((await failToChange('cancelOrder', placed, onlooker)).extensions).toEqual(refused);
    const paid = await change('markOrderPaid', placed);
    expect((await failToChange('cancelOrder', paid, acme.viewer)).extensions).toEqual(refused);
    await change('cancelOrder', paid, { note: 'sold out' });

    const own = await order();
    const input = { id: own.id, version: own.version, note: 'changed my mind' };
    const { change: cancelled } = await acme.viewer.ask(changeOf('cancelOrder'), { input });
    expect(cancelled.status).toBe('CANCELLED');
    const clerk = await acme.createPerson(['orders:write'], `clerk-${newUuid()}`);
    await change('markOrderPaid', await order(), {}, clerk);
  });

  it("is not another organization's to change, nor is it told that it is there", async () => {
    const placed = await order();
    for (const mutation of CHANGES) {
      const error = await failToChange(mutation, placed, globex.owner);
      expect(error.extensions).toEqual({ code: 'NOT_FOUND', id: placed.id });
      const unknown = { id: unknownId('order'), version: 1 };
      const same = await failToChange(mutation, unknown, globex.owner);
      expect(same.message).toBe(error.message);
    }
    const foreign = await globex.owner.fail(ORDER, { id: placed.id });
    expect(foreign.extensions).toEqual({ code: 'NOT_FOUND', id: placed.id });
    const event = placed.history[0].id;
    const hidden = await globex.owner.fail('query ($id: ID!) { node(id: $id) { id } }', {
      id: event,
    });
    expect(hidden.extensions).toEqual({ code: 'NOT_FOUND', id: event });
    const { node } = await acme.viewer.ask(
      'query ($id: ID!) { node(id: $id) { ... on OrderEvent { status } } }',
      { id: event },
    );
    expect(node).toEqual({ status: 'PENDING' });
  });

  it('is refused for a note that is too long', async () => {
    const { id, version } = await order();
    const error = await acme.member.fail(changeOf('markOrderPaid'), {
      input: { id, version, note: 'x'.repeat(501) },
    });
    expect(error.extensions.fields).toMatchObject([{ path: 'input.note' }]);
  });
});

describe('what moves orders without a caller', () => {
  const orders = new OrderStore();
  const locked = async (tx: Parameters<OrderStore['findAndLock']>[0], id: string) => {
    const row = await orders.findAndLock(tx, decodeId('order', id, 'id'));
    if (!row) throw new Error('There is no such order');
    return row as Parameters<OrderMoves['move']>[1];
  };
  /** As of a message of a payment provider. */
  const machine = () => ({ orgId: acme.tenant.orgId, userId: null });

  it('is told who has not done it, and everybody who listens hears of it in order', async () => {
    const placed = await order();
    const moves = new OrderMoves(orders, new OrderItemStore());
    const heard: [string, OrderMoved][] = [];
    const stockSeen: number[] = [];
    const listen = (name: string) => async (_tx: unknown, moved: OrderMoved) => {
      heard.push([name, moved]);
    };
    moves.onMovedAfterStock(async (tx) => {
      const level = await tx.prisma.stockLevel.findFirst({
        where: { productId: uuidOf(placed.productId) },
      });
      stockSeen.push(level?.onHand as number);
    });
    moves.onMovedAfterStock(listen('sales'));
    moves.onMovedBeforeStock(async (tx) => {
      const level = await tx.prisma.stockLevel.findFirst({
        where: { productId: uuidOf(placed.productId) },
      });
      stockSeen.push(level?.onHand as number);
    });
    moves.onMovedBeforeStock(listen('payments'));
    await api.app.tenancy.withTenant(machine(), 'write', async (tx) => {
      const row = await locked(tx, placed.id);
      const details = { actorId: null, note: 'provider' };
      const cancelled = await moves.move(tx, row, OrderStatus.CANCELLED, details);
      expect(cancelled).toMatchObject({ status: 'cancelled', version: 2, stockReturned: true });
    });
    expect(heard).toMatchObject([
      ['payments', { from: 'pending', to: 'cancelled', actorId: null, order: { version: 2 } }],
      ['sales', { from: 'pending', to: 'cancelled', actorId: null, order: { version: 2 } }],
    ]);
    expect(stockSeen).toEqual([98, 100]);
    const { order: found } = await acme.viewer.ask(ORDER, { id: placed.id });
    expect(found.history.at(-1)).toEqual({
      status: 'CANCELLED',
      note: 'provider',
      actorId: null,
      actor: null,
    });
  });

  it('moves nothing when somebody who listens fails', async () => {
    const placed = await order();
    const moves = new OrderMoves(orders, new OrderItemStore());
    moves.onMovedAfterStock(async () => {
      throw new Error('no sum');
    });
    const moving = api.app.tenancy.withTenant(machine(), 'write', async (tx) =>
      moves.move(tx, await locked(tx, placed.id), OrderStatus.CANCELLED, { actorId: null }),
    );
    await expect(moving).rejects.toThrow('no sum');
    const { order: found } = await acme.viewer.ask(ORDER, { id: placed.id });
    expect(found).toMatchObject({ status: 'PENDING', version: 1, history: [{}] });
    expect(await onHandOf(placed.productId)).toEqual([98, 98, 2]);
  });
});

describe('a list of orders', () => {
  const LIST = `query ($filter: OrderFilter, $orderBy: OrderOrder, $first: Int, $after: String) {
    orders(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
      totalCount nodes { id number status placedAt } pageInfo { hasNextPage endCursor }
    }
  }`;
  let shop: Organization;
  let placed: Json[];

  beforeAll(async () => {
    shop = await api.createOrganization();
    const productId = await createStockedProduct(api, shop, { onHand: 100 });
    placed = [];
    for (const buyer of [shop.viewer, shop.member, shop.viewer, shop.admin]) {
      await fillCart(api, shop, buyer, [{ productId }]);
      placed.push(await place({}, buyer));
    }
    await change('markOrderPaid', placed[0], {}, shop.member);
    await change('cancelOrder', placed[1], {}, shop.member);
  });

  const numbersOf = async (variables: object): Promise<number[]> => {
    const { orders } = await shop.viewer.ask(LIST, variables);
    expect(orders.totalCount).toBe(orders.nodes.length);
    return orders.nodes.map(({ number }: Json) => number);
  };

  it('has the newest first, or goes by the number', async () => {
    expect(await numbersOf({})).toEqual([4, 3, 2, 1]);
    const by = (field: string, direction: string) => ({ orderBy: { field, direction } });
    expect(await numbersOf(by('NUMBER', 'ASC'))).toEqual([1, 2, 3, 4]);
    expect(await numbersOf(by('NUMBER', 'DESC'))).toEqual([4, 3, 2, 1]);
    expect(await numbersOf(by('PLACED_AT', 'ASC'))).toEqual([1, 2, 3, 4]);
  });

  it('is narrowed down', async () => {
    const filtered = (filter: object) => numbersOf({ filter });
    expect(await filtered({ status: ['PENDING'] })).toEqual([4, 3]);
    expect(await filtered({ status: ['PAID', 'CANCELLED'] })).toEqual([2, 1]);
    expect(await filtered({ status: [] })).toEqual([]);
    expect(await filtered({ customerId: shop.viewer.id })).toEqual([3, 1]);
    expect(await filtered({ customerId: shop.viewer.id, status: ['PENDING'] })).toEqual([3]);
    expect(await filtered({ customerId: globex.viewer.id })).toEqual([]);
    expect(await filtered({ number: 3 })).toEqual([3]);
    expect(await filtered({ number: 99 })).toEqual([]);
    expect(await filtered({ number: Number.MAX_SAFE_INTEGER })).toEqual([]);
    expect(await filtered({ placedSince: placed[2].placedAt })).toEqual([4, 3]);
    expect(await filtered({ placedUntil: placed[2].placedAt })).toEqual([2, 1]);
  });

  it.each(['NUMBER', 'PLACED_AT'])('is read page by page, by %s', async (field) => {
    const found: number[] = [];
    let after: string | null = null;
    do {
      const { orders }: Json = await shop.viewer.ask(LIST, {
        first: 1,
        after,
        orderBy: { field, direction: 'DESC' },
      });
      found.push(...orders.nodes.map(({ number }: Json) => number));
      after = orders.pageInfo.hasNextPage ? orders.pageInfo.endCursor : null;
    } while (after);
    expect(found).toEqual([4, 3, 2, 1]);
  });

  it('reads what is in the orders with one statement, however many there are', async () => {
    let orders: Json;
    const statements = await statementsOf(async () => {
      ({ orders } = await shop.viewer.ask(
        '{ orders { nodes { number items { sku product { id } } history { status actor { name } } customer { name } } } }',
      ));
    });
    for (const table of ['order_items', 'order_events', 'products']) {
      expect(statements.filter((text) => text.includes(`"${table}"`))).toHaveLength(1);
    }
    expect(orders.nodes.map(({ history }: Json) => history.length)).toEqual([1, 1, 2, 2]);
    expect(orders.nodes.every(({ items }: Json) => items.length === 1)).toBe(true);
    expect(orders.nodes.map(({ customer }: Json) => customer.name)).toEqual([
      'admin',
      'viewer',
      'member',
      'viewer',
    ]);
  });

  it('is of the own organization', async () => {
    const { orders } = await globex.owner.ask(LIST, {});
    expect(orders).toMatchObject({ totalCount: 0, nodes: [] });
  });
});

describe('when an account is removed', () => {
  it('its orders stay, of nobody', async () => {
    const buyer = await acme.createPerson('viewer', `leaver-${newUuid()}`);
    const { id } = await order(buyer);
    await acme.owner.ask('mutation ($id: ID!) { removeUser(input: { userId: $id }) { id } }', {
      id: buyer.id,
    });
    const { order: found } = await acme.viewer.ask(ORDER, { id });
    expect(found).toMatchObject({ id, customer: null, version: 1 });
    expect(found.history).toMatchObject([{ actorId: buyer.id, actor: null }]);
  });
});
