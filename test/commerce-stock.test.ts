import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, startApi, unknownId } from './support/api.js';
import { createStockedProduct, type ProductData } from './support/stocked-product.js';

const STOCK = 'stock { onHand lowStockThreshold isLow lowSince unitsSold }';
const RECEIVE = `mutation ($input: ReceiveStockInput!) { receiveStock(input: $input) { id ${STOCK} } }`;
const CORRECT = `mutation ($input: CorrectStockInput!) { correctStock(input: $input) { id ${STOCK} } }`;
const SET_THRESHOLD = `mutation ($input: SetLowStockThresholdInput!) {
  setLowStockThreshold(input: $input) { id ${STOCK} }
}`;
const MOVEMENTS = `query ($filter: StockMovementFilter, $orderBy: StockMovementOrder) {
  stockMovements(filter: $filter, orderBy: $orderBy) {
    totalCount nodes { id kind quantity onHand note actorId actor { name } product { id } createdAt }
  }
}`;
const LOW = `query ($first: Int, $after: String, $last: Int, $before: String) {
  lowStockProducts(first: $first, after: $after, last: $last, before: $before) {
    totalCount nodes { sku } pageInfo { hasNextPage startCursor endCursor }
  }
}`;
const DISCREPANCIES =
  'query ($first: Int) { stockDiscrepancies(first: $first) { onHand sumOfMovements product { id } } }';

let api: Api;
let acme: Organization;
let globex: Organization;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  globex = await api.createOrganization();
});

afterAll(() => api?.close());

const createProduct = (data?: ProductData, organization = acme) =>
  createStockedProduct(api, organization, data);

const receive = (productId: string, quantity: number) =>
  acme.member.ask(RECEIVE, { input: { productId, quantity } });

const correct = (productId: string, quantity: number) =>
  acme.member.ask(CORRECT, { input: { productId, quantity } });

const stockOf = async (id: string) => {
  const { node } = await acme.viewer.ask(
    `query ($id: ID!) { node(id: $id) { ... on Product { ${STOCK} } } }`,
    { id },
  );
  return node.stock;
};

interface Movement {
  id: string;
  quantity: number;
  createdAt: string;
}

const quantitiesOf = (movements: Movement[]) => movements.map(({ quantity }) => quantity);

const ledgerOf = async (productId: string): Promise<Movement[]> => {
  const { stockMovements } = await acme.viewer.ask(MOVEMENTS, { filter: { productId } });
  return stockMovements.nodes;
};

const asSuperuser = (statement: string, values: unknown[]) =>
  withAdminConnection(api.database.superuserUrl, (client) => client.query(statement, values));

