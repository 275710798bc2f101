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
  'id' | 'orderId' | 'status' | 'actorId' | 'note' | 'occurredAt'
>;

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

const ofOrders = shapedStatement(
  (of: { orgId: Value<string>; orderIds: Value<readonly string[]> }) =>
    perParent(
      of.orderIds,
      query
        .selectFrom('order_events')
        .select(COLUMNS)
        .where('order_events.org_id', '=', sql<string>`${of.orgId}`)
        .where('order_events.order_id', '=', sql<string>`parent.id`)
        .orderBy('order_events.occurred_at')
        .orderBy('order_events.id')
        .limit(sql.lit(MOST_EVENTS)),
    ),
);

/** Events are written along with what has happened, by `OrderStore`; the serving role may change none. */
export class OrderEventStore {
  readonly findByIds = findByIds('order_events', COLUMNS);

  /** @returns each with `parentId`, its order; the oldest first */
  findOfOrders(
    tx: TenantTransaction,
    orderIds: readonly string[],
  ): Promise<(OrderEventRow & { parentId: string })[]> {
    return tx.execute(ofOrders({ orgId: value(tx.tenant.orgId), orderIds: value(orderIds) }));
  }
}
