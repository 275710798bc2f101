import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StockMovementKind } from '../src/commerce/stock/stock-movement.type.js';
import { moveStock } from '../src/commerce/stock/stock-moves.js';
import { decodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Answer, type Api, type Organization, type Person, startApi } from './support/api.js';
import { eventually } from './support/eventually.js';
import { fillCart } from './support/stocked-cart.js';
import { createStockedProduct } from './support/stocked-product.js';

const BEGIN = 'mutation { beginCheckout { items { quantity product { id } } } }';
const STOCK = 'query ($id: ID!) { product(id: $id) { stock { onHand reserved available } } }';

let api: Api;
let acme: Organization;
let people: Person[];

/** As many as want the same at once. */
const MANY = 40;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  people = [];
  for (let n = 0; n < MANY; n++) people.push(await acme.createPerson('viewer', `buyer-${n}`));
}, 60_000);

afterAll(() => api?.close());

const uuidOf = (productId: string) => decodeId('prod', productId, 'id');

const person = (n: number) => people[n] as Person;

const product = (onHand: number) => createStockedProduct(api, acme, { onHand });

const fill = (n: number, content: Record<string, number>) =>
  fillCart(api, acme, person(n), content);

const begin = (n: number): Promise<Answer> => person(n).send(BEGIN);

const codeOf = ({ errors }: Answer) => errors?.[0].extensions.code;

const levelOf = async (id: string) => (await acme.admin.ask(STOCK, { id })).product.stock;

/** Sells, and says how it ended, as an answer would. */
const sell = async (productId: string, units: number, cartId?: string): Promise<string> => {
  const sale = {
    productId: uuidOf(productId),
    kind: StockMovementKind.SALE,
    units: { by: -units },
    note: '',
    actorId: null,
    ...(cartId && { cartId }),
  };
  try {
    await api.app.tenancy.withTenant(acme.tenant, 'write', (tx) => moveStock(tx, [sale]));
    return 'sold';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** Runs a statement for what somebody has reserved, past the product. */
const change = (n: number, assignments: string) =>
  withAdminConnection(api.database.superuserUrl, (client) =>
    client.query(`UPDATE stock_reservations SET ${assignments} WHERE owner_id = $1`, [
      person(n).uuid,
    ]),
  );

/**
 * Does all of `works`, each of which comes to wait for the stock of a product, in this order; then they go on.
 *
 * @param atLast is done when all wait, before any of them goes on
 */
async function whileHeld<T>(
  productId: string,
  works: (() => Promise<T>)[],
  atLast: () => Promise<unknown> = async () => undefined,
): Promise<T[]> {
  const { superuserUrl } = api.database;
  return withAdminConnection(superuserUrl, (holder) =>
    withAdminConnection(superuserUrl, async (watcher) => {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM stock_levels WHERE product_id = $1 FOR UPDATE', [
        uuidOf(productId),
      ]);
      const working: Promise<T>[] = [];
      for (const work of works) {
        const running = work();
        // Whoever is refused before all wait is told of at the end.
        running.catch(() => undefined);
        working.push(running);
        await eventually(async () => {
          const { rows } = await watcher.query(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
          );
          return rows.length >= working.length;
        }, `${working.length} wait`);
      }
      await atLast();
      await holder.query('COMMIT');
      return Promise.all(working);
    }),
  );
}

