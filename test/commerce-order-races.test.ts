import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId, newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Answer, type Api, type Organization, type Person, startApi } from './support/api.js';
import { eventually } from './support/eventually.js';
import { fillCart, orderInput, PLACE_ORDER } from './support/filled-cart.js';
import { createStockedProduct } from './support/stocked-product.js';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field.
type Json = any;

let api: Api;
/** One of its own for each test: numbers are counted. */
let acme: Organization;

beforeAll(async () => {
  api = await startApi();
});

afterAll(() => api?.close());

const createOrganization = async () => {
  acme = await api.createOrganization();
};

const codesOf = (answers: readonly Answer[]) =>
  answers.map(({ errors }) => errors?.map(({ extensions }) => extensions.code).join() ?? 'OK');

const count = (codes: readonly string[], code: string) =>
  codes.filter((each) => each === code).length;

const place = (buyer: Person, input: object = orderInput()) => buyer.send(PLACE_ORDER, { input });

const buyersOf = (howMany: number, organization = acme) =>
  Promise.all(
    Array.from({ length: howMany }, (_, n) => organization.createPerson('viewer', `buyer-${n}`)),
  );

/** What there is of each product, by the level and by the sum of its movements, and what was sold of it. */
async function stockOf(...productIds: string[]) {
  const ids = productIds.map((id) => decodeId('prod', id, 'id'));
  return withAdminConnection(api.database.superuserUrl, async (client) => {
    const { rows } = await client.query(
      `SELECT on_hand AS "onHand", units_sold::int AS "unitsSold",
         (SELECT sum(quantity)::int FROM stock_movements AS movement
          WHERE movement.org_id = level.org_id AND movement.product_id = level.product_id) AS ledger
       FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (product_id, place)
       JOIN stock_levels AS level USING (product_id) ORDER BY place`,
      [ids],
    );
    return rows;
  });
}

const numbersOf = async (organization = acme): Promise<number[]> => {
  const { orders } = await organization.owner.ask(
    '{ orders(first: 100, orderBy: { field: NUMBER, direction: ASC }) { nodes { number } } }',
  );
  return orders.nodes.map(({ number }: Json) => number);
};

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

describe('of 40 buyers for 10 units', () => {
  beforeAll(createOrganization);

  it('10 get an order, and the rest are told what there is; the stock is 0 and the ledger its sum', async () => {
    const productId = await createStockedProduct(api, acme, { onHand: 10 });
    const buyers = await buyersOf(40);
    for (const buyer of buyers) await fillCart(api, acme, buyer, [{ productId }]);
    const answers = await Promise.all(buyers.map((buyer) => place(buyer)));
    const codes = codesOf(answers);
    expect([count(codes, 'OK'), count(codes, 'INSUFFICIENT_STOCK')]).toEqual([10, 30]);
    for (const { errors } of answers.filter((answer) => answer.errors)) {
      expect(errors?.[0].extensions.shortages).toEqual([
        { productId, onHand: 0, available: 0, requested: 1 },
      ]);
    }
    expect(await stockOf(productId)).toEqual([{ onHand: 0, unitsSold: 10, ledger: 0 }]);
    expect(await numbersOf()).toEqual(upTo(10));
  });
});

describe('the same request 20 times at once', () => {
  beforeAll(createOrganization);

  it('makes one order, and is answered 20 times with it', async () => {
    const productId = await createStockedProduct(api, acme, { onHand: 100 });
    await fillCart(api, acme, acme.viewer, [{ productId, quantity: 3 }]);
    const input = orderInput();
    const answers = await Promise.all(Array.from({ length: 20 }, () => place(acme.viewer, input)));
    expect(count(codesOf(answers), 'OK')).toBe(20);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]?.data.placeOrder).toMatchObject({ number: 1, total: { amount: 300 } });
    expect(await numbersOf()).toEqual([1]);
    expect(await stockOf(productId)).toEqual([{ onHand: 97, unitsSold: 3, ledger: 97 }]);
  });

  it('under 20 keys, the cart is ordered once', async () => {
    const productId = await createStockedProduct(api, acme, { onHand: 100 });
    await fillCart(api, acme, acme.member, [{ productId }]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => place(acme.member)));
    const codes = codesOf(answers);
    expect([count(codes, 'OK'), count(codes, 'BAD_USER_INPUT')]).toEqual([1, 19]);
    expect(await stockOf(productId)).toEqual([{ onHand: 99, unitsSold: 1, ledger: 99 }]);
  });

  it('fails each time for the same reason, and leaves no key behind', async () => {
    const productId = await createStockedProduct(api, acme, { onHand: 0 });
    await fillCart(api, acme, acme.admin, [{ productId }]);
    const input = orderInput();
    const few = await Promise.all(Array.from({ length: 5 }, () => place(acme.admin, input)));
    expect(count(codesOf(few), 'INSUFFICIENT_STOCK')).toBe(5);
    await acme.member.ask(
      'mutation ($id: ID!) { receiveStock(input: { productId: $id, quantity: 1 }) { id } }',
      { id: productId },
    );
    expect(codesOf([await place(acme.admin, input)])).toEqual(['OK']);
  });
});

