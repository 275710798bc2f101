import { sql } from 'kysely';
import { SalesLedger } from '../commerce/index.js';
import { query, type TenantTransaction } from '../tenancy/index.js';
import { type Column, insertRows } from './insert-rows.js';
import { LOW_STOCK } from './seed-catalog.js';
import { type LedgerEnd, type LedgerEntry, shopLedger } from './shop-ledger.js';
import {
  type CartLine,
  type OrderStep,
  type ShopCart,
  type ShopOrder,
  type ShopOrderStatus,
  type ShopYearOptions,
  shopYear,
} from './shop-year.js';
import { stableUuid } from './stable-uuid.js';

const CURRENCY = 'EUR';

/** How long the card takes. */
const PAYING = 2_000;

/**
 * A year of a shop in the organization of the transaction: carts, orders with their history, payments, and the ledger
 * of stock that belongs to them.
 */
export async function insertShopYear(
  tx: TenantTransaction,
  options: ShopYearOptions,
): Promise<void> {
  const { slug, products, keeperId } = options;
  const year = shopYear(options);
  const { carts, orders } = year;
  const ledger = shopLedger(year, products, { slug, keeperId, lowStock: LOW_STOCK });
  const lines = carts.flatMap((cart) => cart.lines.map((line) => ({ cart, line })));
  const items = orders.flatMap((order) => order.cart.lines.map((line) => ({ order, line })));
  const steps = orders.flatMap((order) => order.steps.map((step) => ({ order, step })));
  await insertRows(tx, 'carts', CARTS, carts);
  await insertRows(tx, 'cart_items', CART_ITEMS, lines);
  await insertRows(tx, 'orders', ORDERS, orders);
  await insertRows(tx, 'order_items', ORDER_ITEMS, items);
  await insertRows(tx, 'order_events', orderEvents(slug), steps);
  const paid = orders.filter((order) => momentOf(order, 'paid') !== null);
  await insertRows(
    tx,
    'payments',
    PAYMENTS,
    paid.map((order) => paymentOf(order, slug)),
  );
  await insertRows(tx, 'number_series', NUMBER_SERIES, [{ last: orders.length }]);
  await insertRows(tx, 'stock_movements', STOCK_MOVEMENTS, ledger.entries);
  await closeLedger(tx, ledger.ends);
  await new SalesLedger().rebuild(tx);
}

const CARTS: Record<string, Column<ShopCart>> = {
  id: ['uuid', ({ id }) => id],
  owner_id: ['uuid', ({ ownerId }) => ownerId],
  status: ['text', ({ status }) => status],
  expires_at: ['timestamptz', ({ expiresAt }) => expiresAt],
  ordered_at: ['timestamptz', ({ status, touchedAt }) => (status === 'ordered' ? touchedAt : null)],
  created_at: ['timestamptz', ({ madeAt }) => madeAt],
  updated_at: ['timestamptz', ({ touchedAt }) => touchedAt],
};

const CART_ITEMS: Record<string, Column<{ cart: ShopCart; line: CartLine }>> = {
  cart_id: ['uuid', ({ cart }) => cart.id],
  product_id: ['uuid', ({ line }) => line.product.id],
  owner_id: ['uuid', ({ cart }) => cart.ownerId],
  quantity: ['int', ({ line }) => line.quantity],
  price_amount: ['bigint', ({ line }) => line.product.price],
  currency: ['text', () => CURRENCY],
  added_at: ['timestamptz', ({ line }) => line.addedAt],
};

const ORDERS: Record<string, Column<ShopOrder>> = {
  id: ['uuid', ({ id }) => id],
  number: ['bigint', ({ number }) => number],
  owner_id: ['uuid', ({ buyer }) => buyer.ownerId],
  customer_id: ['uuid', ({ buyer }) => buyer.customerId],
  cart_id: ['uuid', ({ cart }) => cart.id],
  status: ['text', (order) => statusOf(order)],
  currency: ['text', () => CURRENCY],
  total_amount: ['bigint', ({ total }) => total],
  email: ['text', ({ buyer }) => buyer.email],
  shipping_address: ['jsonb', ({ buyer }) => JSON.stringify(buyer.address)],
  stock_returned: ['boolean', ({ stockReturned }) => stockReturned],
  version: ['int', ({ steps }) => steps.length],
  placed_at: ['timestamptz', (order) => momentOf(order, 'pending')],
  paid_at: ['timestamptz', (order) => momentOf(order, 'paid')],
  shipped_at: ['timestamptz', (order) => momentOf(order, 'shipped')],
  delivered_at: ['timestamptz', (order) => momentOf(order, 'delivered')],
  cancelled_at: ['timestamptz', (order) => momentOf(order, 'cancelled')],
  refunded_at: ['timestamptz', (order) => momentOf(order, 'refunded')],
  updated_at: ['timestamptz', ({ steps }) => steps.at(-1)?.at],
};