describe('stock', () => {
  it('is received and corrected, and every movement stands in the ledger with what there was then', async () => {
    const productId = await createProduct();
    const received = await acme.member.ask(RECEIVE, {
      input: { productId, quantity: 12, note: 'first delivery' },
    });
    expect(received.receiveStock).toEqual({
      id: productId,
      stock: { onHand: 12, lowStockThreshold: null, isLow: false, lowSince: null, unitsSold: 0 },
    });
    await correct(productId, -5);
    await correct(productId, 2);
    const plain = (await ledgerOf(productId)).map(({ id: _id, createdAt, ...rest }) => {
      expect(Date.parse(createdAt)).not.toBeNaN();
      return rest;
    });
    const by = { actorId: acme.member.id, actor: { name: 'member' }, product: { id: productId } };
    expect(plain).toEqual([
      { ...by, kind: 'CORRECTION', quantity: 2, onHand: 9, note: '' },
      { ...by, kind: 'CORRECTION', quantity: -5, onHand: 7, note: '' },
      { ...by, kind: 'RECEIPT', quantity: 12, onHand: 12, note: 'first delivery' },
    ]);
  });

  it('never goes below zero: the refusal says what there is, and nothing is written', async () => {
    const productId = await createProduct({ onHand: 3 });
    const error = await acme.member.fail(CORRECT, { input: { productId, quantity: -4 } });
    expect(error.message).toBe('Only 3 are in stock, and 4 are to go.');
    expect(error.extensions).toEqual({
      code: 'INSUFFICIENT_STOCK',
      shortages: [{ productId, onHand: 3, requested: 4 }],
    });
    expect(await stockOf(productId)).toMatchObject({ onHand: 3 });
    expect(await ledgerOf(productId)).toHaveLength(1);
    await correct(productId, -3);
    expect(await stockOf(productId)).toMatchObject({ onHand: 0 });
  });

  it('becomes what was counted, and a count that is right moves nothing', async () => {
    const productId = await createProduct({ onHand: 8 });
    const count = (countedOnHand: number) =>
      acme.member.ask(CORRECT, { input: { productId, countedOnHand, note: 'inventory' } });
    expect((await count(5)).correctStock.stock.onHand).toBe(5);
    expect((await count(5)).correctStock.stock.onHand).toBe(5);
    expect((await count(0)).correctStock.stock.onHand).toBe(0);
    expect(quantitiesOf(await ledgerOf(productId))).toEqual([-5, -3, 8]);
  });

  it.each([
    ['both', { quantity: 1, countedOnHand: 1 }, 'input.countedOnHand'],
    ['neither', {}, 'input.quantity'],
    ['neither but nulls', { quantity: null, countedOnHand: null }, 'input.quantity'],
    ['no difference', { quantity: 0 }, 'input.quantity'],
    ['fewer than none', { countedOnHand: -1 }, 'input.countedOnHand'],
    ['more than can be counted', { countedOnHand: 1_000_000_001 }, 'input.countedOnHand'],
  ])('is not corrected by %s', async (_what, input, path) => {
    const productId = await createProduct({ onHand: 2 });
    const error = await acme.member.fail(CORRECT, { input: { productId, ...input } });
    expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
    expect(await ledgerOf(productId)).toHaveLength(1);
  });

  it('takes no more than can be counted', async () => {
    const productId = await createProduct({ onHand: 1_000_000_000 });
    for (const quantity of [1, 1_000_000_000]) {
      const error = await acme.member.fail(RECEIVE, { input: { productId, quantity } });
      expect(error.extensions.fields).toEqual([
        {
          path: 'input.quantity',
          message: 'There would be more than 1,000,000,000 units of the product.',
        },
      ]);
    }
    for (const quantity of [0, -1, 1_000_000_001]) {
      const error = await acme.member.fail(RECEIVE, { input: { productId, quantity } });
      expect(error.extensions.fields[0].path).toBe('input.quantity');
    }
    expect(await stockOf(productId)).toMatchObject({ onHand: 1_000_000_000 });
  });

  it('cannot be moved of a product that is deleted, unknown or of another organization', async () => {
    const ids = [
      await createProduct({ deletedAt: new Date() }),
      unknownId('prod'),
      await createProduct({ onHand: 5 }, globex),
    ];
    for (const productId of ids) {
      for (const [mutation, input] of [
        [RECEIVE, { quantity: 1 }],
        [CORRECT, { quantity: -1 }],
        [CORRECT, { countedOnHand: 1 }],
        [SET_THRESHOLD, { threshold: 1 }],
      ] as const) {
        const error = await acme.member.fail(mutation, { input: { productId, ...input } });
        expect(error.extensions).toEqual({ code: 'NOT_FOUND', id: productId });
      }
    }
    const { rows } = await asSuperuser('SELECT on_hand FROM stock_levels WHERE org_id = $1', [
      globex.tenant.orgId,
    ]);
    expect(rows).toEqual([{ on_hand: 5 }]);
  });

  it('is not moved by who may not', async () => {
    const productId = await createProduct({ onHand: 5 });
    for (const [mutation, input] of [
      [RECEIVE, { quantity: 1 }],
      [CORRECT, { quantity: -1 }],
      [SET_THRESHOLD, { threshold: 1 }],
    ] as const) {
      const error = await acme.viewer.fail(mutation, { input: { productId, ...input } });
      expect(error.extensions).toEqual({ code: 'FORBIDDEN', permission: 'stock:write' });
    }
    expect(await stockOf(productId)).toMatchObject({ onHand: 5, lowStockThreshold: null });
  });
});