describe('30 orders at once, some of which fail', () => {
  beforeAll(createOrganization);

  it('have numbers without a gap, in the order in which they were placed', async () => {
    const plenty = await createStockedProduct(api, acme, { onHand: 100 });
    const none = await createStockedProduct(api, acme, { onHand: 0 });
    const dearer = await createStockedProduct(api, acme, { onHand: 100 });
    const buyers = await buyersOf(30);
    for (const [n, buyer] of buyers.entries()) {
      const lines = [
        { productId: plenty },
        ...(n % 5 === 1 ? [{ productId: none }] : []),
        ...(n % 5 === 3 ? [{ productId: dearer, priceAmount: 1n }] : []),
      ];
      await fillCart(api, acme, buyer, lines);
    }
    const codes = codesOf(await Promise.all(buyers.map((buyer) => place(buyer))));
    expect(['OK', 'INSUFFICIENT_STOCK', 'CART_CHANGED'].map((code) => count(codes, code))).toEqual([
      18, 6, 6,
    ]);
    expect(await numbersOf()).toEqual(upTo(18));
    const { orders } = await acme.owner.ask(
      '{ orders(first: 100, orderBy: { field: NUMBER, direction: ASC }) { nodes { placedAt } } }',
    );
    const moments = orders.nodes.map(({ placedAt }: Json) => placedAt);
    expect(moments).toEqual([...moments].sort());
    expect(await stockOf(plenty, none, dearer)).toEqual([
      { onHand: 82, unitsSold: 18, ledger: 82 },
      { onHand: 0, unitsSold: 0, ledger: null },
      { onHand: 100, unitsSold: 0, ledger: 100 },
    ]);
  });

  it('count for each organization by itself', async () => {
    const other = await api.createOrganization();
    const organizations = [await api.createOrganization(), other];
    const buyers: Person[] = [];
    for (const organization of organizations) {
      const productId = await createStockedProduct(api, organization, { onHand: 100 });
      for (const buyer of await buyersOf(5, organization)) {
        await fillCart(api, organization, buyer, [{ productId }]);
        buyers.push(buyer);
      }
    }
    // Of both, the first orders are among them: each begins to count once.
    expect(count(codesOf(await Promise.all(buyers.map((buyer) => place(buyer)))), 'OK')).toBe(10);
    for (const organization of organizations) {
      expect(await numbersOf(organization)).toEqual(upTo(5));
    }
  });
});

const MOVE = (mutation: string) =>
  `mutation ($input: ChangeOrderInput!) { ${mutation}(input: $input) { id status version } }`;

