import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';

/** A request that is made under a key. */
export interface KeyedRequest {
  /** UUID of who chose the key. */
  ownerId: string;
  key: string;
  /** What is asked for: `placeOrder`. */
  operation: string;
  /** SHA-256 of what was sent, but for the key. */
  requestHash: Buffer;
}

/** What was made under a key. */
export interface MadeBefore extends Pick<KeyedRequest, 'operation' | 'requestHash'> {
  /** UUID. */
  orderId: string;
}

const KEPT_HOURS = 24;
const MOST_SWEPT = 100;

// Where somebody else has just written the key, this waits until it is known whether they keep it. A key that stands
// is locked by it, so that nobody sweeps it away; one that has expired is taken over.
const claimed = fixedStatement(
  'idempotency-keys.claim',
  (of: KeyedRequest & { orgId: string; orderId: string }) =>
    sql<{ orderId: string }>`
      INSERT INTO idempotency_keys (org_id, owner_id, key, operation, request_hash, order_id, expires_at)
      VALUES (${of.orgId}::uuid, ${of.ownerId}::uuid, ${of.key}::text, ${of.operation}::text,
        ${of.requestHash}::bytea, ${of.orderId}::uuid, now() + ${sql.lit(KEPT_HOURS)} * interval '1 hour')
      ON CONFLICT (org_id, owner_id, key) DO UPDATE SET
        operation = EXCLUDED.operation,
        request_hash = EXCLUDED.request_hash,
        order_id = EXCLUDED.order_id,
        created_at = EXCLUDED.created_at,
        expires_at = EXCLUDED.expires_at
      WHERE idempotency_keys.expires_at <= now()
      RETURNING order_id AS "orderId"`.compile(query),
);

const found = fixedStatement(
  'idempotency-keys.find',
  (of: { orgId: string; ownerId: string; key: string }) =>
    query
      .selectFrom('idempotency_keys')
      .select([
        'idempotency_keys.operation',
        'idempotency_keys.request_hash as requestHash',
        'idempotency_keys.order_id as orderId',
      ])
      .where('idempotency_keys.org_id', '=', of.orgId)
      .where('idempotency_keys.owner_id', '=', of.ownerId)
      .where('idempotency_keys.key', '=', of.key)
      .compile(),
);

// A key that has expired is left alone, since its owner may be about to use it anew and to wait for the cart; by the clock
// of this moment, which is later than that of whoever has found it so. Of a key that both have used, the user's counts.
const followed = fixedStatement(
  'idempotency-keys.follow',
  (of: { orgId: string; visitorId: string; userId: string }) =>
    sql<Record<string, never>>`
      WITH gone AS (
        DELETE FROM idempotency_keys
        WHERE org_id = ${of.orgId}::uuid AND owner_id = ${of.visitorId}::uuid
          AND expires_at > statement_timestamp()
          AND EXISTS (
            SELECT FROM orders
            WHERE orders.org_id = ${of.orgId}::uuid AND orders.id = idempotency_keys.order_id
              AND orders.owner_id = ${of.userId}::uuid
            OFFSET 0
          )
        RETURNING key, operation, request_hash, order_id, created_at, expires_at
      )
      INSERT INTO idempotency_keys (org_id, owner_id, key, operation, request_hash, order_id, created_at, expires_at)
      SELECT ${of.orgId}::uuid, ${of.userId}::uuid, gone.* FROM gone ORDER BY gone.key
      ON CONFLICT (org_id, owner_id, key) DO NOTHING`.compile(query),
);

const swept = fixedStatement('idempotency-keys.sweep', (of: { orgId: string }) =>
  sql<Record<string, never>>`
    WITH old AS (
      SELECT owner_id, key FROM idempotency_keys
      WHERE org_id = ${of.orgId}::uuid AND expires_at <= now()
      ORDER BY expires_at, owner_id, key LIMIT ${sql.lit(MOST_SWEPT)}
      FOR UPDATE SKIP LOCKED
    )
    DELETE FROM idempotency_keys USING old
    WHERE idempotency_keys.org_id = ${of.orgId}::uuid AND idempotency_keys.owner_id = old.owner_id
      AND idempotency_keys.key = old.key`.compile(query),
);

/** The table of keys. Its clock is the database's: servers need not agree on theirs. */
export class IdempotencyKeyStore {
  /**
   * Takes a key for a request, along with the order that it is to make. Of many who come with one key, one gets it,
   * and the others wait until that one has ended.
   *
   * @returns null when it is taken now; otherwise what was made under it within the last 24 hours
   */
  async claim(
    tx: TenantTransaction,
    request: KeyedRequest,
    orderId: string,
  ): Promise<MadeBefore | null> {
    const { orgId } = tx.tenant;
    const taken = await tx.execute(claimed({ ...request, orgId, orderId }));
    if (taken.length > 0) return null;
    // A statement of its own: the one that has waited does not see what it has waited for.
    const [before] = await tx.execute(found({ ...request, orgId }));
    return before ? { ...before, requestHash: Buffer.from(before.requestHash) } : null;
  }

  /**
   * Has the keys of orders that a user has taken over from a visitor go along with them: the same request again is
   * answered with the order, whoever sends it by then.
   */
  async follow(
    tx: TenantTransaction,
    { visitorId, userId }: { visitorId: string; userId: string },
  ): Promise<void> {
    await tx.execute(followed({ orgId: tx.tenant.orgId, visitorId, userId }));
  }

  /** Forgets some of the keys that have expired, of whoever. Waits for nobody. */
  async sweep(tx: TenantTransaction): Promise<void> {
    await tx.execute(swept({ orgId: tx.tenant.orgId }));
  }
}
