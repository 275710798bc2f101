import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeId, newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Answer, type Api, type Organization, startApi } from './support/api.js';
import { orderInput, PLACE_ORDER } from './support/filled-cart.js';
import { createPublishableKey, type Guest, guestWith, newGuest } from './support/guest.js';
import { recomputedSales, storedSales } from './support/recomputed-sales.js';
import { createStockedProduct } from './support/stocked-product.js';
import { whileHeld } from './support/while-held.js';

/** A guest, and the account that they sign in to. */
interface Account {
  email: string;
  id: string;
  /** Signs in, with what the guest has kept where it is given. */
  signIn(cartToken?: string | null, shop?: Organization): Promise<Guest>;
}

let api: Api;
let acme: Organization;
let globex: Organization;
let key: string;
let chair: string;
let guest: Guest & { cartToken: string };
let account: Account;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  globex = await api.createOrganization();
  key = await createPublishableKey(acme);
  chair = await createStockedProduct(api, acme, { onHand: 1_000 });
});

beforeEach(async () => {
  guest = await newGuest(api, key);
  account = await createAccount(acme);
});

afterAll(() => api?.close());

const ADD = 'mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { id } }';
const CANCEL =
  'mutation ($input: ChangeOrderInput!) { cancelOrder(input: $input) { status customer { id } } }';
const PAY = 'mutation ($input: PayOrderInput!) { payOrder(input: $input) { id status } }';
const ORDER = `query ($id: ID!) { order(id: $id) {
  id status version customer { id } items { name quantity } history { status actorId } payments { id status }
} }`;
const ORDERS = '{ orders { totalCount nodes { id } } }';
const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }';

const email = 'guest@example.com';
const password = 'a password of some length';

async function createAccount(of: Organization): Promise<Account> {
  const input = { email: `${newUuid()}@example.com`, password };
  const { createUser } = await of.owner.ask(
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
    { input: { ...input, name: 'Mia', role: 'CUSTOMER' } },
  );
  return {
    email: input.email,
    id: createUser.id,
    async signIn(cartToken = null) {
      const { data, errors } = await api.send(
        SIGN_IN,
        { input: { ...input, organization: of.slug } },
        cartToken === null ? {} : { 'x-cart-token': cartToken },
      );
      expect(errors).toBeUndefined();
      const authorization = `Bearer ${data.signIn.accessToken}`;
      return {
        cartToken: null,
        send: (query, variables = {}) => api.send(query, variables, { authorization }),
      };
    },
  };
}

const add = (buyer: Guest, productId = chair) =>
  buyer.send(ADD, { input: { productId, quantity: 2 } });

const placeAgain = (buyer: Guest, idempotencyKey: string) =>
  buyer.send(PLACE_ORDER, { input: orderInput({ email, idempotencyKey }) });

async function placed(buyer: Guest, idempotencyKey: string = newUuid()) {
  await add(buyer);
  const { data, errors } = await placeAgain(buyer, idempotencyKey);
  expect(errors).toBeUndefined();
  return data.placeOrder as { id: string; version: number; number: number };
}

const pay = (buyer: Guest, orderId: string) =>
  buyer.send(PAY, { input: { orderId, source: 'local-card-ok', idempotencyKey: 'once' } });

const cancel = (buyer: Guest, { id, version }: { id: string; version: number }) =>
  buyer.send(CANCEL, { input: { id, version } });

const markPaid = (shop: Organization, { id, version }: { id: string; version: number }) =>
  shop.member.ask('mutation ($input: ChangeOrderInput!) { markOrderPaid(input: $input) { id } }', {
    input: { id, version },
  });

const codeOf = ({ errors }: Answer) => errors?.[0].extensions.code;

const idsOf = async (buyer: Guest) =>
  (await buyer.send(ORDERS)).data.orders.nodes.map(({ id }: { id: string }) => id);

const asSuperuser = <Row extends object>(statement: string, ...values: unknown[]) =>
  withAdminConnection(
    api.database.superuserUrl,
    async (client) => (await client.query<Row>(statement, values)).rows,
  );

