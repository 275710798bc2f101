import { sql } from 'kysely';
import {
  fixedStatement,
  shapedStatement,
  type Value,
  value,
} from '../../shared/statements/index.js';
import {
  findByIds,
  type model,
  perId,
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

const COLUMNS = [
  'order_events.id',
  'order_events.order_id as orderId',
  'order_events.status',
  'order_events.actor_id as actorId',
  'order_events.note',
  'order_events.occurred_at as occurredAt',
] as const;

/** What has happened, and when: of who did it, and what they have noted of it, the database tells shoppers nothing. */
const COLUMNS_FOR_SHOPPERS = [
  'order_events.id',
  'order_events.order_id as orderId',
  'order_events.status',
  sql<string | null>`NULL::uuid`.as('actorId'),
  sql<string | null>`NULL::text`.as('note'),
  'order_events.occurred_at as occurredAt',
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

const byIdsForShoppers = fixedStatement(
  'order-events.by-ids-for-shoppers',
  (of: { orgId: string; ids: readonly string[] }) =>
    perId(
      of.ids,
      query
        .selectFrom('order_events')
        .select(COLUMNS_FOR_SHOPPERS)
        .where('order_events.org_id', '=', of.orgId)
        .where('order_events.id', '=', sql<string>`key.id`),
    ),
);

/** Events are written along with what has happened, by `OrderStore`; the serving role may change none. */
export class OrderEventStore {
  /** For shoppers without actor and note. */
  findByIds(tx: TenantTransaction, ids: readonly string[]): Promise<OrderEventRow[]> {
    if (!tx.tenant.isShopper) return byIds(tx, ids);
    return tx.execute(byIdsForShoppers({ orgId: tx.tenant.orgId, ids }));
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
