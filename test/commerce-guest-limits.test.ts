import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { makeCartToken } from '../src/identity/visitor/cart-token.js';
import { type Api, type Organization, startApi } from './support/api.js';
import { orderInput, PLACE_ORDER } from './support/filled-cart.js';
import { createPublishableKey } from './support/guest.js';
import { createStockedProduct } from './support/stocked-product.js';

const MOST = 3;
const SECONDS = 600;
const LIMIT = { times: MOST, seconds: SECONDS };

let api: Api;
let acme: Organization;
let key: string;
let chair: string;

beforeAll(async () => {
  api = await startApi({
    // The tests say where they come from.
    server: { trustProxy: 1 },
    identity: { guestCarts: LIMIT },
    commerce: { carts: { lifetimeDays: 30, perAddress: LIMIT } },
  });
});

beforeEach(async () => {
  acme = await api.createOrganization();
  key = await createPublishableKey(acme);
  chair = await createStockedProduct(api, acme, { onHand: 100 });
});

afterAll(() => api?.close());

const CREATE = 'mutation { createCartToken }';
const ADD = 'mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { id } }';
const HERE = '192.0.2.1';

const createToken = (address = HERE, publishableKey = key) =>
  api.send(CREATE, {}, { 'x-publishable-key': publishableKey, 'x-forwarded-for': address });

const add = (cartToken: string, { address = HERE, quantity = 1, productId = chair } = {}) =>
  api.send(
    ADD,
    { input: { productId, quantity } },
    { 'x-publishable-key': key, 'x-cart-token': cartToken, 'x-forwarded-for': address },
  );

const codes = (answers: { errors: { extensions: { code: string } }[] | undefined }[]) =>
  answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'OK');

async function times<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let n = 0; n < count; n++) results.push(await work());
  return results;
}

describe('guests who come from one network address', () => {
  it('get so many cart tokens, and are told when to come again', async () => {
    expect(codes(await times(MOST, createToken))).toEqual(['OK', 'OK', 'OK']);
    const { errors } = await createToken();
    expect(errors?.[0].extensions).toEqual({
      code: 'RATE_LIMITED',
      retryAfterSeconds: expect.any(Number),
    });
    expect(errors?.[0].extensions.retryAfterSeconds).toBeLessThanOrEqual(SECONDS);
  });

  it('keep nobody elsewhere from getting one, nor at another shop', async () => {
    const other = await createPublishableKey(await api.createOrganization());
    expect(codes(await times(MOST + 1, createToken)).at(-1)).toBe('RATE_LIMITED');
    expect(codes([await createToken('192.0.2.2'), await createToken(HERE, other)])).toEqual([
      'OK',
      'OK',
    ]);
    // One household has a whole network of these.
    const network = Array.from({ length: MOST + 1 }, (_, n) => `2001:db8::${n + 1}`);
    const tokens = [];
    for (const address of network) tokens.push(await createToken(address));
    expect(codes(tokens)).toEqual(['OK', 'OK', 'OK', 'RATE_LIMITED']);
  });

  it('open so many carts, whoever has made up their tokens', async () => {
    const carts = await times(MOST + 1, () => add(makeCartToken()));
    expect(codes(carts)).toEqual(['OK', 'OK', 'OK', 'RATE_LIMITED']);
    expect(codes([await add(makeCartToken(), { address: '192.0.2.2' })])).toEqual(['OK']);
  });

  it('go on with the carts that they have, and are not counted for what is not there', async () => {
    const mine = makeCartToken();
    const tries = await times(MOST + 2, () => add(mine, { quantity: 101 }));
    expect(new Set(codes(tries))).toEqual(new Set(['INSUFFICIENT_STOCK']));
    expect(codes(await times(MOST + 2, () => add(mine)))).toEqual(Array(MOST + 2).fill('OK'));
    // What was ordered counts: the next one is a new cart.
    await times(MOST, () => add(makeCartToken()));
    const placed = await api.send(
      PLACE_ORDER,
      { input: orderInput({ email: 'guest@example.com' }) },
      { 'x-publishable-key': key, 'x-cart-token': mine, 'x-forwarded-for': HERE },
    );
    expect(placed.errors).toBeUndefined();
    expect(codes([await add(mine)])).toEqual(['RATE_LIMITED']);
  });
});

describe('who is known', () => {
  it('makes any number of tokens for others, being staff, and opens a cart from anywhere', async () => {
    expect(codes(await times(MOST + 1, createToken)).at(-1)).toBe('RATE_LIMITED');
    await times(MOST + 1, () => add(makeCartToken()));
    const headers = { authorization: `Bearer ${acme.viewer.token}`, 'x-forwarded-for': HERE };
    const made = await times(MOST + 1, () => api.send(CREATE, {}, headers));
    expect(new Set(codes(made))).toEqual(new Set(['OK']));
    const customer = await acme.createPerson('customer', 'known');
    const opened = await api.send(
      ADD,
      { input: { productId: chair, quantity: 1 } },
      { authorization: `Bearer ${customer.token}`, 'x-forwarded-for': HERE },
    );
    expect(opened.errors).toBeUndefined();
  });
});
