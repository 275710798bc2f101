import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StockMovementKind } from '../src/commerce/stock/stock-movement.type.js';
import { moveStock, type StockMove } from '../src/commerce/stock/stock-moves.js';
import { decodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Answer, type Api, type Organization, startApi } from './support/api.js';
import { eventually } from './support/eventually.js';
import { createStockedProduct } from './support/stocked-product.js';
import { whileHeld } from './support/while-held.js';

const CORRECT =
  'mutation ($input: CorrectStockInput!) { correctStock(input: $input) { stock { onHand } } }';
const LEDGER = `query ($id: ID!) { node(id: $id) { ... on Product {
  stock { onHand } stockMovements(first: 100) { nodes { quantity onHand } }
} } }`;

let api: Api;
let acme: Organization;

beforeAll(async () => {
  api = await startApi();
});

beforeAll(async () => {
  acme = await api.createOrganization();
});

afterAll(() => api?.close());

const correct = (productId: string, quantity: number): Promise<Answer> =>
  acme.member.send(CORRECT, { input: { productId, quantity } });

const codeOf = ({ errors }: Answer) => errors?.[0].extensions.code;

const uuidOf = (productId: string) => decodeId('prod', productId, 'id');

const moveOf = (productId: string, by: number): StockMove => {
  const kind = by < 0 ? StockMovementKind.SALE : StockMovementKind.RETURN;
  return { productId: uuidOf(productId), kind, units: { by }, note: '', actorId: null };
};

/** Moves several products in one transaction, as an order will. */
const move = (...moves: [productId: string, by: number][]) =>
  api.app.tenancy.withTenant(acme.tenant, 'write', (tx) =>
    moveStock(
      tx,
      moves.map(([productId, by]) => moveOf(productId, by)),
    ),
  );

const ledgerOf = async (id: string): Promise<{ onHand: number; steps: number[]; sum: number }> => {
  const { node } = await acme.viewer.ask(LEDGER, { id });
  const { nodes } = node.stockMovements as { nodes: Movement[] };
  return {
    onHand: node.stock.onHand,
    steps: nodes.map(({ onHand }) => onHand),
    sum: nodes.reduce((sum, { quantity }) => sum + quantity, 0),
  };
};

interface Movement {
  quantity: number;
  onHand: number;
}

const lowEventsOf = async (productId: string) => {
  const { auditEvents } = await acme.admin.ask(
    '{ auditEvents(filter: { kind: [STOCK_LOW] }) { nodes { details } } }',
  );
  return auditEvents.nodes.filter(
    ({ details }: { details: { productId: string } }) => details.productId === productId,
  );
};

/** Does all of `works`, each of which comes to wait for the stock of a product, in this order; then they go on. */
const whileStockIsHeld = <T>(productId: string, works: (() => Promise<T>)[]) =>
  whileHeld(
    api.database,
    ['SELECT FROM stock_levels WHERE product_id = $1 FOR UPDATE', [uuidOf(productId)]],
    works,
  );

describe('of many who take from a stock at once', () => {
  it('as many succeed as there are units, and the rest are told what there is', async () => {
    const product = { onHand: 10, lowStockThreshold: 4 };
    const productId = await createStockedProduct(api, acme, product);
    const answers = await Promise.all(Array.from({ length: 40 }, () => correct(productId, -1)));
    const refused = answers.filter(({ errors }) => errors);
    expect(refused.map(codeOf)).toEqual(Array.from({ length: 30 }, () => 'INSUFFICIENT_STOCK'));
    for (const { errors } of refused) {
      expect(errors?.[0].extensions.shortages).toEqual([{ productId, onHand: 0, requested: 1 }]);
    }
    expect(await ledgerOf(productId)).toEqual({
      onHand: 0,
      steps: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      sum: 0,
    });
    expect(await lowEventsOf(productId)).toHaveLength(1);
  });

  it('the second sees what the first has left', async () => {
    const productId = await createStockedProduct(api, acme, { onHand: 3 });
    const take = () => correct(productId, -2);
    const answers = await whileStockIsHeld(productId, [take, take]);
    expect(answers.map(codeOf)).toEqual([undefined, 'INSUFFICIENT_STOCK']);
    expect(answers[1]?.errors?.[0].extensions.shortages).toEqual([
      { productId, onHand: 1, requested: 2 },
    ]);
    expect(await ledgerOf(productId)).toEqual({ onHand: 1, steps: [1, 3], sum: 1 });
  });

  it('one raises the alert', async () => {
    const product = { onHand: 3, lowStockThreshold: 2 };
    const productId = await createStockedProduct(api, acme, product);
    const take = () => correct(productId, -1);
    const answers = await whileStockIsHeld(productId, [take, take]);
    expect(answers.map(codeOf)).toEqual([undefined, undefined]);
    expect(await lowEventsOf(productId)).toMatchObject([{ details: { onHand: 2, threshold: 2 } }]);
  });

  it('who counts puts right what there is by then', async () => {
    const productId = await createStockedProduct(api, acme, { onHand: 9 });
    const count = () => acme.member.send(CORRECT, { input: { productId, countedOnHand: 5 } });
    await whileStockIsHeld(productId, [() => correct(productId, -3), count]);
    expect(await ledgerOf(productId)).toEqual({ onHand: 5, steps: [5, 6, 9], sum: 5 });
  });
});

