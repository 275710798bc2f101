import { sql } from 'kysely';
import type { UserBelongings } from '../../identity/index.js';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';

const released = fixedStatement(
  'orders.release-customer',
  (of: { orgId: string; userId: string }) =>
    sql<Record<string, never>>`
      UPDATE orders SET customer_id = NULL
      WHERE orders.org_id = ${of.orgId}::uuid AND orders.customer_id = ${of.userId}::uuid`.compile(
      query,
    ),
);

/** Orders of a user stay: what was sold was sold. They only name nobody any more. */
export class CustomerBelongings implements UserBelongings {
  async areOwnedBy(): Promise<boolean> {
    return false;
  }

  async handOver(): Promise<void> {}

  async release(tx: TenantTransaction, userId: string): Promise<void> {
    await tx.execute(released({ orgId: tx.tenant.orgId, userId }));
  }
}
