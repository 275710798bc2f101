import { sql } from 'kysely';
import { newUuid } from '../../shared/ids.js';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';

/** What a provider can be wanted to do. */
export type PaymentCommandKind = 'authorize' | 'capture' | 'refund' | 'cancel';

/** A command that is this process's to carry out, for as long as was asked for. */
export interface ClaimedCommand {
  readonly id: string;
  readonly kind: PaymentCommandKind;
  readonly sealed: Buffer | null;
  /** How often somebody has set about it, this time included. Who comes later has a higher number. */
  readonly attempts: number;
  /** Whether it is so old that it is not tried again. */
  readonly isLastAttempt: boolean;
  readonly paymentId: string;
  readonly orderId: string;
  readonly provider: string;
  readonly reference: string;
  /** In minor units. */
  readonly amount: number;
  readonly currency: string;
}

type Nothing = Record<string, never>;

interface Added {
  orgId: string;
  id: string;
  paymentId: string;
  kind: PaymentCommandKind;
  sealed: Buffer | null;
}

// Of each kind a payment has one: money that goes back does so once.
const added = fixedStatement('payment-commands.insert', (of: Added) =>
  sql<Nothing>`
    INSERT INTO payment_commands (org_id, id, payment_id, kind, sealed)
    VALUES (${of.orgId}, ${of.id}, ${of.paymentId}, ${of.kind}, ${of.sealed}::bytea)
    ON CONFLICT (org_id, payment_id, kind) DO NOTHING`.compile(query),
);

// Of what was set about, nobody knows whether it came before or after what there is to let go of now: the answer to it
// is another command's, and ends this one no more.
const addedAnew = fixedStatement('payment-commands.insert-anew', (of: Omit<Added, 'sealed'>) =>
  sql<Nothing>`
    INSERT INTO payment_commands (org_id, id, payment_id, kind)
    VALUES (${of.orgId}, ${of.id}, ${of.paymentId}, ${of.kind})
    ON CONFLICT (org_id, payment_id, kind) DO UPDATE SET
      id = EXCLUDED.id,
      created_at = EXCLUDED.created_at,
      attempts = 0,
      next_attempt_at = EXCLUDED.next_attempt_at,
      done_at = NULL,
      last_error = NULL
    WHERE payment_commands.attempts > 0 OR payment_commands.done_at IS NOT NULL`.compile(query),
);

interface Claim {
  orgId: string;
  limit: number;
  leaseMs: number;
  giveUpAfterMs: number;
}

// MATERIALIZED, so that what is locked is what is changed, however it is planned; LATERAL, so that each payment is
// looked up by its key.
const claimed = fixedStatement('payment-commands.claim', (of: Claim) =>
  sql<ClaimedCommand>`
    WITH due AS MATERIALIZED (
      SELECT id FROM payment_commands
      WHERE org_id = ${of.orgId}::uuid AND next_attempt_at <= now()
      ORDER BY next_attempt_at, id
      LIMIT ${of.limit}::int
      FOR UPDATE SKIP LOCKED
    ), command AS (
      UPDATE payment_commands SET
        attempts = attempts + 1,
        next_attempt_at = now() + ${of.leaseMs}::float8 * interval '1 millisecond'
      FROM due
      WHERE payment_commands.org_id = ${of.orgId}::uuid AND payment_commands.id = due.id
      RETURNING payment_commands.id, kind, sealed, attempts, payment_id,
        created_at <= now() - ${of.giveUpAfterMs}::float8 * interval '1 millisecond' AS is_last_attempt
    )
    SELECT command.id, command.kind, command.sealed, command.attempts, command.is_last_attempt AS "isLastAttempt",
      command.payment_id AS "paymentId", payment.order_id AS "orderId", payment.provider, payment.reference,
      payment.amount::float8 AS amount, payment.currency
    FROM command
    CROSS JOIN LATERAL (
      SELECT * FROM payments
      WHERE payments.org_id = ${of.orgId}::uuid AND payments.id = command.payment_id
      OFFSET 0
    ) AS payment`.compile(query),
);

// Whether it still waits is not asked of next_attempt_at: the index of what waits would be read instead of the key.
const done = fixedStatement(
  'payment-commands.done',
  (of: { orgId: string; paymentId: string; kinds: readonly PaymentCommandKind[] }) =>
    sql<Nothing>`
      UPDATE payment_commands SET done_at = now(), next_attempt_at = NULL, sealed = NULL
      WHERE org_id = ${of.orgId}::uuid AND payment_id = ${of.paymentId}::uuid AND kind = ANY(${of.kinds}::text[])
        AND done_at IS NULL`.compile(query),
);