/** Whose what belongs to an order is, by their UUIDs. */
const ownersOf = async (orderId: string) => {
  const rows = await asSuperuser<{ owner_id: string }>(
    `SELECT owner_id FROM orders WHERE id = $1
     UNION SELECT owner_id FROM order_items WHERE order_id = $1
     UNION SELECT owner_id FROM order_events WHERE order_id = $1
     UNION SELECT owner_id FROM payments WHERE order_id = $1
     UNION SELECT owner_id FROM idempotency_keys WHERE order_id = $1`,
    decodeId('order', orderId, 'id'),
  );
  return rows.map(({ owner_id }) => owner_id);
};

const uuidOf = ({ id }: { id: string }) => decodeId('user', id, 'id');

const lockOrder = (id: string): [string, unknown[]] => [
  'SELECT FROM orders WHERE id = $1 FOR UPDATE',
  [decodeId('order', id, 'id')],
];

describe('a guest who signs in with their cart token', () => {
  it('has what they have ordered, with all that belongs to it, and the token has it no more', async () => {
    const order = await placed(guest);
    const { data: paying } = await pay(guest, order.id);
    const user = await account.signIn(guest.cartToken);
    expect((await user.send(ORDER, { id: order.id })).data.order).toEqual({
      id: order.id,
      status: expect.any(String),
      version: expect.any(Number),
      customer: { id: account.id },
      items: [{ name: expect.any(String), quantity: 2 }],
      history: expect.arrayContaining([{ status: 'PENDING', actorId: null }]),
      payments: [{ id: paying.payOrder.id, status: expect.any(String) }],
    });
    expect(await idsOf(user)).toEqual([order.id]);
    expect(await idsOf(guest)).toEqual([]);
    expect(codeOf(await guest.send(ORDER, { id: order.id }))).toBe('NOT_FOUND');
    expect(codeOf(await cancel(guest, order))).toBe('NOT_FOUND');
    expect(codeOf(await pay(guest, order.id))).toBe('NOT_FOUND');
    expect(await ownersOf(order.id)).toEqual([uuidOf(account)]);
  });

  it('has all of their orders, however many they are, with their keys', async () => {
    const request = newUuid();
    const first = await placed(guest, request);
    // Newer ones, so that the first is the last to come along.
    await asSuperuser(
      `WITH made AS (
         INSERT INTO orders (org_id, id, number, owner_id, status, currency, total_amount, email, shipping_address, placed_at)
         SELECT org_id, gen_random_uuid(), 1000000 + n, owner_id, status, currency, total_amount, email,
           shipping_address, placed_at + n * interval '1 second'
         FROM orders, generate_series(1, 250) AS n WHERE orders.id = $1
         RETURNING org_id, id, owner_id
       )
       INSERT INTO order_items (org_id, order_id, owner_id, product_id, sku, name, quantity, price_amount, total_amount)
       SELECT made.org_id, made.id, made.owner_id, product_id, sku, name, quantity, price_amount, total_amount
       FROM made, order_items WHERE order_id = $1`,
      decodeId('order', first.id, 'id'),
    );
    const user = await account.signIn(guest.cartToken);
    expect((await user.send(ORDERS)).data.orders.totalCount).toBe(251);
    expect((await guest.send(ORDERS)).data.orders.totalCount).toBe(0);
    expect(await ownersOf(first.id)).toEqual([uuidOf(account)]);
    expect((await placeAgain(user, request)).data.placeOrder.id).toBe(first.id);
  });

  it('pays and cancels it, in the version that they have seen before', async () => {
    const [first, second] = [await placed(guest), await placed(guest)];
    const user = await account.signIn(guest.cartToken);
    expect((await pay(user, first.id)).data.payOrder.status).toBe('OPEN');
    expect((await cancel(user, second)).data.cancelOrder).toEqual({
      status: 'CANCELLED',
      customer: { id: account.id },
    });
  });

  it('gets the same order for the same request again, whose answer was lost', async () => {
    const order = await placed(guest, 'lost');
    const user = await account.signIn(guest.cartToken);
    expect((await placeAgain(user, 'lost')).data.placeOrder.id).toBe(order.id);
    // The token has nothing any more, and what it sends is new.
    expect(codeOf(await placeAgain(guest, 'lost'))).toBe('BAD_USER_INPUT');
    const anew = await placed(guest, 'lost');
    expect(anew.id).not.toBe(order.id);
  });

  it('keeps their own order under a key that both have used', async () => {
    const theirs = await placed(guest, 'of-both');
    const before = await account.signIn();
    const own = await placed(before, 'of-both');
    const user = await account.signIn(guest.cartToken);
    expect((await placeAgain(user, 'of-both')).data.placeOrder.id).toBe(own.id);
    expect((await idsOf(user)).sort()).toEqual([theirs.id, own.id].sort());
    expect(await ownersOf(theirs.id)).toEqual([uuidOf(account)]);
  });

  it('has what the token orders afterwards only once they come with it again', async () => {
    const first = await placed(guest);
    await account.signIn(guest.cartToken);
    const second = await placed(guest);
    const other = await createAccount(acme);
    expect(await idsOf(await other.signIn(guest.cartToken))).toEqual([second.id]);
    expect(await idsOf(await account.signIn(guest.cartToken))).toEqual([first.id]);
  });

  it('has their orders counted as theirs, whatever was counted as nobody’s', async () => {
    const shop = await api.createOrganization();
    const shopKey = await createPublishableKey(shop);
    const product = await createStockedProduct(api, shop, { onHand: 100 });
    const [buyer, other] = [await newGuest(api, shopKey), await newGuest(api, shopKey)];
    const sell = async (by: Guest) => {
      await add(by, product);
      const { data } = await placeAgain(by, newUuid());
      await markPaid(shop, data.placeOrder);
      const { id, version } = data.placeOrder;
      return { id, version: version + 1 };
    };
    await sell(buyer);
    const refunded = await sell(buyer);
    await sell(other);
    await shop.member.ask(
      'mutation ($input: RefundOrderInput!) { refundOrder(input: $input) { id } }',
      { input: refunded },
    );
    const [mia, ben] = [await createAccount(shop), await createAccount(shop)];
    const customers = async () => {
      const stored = await storedSales(api.database, shop.tenant.orgId);
      expect(stored).toEqual(await recomputedSales(api.database, shop.tenant.orgId, 'UTC'));
      return stored.daily_customer_sales.map((line) => line.split(' ').slice(2));
    };
    const nobody = '00000000-0000-0000-0000-000000000000';
    expect(await customers()).toEqual([[nobody, '3', '6', '600', '1', '2', '200']]);
    await mia.signIn(buyer.cartToken);
    const hers = [uuidOf(mia), '2', '4', '400', '1', '2', '200'];
    expect(await customers()).toEqual([[nobody, '1', '2', '200', '0', '0', '0'], hers]);
    await ben.signIn(other.cartToken);
    const his = [uuidOf(ben), '1', '2', '200', '0', '0', '0'];
    const both = await customers();
    expect(both).toHaveLength(2);
    expect(both).toEqual(expect.arrayContaining([hers, his]));
    const again = await newGuest(api, shopKey);
    await sell(again);
    await mia.signIn(again.cartToken);
    expect(await customers()).toEqual(
      expect.arrayContaining([[uuidOf(mia), '3', '6', '600', '1', '2', '200'], his]),
    );
  });
});