describe('the ledger of a product', () => {
  it('is in the order in which its stock has changed, whoever began first', async () => {
    const productId = await createStockedProduct(api, acme, { onHand: 9 });
    await api.app.tenancy.withTenant(acme.tenant, 'write', async (tx) => {
      await tx.prisma.product.findFirst({ where: { id: uuidOf(productId) } });
      await correct(productId, -2);
      await moveStock(tx, [moveOf(productId, -3)]);
    });
    expect(await ledgerOf(productId)).toEqual({ onHand: 4, steps: [4, 7, 9], sum: 4 });
  });
});

/** How many PostgreSQL has seen in this database. */
const deadlocks = (): Promise<number> =>
  withAdminConnection(api.database.superuserUrl, async (client) => {
    const { rows } = await client.query(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    return rows[0].deadlocks;
  });

describe('two who move the same products in opposite order', () => {
  it('wait for each other, and never in a circle', async () => {
    const first = await createStockedProduct(api, acme, { onHand: 5 });
    const second = await createStockedProduct(api, acme, { onHand: 5 });
    await whileStockIsHeld(first, [
      () => move([first, -1], [second, -1]),
      () => move([second, -2], [first, -2]),
    ]);
    expect(await ledgerOf(first)).toEqual({ onHand: 2, steps: [2, 4, 5], sum: 2 });
    expect(await ledgerOf(second)).toEqual({ onHand: 2, steps: [2, 4, 5], sum: 2 });
  });

  it('all succeed, however many there are', async () => {
    const products: string[] = [];
    for (let n = 0; n < 6; n++)
      products.push(await createStockedProduct(api, acme, { onHand: 40 }));
    const orders = Array.from({ length: 30 }, (_, turn) =>
      products.map((_each, n): [string, number] => {
        const place = turn % 2 === 0 ? n : products.length - 1 - n;
        return [products[(place + turn) % products.length] as string, -1];
      }),
    );
    await Promise.all(orders.map((order) => move(...order)));
    const steps = Array.from({ length: 31 }, (_, taken) => 10 + taken);
    for (const product of products) {
      expect(await ledgerOf(product)).toEqual({ onHand: 10, steps, sum: 10 });
    }
  });

  it('are both answered when they do it field by field, and what each has moved is moved once', async () => {
    const stocked = () => createStockedProduct(api, acme, { onHand: 5 });
    const [first, second] = [await stocked(), await stocked()];
    const gates = [await stocked(), await stocked()] as const;
    const correctInTurn = (a: string, b: string, c: string) =>
      acme.member.send(
        `mutation ($a: CorrectStockInput!, $b: CorrectStockInput!, $c: CorrectStockInput!) {
          a: correctStock(input: $a) { stock { onHand } }
          b: correctStock(input: $b) { stock { onHand } }
          c: correctStock(input: $c) { stock { onHand } }
        }`,
        {
          a: { productId: a, quantity: -1 },
          b: { productId: b, quantity: -1 },
          c: { productId: c, quantity: -1 },
        },
      );
    const deadlocksBefore = await deadlocks();
    const answers = await whileHeld(
      api.database,
      ['SELECT FROM stock_levels WHERE product_id = ANY ($1) FOR UPDATE', [gates.map(uuidOf)]],
      [() => correctInTurn(first, gates[0], second), () => correctInTurn(second, gates[1], first)],
    );
    expect(answers.map(codeOf)).toEqual([undefined, undefined]);
    for (const product of [first, second]) {
      expect(await ledgerOf(product)).toEqual({ onHand: 3, steps: [3, 4, 5], sum: 3 });
    }
    for (const gate of gates) {
      expect(await ledgerOf(gate)).toEqual({ onHand: 4, steps: [4, 5], sum: 4 });
    }
    // Statistics come a little later.
    await eventually(async () => (await deadlocks()) > deadlocksBefore, 'a deadlock');
  });
});