describe('the ledger', () => {
  it('is filtered by product, kind and time, and read in either order', async () => {
    const shop = await api.createOrganization();
    const [mug, cup] = [await createProduct({}, shop), await createProduct({}, shop)];
    const ask = (filter: object, orderBy?: object) =>
      shop.viewer
        .ask(MOVEMENTS, { filter, orderBy })
        .then(({ stockMovements: { totalCount, nodes } }) => {
          expect(totalCount).toBe(nodes.length);
          return quantitiesOf(nodes);
        });
    await shop.member.ask(RECEIVE, { input: { productId: mug, quantity: 1 } });
    await shop.member.ask(RECEIVE, { input: { productId: cup, quantity: 2 } });
    await shop.member.ask(CORRECT, { input: { productId: mug, quantity: 3 } });
    expect(await ask({})).toEqual([3, 2, 1]);
    expect(await ask({}, { field: 'CREATED_AT', direction: 'ASC' })).toEqual([1, 2, 3]);
    expect(await ask({ productId: mug })).toEqual([3, 1]);
    expect(await ask({ kind: ['RECEIPT'] })).toEqual([2, 1]);
    expect(await ask({ kind: ['SALE', 'RETURN'] })).toEqual([]);
    expect(await ask({ kind: [] })).toEqual([]);
    await asSuperuser(
      "UPDATE stock_movements SET created_at = timestamptz '2030-01-01Z' + quantity * interval '1 day' WHERE org_id = $1",
      [shop.tenant.orgId],
    );
    expect(await ask({ since: '2030-01-03T00:00:00Z' })).toEqual([3, 2]);
    expect(await ask({ since: '2030-01-03T00:00:00Z', until: '2030-01-04T00:00:00Z' })).toEqual([
      2,
    ]);
    expect(await ask({ productId: mug, until: '2030-01-04T00:00:00Z' })).toEqual([1]);
  });

  it('of many products is read at once, each with its own page', async () => {
    const shop = await api.createOrganization();
    for (const onHand of [1, 2, 3]) {
      await createProduct({ onHand, lowStockThreshold: 5, lowSince: new Date(onHand) }, shop);
    }
    const { lowStockProducts } = await shop.viewer.ask(
      '{ lowStockProducts { nodes { stock { onHand } stockMovements(first: 1) { totalCount nodes { quantity } } } } }',
    );
    expect(lowStockProducts.nodes).toEqual(
      [1, 2, 3].map((quantity) => ({
        stock: { onHand: quantity },
        stockMovements: { totalCount: 1, nodes: [{ quantity }] },
      })),
    );
  });

  it('keeps its movements as nodes', async () => {
    const productId = await createProduct({ onHand: 4 });
    const id = (await ledgerOf(productId))[0]?.id;
    const query = 'query ($id: ID!) { node(id: $id) { ... on StockMovement { quantity } } }';
    expect(await acme.viewer.ask(query, { id })).toEqual({ node: { quantity: 4 } });
    const error = await globex.viewer.fail(query, { id });
    expect(error.extensions).toEqual({ code: 'NOT_FOUND', id });
  });

  it('is held against the stock, and tells where they differ', async () => {
    const shop = await api.createOrganization();
    const ask = (first?: number) =>
      shop.member
        .ask(DISCREPANCIES, { first })
        .then(({ stockDiscrepancies }) => stockDiscrepancies);
    const right = await createProduct({ onHand: 7 }, shop);
    await createProduct({}, shop);
    await shop.member.ask(CORRECT, { input: { productId: right, quantity: -2 } });
    expect(await ask()).toEqual([]);
    const changed = [
      await createProduct({ onHand: 2 }, shop),
      await createProduct({}, shop),
    ].sort();
    for (const id of changed) {
      await asSuperuser('UPDATE stock_levels SET on_hand = on_hand + 1 WHERE product_id = $1', [
        decodeId('prod', id, 'id'),
      ]);
    }
    expect(await ask()).toEqual(
      expect.arrayContaining([
        { onHand: 3, sumOfMovements: 2, product: { id: expect.any(String) } },
        { onHand: 1, sumOfMovements: 0, product: { id: expect.any(String) } },
      ]),
    );
    expect((await ask()).map(({ product }: { product: { id: string } }) => product.id)).toEqual(
      changed,
    );
    expect(await ask(1)).toHaveLength(1);
    const { stockDiscrepancies } = await globex.member.ask(DISCREPANCIES);
    expect(stockDiscrepancies).toEqual([]);
    expect((await shop.viewer.fail(DISCREPANCIES)).extensions.permission).toBe('stock:write');
    for (const first of [0, 101, -1]) {
      const error = await shop.member.fail(DISCREPANCIES, { first });
      expect(error.extensions.fields).toEqual([{ path: 'first', message: 'Must be 1 to 100.' }]);
    }
  });
});

