import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';

export interface NewPaymentEvent {
  readonly provider: string;
  readonly eventId: string;
  readonly kind: string;
  readonly paymentId: string | null;
  readonly occurredAt: Date;
}

// An organization that was erased since has no row, and gets none.
const recorded = fixedStatement(
  'payment-events.record',
  (event: NewPaymentEvent & { orgId: string }) =>
    sql<{ isNew: boolean }>`
      INSERT INTO payment_events (org_id, provider, event_id, kind, payment_id, occurred_at)
      SELECT id, ${event.provider}, ${event.eventId}, ${event.kind}, ${event.paymentId}::uuid,
        ${event.occurredAt}::timestamptz
      FROM organizations WHERE id = ${event.orgId}::uuid
      ON CONFLICT (org_id, provider, event_id) DO NOTHING
      RETURNING true AS "isNew"`.compile(query),
);

/** What providers have told. Events are added and read; the serving role may do nothing else with them. */
export class PaymentEventStore {
  /**
   * Writes an event down, once. Of two who do it at the same time, one waits for the other.
   *
   * @returns whether it is new
   */
  async record(tx: TenantTransaction, event: NewPaymentEvent): Promise<boolean> {
    const rows = await tx.execute(recorded({ orgId: tx.tenant.orgId, ...event }));
    return rows.length > 0;
  }
}
