import { sql } from 'kysely';
import {
  fixedStatement,
  shapedStatement,
  type Value,
  value,
} from '../../shared/statements/index.js';
import {
  entityList,
  findAndLock,
  findByIds,
  type model,
  perParent,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';

export type PaymentRow = Omit<model.Payment, 'orgId' | 'amount' | 'requestHash'> & {
  /** In minor units. */
  amount: number;
};

/** What is written of a new one. */
export type NewPayment = Pick<
  PaymentRow,
  | 'id'
  | 'orderId'
  | 'ownerId'
  | 'provider'
  | 'reference'
  | 'status'
  | 'amount'
  | 'currency'
  | 'idempotencyKey'
> & {
  /** SHA-256 of where the money comes from, with the id: two payments with one card have nothing in common. */
  requestHash: Buffer;
};

/** Payments of one order. Who tries cards that are not theirs tries many. */
export const MOST_PAYMENTS = 20;

const COLUMNS = [
  'payments.id',
  'payments.order_id as orderId',
  'payments.owner_id as ownerId',
  'payments.provider',
  'payments.reference',
  'payments.status',
  'payments.failure',
  'payments.problem',
  // Exact: it is a safe integer.
  sql<number>`payments.amount::float8`.as('amount'),
  'payments.currency',
  'payments.idempotency_key as idempotencyKey',
  'payments.created_at as createdAt',
  'payments.updated_at as updatedAt',
] as const;

const inserted = fixedStatement('payments.insert', (payment: NewPayment & { orgId: string }) =>
  query
    .insertInto('payments')
    .values({
      org_id: payment.orgId,
      id: payment.id,
      order_id: payment.orderId,
      owner_id: payment.ownerId,
      provider: payment.provider,
      reference: payment.reference,
      status: payment.status,
      amount: sql<string>`${payment.amount}::float8::bigint`,
      currency: payment.currency,
      idempotency_key: payment.idempotencyKey,
      request_hash: payment.requestHash,
    })
    .returning(COLUMNS)
    .compile(),
);

const ofOrder = fixedStatement('payments.of-order', (of: { orgId: string; orderId: string }) =>
  query
    .selectFrom('payments')
    .select(COLUMNS)
    .where('payments.org_id', '=', of.orgId)
    .where('payments.order_id', '=', of.orderId)
    .orderBy('payments.created_at')
    .orderBy('payments.id')
    .compile(),
);

const ofOrders = shapedStatement(
  (of: { orgId: Value<string>; orderIds: Value<readonly string[]> }) =>
    perParent(
      of.orderIds,
      query
        .selectFrom('payments')
        .select(COLUMNS)
        .where('payments.org_id', '=', sql<string>`${of.orgId}`)
        .where('payments.order_id', '=', sql<string>`parent.id`)
        .orderBy('payments.created_at')
        .orderBy('payments.id')
        .limit(sql.lit(MOST_PAYMENTS)),
    ),
);

const byReference = fixedStatement(
  'payments.by-reference',
  (of: { orgId: string; provider: string; reference: string }) =>
    query
      .selectFrom('payments')
      .select(COLUMNS)
      .where('payments.org_id', '=', of.orgId)
      .where('payments.provider', '=', of.provider)
      .where('payments.reference', '=', of.reference)
      .compile(),
);

// Nobody knows any more what those were paid with that were begun before it was written down.
const compared = fixedStatement(
  'payments.compare',
  (of: { orgId: string; id: string; requestHash: Buffer }) =>
    query
      .selectFrom('payments')
      .select(
        sql<boolean>`coalesce(payments.request_hash = ${of.requestHash}::bytea, true)`.as('isSame'),
      )
      .where('payments.org_id', '=', of.orgId)
      .where('payments.id', '=', of.id)
      .compile(),
);

interface Change {
  orgId: string;
  id: string;
  status: string;
  failure: string | null;
  problem: string | null;
  reference: string;
}

const changed = fixedStatement('payments.change', (of: Change) =>
  sql<Record<string, never>>`
    UPDATE payments SET status = ${of.status}, failure = ${of.failure}, problem = ${of.problem},
      reference = ${of.reference}, updated_at = CASE WHEN status = ${of.status} THEN updated_at ELSE now() END
    WHERE org_id = ${of.orgId}::uuid AND id = ${of.id}::uuid`.compile(query),
);

/**
 * Payments. Whoever makes or changes one holds the row of its order first, so that those of one order are what they
 * are until the transaction ends.
 */
export class PaymentStore {
  readonly findByIds = findByIds('payments', COLUMNS);
  readonly findAndLock = findAndLock('payments', COLUMNS);

  readonly list = entityList({
    table: 'payments',
    columns: COLUMNS,
    orders: {
      CREATED_AT: { column: 'payments.created_at', type: 'timestamp', property: 'createdAt' },
    },
  });

  async add(tx: TenantTransaction, payment: NewPayment): Promise<PaymentRow> {
    const rows = await tx.execute(inserted({ orgId: tx.tenant.orgId, ...payment }));
    return rows[0] as PaymentRow;
  }

  /** Whether a payment was begun by the same request. */
  async isSame(tx: TenantTransaction, id: string, requestHash: Buffer): Promise<boolean> {
    const [row] = await tx.execute(compared({ orgId: tx.tenant.orgId, id, requestHash }));
    return row?.isSame === true;
  }

  /** All of an order, the oldest first. */
  ofOrder(tx: TenantTransaction, orderId: string): Promise<PaymentRow[]> {
    return tx.execute(ofOrder({ orgId: tx.tenant.orgId, orderId }));
  }

  /** @returns each with `parentId`, its order; the oldest first */
  findOfOrders(
    tx: TenantTransaction,
    orderIds: readonly string[],
  ): Promise<(PaymentRow & { parentId: string })[]> {
    return tx.execute(ofOrders({ orgId: value(tx.tenant.orgId), orderIds: value(orderIds) }));
  }

  /** The one that a provider calls so. */
  async findByReference(
    tx: TenantTransaction,
    provider: string,
    reference: string,
  ): Promise<PaymentRow | null> {
    const rows = await tx.execute(byReference({ orgId: tx.tenant.orgId, provider, reference }));
    return rows[0] ?? null;
  }

  /** A problem is over when the payment has come further. @param payment as it was read under the lock */
  async change(
    tx: TenantTransaction,
    { id, status, failure, problem: before, reference }: PaymentRow,
    changes: Partial<Pick<PaymentRow, 'status' | 'failure' | 'problem' | 'reference'>>,
  ): Promise<void> {
    const problem = changes.status === undefined ? before : null;
    const of = { orgId: tx.tenant.orgId, id, status, failure, problem, reference };
    await tx.execute(changed({ ...of, ...changes }));
  }
}