describe('a product', () => {
  it('is low in stock from its threshold down, and since the moment when it became so', async () => {
    const productId = await createProduct({ onHand: 6 });
    const set = (threshold: number | null) =>
      acme.member.ask(SET_THRESHOLD, { input: { productId, threshold } });
    const { setLowStockThreshold } = await set(5);
    expect(setLowStockThreshold.stock).toMatchObject({
      lowStockThreshold: 5,
      isLow: false,
      lowSince: null,
    });
    await correct(productId, -1);
    const low = await stockOf(productId);
    expect(low).toMatchObject({ onHand: 5, isLow: true, lowSince: expect.any(String) });
    await correct(productId, -1);
    await set(4);
    expect(await stockOf(productId)).toMatchObject({ isLow: true, lowSince: low.lowSince });
    await set(3);
    expect(await stockOf(productId)).toMatchObject({ isLow: false, lowSince: null });
    await set(4);
    expect(await stockOf(productId)).toMatchObject({ isLow: true });
    await receive(productId, 1);
    expect(await stockOf(productId)).toMatchObject({ onHand: 5, isLow: false, lowSince: null });
    await set(null);
    expect(await stockOf(productId)).toMatchObject({ lowStockThreshold: null, isLow: false });
    for (const threshold of [-1, 1_000_000_001]) {
      const error = await acme.member.fail(SET_THRESHOLD, { input: { productId, threshold } });
      expect(error.extensions.fields[0].path).toBe('input.threshold');
    }
  });

  it('that is low in stock is listed, the longest low first, while it is for sale', async () => {
    const shop = await api.createOrganization();
    const low = { lowStockThreshold: 5 };
    for (const day of [3, 1, 2, 4]) {
      const lowSince = new Date(Date.UTC(2026, 0, day));
      await createProduct({ ...low, sku: `day-${day}`, lowSince }, shop);
    }
    const lowSince = new Date(Date.UTC(2026, 0, 2));
    await createProduct({ ...low, lowSince, active: false }, shop);
    await createProduct({ ...low, lowSince, deletedAt: new Date() }, shop);
    await createProduct({ ...low, onHand: 6 }, shop);
    await createProduct({}, shop);
    const ask = async (page: object) => {
      const { lowStockProducts } = await shop.viewer.ask(LOW, page);
      const skus = lowStockProducts.nodes.map(({ sku }: { sku: string }) => sku);
      return { ...lowStockProducts, skus };
    };
    const all = await ask({});
    expect(all).toMatchObject({ totalCount: 4, skus: ['day-1', 'day-2', 'day-3', 'day-4'] });
    const first = await ask({ first: 2 });
    expect(first).toMatchObject({ skus: ['day-1', 'day-2'], pageInfo: { hasNextPage: true } });
    const after = await ask({ first: 2, after: first.pageInfo.endCursor });
    expect(after).toMatchObject({ skus: ['day-3', 'day-4'], pageInfo: { hasNextPage: false } });
    const before = await ask({ last: 1, before: after.pageInfo.startCursor });
    expect(before.skus).toEqual(['day-2']);
    const { lowStockProducts } = await globex.viewer.ask(LOW);
    expect(lowStockProducts.totalCount).toBe(0);
  });
});