describe('orders of a guest that were paid and never counted', () => {
  const nobody = '00000000-0000-0000-0000-000000000000';
  let shop: Organization;
  let buyer: Guest & { cartToken: string };

  const place = async (by: Guest, productId: string) => {
    await add(by, productId);
    return (await placeAgain(by, newUuid())).data.placeOrder as { id: string; version: number };
  };

  /** An order that came into the table as it is. */
  async function placeUncounted(productId: string) {
    const order = await place(buyer, productId);
    await asSuperuser(
      "UPDATE orders SET status = 'paid', paid_at = placed_at WHERE id = $1",
      decodeId('order', order.id, 'id'),
    );
    return order;
  }

  async function customersOfShop(timeZone: string) {
    const stored = await storedSales(api.database, shop.tenant.orgId);
    expect(stored).toEqual(await recomputedSales(api.database, shop.tenant.orgId, timeZone));
    return stored.daily_customer_sales.map((line) => line.split(' ').slice(2));
  }

  beforeEach(async () => {
    shop = await api.createOrganization();
    const shopKey = await createPublishableKey(shop);
    const product = await createStockedProduct(api, shop, { onHand: 100 });
    buyer = await newGuest(api, shopKey);
    await markPaid(shop, await place(buyer, product));
    await markPaid(shop, await place(await newGuest(api, shopKey), product));
    await placeUncounted(product);
    const { id, version } = await placeUncounted(product);
    await shop.member.ask(
      'mutation ($input: RefundOrderInput!) { refundOrder(input: $input) { id } }',
      { input: { id, version } },
    );
  });

  it('are taken off nobody when they follow, and counted', async () => {
    const mia = await createAccount(shop);
    await mia.signIn(buyer.cartToken);
    expect(await customersOfShop('UTC')).toEqual(
      expect.arrayContaining([
        [nobody, '1', '2', '200', '0', '0', '0'],
        [uuidOf(mia), '3', '6', '600', '1', '2', '200'],
      ]),
    );
  });

  it('are counted once where all sums were made anew before', async () => {
    await shop.owner.ask(
      'mutation { updateOrganization(input: { timeZone: "Europe/Berlin" }) { timeZone } }',
    );
    expect(await customersOfShop('Europe/Berlin')).toEqual([
      [nobody, '4', '8', '800', '1', '2', '200'],
    ]);
    const mia = await createAccount(shop);
    await mia.signIn(buyer.cartToken);
    expect(await customersOfShop('Europe/Berlin')).toHaveLength(2);
  });
});