describe('a cancellation that races with a shipment', () => {
  beforeAll(createOrganization);

  it('wins or loses; stock comes back once if it wins, and not if it loses', async () => {
    const productId = await createStockedProduct(api, acme, { onHand: 100 });
    let onHand = 100;
    for (let round = 0; round < 12; round++) {
      await fillCart(api, acme, acme.viewer, [{ productId, quantity: 2 }]);
      const { id, version } = (await place(acme.viewer)).data.placeOrder;
      const paid = await acme.member.ask(MOVE('markOrderPaid'), { input: { id, version } });
      const input = { id, version: paid.markOrderPaid.version };
      const moves = ['shipOrder', 'cancelOrder', 'cancelOrder', 'shipOrder'];
      if (round % 2) moves.reverse();
      const answers = await Promise.all(
        moves.map((move) => acme.member.send(MOVE(move), { input })),
      );
      const codes = codesOf(answers);
      expect([count(codes, 'OK'), count(codes, 'VERSION_CONFLICT')]).toEqual([1, 3]);
      const { order } = await acme.member.ask(
        'query ($id: ID!) { order(id: $id) { status version history { status } } }',
        { id },
      );
      const won = moves[codes.indexOf('OK')];
      expect(order).toEqual({
        status: won === 'shipOrder' ? 'SHIPPED' : 'CANCELLED',
        version: 3,
        history: [{ status: 'PENDING' }, { status: 'PAID' }, { status: order.status }],
      });
      if (won === 'shipOrder') onHand -= 2;
      expect(await stockOf(productId)).toMatchObject([{ onHand, ledger: onHand }]);
    }
  });

  it('returns the stock once, however many cancel', async () => {
    const productId = await createStockedProduct(api, acme, { onHand: 7 });
    await fillCart(api, acme, acme.viewer, [{ productId, quantity: 7 }]);
    const { id, version } = (await place(acme.viewer)).data.placeOrder;
    const cancel = () => acme.viewer.send(MOVE('cancelOrder'), { input: { id, version } });
    const codes = codesOf(await Promise.all(Array.from({ length: 10 }, cancel)));
    // Who comes later no longer finds the order pending, and may not cancel any other.
    expect([count(codes, 'OK'), count(codes, 'FORBIDDEN')]).toEqual([1, 9]);
    expect(await stockOf(productId)).toEqual([{ onHand: 7, unitsSold: 0, ledger: 7 }]);
  });
});

describe('orders of the same products in opposite order', () => {
  beforeAll(createOrganization);

  it('wait for each other, and nobody sees a deadlock', async () => {
    const rounds = 12;
    const buyers = await buyersOf(8);
    const products: string[] = [];
    for (let n = 0; n < 5; n++) {
      // The SKUs count down while the ids count up.
      const sku = `SKU-${9 - n}`;
      products.push(await createStockedProduct(api, acme, { sku, onHand: 1_000 }));
    }
    for (let round = 0; round < rounds; round++) {
      for (const [n, buyer] of buyers.entries()) {
        const lines = products.map((productId) => ({ productId }));
        await fillCart(api, acme, buyer, n % 2 ? lines : lines.reverse());
      }
      const codes = codesOf(await Promise.all(buyers.map((buyer) => place(buyer))));
      expect(count(codes, 'OK')).toBe(buyers.length);
    }
    const sold = rounds * buyers.length;
    expect(await stockOf(...products)).toEqual(
      products.map(() => ({ onHand: 1_000 - sold, unitsSold: sold, ledger: 1_000 - sold })),
    );
    expect(await numbersOf()).toEqual(upTo(sold));
  }, 60_000);

  it('nor while orders are cancelled and stock comes in', async () => {
    const buyers = await buyersOf(6, await api.createOrganization().then((it) => (acme = it)));
    const products = [
      await createStockedProduct(api, acme, { onHand: 500 }),
      await createStockedProduct(api, acme, { onHand: 500 }),
    ];
    for (let round = 0; round < 8; round++) {
      for (const buyer of buyers) {
        await fillCart(
          api,
          acme,
          buyer,
          products.map((productId) => ({ productId })),
        );
      }
      const placedAndCancelled = async (buyer: Person) => {
        const placed = await place(buyer);
        if (placed.errors) return [placed];
        const { id, version } = placed.data.placeOrder;
        return [placed, await buyer.send(MOVE('cancelOrder'), { input: { id, version } })];
      };
      const receive = (productId: string) =>
        acme.member.send(
          'mutation ($id: ID!) { receiveStock(input: { productId: $id, quantity: 1 }) { id } }',
          { id: productId },
        );
      const answers = await Promise.all([
        ...buyers.map(placedAndCancelled),
        ...products.map(async (productId) => [await receive(productId)]),
      ]);
      expect(new Set(codesOf(answers.flat()))).toEqual(new Set(['OK']));
    }
    expect(await stockOf(...products)).toEqual(
      products.map(() => ({ onHand: 508, unitsSold: 0, ledger: 508 })),
    );
  }, 60_000);
});

