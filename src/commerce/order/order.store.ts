import { sql } from 'kysely';
import { newUuid } from '../../shared/ids.js';
import { fixedStatement, type Value } from '../../shared/statements/index.js';
import {
  entityList,
  findAndLock,
  findByIds,
  type model,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';
import { numberTaken } from '../stock/lock-order.js';
import type { OrderItemRow } from './order-item.store.js';
import type { StoredAddress } from './shipping-address.js';

export type OrderRow = Omit<
  model.Order,
  'orgId' | 'number' | 'totalAmount' | 'shippingAddress' | 'salesCounted'
> & {
  number: number;
  /** In minor units. */
  totalAmount: number;
  shippingAddress: StoredAddress;
};

/** An order as a list reads it. */
export type ListedOrder = Omit<OrderRow, OnDemand> & Partial<Pick<OrderRow, OnDemand>>;

type OnDemand = keyof typeof ON_DEMAND;

/** What is written of a new order; its number and its moment the database gives. */
export interface NewOrder
  extends Pick<
    OrderRow,
    'id' | 'ownerId' | 'customerId' | 'currency' | 'totalAmount' | 'email' | 'shippingAddress'
  > {
  cartId: string;
  items: readonly Omit<OrderItemRow, 'orderId'>[];
  /** UUID of the user who places it; null for a visitor. */
  actorId: string | null;
}

/** What an order becomes. */
export interface OrderMove {
  id: string;
  to: string;
  /** Whether what was taken out of stock for it comes back by this. */
  returnsStock: boolean;
  actorId: string | null;
  note: string;
}

/** An order of a visitor that is a user's now. */
export interface TakenOrder {
  /** UUID. */
  id: string;
  isPaid: boolean;
  /** Whether the sums of sales have it. */
  isCounted: boolean;
}

/** Which orders, checked and ready for a statement. */
export interface OrderCriteria {
  status?: Value<string>;
  statuses?: Value<readonly string[]>;
  customerId?: Value<string>;
  placedSince?: Value<Date>;
  placedUntil?: Value<Date>;
  number?: Value<number>;
}

const LISTED_COLUMNS = [
  'orders.id',
  sql<number>`orders.number::float8`.as('number'),
  'orders.owner_id as ownerId',
  'orders.customer_id as customerId',
  'orders.cart_id as cartId',
  'orders.status',
  'orders.currency',
  sql<number>`orders.total_amount::float8`.as('totalAmount'),
  'orders.stock_returned as stockReturned',
  'orders.version',
] as const;

const ON_DEMAND = {
  email: 'orders.email',
  shippingAddress: sql<StoredAddress>`orders.shipping_address`.as('shippingAddress'),
  placedAt: 'orders.placed_at as placedAt',
  paidAt: 'orders.paid_at as paidAt',
  shippedAt: 'orders.shipped_at as shippedAt',
  deliveredAt: 'orders.delivered_at as deliveredAt',
  cancelledAt: 'orders.cancelled_at as cancelledAt',
  refundedAt: 'orders.refunded_at as refundedAt',
  updatedAt: 'orders.updated_at as updatedAt',
} as const;

const COLUMNS = [...LISTED_COLUMNS, ...Object.values(ON_DEMAND)] as const;

/** The same for SQL that is written out. */
const RETURNED = sql`
  orders.id, orders.number::float8 AS number, orders.owner_id AS "ownerId", orders.customer_id AS "customerId",
  orders.cart_id AS "cartId", orders.status, orders.currency, orders.total_amount::float8 AS "totalAmount",
  orders.stock_returned AS "stockReturned", orders.version, orders.email,
  orders.shipping_address AS "shippingAddress", orders.placed_at AS "placedAt", orders.paid_at AS "paidAt",
  orders.shipped_at AS "shippedAt", orders.delivered_at AS "deliveredAt", orders.cancelled_at AS "cancelledAt",
  orders.refunded_at AS "refundedAt", orders.updated_at AS "updatedAt"`;

/** Orders of one visitor that become a user's by one statement, all of whose items, events and payments follow. */
const TAKEN_OVER_AT_ONCE = 100;

/** Columns of a new order and of its items, each of which has a value for every one. */
interface Placed extends Omit<NewOrder, 'items' | 'shippingAddress'> {
  orgId: string;
  shippingAddress: string;
  eventId: string;
  productIds: readonly string[];
  categoryIds: readonly (string | null)[];
  skus: readonly string[];
  names: readonly string[];
  quantities: readonly number[];
  prices: readonly number[];
  totals: readonly number[];
}

// All in one statement, since whoever has the number makes everybody else of the organization wait. The clock is read
// when the number is there: so orders were placed in the order of their numbers.
const placed = fixedStatement('orders.place', (of: Placed) =>
  sql<OrderRow>`
    WITH numbered AS (
      INSERT INTO number_series (org_id, name, last_number) VALUES (${of.orgId}::uuid, 'orders', 1)
      ON CONFLICT (org_id, name) DO UPDATE SET last_number = number_series.last_number + 1
      RETURNING last_number AS number, clock_timestamp() AS moment
    ), placed AS (
      INSERT INTO orders (org_id, id, number, owner_id, customer_id, cart_id, currency, total_amount, email,
        shipping_address, placed_at, updated_at)
      SELECT ${of.orgId}::uuid, ${of.id}::uuid, number, ${of.ownerId}::uuid, ${of.customerId}::uuid,
        ${of.cartId}::uuid, ${of.currency}::text, ${of.totalAmount}::bigint, ${of.email}::text,
        ${of.shippingAddress}::jsonb, moment, moment
      FROM numbered
      RETURNING ${RETURNED}
    ), item AS (
      INSERT INTO order_items (org_id, order_id, owner_id, product_id, category_id, sku, name, quantity, price_amount,
        total_amount)
      SELECT ${of.orgId}::uuid, placed.id, placed."ownerId", item.*
      FROM placed, unnest(${of.productIds}::uuid[], ${of.categoryIds}::uuid[], ${of.skus}::text[], ${of.names}::text[],
        ${of.quantities}::int[], ${of.prices}::bigint[], ${of.totals}::bigint[]) AS item
    ), event AS (
      INSERT INTO order_events (org_id, id, order_id, owner_id, status, actor_id, occurred_at)
      SELECT ${of.orgId}::uuid, ${of.eventId}::uuid, placed.id, placed."ownerId", placed.status, ${of.actorId}::uuid,
        placed."placedAt"
      FROM placed
    ), cart AS (
      UPDATE carts SET status = 'ordered', ordered_at = placed."placedAt", updated_at = placed."placedAt"
      FROM placed
      WHERE carts.org_id = ${of.orgId}::uuid AND carts.id = placed."cartId"
    )
    SELECT * FROM placed`.compile(query),
);

const moved = fixedStatement('orders.move', (of: OrderMove & { orgId: string; eventId: string }) =>
  sql<OrderRow>`
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS moment),
    moved AS (
      UPDATE orders SET
        status = ${of.to}::text,
        paid_at = CASE ${of.to}::text WHEN 'paid' THEN clock.moment ELSE orders.paid_at END,
        shipped_at = CASE ${of.to}::text WHEN 'shipped' THEN clock.moment ELSE orders.shipped_at END,
        delivered_at = CASE ${of.to}::text WHEN 'delivered' THEN clock.moment ELSE orders.delivered_at END,
        cancelled_at = CASE ${of.to}::text WHEN 'cancelled' THEN clock.moment ELSE orders.cancelled_at END,
        refunded_at = CASE ${of.to}::text WHEN 'refunded' THEN clock.moment ELSE orders.refunded_at END,
        stock_returned = orders.stock_returned OR ${of.returnsStock}::boolean,
        version = orders.version + 1,
        updated_at = clock.moment
      FROM clock
      WHERE orders.org_id = ${of.orgId}::uuid AND orders.id = ${of.id}::uuid
      RETURNING ${RETURNED}
    ), event AS (
      INSERT INTO order_events (org_id, id, order_id, owner_id, status, actor_id, note, occurred_at)
      SELECT ${of.orgId}::uuid, ${of.eventId}::uuid, moved.id, moved."ownerId", moved.status, ${of.actorId}::uuid,
        ${of.note}::text, moved."updatedAt"
      FROM moved
    )
    SELECT * FROM moved`.compile(query),
);

// The newest come first: of all that a visitor has, the next statement takes what this one leaves. Whoever waits for one
// goes on without those that are somebody else's by then.
const takenOver = fixedStatement(
  'orders.take-over',
  (of: { orgId: string; visitorId: string; userId: string }) =>
    sql<TakenOrder>`
      WITH theirs AS MATERIALIZED (
        SELECT orders.id FROM orders
        WHERE orders.org_id = ${of.orgId}::uuid AND orders.owner_id = ${of.visitorId}::uuid
        ORDER BY orders.placed_at DESC, orders.id DESC LIMIT ${sql.lit(TAKEN_OVER_AT_ONCE)}
        FOR UPDATE
      )
      UPDATE orders SET owner_id = ${of.userId}::uuid, customer_id = ${of.userId}::uuid
      FROM theirs
      WHERE orders.org_id = ${of.orgId}::uuid AND orders.id = theirs.id
      RETURNING orders.id, orders.paid_at IS NOT NULL AS "isPaid", orders.sales_counted AS "isCounted"`.compile(
      query,
    ),
);

export class OrderStore {
  readonly findByIds = findByIds('orders', COLUMNS);
  readonly findAndLock = findAndLock('orders', COLUMNS);

  /**
   * Whether an order may be acted upon by the organization on a shopper's behalf: the database says what they see, in their own
   * role, so that nobody locks, or waits for, an order of somebody else. Staff sees all there are, and is not asked about.
   */
  async isSeen(tx: TenantTransaction, id: string): Promise<boolean> {
    return !tx.tenant.isShopper || (await this.findByIds(tx, [id])).length > 0;
  }

  readonly list = entityList({
    table: 'orders',
    columns: LISTED_COLUMNS,
    onDemand: ON_DEMAND,
    orders: {
      PLACED_AT: { column: 'orders.placed_at', type: 'timestamp', property: 'placedAt' },
      NUMBER: { column: 'orders.number', type: 'bigint', property: 'number' },
    },
    matching: (rows, criteria: OrderCriteria) => {
      const { status, statuses, customerId, placedSince, placedUntil, number } = criteria;
      let orders = rows;
      if (status) orders = orders.where('orders.status', '=', sql<string>`${status}`);
      if (statuses) {
        orders = orders.where('orders.status', '=', sql<string>`ANY(${statuses}::text[])`);
      }
      if (customerId) {
        orders = orders.where('orders.customer_id', '=', sql<string>`${customerId}`);
      }
      if (placedSince) orders = orders.where('orders.placed_at', '>=', moment(placedSince));
      if (placedUntil) orders = orders.where('orders.placed_at', '<', moment(placedUntil));
      if (number) orders = orders.where('orders.number', '=', sql<string>`${number}::bigint`);
      return orders;
    },
  });

  /**
   * Writes an order under the next number, with its items and the first event of its history; the cart is ordered by
   * it. To be called last: until the transaction ends, nobody else of the organization gets a number.
   */
  async place(tx: TenantTransaction, { items, ...order }: NewOrder): Promise<OrderRow> {
    const [row] = await tx.execute(
      placed({
        ...order,
        orgId: tx.tenant.orgId,
        shippingAddress: JSON.stringify(order.shippingAddress),
        eventId: newUuid(),
        productIds: items.map(({ productId }) => productId),
        categoryIds: items.map(({ categoryId }) => categoryId),
        skus: items.map(({ sku }) => sku),
        names: items.map(({ name }) => name),
        quantities: items.map(({ quantity }) => quantity),
        prices: items.map(({ priceAmount }) => priceAmount),
        totals: items.map(({ totalAmount }) => totalAmount),
      }),
    );
    if (!row) throw new Error('No number was given out');
    numberTaken(tx);
    return row;
  }

  /** Writes what an order becomes, and the event of it. `OrderMoves` alone calls it, with an order that it has locked. */
  async move(tx: TenantTransaction, move: OrderMove): Promise<OrderRow> {
    const [row] = await tx.execute(moved({ ...move, orgId: tx.tenant.orgId, eventId: newUuid() }));
    if (!row) throw new Error(`The order ${move.id} is not there, though it was locked`);
    return row;
  }

  /**
   * Makes a user the owner and customer of what a visitor has ordered, with items, history and payments: their keys
   * name the owner, and follow (`ON UPDATE CASCADE`). It is no change that counts as a version.
   *
   * @param most of how many; the newest, should there be more
   */
  async takeOver(
    tx: TenantTransaction,
    { visitorId, userId }: { visitorId: string; userId: string },
    most: number,
  ): Promise<TakenOrder[]> {
    const { orgId } = tx.tenant;
    const orders: TakenOrder[] = [];
    let more = true;
    while (more && orders.length < most) {
      const taken = await tx.execute(takenOver({ orgId, visitorId, userId }));
      orders.push(...taken);
      more = taken.length === TAKEN_OVER_AT_ONCE;
    }
    return orders;
  }

  /** Orders of a user whose account goes stay, and are nobody's. */
  async releaseCustomer(tx: TenantTransaction, userId: string): Promise<void> {
    await tx.prisma.order.updateMany({
      where: { customerId: userId },
      data: { customerId: null },
    });
  }
}

function moment(of: Value<Date>) {
  return sql<Date>`${of}::timestamptz`;
}
