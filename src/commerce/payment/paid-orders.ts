import { sql } from 'kysely';
import { newUuid } from '../../shared/ids.js';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';

/** What has to be known of an order to pay it. */
export interface PayableOrder {
  readonly id: string;
  /** UUID of the user or visitor whose it is. */
  readonly ownerId: string;
  readonly status: string;
  /** In minor units. */
  readonly totalAmount: number;
  readonly currency: string;
}

/** What payments need of orders. */
export interface PaidOrders {
  /**
   * The order as it is now, which nobody else can change before the transaction ends. It is locked before its
   * payments are.
   */
  lock(tx: TenantTransaction, id: string): Promise<PayableOrder | null>;

  /** The money for an order is there. @param order pending, and locked */
  paid(tx: TenantTransaction, order: PayableOrder): Promise<void>;
}

interface OfOrder {
  orgId: string;
  id: string;
}

const locked = fixedStatement('payable-orders.lock', ({ orgId, id }: OfOrder) =>
  query
    .selectFrom('orders')
    .select([
      'id',
      'owner_id as ownerId',
      'status',
      // Exact: it is a safe integer.
      sql<number>`total_amount::float8`.as('totalAmount'),
      'currency',
    ])
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .forUpdate()
    .compile(),
);

const paid = fixedStatement('payable-orders.paid', (of: OfOrder & { eventId: string }) =>
  sql<Record<string, never>>`
    WITH changed AS (
      UPDATE orders SET status = 'paid', paid_at = now(), version = version + 1, updated_at = now()
      WHERE org_id = ${of.orgId}::uuid AND id = ${of.id}::uuid AND status = 'pending'
      RETURNING org_id, id, owner_id
    )
    INSERT INTO order_events (org_id, id, order_id, owner_id, status)
    SELECT org_id, ${of.eventId}::uuid, id, owner_id, 'paid' FROM changed`.compile(query),
);

export class PaidOrderStore implements PaidOrders {
  async lock(tx: TenantTransaction, id: string): Promise<PayableOrder | null> {
    const rows = await tx.execute(locked({ orgId: tx.tenant.orgId, id }));
    return rows[0] ?? null;
  }

  async paid(tx: TenantTransaction, { id }: PayableOrder): Promise<void> {
    await tx.execute(paid({ orgId: tx.tenant.orgId, id, eventId: newUuid() }));
  }
}