const ORDER_ITEMS: Record<string, Column<{ order: ShopOrder; line: CartLine }>> = {
  order_id: ['uuid', ({ order }) => order.id],
  product_id: ['uuid', ({ line }) => line.product.id],
  owner_id: ['uuid', ({ order }) => order.buyer.ownerId],
  category_id: ['uuid', ({ line }) => line.product.categoryId],
  sku: ['text', ({ line }) => line.product.sku],
  name: ['text', ({ line }) => line.product.name],
  quantity: ['int', ({ line }) => line.quantity],
  price_amount: ['bigint', ({ line }) => line.product.price],
  total_amount: ['bigint', ({ line }) => line.product.price * line.quantity],
};

const orderEvents = (
  slug: string,
): Record<string, Column<{ order: ShopOrder; step: OrderStep }>> => ({
  id: [
    'uuid',
    ({ order, step }) => stableUuid(`${slug} order ${order.number} ${step.status}`, step.at),
  ],
  order_id: ['uuid', ({ order }) => order.id],
  owner_id: ['uuid', ({ order }) => order.buyer.ownerId],
  status: ['text', ({ step }) => step.status],
  actor_id: ['uuid', ({ step }) => step.actorId],
  note: ['text', ({ step }) => step.note],
  occurred_at: ['timestamptz', ({ step }) => step.at],
});

interface ShopPayment {
  id: string;
  order: ShopOrder;
  madeAt: Date;
  /** When the money came, or went back. */
  movedAt: Date;
  isBack: boolean;
}

const PAYMENTS: Record<string, Column<ShopPayment>> = {
  id: ['uuid', ({ id }) => id],
  order_id: ['uuid', ({ order }) => order.id],
  owner_id: ['uuid', ({ order }) => order.buyer.ownerId],
  provider: ['text', () => 'local'],
  reference: ['text', ({ id }) => `local-${id}`],
  status: ['text', ({ isBack }) => (isBack ? 'refunded' : 'captured')],
  amount: ['bigint', ({ order }) => order.total],
  currency: ['text', () => CURRENCY],
  created_at: ['timestamptz', ({ madeAt }) => madeAt],
  updated_at: ['timestamptz', ({ movedAt }) => movedAt],
};

const NUMBER_SERIES: Record<string, Column<{ last: number }>> = {
  name: ['text', () => 'orders'],
  last_number: ['bigint', ({ last }) => last],
};

const STOCK_MOVEMENTS: Record<string, Column<LedgerEntry>> = {
  id: ['uuid', ({ id }) => id],
  product_id: ['uuid', ({ productId }) => productId],
  kind: ['text', ({ kind }) => kind],
  quantity: ['int', ({ quantity }) => quantity],
  on_hand: ['int', ({ onHand }) => onHand],
  actor_id: ['uuid', ({ actorId }) => actorId],
  note: ['text', ({ note }) => note],
  created_at: ['timestamptz', ({ at }) => at],
};

/** How much there is of each product has not changed in the end; how much was sold has. */
async function closeLedger(tx: TenantTransaction, ends: readonly LedgerEnd[]): Promise<void> {
  const column = <T>(of: (end: LedgerEnd) => T) => ends.map(of);
  await tx.execute(
    sql`
      UPDATE stock_levels SET units_sold = sold.units, low_since = sold.low_since
      FROM unnest(${column(({ productId }) => productId)}::uuid[],
        ${column(({ unitsSold }) => unitsSold)}::bigint[],
        ${column(({ lowSince }) => lowSince)}::timestamptz[]) AS sold (product_id, units, low_since)
      WHERE stock_levels.org_id = ${tx.tenant.orgId} AND stock_levels.product_id = sold.product_id`.compile(
      query,
    ),
  );
}

function statusOf({ steps }: ShopOrder): ShopOrderStatus {
  return steps.at(-1)?.status ?? 'pending';
}

function momentOf({ steps }: ShopOrder, status: ShopOrderStatus): Date | null {
  return steps.find((step) => step.status === status)?.at ?? null;
}

/** The payment of an order that was paid: captured, and given back where the order has ended. */
function paymentOf(order: ShopOrder, slug: string): ShopPayment {
  const paidAt = momentOf(order, 'paid') as Date;
  const endedAt = momentOf(order, 'cancelled') ?? momentOf(order, 'refunded');
  const madeAt = new Date(paidAt.getTime() - PAYING);
  const id = stableUuid(`${slug} payment of order ${order.number}`, madeAt);
  return { id, order, madeAt, movedAt: endedAt ?? paidAt, isBack: endedAt !== null };
}