describe('a request with several fields that take stock', () => {
  beforeAll(createOrganization);

  const ORDER_TWICE = `mutation ($a: PlaceOrderInput!, $more: AddCartItemInput!, $b: PlaceOrderInput!) {
    a: placeOrder(input: $a) { number } addCartItem(input: $more) { id } b: placeOrder(input: $b) { number }
  }`;
  const ADD = 'mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { id } }';
  const RESERVE_TWICE = `mutation ($more: AddCartItemInput!) {
    a: beginCheckout { expiresAt } addCartItem(input: $more) { id } b: beginCheckout { expiresAt }
  }`;

  const twoProducts = () =>
    Promise.all([1, 2].map(() => createStockedProduct(api, acme, { onHand: 1_000 })));

  const faultsOf = ({ errors = [] }: Answer) =>
    errors.map(({ path, extensions }: Json) => [path[0], extensions.code]);

  it.each(['customer', 'viewer'] as const)('gets one number: a %s', async (role) => {
    const [one, other] = (await twoProducts()) as [string, string];
    const buyer = await acme.createPerson(role, `${role}-twice`);
    await fillCart(api, acme, buyer, [{ productId: one }]);
    const [a, b] = [orderInput(), orderInput()];
    const answer = await buyer.send(ORDER_TWICE, { a, more: { productId: other, quantity: 1 }, b });
    expect(faultsOf(answer)).toEqual([['b', 'BAD_USER_INPUT']]);
    expect(answer.data.a.number).toBeGreaterThan(0);
    // What is in the cart by then is ordered by a request of its own.
    expect(codesOf([await place(buyer, b)])).toEqual(['OK']);
    expect((await stockOf(one, other)).map(({ onHand }) => onHand)).toEqual([999, 999]);
  });

  it('keeps what a shopper has begun to check out, and goes for nothing else', async () => {
    const [one, other] = (await twoProducts()) as [string, string];
    const buyer = await acme.createPerson('customer', 'reserves-twice');
    await fillCart(api, acme, buyer, [{ productId: one }]);
    const more = { productId: other, quantity: 1 };
    expect(faultsOf(await buyer.send(RESERVE_TWICE, { more }))).toEqual([['b', 'BAD_USER_INPUT']]);
    const { checkout } = await buyer.ask('{ checkout { items { product { id } } } }');
    expect(checkout.items).toEqual([{ product: { id: one } }]);
  });

  it('orders what it has begun to check out', async () => {
    const [one, other] = (await twoProducts()) as [string, string];
    const buyer = await acme.createPerson('customer', 'at-once');
    await fillCart(api, acme, buyer, [{ productId: one }, { productId: other }]);
    const both = `mutation ($input: PlaceOrderInput!) {
      beginCheckout { expiresAt } placeOrder(input: $input) { number }
    }`;
    expect(codesOf([await buyer.send(both, { input: orderInput() })])).toEqual(['OK']);
  });

  it('keeps nobody waiting in a circle who orders one thing', async () => {
    const [one, other] = (await twoProducts()) as [string, string];
    const people = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((n) => acme.createPerson('customer', `in-a-crowd-${n}`)),
    );
    for (let round = 0; round < 4; round++) {
      const sent = people.map(async (buyer, n) => {
        const isPlain = n % 2 === 0;
        const more = { productId: other, quantity: 1 };
        await buyer.ask(ADD, { input: isPlain ? more : { ...more, productId: one } });
        if (isPlain) return place(buyer);
        return buyer.send(ORDER_TWICE, { a: orderInput(), more, b: orderInput() });
      });
      const answers = await Promise.all(sent);
      expect(codesOf(answers.filter((_, n) => n % 2 === 0))).toEqual(['OK', 'OK', 'OK']);
      for (const buyer of people) await buyer.send('mutation { clearCart { id } }');
    }
  }, 60_000);
});

