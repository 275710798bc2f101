import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, startApi } from './support/api.js';
import { createPublishableKey, type Guest, guestWith, newGuest } from './support/guest.js';
import { createStockedProduct } from './support/stocked-product.js';

let api: Api;
let acme: Organization;
let globex: Organization;
let key: string;
let globexKey: string;
let chair: string;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  globex = await api.createOrganization();
  [key, globexKey] = await Promise.all([createPublishableKey(acme), createPublishableKey(globex)]);
  chair = await createStockedProduct(api, acme, { onHand: 100 });
});

afterAll(() => api?.close());

const CART = 'id expiresAt totalQuantity items { quantity product { id } }';
const ADD = `mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { ${CART} } }`;
const READ = `{ cart { ${CART} } }`;

const add = (guest: Guest, quantity = 1) =>
  guest.send(ADD, { input: { productId: chair, quantity } });

describe('a guest', () => {
  it('fills a cart that is forgotten after a time, and sees it again by the token', async () => {
    const guest = await newGuest(api, key);
    expect((await guest.send(READ)).data).toEqual({ cart: null });
    const { data } = await add(guest, 2);
    expect(data.addCartItem).toMatchObject({ totalQuantity: 2, expiresAt: expect.any(String) });
    const days = (Date.parse(data.addCartItem.expiresAt) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(30);
    await add(guest, 3);
    const again = await guest.send(READ);
    expect(again.data?.cart).toMatchObject({
      items: [{ quantity: 5, product: { id: chair } }],
    });
    for (const mutation of [
      `updateCartItem(input: { productId: "${chair}", quantity: 7 })`,
      'confirmCart',
      `removeCartItem(input: { productId: "${chair}" })`,
      'clearCart',
    ]) {
      expect((await guest.send(`mutation { ${mutation} { id } }`)).errors).toBeUndefined();
    }
    expect((await guest.send(READ)).data?.cart).toMatchObject({ items: [], totalQuantity: 0 });
  });

  it('sees no cart of another guest, of a user, or of another organization', async () => {
    const guest = await newGuest(api, key);
    await add(guest);
    const person = await acme.createPerson('customer', 'own');
    await person.ask(ADD, { input: { productId: chair, quantity: 4 } });
    const other = await newGuest(api, key);
    expect((await other.send(READ)).data?.cart).toBeNull();
    expect((await person.ask(READ)).cart).toMatchObject({ totalQuantity: 4 });
    // The same token is somebody else there.
    const elsewhere = await guestWith(api, globexKey, guest.cartToken).send(READ);
    expect(elsewhere.data).toEqual({ cart: null });
    const foreign = await guestWith(api, globexKey, guest.cartToken).send(ADD, {
      input: { productId: chair, quantity: 1 },
    });
    expect(foreign.errors?.[0]?.extensions?.code).toBe('NOT_FOUND');
    expect((await guest.send(READ)).data?.cart).toMatchObject({ totalQuantity: 1 });
  });

  it('without a cart token has no cart, and is told where to get one', async () => {
    const nobody = guestWith(api, key, null);
    expect((await nobody.send(READ)).data).toEqual({ cart: null });
    const { errors } = await add(nobody);
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'x-cart-token', message: expect.stringMatching(/createCartToken/) }],
    });
  });

  it('takes the cart along when signing in, and has none any more', async () => {
    const account = { email: 'merged@example.com', password: 'a password of some length' };
    await acme.owner.ask(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }',
      {
        input: { ...account, name: 'Mia', role: 'CUSTOMER' },
      },
    );
    const signIn = async (headers = {}) => {
      const { data } = await api.send(
        'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }',
        { input: { ...account, organization: acme.slug } },
        headers,
      );
      return { authorization: `Bearer ${data.signIn.accessToken}` };
    };
    const bearer = await signIn();
    await api.send(ADD, { input: { productId: chair, quantity: 1 } }, bearer);
    const guest = await newGuest(api, key);
    await add(guest, 2);
    const carriesToken = { 'x-cart-token': guest.cartToken };
    // The second has nothing more to take along.
    await signIn(carriesToken);
    await signIn(carriesToken);
    const { data } = await api.send(READ, {}, bearer);
    expect(data.cart).toMatchObject({ totalQuantity: 3, expiresAt: null });
    expect((await guest.send(READ)).data).toEqual({ cart: null });
  });

  it('finds a cart empty that has expired, which the next who opens one ends', async () => {
    const guest = await newGuest(api, key);
    await add(guest);
    const expired = await withAdminConnection(api.database.superuserUrl, async (client) => {
      const { rows } = await client.query(
        `UPDATE carts SET expires_at = now() - interval '1 minute'
         WHERE org_id = $1 AND expires_at IS NOT NULL AND status = 'open' RETURNING id`,
        [decodeId('org', acme.id, 'id')],
      );
      return rows.map(({ id }) => id);
    });
    expect((await guest.send(READ)).data?.cart).toBeNull();
    await add(await newGuest(api, key));
    const left = await withAdminConnection(api.database.superuserUrl, (client) =>
      client.query(
        `SELECT status, (SELECT count(*)::int FROM cart_items WHERE cart_id = carts.id) AS items
         FROM carts WHERE id = ANY ($1)`,
        [expired],
      ),
    );
    expect(left.rows.length).toBeGreaterThan(0);
    for (const row of left.rows) expect(row).toEqual({ status: 'expired', items: 0 });
  });
});
