import { sql } from 'kysely';
import { NIL } from 'uuid';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';
import type { OrderRow } from './order.store.js';
import type { MovableOrder } from './order-moves.js';

/** An order that is pending. */
export type UnpaidOrder = Pick<OrderRow, 'id' | 'placedAt'>;

/** Which of them. */
export interface UnpaidCriteria {
  /** Placed then or earlier. */
  before: Date;
  /** Behind this one; null from the first on. */
  after: UnpaidOrder | null;
  limit: number;
}

const unpaid = fixedStatement(
  'orders.unpaid',
  (of: { orgId: string; before: Date; afterMoment: Date; afterId: string; limit: number }) =>
    sql<UnpaidOrder>`
      SELECT orders.id, orders.placed_at AS "placedAt" FROM orders
      WHERE orders.org_id = ${of.orgId}::uuid AND orders.status = 'pending'
        AND orders.placed_at <= ${of.before}::timestamptz
        AND (orders.placed_at, orders.id) > (${of.afterMoment}::timestamptz, ${of.afterId}::uuid)
      ORDER BY orders.placed_at, orders.id
      LIMIT ${of.limit}::int`.compile(query),
);

// Whether it is pending is not asked here: an index of what is would be read instead of the key.
const lockedIfFree = fixedStatement('orders.lock-if-free', (of: { orgId: string; id: string }) =>
  sql<MovableOrder>`
      SELECT orders.id, orders.status, orders.stock_returned AS "stockReturned" FROM orders
      WHERE orders.org_id = ${of.orgId}::uuid AND orders.id = ${of.id}::uuid
      FOR UPDATE SKIP LOCKED`.compile(query),
);

const EVER = new Date(0);

/** What is looked for among the orders, to cancel those that nobody pays. */
export class UnpaidOrderStore {
  /** Orders that are pending, the oldest first. */
  find(tx: TenantTransaction, { before, after, limit }: UnpaidCriteria): Promise<UnpaidOrder[]> {
    const { orgId } = tx.tenant;
    const [afterMoment, afterId] = after ? [after.placedAt, after.id] : [EVER, NIL];
    return tx.execute(unpaid({ orgId, before, afterMoment, afterId, limit }));
  }

  /** What has to be known of an order to move it; null where somebody else has locked it. Waits for nobody. */
  async lockIfFree(tx: TenantTransaction, id: string): Promise<MovableOrder | null> {
    const [order] = await tx.execute(lockedIfFree({ orgId: tx.tenant.orgId, id }));
    return order ?? null;
  }
}