describe('a price that changes during checkout', () => {
  beforeAll(createOrganization);

  const UPDATE = `mutation ($input: UpdateProductInput!) { updateProduct(input: $input) { version } }`;

  it('is told to the buyer, and nothing is ordered', async () => {
    const productId = await createStockedProduct(api, acme, { onHand: 5 });
    await fillCart(api, acme, acme.viewer, [{ productId, quantity: 2 }]);
    const input = orderInput();
    const { superuserUrl } = api.database;
    const answer = await withAdminConnection(superuserUrl, (holder) =>
      withAdminConnection(superuserUrl, async (watcher) => {
        await holder.query('BEGIN');
        await holder.query('SELECT FROM stock_levels WHERE product_id = $1 FOR UPDATE', [
          decodeId('prod', productId, 'id'),
        ]);
        const placing = place(acme.viewer, input);
        await eventually(async () => {
          const { rows } = await watcher.query(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
          );
          return rows.length > 0;
        }, 'the order waits for the stock');
        // The cart was read by then.
        const price = { amount: 150, currency: 'EUR' };
        await acme.admin.ask(UPDATE, { input: { id: productId, version: 1, price } });
        await holder.query('COMMIT');
        return placing;
      }),
    );
    expect(answer.errors?.[0].extensions).toEqual({
      code: 'CART_CHANGED',
      changes: [
        {
          productId,
          kind: 'PRICE',
          from: { amount: 100, currency: 'EUR', decimal: '1.00' },
          to: { amount: 150, currency: 'EUR', decimal: '1.50' },
        },
      ],
    });
    expect(await numbersOf()).toEqual([]);
    expect(await stockOf(productId)).toEqual([{ onHand: 5, unitsSold: 0, ledger: 5 }]);
    // Confirmed, it is ordered under the same key: what has failed has left none behind.
    const { confirmCart } = await acme.viewer.ask(
      'mutation { confirmCart { hasChanges total { amount } items { unitPrice { amount } } } }',
    );
    expect(confirmCart).toEqual({
      hasChanges: false,
      total: { amount: 300 },
      items: [{ unitPrice: { amount: 150 } }],
    });
    const { data } = await place(acme.viewer, input);
    expect(data.placeOrder).toMatchObject({ number: 1, total: { amount: 300, currency: 'EUR' } });
  });

  it('gives each buyer an order at a price that held, however often it changes', async () => {
    const productId = await createStockedProduct(api, acme, { onHand: 1_000 });
    const buyers = await buyersOf(6);
    let version = 1;
    for (let round = 0; round < 6; round++) {
      for (const buyer of buyers) await fillCart(api, acme, buyer, [{ productId }]);
      const price = { amount: 100 + round + 1, currency: 'EUR' };
      const [changed, ...answers] = await Promise.all([
        acme.admin.send(UPDATE, { input: { id: productId, version: version++, price } }),
        ...buyers.map((buyer) => place(buyer)),
      ]);
      expect(changed.errors).toBeUndefined();
      for (const { data, errors } of answers) {
        if (errors) expect(errors[0].extensions.code).toBe('CART_CHANGED');
        else expect(data.placeOrder.total.amount).toBe(100 + round);
      }
      await withAdminConnection(api.database.superuserUrl, (client) =>
        client.query("UPDATE carts SET status = 'expired' WHERE org_id = $1 AND status = 'open'", [
          acme.tenant.orgId,
        ]),
      );
    }
  });
});

describe('a key', () => {
  it('is another one for another owner, and in another organization', async () => {
    const organizations = [await api.createOrganization(), await api.createOrganization()];
    const input = orderInput({ idempotencyKey: `shared-${newUuid()}` });
    const buyers: Person[] = [];
    for (const organization of organizations) {
      const productId = await createStockedProduct(api, organization, { onHand: 10 });
      for (const buyer of [organization.viewer, organization.member]) {
        await fillCart(api, organization, buyer, [{ productId }]);
        buyers.push(buyer);
      }
    }
    const answers = await Promise.all(buyers.map((buyer) => place(buyer, input)));
    expect(codesOf(answers)).toEqual(['OK', 'OK', 'OK', 'OK']);
    const ids = answers.map(({ data }) => data.placeOrder.id);
    expect(new Set(ids).size).toBe(4);
    const again = await Promise.all(buyers.map((buyer) => place(buyer, input)));
    expect(again.map(({ data }) => data.placeOrder.id)).toEqual(ids);
  });
});