describe('of many who check out the same at once', () => {
  it('as many succeed as there are units', async () => {
    const mug = await product(10);
    for (let n = 0; n < MANY; n++) await fill(n, { [mug]: 1 });
    const answers = await Promise.all(people.map((_each, n) => begin(n)));
    const refused = answers.filter(({ errors }) => errors);
    expect(refused.map(codeOf)).toEqual(Array.from({ length: 30 }, () => 'INSUFFICIENT_STOCK'));
    for (const { errors } of refused) {
      expect(errors?.[0].extensions.shortages).toEqual([
        { productId: mug, onHand: 10, available: 0, requested: 1 },
      ]);
    }
    expect(await levelOf(mug)).toEqual({ onHand: 10, reserved: 10, available: 0 });
  });

  it('all succeed with products in any order, and none waits in a circle', async () => {
    const mugs = await Promise.all(Array.from({ length: 6 }, () => product(1_000)));
    for (let n = 0; n < MANY; n++) {
      const order = n % 2 === 0 ? mugs : [...mugs].reverse();
      await fill(n, Object.fromEntries(order.map((id) => [id, 1])));
    }
    const answers = await Promise.all(people.map((_each, n) => begin(n)));
    expect(answers.filter(({ errors }) => errors)).toEqual([]);
    for (const id of mugs) expect(await levelOf(id)).toMatchObject({ reserved: MANY });
  });
});

describe('two who check out the same two products', () => {
  it.each([[[0, 1]], [[1, 0]]])(
    'wait for each other, the one who came first gets them',
    async ([first = 0, second = 0]) => {
      const mug = await product(3);
      const cup = await product(3);
      await fill(0, { [mug]: 2, [cup]: 2 });
      await fill(1, { [cup]: 2, [mug]: 2 });
      // Both begin with the smaller id.
      const [smaller = mug] = [mug, cup].sort();
      const answers = await whileHeld(smaller, [() => begin(first), () => begin(second)]);
      expect(answers.map(codeOf)).toEqual([undefined, 'INSUFFICIENT_STOCK']);
      expect(await levelOf(mug)).toMatchObject({ reserved: 2 });
      expect(await levelOf(cup)).toMatchObject({ reserved: 2 });
    },
  );
});

describe('a checkout and a sale without a cart, of the last units', () => {
  it('leave nothing to the sale that comes second', async () => {
    const mug = await product(3);
    await fill(0, { [mug]: 2 });
    const outcomes = await whileHeld<unknown>(mug, [
      async () => codeOf(await begin(0)),
      () => sell(mug, 2),
    ]);
    expect(outcomes).toEqual([undefined, 'INSUFFICIENT_STOCK']);
    expect(await levelOf(mug)).toEqual({ onHand: 3, reserved: 2, available: 1 });
  });

  it('leave nothing to the checkout that comes second', async () => {
    const mug = await product(3);
    await fill(0, { [mug]: 2 });
    const outcomes = await whileHeld<unknown>(mug, [
      () => sell(mug, 2),
      async () => codeOf(await begin(0)),
    ]);
    expect(outcomes).toEqual(['sold', 'INSUFFICIENT_STOCK']);
    expect(await levelOf(mug)).toEqual({ onHand: 1, reserved: 0, available: 1 });
  });

  it('never oversell, however many there are', async () => {
    const mug = await product(20);
    const carts = await Promise.all(people.map((_each, n) => fill(n, { [mug]: 1 })));
    const outcomes = await Promise.all(
      people.map(async (_each, n) => {
        if (n % 2 === 0) return sell(mug, 1);
        return codeOf(await begin(n)) ?? sell(mug, 1, carts[n]);
      }),
    );
    const sold = outcomes.filter((outcome) => outcome === 'sold').length;
    expect(outcomes.filter((outcome) => outcome === 'INSUFFICIENT_STOCK')).toHaveLength(
      MANY - sold,
    );
    expect(await levelOf(mug)).toEqual({ onHand: 20 - sold, reserved: 0, available: 20 - sold });
    // Whoever was refused was refused for what somebody had kept, and all that was kept was sold.
    expect(sold).toBe(20);
  });
});

