import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';

const locked = fixedStatement('carts.lock-open', (of: { orgId: string; ownerId: string }) =>
  sql<{ id: string }>`
    SELECT carts.id FROM carts
    WHERE carts.org_id = ${of.orgId}::uuid AND carts.owner_id = ${of.ownerId}::uuid AND carts.status = 'open'
      AND (carts.expires_at IS NULL OR carts.expires_at > statement_timestamp())
    FOR UPDATE`.compile(query),
);

/**
 * The cart that somebody checks out or orders, which nobody else can change before the transaction ends. Its items are
 * read in a statement of its own: one that has waited for the lock goes on with them as they were before.
 *
 * @returns its UUID; null where none is open, or it has expired
 */
export async function lockOpenCart(tx: TenantTransaction, ownerId: string): Promise<string | null> {
  const [cart] = await tx.execute(locked({ orgId: tx.tenant.orgId, ownerId }));
  return cart?.id ?? null;
}
