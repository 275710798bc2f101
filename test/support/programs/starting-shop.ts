import type pg from 'pg';
import { encodeId, newUuid } from '../../../src/shared/ids.js';
import type { Organization } from '../api.js';
import { ADDRESS } from '../filled-cart.js';
import { insert } from './insert-rows.js';
import { selfOf } from './shoppers.js';

/** Under the same SKUs in every organization: for sale, scarce, not for sale, and deleted. */
const PRODUCTS = [
  { sku: 'alpha', on_hand: 4, price_amount: 100 },
  { sku: 'beta', on_hand: 2, price_amount: 250 },
  { sku: 'gamma', on_hand: 3, price_amount: 100, active: false },
  { sku: 'delta', on_hand: 1, price_amount: 100, version: 2, deleted_at: '2020-01-01T00:00:00Z' },
];

/** Everything of commerce, children first. */
export const SHOP_TABLES = [
  ...['payment_events', 'payment_commands', 'payments', 'order_events', 'order_items'],
  ...['idempotency_keys', 'orders', 'stock_reservations', 'cart_items', 'carts', 'stock_movements'],
  ...['stock_levels', 'daily_sales', 'daily_product_sales', 'daily_category_sales'],
  ...['daily_customer_sales', 'products', 'categories', 'number_series'],
];

/**
 * Products of every state, a full cart for each shopper, and a pending order of the first one: most steps of a short program
 * would have nothing to work on without.
 *
 * @param client a superuser's
 * @param shoppers by their role, the UUID of who owns their carts
 * @returns public ids and versions
 */
export async function insertStartingShop(
  client: pg.Client,
  { tenant, slug }: Organization,
  shoppers: Readonly<Record<'customer' | 'guest', string>>,
): Promise<{ id: string; version?: number }[]> {
  const { orgId } = tenant;
  const category = { id: newUuid(), name: `${slug} alpha`, slug: 'alpha', position: 0 };
  const products = PRODUCTS.map(({ on_hand, ...product }) => ({
    ...{ active: true, version: 1, deleted_at: null, description: '', currency: 'EUR' },
    ...{ id: newUuid(), name: `${slug} ${product.sku}`, category_id: category.id },
    ...{ ...product, metadata: { colour: 'red' } },
  }));
  const [alpha, beta] = products as [(typeof products)[0], (typeof products)[0]];
  const { customer, guest } = shoppers;
  const carts = [
    { id: newUuid(), owner_id: customer, status: 'ordered', ordered_at: '2020-01-02T00:00:00Z' },
    { id: newUuid(), owner_id: customer, status: 'open', ordered_at: null },
    { id: newUuid(), owner_id: guest, status: 'open', ordered_at: null },
  ];
  const orderId = newUuid();
  const line = { product_id: alpha.id, quantity: 1, price_amount: 100 };
  const scarce = { product_id: beta.id, quantity: 1, price_amount: 250 };
  const order = {
    ...{ id: orderId, number: 1, owner_id: customer, customer_id: customer, cart_id: carts[0]?.id },
    ...{ status: 'pending', version: 1, currency: 'EUR', total_amount: 100 },
    ...{ email: 'buyer@example.com', placed_at: '2020-01-02T00:00:00Z', stock_returned: false },
    shipping_address: { ...ADDRESS, name: selfOf(slug, 'customer') },
  };
  const movements = products.map(({ id }, index) => {
    const units = (PRODUCTS[index]?.on_hand ?? 0) + (id === alpha.id ? 1 : 0);
    const receipt = { kind: 'receipt', quantity: units, on_hand: units, note: 'first' };
    return { id: newUuid(), product_id: id, ...receipt };
  });
  const note = encodeId('order', orderId);
  const sale = { kind: 'sale', quantity: -1, on_hand: PRODUCTS[0]?.on_hand ?? 0, note };
  const key = { owner_id: customer, key: 'before', operation: 'placeOrder' };
  await insert(client, orgId, {
    categories: [category],
    products,
    stock_levels: products.map(({ id }, index) => ({
      ...{ product_id: id, on_hand: PRODUCTS[index]?.on_hand },
      units_sold: id === alpha.id ? 1 : 0,
    })),
    stock_movements: [...movements, { id: newUuid(), product_id: alpha.id, ...sale }],
    carts,
    cart_items: [
      { ...line, cart_id: carts[1]?.id, owner_id: customer, currency: 'EUR' },
      { ...line, cart_id: carts[2]?.id, owner_id: guest, currency: 'EUR' },
      { ...scarce, cart_id: carts[2]?.id, owner_id: guest, currency: 'EUR' },
    ],
    orders: [order],
    order_items: [
      {
        ...line,
        order_id: orderId,
        owner_id: customer,
        sku: alpha.sku,
        name: alpha.name,
        total_amount: 100,
      },
    ],
    order_events: [
      {
        id: newUuid(),
        order_id: orderId,
        owner_id: customer,
        status: 'pending',
        actor_id: customer,
      },
    ],
    number_series: [{ name: 'orders', last_number: 1 }],
    idempotency_keys: [
      {
        ...key,
        order_id: orderId,
        request_hash: `\\x${'00'.repeat(32)}`,
        expires_at: '2999-01-01T00:00:00Z',
      },
    ],
  });
  return [
    { id: encodeId('cat', category.id) },
    ...products.map(({ id, version }) => ({ id: encodeId('prod', id), version })),
    ...carts.map(({ id }) => ({ id: encodeId('cart', id) })),
    { id: encodeId('order', orderId), version: 1 },
  ];
}