describe('what expires while somebody waits for the stock', () => {
  it('is free for the sale that waits', async () => {
    const mug = await product(3);
    await fill(0, { [mug]: 2 });
    await begin(0);
    const outcomes = await whileHeld(mug, [() => sell(mug, 3)], () =>
      change(0, "expires_at = now() - interval '1 second'"),
    );
    expect(outcomes).toEqual(['sold']);
  });

  it('is no longer free for its own cart, where somebody else was first', async () => {
    const mug = await product(3);
    const cartId = await fill(0, { [mug]: 2 });
    await begin(0);
    await fill(1, { [mug]: 3 });
    const outcomes = await whileHeld<unknown>(
      mug,
      [async () => codeOf(await begin(1)), () => sell(mug, 2, cartId)],
      () => change(0, "expires_at = now() - interval '1 second'"),
    );
    expect(outcomes).toEqual([undefined, 'INSUFFICIENT_STOCK']);
    expect(await levelOf(mug)).toEqual({ onHand: 3, reserved: 3, available: 0 });
  });
});

describe('a cart that changes while its checkout begins', () => {
  /** Holds a cart until the checkout of its owner waits for it, changes it, and lets go. */
  const beginWhile = (n: number, cartId: string, statement: string): Promise<Answer> =>
    withAdminConnection(api.database.superuserUrl, async (holder) => {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM carts WHERE id = $1 FOR UPDATE', [cartId]);
      const running = begin(n);
      await withAdminConnection(api.database.superuserUrl, (watcher) =>
        eventually(async () => {
          const { rows } = await watcher.query(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
          );
          return rows.length > 0;
        }, 'the checkout waits'),
      );
      await holder.query(statement, [cartId]);
      await holder.query('COMMIT');
      return running;
    });

  it('is kept as it has become', async () => {
    const mug = await product(9);
    const cartId = await fill(0, { [mug]: 2 });
    const answer = await beginWhile(
      0,
      cartId,
      'UPDATE cart_items SET quantity = 7 WHERE cart_id = $1',
    );
    expect(answer.data.beginCheckout.items).toEqual([{ quantity: 7, product: { id: mug } }]);
  });

  it('is not kept at all where it has been ordered', async () => {
    const mug = await product(9);
    const cartId = await fill(0, { [mug]: 2 });
    const answer = await beginWhile(
      0,
      cartId,
      "UPDATE carts SET status = 'ordered', ordered_at = now() WHERE id = $1",
    );
    expect(codeOf(answer)).toBe('BAD_USER_INPUT');
    expect(await levelOf(mug)).toMatchObject({ reserved: 0 });
  });
});

describe('a renewal', () => {
  it('that waits while what it renews expires gets it anew, where nobody else was first', async () => {
    const mug = await product(3);
    await fill(0, { [mug]: 3 });
    await begin(0);
    const answers = await whileHeld(mug, [() => begin(0)], () =>
      change(0, "expires_at = now() - interval '1 second'"),
    );
    expect(answers.map(codeOf)).toEqual([undefined]);
    expect(await levelOf(mug)).toEqual({ onHand: 3, reserved: 3, available: 0 });
  });

  it('is refused where somebody else has taken what expired', async () => {
    const mug = await product(3);
    await fill(0, { [mug]: 3 });
    await fill(1, { [mug]: 1 });
    await begin(0);
    const answers = await whileHeld(mug, [() => begin(1), () => begin(0)], () =>
      change(0, "expires_at = now() - interval '1 second'"),
    );
    expect(answers.map(codeOf)).toEqual([undefined, 'INSUFFICIENT_STOCK']);
    expect(answers[1]?.errors?.[0].extensions.shortages).toEqual([
      { productId: mug, onHand: 3, available: 2, requested: 3 },
    ]);
    expect(await levelOf(mug)).toEqual({ onHand: 3, reserved: 1, available: 2 });
  });

  it('and another one of the same cart go one after the other', async () => {
    const mug = await product(3);
    await fill(0, { [mug]: 3 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => begin(0)));
    expect(answers.map(codeOf)).toEqual(Array.from({ length: 10 }, () => undefined));
    expect(await levelOf(mug)).toEqual({ onHand: 3, reserved: 3, available: 0 });
  });
});