describe('orders of a guest', () => {
  it('are nobody’s who comes without their token, or with another one', async () => {
    const order = await placed(guest);
    const other = await newGuest(api, key);
    await add(other);
    for (const token of [null, other.cartToken, 'rhc_short', `${guest.cartToken.slice(0, -1)}_`]) {
      const user = await account.signIn(token);
      expect(await idsOf(user)).toEqual([]);
    }
    expect(await idsOf(guest)).toEqual([order.id]);
  });

  it('stay where they are when the token comes to another organization', async () => {
    const order = await placed(guest);
    const elsewhere = await createAccount(globex);
    expect(await idsOf(await elsewhere.signIn(guest.cartToken))).toEqual([]);
    expect(await idsOf(guest)).toEqual([order.id]);
    const there = guestWith(api, await createPublishableKey(globex), guest.cartToken);
    expect(await idsOf(there)).toEqual([]);
  });
});

describe('a sign-in at the same time', () => {
  it('as an order is placed has it, with its key', async () => {
    await add(guest);
    const stock = 'SELECT FROM stock_levels WHERE product_id = $1 FOR UPDATE';
    const productId = decodeId('prod', chair, 'id');
    const [ordered, user] = (await whileHeld<unknown>(
      api.database,
      [stock, [productId]],
      [() => placeAgain(guest, 'racing'), () => account.signIn(guest.cartToken)],
    )) as [Answer, Guest];
    const { id } = ordered.data.placeOrder;
    expect(await idsOf(user)).toEqual([id]);
    expect((await placeAgain(user, 'racing')).data.placeOrder.id).toBe(id);
    expect(await ownersOf(id)).toEqual([uuidOf(account)]);
  });

  it('that is before the order takes the cart, from which the user orders under the same key', async () => {
    await add(guest);
    const before = await account.signIn();
    await add(before);
    const cart = "SELECT FROM carts WHERE owner_id = $1 AND status = 'open' FOR UPDATE";
    const [user, ordered] = (await whileHeld<unknown>(
      api.database,
      [cart, [uuidOf(account)]],
      [() => account.signIn(guest.cartToken), () => placeAgain(guest, 'late')],
    )) as [Guest, Answer];
    expect(codeOf(ordered)).toBe('BAD_USER_INPUT');
    const { data } = await placeAgain(user, 'late');
    expect(data.placeOrder.items).toMatchObject([{ quantity: 4 }]);
  });

  it('as the user sends the same request again waits in no circle, and both are answered', async () => {
    const order = await placed(guest, 'again');
    await add(guest);
    const before = await account.signIn();
    await add(before);
    const cart = "SELECT FROM carts WHERE owner_id = $1 AND status = 'open' FOR UPDATE";
    const [, again] = (await whileHeld<unknown>(
      api.database,
      [cart, [uuidOf(account)]],
      [() => account.signIn(guest.cartToken), () => placeAgain(before, 'again')],
    )) as [Guest, Answer];
    expect(again.errors).toBeUndefined();
    expect(again.data.placeOrder.id).toBe(order.id);
  });

  it('by two people gives each order to one of them, with its key', async () => {
    const orders = [await placed(guest), await placed(guest), await placed(guest)];
    const other = await createAccount(acme);
    const newest = orders[2] as { id: string };
    const [user, second] = (await whileHeld(api.database, lockOrder(newest.id), [
      () => account.signIn(guest.cartToken),
      () => other.signIn(guest.cartToken),
    ])) as [Guest, Guest];
    expect([...(await idsOf(user))].sort()).toEqual(orders.map(({ id }) => id).sort());
    expect(await idsOf(second)).toEqual([]);
    for (const { id } of orders) expect(await ownersOf(id)).toEqual([uuidOf(account)]);
  });

  it('as another order is paid counts both, and waits for the sums of the day', async () => {
    const [order, other] = [await placed(guest), await placed(await newGuest(api, key))];
    await markPaid(acme, order);
    const day = 'SELECT FROM daily_sales WHERE org_id = $1 FOR UPDATE';
    await whileHeld<unknown>(
      api.database,
      [day, [acme.tenant.orgId]],
      [() => account.signIn(guest.cartToken), () => markPaid(acme, other)],
    );
    const { orgId } = acme.tenant;
    const stored = await storedSales(api.database, orgId);
    expect(stored).toEqual(await recomputedSales(api.database, orgId, 'UTC'));
    expect(stored.daily_customer_sales).toEqual(
      expect.arrayContaining([expect.stringContaining(`${uuidOf(account)} 1 2 200 0 0 0`)]),
    );
  });

  it('as the guest cancels has the order as it is then', async () => {
    const order = await placed(guest);
    const { id } = order;
    const [cancelled, user] = (await whileHeld<unknown>(api.database, lockOrder(id), [
      () => cancel(guest, order),
      () => account.signIn(guest.cartToken),
    ])) as [Answer, Guest];
    expect(cancelled.data.cancelOrder.status).toBe('CANCELLED');
    expect((await user.send(ORDER, { id })).data.order).toMatchObject({
      status: 'CANCELLED',
      history: [{ status: 'PENDING' }, { status: 'CANCELLED' }],
    });
    expect(await ownersOf(id)).toEqual([uuidOf(account)]);
  });

  it.each([
    ['cancels', (of: { id: string; version: number }) => cancel(guest, of)],
    ['pays', (of: { id: string }) => pay(guest, of.id)],
  ])('that is before the guest %s leaves nothing to them', async (_does, change) => {
    const order = await placed(guest);
    const [user, late] = (await whileHeld<unknown>(api.database, lockOrder(order.id), [
      () => account.signIn(guest.cartToken),
      () => change(order),
    ])) as [Guest, Answer];
    expect(codeOf(late)).toBe('NOT_FOUND');
    expect((await user.send(ORDER, { id: order.id })).data.order).toMatchObject({
      status: 'PENDING',
      payments: [],
    });
  });
});

describe('what belongs to an order', () => {
  it.each(['order_items', 'order_events', 'payments'])(
    'in %s is of its owner, and goes where the order goes, though the server may change none',
    async (table) => {
      const { id } = await placed(guest);
      await pay(guest, id);
      const orderId = decodeId('order', id, 'id');
      await expect(
        asSuperuser(
          `UPDATE ${table} SET owner_id = gen_random_uuid() WHERE order_id = $1`,
          orderId,
        ),
      ).rejects.toMatchObject({ code: '23503' });
      await account.signIn(guest.cartToken);
      expect(
        await asSuperuser(`SELECT owner_id FROM ${table} WHERE order_id = $1`, orderId),
      ).toEqual(expect.arrayContaining([{ owner_id: uuidOf(account) }]));
    },
  );
});
