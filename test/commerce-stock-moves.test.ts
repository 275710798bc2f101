import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { StockMovementKind } from '../src/commerce/stock/stock-movement.type.js';
import { type LowStock, moveStock, type StockMove } from '../src/commerce/stock/stock-moves.js';
import { decodeId } from '../src/shared/ids.js';
import { type Api, type Organization, startApi, unknownId } from './support/api.js';
import { createStockedProduct } from './support/stocked-product.js';

const { SALE, RETURN, RECEIPT, CORRECTION } = StockMovementKind;

let api: Api;
let acme: Organization;
let mug: string;
let cup: string;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
});

beforeEach(async () => {
  mug = await createStockedProduct(api, acme, { onHand: 10, lowStockThreshold: 4 });
  cup = await createStockedProduct(api, acme, { onHand: 3 });
});

afterAll(() => api?.close());

const uuidOf = (productId: string) => decodeId('prod', productId, 'id');

type Move = [productId: string, kind: StockMovementKind, units: number | { to: number }];

/** As an order will move what it has of several products, in one transaction. */
const move = (...moves: Move[]): Promise<LowStock[]> =>
  api.app.tenancy.withTenant(acme.tenant, 'write', (tx) =>
    moveStock(
      tx,
      moves.map(
        ([productId, kind, units]): StockMove => ({
          productId: uuidOf(productId),
          kind,
          units: typeof units === 'number' ? { by: units } : units,
          note: `${kind}`,
          actorId: null,
        }),
      ),
    ),
  );

const stockOf = async (id: string) => {
  const { node } = await acme.viewer.ask(
    `query ($id: ID!) { node(id: $id) { ... on Product {
      stock { onHand unitsSold } stockMovements { nodes { kind quantity onHand actor { id } note } }
    } } }`,
    { id },
  );
  const steps = node.stockMovements.nodes
    .map(({ kind, quantity, onHand }: Record<string, unknown>) => [kind, quantity, onHand])
    .reverse();
  return { ...node.stock, steps: steps.slice(1) };
};

describe('what moves stock', () => {
  it('moves many products at once, each as often as it is named, one after the other', async () => {
    await move(
      [cup, SALE, -1],
      [mug, SALE, -2],
      [cup, RECEIPT, 4],
      [mug, RETURN, 1],
      [cup, SALE, -6],
    );
    expect(await stockOf(mug)).toEqual({
      onHand: 9,
      unitsSold: 1,
      steps: [
        ['SALE', -2, 8],
        ['RETURN', 1, 9],
      ],
    });
    expect(await stockOf(cup)).toEqual({
      onHand: 0,
      unitsSold: 7,
      steps: [
        ['SALE', -1, 2],
        ['RECEIPT', 4, 6],
        ['SALE', -6, 0],
      ],
    });
  });

  it('counts as sold what was sold and did not come back, and nothing else', async () => {
    await move([mug, SALE, -3]);
    await move([mug, CORRECTION, -1], [mug, RECEIPT, 5], [mug, CORRECTION, { to: 8 }]);
    expect(await stockOf(mug)).toMatchObject({ onHand: 8, unitsSold: 3 });
    await move([mug, RETURN, 2]);
    expect(await stockOf(mug)).toMatchObject({ onHand: 10, unitsSold: 1 });
    // Sold before anybody counted.
    await move([mug, RETURN, 5]);
    expect(await stockOf(mug)).toMatchObject({ onHand: 15, unitsSold: 0 });
  });

  it('moves all or nothing, and says of every product of which there is too little what there is', async () => {
    const fine = await createStockedProduct(api, acme, { onHand: 100 });
    const moving = move([mug, SALE, -8], [fine, SALE, -1], [mug, SALE, -3], [cup, SALE, -4]);
    await expect(moving).rejects.toMatchObject({
      code: 'INSUFFICIENT_STOCK',
      message: 'There is too little of 2 products in stock; see extensions.shortages.',
      details: {
        shortages: [
          { productId: mug, onHand: 10, requested: 11 },
          { productId: cup, onHand: 3, requested: 4 },
        ],
      },
    });
    for (const id of [mug, cup, fine]) expect(await stockOf(id)).toMatchObject({ steps: [] });
  });

  it('refuses what would be below zero in between', async () => {
    await expect(move([cup, SALE, -4], [cup, RECEIPT, 4])).rejects.toMatchObject({
      code: 'INSUFFICIENT_STOCK',
    });
    await move([cup, RECEIPT, 4], [cup, SALE, -4]);
    expect(await stockOf(cup)).toMatchObject({ onHand: 3 });
  });

  it('reports what has become low in stock by all of it together', async () => {
    expect(await move([mug, SALE, -7], [mug, RETURN, 2])).toEqual([]);
    expect(await move([mug, SALE, -1], [cup, SALE, -3])).toEqual([
      { productId: uuidOf(mug), onHand: 4, threshold: 4 },
    ]);
    expect(await move([mug, SALE, -1])).toEqual([]);
  });

  it('refuses a product that is not there, and does nothing for no movement', async () => {
    const unknown = unknownId('prod');
    await expect(move([mug, SALE, -1], [unknown, SALE, -1])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details: { id: unknown },
    });
    expect(await stockOf(mug)).toMatchObject({ onHand: 10, steps: [] });
    expect(await move()).toEqual([]);
  });
});
