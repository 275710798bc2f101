import { sql } from 'kysely';
import { shapedStatement, type Value, value } from '../../shared/statements/index.js';
import {
  findByIds,
  type model,
  perParent,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';

export type OrderEventRow = Pick<
  model.OrderEvent,
  'id' | 'orderId' | 'status' | 'actorId' | 'occurredAt'
> & { note: string | null };

/** More than an order can go through: no status comes twice. */
export const MOST_EVENTS = 6;

/** What has happened, and when. */
const COLUMNS_FOR_ALL = [
  'order_events.id',
  'order_events.order_id as orderId',
  'order_events.status',
  'order_events.occurred_at as occurredAt',
] as const;

const COLUMNS = [
  ...COLUMNS_FOR_ALL,
  'order_events.actor_id as actorId',
  'order_events.note',
] as const;

/** Of who did it, and what they have noted of it, the database tells shoppers nothing. */
const COLUMNS_FOR_SHOPPERS = [
  ...COLUMNS_FOR_ALL,
  sql<string | null>`NULL::uuid`.as('actorId'),
  sql<string | null>`NULL::text`.as('note'),
] as const;

interface OfOrders {
  orgId: Value<string>;
  orderIds: Value<readonly string[]>;
}

const eventsOf = ({ orgId }: OfOrders) =>
  query
    .selectFrom('order_events')
    .where('order_events.org_id', '=', sql<string>`${orgId}`)
    .where('order_events.order_id', '=', sql<string>`parent.id`)
    .orderBy('order_events.occurred_at')
    .orderBy('order_events.id')
    .limit(sql.lit(MOST_EVENTS));

const ofOrders = shapedStatement((of: OfOrders) =>
  perParent(of.orderIds, eventsOf(of).select(COLUMNS)),
);

const ofOrdersForShoppers = shapedStatement((of: OfOrders) =>
  perParent(of.orderIds, eventsOf(of).select(COLUMNS_FOR_SHOPPERS)),
);

const byIds = findByIds('order_events', COLUMNS);

const byIdsForShoppers = findByIds('order_events', COLUMNS_FOR_SHOPPERS, 'by-ids-for-shoppers');

/** Events are written along with what has happened, by `OrderStore`; the serving role may change none. */
export class OrderEventStore {
  /** For shoppers without actor and note. */
  findByIds(tx: TenantTransaction, ids: readonly string[]): Promise<OrderEventRow[]> {
    return tx.tenant.isShopper ? byIdsForShoppers(tx, ids) : byIds(tx, ids);
  }

  /**
   * For shoppers without actor and note.
   *
   * @returns each with `parentId`, its order; the oldest first
   */
  findOfOrders(
    tx: TenantTransaction,
    orderIds: readonly string[],
  ): Promise<(OrderEventRow & { parentId: string })[]> {
    const of = { orgId: value(tx.tenant.orgId), orderIds: value(orderIds) };
    return tx.tenant.isShopper ? tx.execute(ofOrdersForShoppers(of)) : tx.execute(ofOrders(of));
  }
}