const answered = fixedStatement('payment-commands.answered', (of: { orgId: string; id: string }) =>
  sql<Nothing>`
      UPDATE payment_commands SET done_at = now(), next_attempt_at = NULL, sealed = NULL
      WHERE org_id = ${of.orgId}::uuid AND id = ${of.id}::uuid AND done_at IS NULL`.compile(query),
);

const one = fixedStatement(
  'payment-commands.one',
  (of: { orgId: string; paymentId: string; kind: PaymentCommandKind }) =>
    query
      .selectFrom('payment_commands')
      .select('payment_commands.id')
      .where('payment_commands.org_id', '=', of.orgId)
      .where('payment_commands.payment_id', '=', of.paymentId)
      .where('payment_commands.kind', '=', of.kind)
      .compile(),
);

const withdrawn = fixedStatement(
  'payment-commands.withdraw',
  (of: { orgId: string; paymentId: string; kind: PaymentCommandKind }) =>
    sql<{ id: string }>`
      UPDATE payment_commands SET done_at = now(), next_attempt_at = NULL, sealed = NULL
      WHERE org_id = ${of.orgId}::uuid AND payment_id = ${of.paymentId}::uuid AND kind = ${of.kind}
        AND attempts = 0 AND done_at IS NULL
      RETURNING id`.compile(query),
);

interface PutOff {
  orgId: string;
  id: string;
  attempts: number;
  reason: string;
  delayMs: number;
}

const putOff = fixedStatement('payment-commands.put-off', (of: PutOff) =>
  sql<{ id: string }>`
    UPDATE payment_commands SET
      next_attempt_at = now() + ${of.delayMs}::float8 * interval '1 millisecond', last_error = ${of.reason}
    WHERE org_id = ${of.orgId}::uuid AND id = ${of.id}::uuid AND attempts = ${of.attempts}::int
      AND done_at IS NULL
    RETURNING id`.compile(query),
);

/** The table of what providers are wanted to do. Its clock is the database's: servers need not agree on theirs. */
export class PaymentCommandStore {
  /** Puts a command down, unless the payment has one of this kind. @param options.seal makes what is sealed for its id */
  async add(
    tx: TenantTransaction,
    paymentId: string,
    kind: PaymentCommandKind,
    { seal }: { seal?: (id: string) => Buffer } = {},
  ): Promise<void> {
    const id = newUuid();
    const sealed = seal?.(id) ?? null;
    await tx.execute(added({ orgId: tx.tenant.orgId, id, paymentId, kind, sealed }));
  }

  /** Puts a command down, also where the payment has had one of this kind: it is carried out once more, as another one. */
  async addAnew(tx: TenantTransaction, paymentId: string, kind: PaymentCommandKind): Promise<void> {
    await tx.execute(addedAnew({ orgId: tx.tenant.orgId, id: newUuid(), paymentId, kind }));
  }

  /** Takes commands that are due, the longest due first, and makes them due again when the lease is over. */
  claim(tx: TenantTransaction, how: Omit<Claim, 'orgId'>): Promise<ClaimedCommand[]> {
    return tx.execute(claimed({ orgId: tx.tenant.orgId, ...how }));
  }

  /** Whoever has them by now: they are wanted no more. */
  async finish(
    tx: TenantTransaction,
    paymentId: string,
    kinds: readonly PaymentCommandKind[],
  ): Promise<void> {
    await tx.execute(done({ orgId: tx.tenant.orgId, paymentId, kinds }));
  }

  /** This one was carried out. One of its kind that was put down anew has another id, and is wanted still. */
  async answered(tx: TenantTransaction, id: string): Promise<void> {
    await tx.execute(answered({ orgId: tx.tenant.orgId, id }));
  }

  /** Whether this was ever wanted of the provider. */
  async isKnown(
    tx: TenantTransaction,
    paymentId: string,
    kind: PaymentCommandKind,
  ): Promise<boolean> {
    return (await tx.execute(one({ orgId: tx.tenant.orgId, paymentId, kind }))).length > 0;
  }

  /** Takes a command back. @returns whether nobody had set about it */
  async withdraw(
    tx: TenantTransaction,
    paymentId: string,
    kind: PaymentCommandKind,
  ): Promise<boolean> {
    const rows = await tx.execute(withdrawn({ orgId: tx.tenant.orgId, paymentId, kind }));
    return rows.length > 0;
  }

  /** Tries it again later. @returns false where somebody else has taken it meanwhile, or it is done */
  async putOff(
    tx: TenantTransaction,
    { id, attempts }: Pick<ClaimedCommand, 'id' | 'attempts'>,
    { reason, delayMs }: { reason: string; delayMs: number },
  ): Promise<boolean> {
    const rows = await tx.execute(
      putOff({ orgId: tx.tenant.orgId, id, attempts, reason, delayMs }),
    );
    return rows.length > 0;
  }
}
