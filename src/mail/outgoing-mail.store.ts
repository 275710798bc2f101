import { sql } from 'kysely';
import { fixedStatement } from '../shared/statements/index.js';
import { query, type TenantTransaction } from '../tenancy/index.js';

/** A mail that is this process's to send, for as long as was asked for. */
export interface ClaimedMail {
  readonly id: string;
  readonly sealed: Buffer | null;
  readonly createdAt: Date;
  /** How often somebody has set about it, this time included. Who comes later has a higher number. */
  readonly attempts: number;
  /** Whether it is so old that it is not tried again. */
  readonly isLastAttempt: boolean;
}

type Nothing = Record<string, never>;

const inserted = fixedStatement(
  'outgoing-mails.insert',
  (mail: { orgId: string; id: string; sealed: Buffer }) =>
    sql<Nothing>`
      INSERT INTO outgoing_mails (org_id, id, sealed)
      VALUES (${mail.orgId}, ${mail.id}, ${mail.sealed})`.compile(query),
);

interface Claim {
  orgId: string;
  limit: number;
  leaseMs: number;
  giveUpAfterMs: number;
}

// MATERIALIZED, so that what is locked is what is changed, however it is planned.
const claimed = fixedStatement('outgoing-mails.claim', (of: Claim) =>
  sql<ClaimedMail>`
    WITH due AS MATERIALIZED (
      SELECT id FROM outgoing_mails
      WHERE org_id = ${of.orgId}::uuid AND next_attempt_at <= now()
      ORDER BY next_attempt_at, id
      LIMIT ${of.limit}::int
      FOR UPDATE SKIP LOCKED
    )
    UPDATE outgoing_mails SET
      attempts = attempts + 1,
      next_attempt_at = now() + ${of.leaseMs}::float8 * interval '1 millisecond'
    FROM due
    WHERE outgoing_mails.org_id = ${of.orgId}::uuid AND outgoing_mails.id = due.id
    RETURNING outgoing_mails.id, sealed, attempts, created_at AS "createdAt",
      created_at <= now() - ${of.giveUpAfterMs}::float8 * interval '1 millisecond' AS "isLastAttempt"`.compile(
    query,
  ),
);

// Whether it still waits is not asked of next_attempt_at: the index of what waits would be read instead of the key.
const sent = fixedStatement('outgoing-mails.sent', (of: { orgId: string; id: string }) =>
  sql<Nothing>`
    UPDATE outgoing_mails SET sent_at = now(), next_attempt_at = NULL, sealed = NULL, last_error = NULL
    WHERE org_id = ${of.orgId}::uuid AND id = ${of.id}::uuid AND sent_at IS NULL AND failed_at IS NULL`.compile(
    query,
  ),
);

interface Failure {
  orgId: string;
  id: string;
  attempts: number;
  reason: string;
}

const putOff = fixedStatement('outgoing-mails.put-off', (of: Failure & { delayMs: number }) =>
  sql<Nothing>`
    UPDATE outgoing_mails SET
      next_attempt_at = now() + ${of.delayMs}::float8 * interval '1 millisecond', last_error = ${of.reason}
    WHERE org_id = ${of.orgId}::uuid AND id = ${of.id}::uuid AND attempts = ${of.attempts}::int
      AND sent_at IS NULL AND failed_at IS NULL`.compile(query),
);

const givenUp = fixedStatement('outgoing-mails.give-up', (of: Failure) =>
  sql<Nothing>`
    UPDATE outgoing_mails SET
      failed_at = now(), next_attempt_at = NULL, sealed = NULL, last_error = ${of.reason}
    WHERE org_id = ${of.orgId}::uuid AND id = ${of.id}::uuid AND attempts = ${of.attempts}::int
      AND sent_at IS NULL AND failed_at IS NULL`.compile(query),
);

/** Few enough to be looked up one by one. */
const MOST_FORGOTTEN = 20;

const forgotten = fixedStatement('outgoing-mails.forget', (of: { orgId: string; keepMs: number }) =>
  sql<{ id: string }>`
    WITH old AS MATERIALIZED (
      SELECT id FROM outgoing_mails
      WHERE org_id = ${of.orgId}::uuid AND next_attempt_at IS NULL
        AND created_at < now() - ${of.keepMs}::float8 * interval '1 millisecond'
      ORDER BY created_at, id
      LIMIT ${sql.lit(MOST_FORGOTTEN)}
      FOR UPDATE SKIP LOCKED
    )
    DELETE FROM outgoing_mails USING old
    WHERE outgoing_mails.org_id = ${of.orgId}::uuid AND outgoing_mails.id = old.id
    RETURNING outgoing_mails.id`.compile(query),
);

/** The table of the outbox. Its clock is the database's: servers need not agree on theirs. */
export class OutgoingMailStore {
  async add(tx: TenantTransaction, id: string, sealed: Buffer): Promise<void> {
    await tx.execute(inserted({ orgId: tx.tenant.orgId, id, sealed }));
  }

  /**
   * Takes mail that is due, the longest due first, and makes it due again when the lease is over: should
   * this process die, another one takes it then.
   */
  claim(tx: TenantTransaction, how: Omit<Claim, 'orgId'>): Promise<ClaimedMail[]> {
    return tx.execute(claimed({ orgId: tx.tenant.orgId, ...how }));
  }

  /** Whoever has it by now: it was sent. */
  async markSent(tx: TenantTransaction, id: string): Promise<void> {
    await tx.execute(sent({ orgId: tx.tenant.orgId, id }));
  }

  /** Tries it again later, unless somebody else has taken it meanwhile. */
  async putOff(
    tx: TenantTransaction,
    { id, attempts }: ClaimedMail,
    { reason, delayMs }: { reason: string; delayMs: number },
  ): Promise<void> {
    await tx.execute(putOff({ orgId: tx.tenant.orgId, id, attempts, reason, delayMs }));
  }

  /** Never tries it again, unless somebody else is about to. */
  async giveUp(
    tx: TenantTransaction,
    { id, attempts }: ClaimedMail,
    reason: string,
  ): Promise<void> {
    await tx.execute(givenUp({ orgId: tx.tenant.orgId, id, attempts, reason }));
  }

  /**
   * Deletes some of what was sent or given up, and is old; the oldest first.
   *
   * @returns whether there may be more of it
   */
  async forget(tx: TenantTransaction, keepMs: number): Promise<boolean> {
    const rows = await tx.execute(forgotten({ orgId: tx.tenant.orgId, keepMs }));
    return rows.length === MOST_FORGOTTEN;
  }
}
