import { createHash } from 'node:crypto';
import {
  isShopper,
  type RequestContext,
  requireCaller,
  requirePermissions,
} from '../../identity/index.js';
import {
  alreadyExists,
  badField,
  idempotencyKeyReused,
  notFound,
  orderStatus,
  RowhouseError,
} from '../../shared/errors.js';
import { decodeId, encodeId, newUuid } from '../../shared/ids.js';
import type { Page, PageRequest } from '../../shared/page.js';
import type { PaidOrders, PayableOrder } from './paid-orders.js';
import type { PayOrderInput } from './payment.input.js';
import { MOST_PAYMENTS, type PaymentRow, type PaymentStore } from './payment.store.js';
import { PaymentStatus } from './payment.type.js';
import type { PaymentQueue } from './payment-queue.js';

export interface PaymentServiceOptions {
  readonly payments: PaymentStore;
  readonly orders: PaidOrders;
  readonly queue: PaymentQueue;
  /** Who is asked for new payments; null where nobody takes any. */
  readonly provider: string | null;
}

const UNDER_WAY: readonly string[] = [PaymentStatus.OPEN, PaymentStatus.AUTHORIZED];

export class PaymentService {
  readonly #options: PaymentServiceOptions;

  constructor(options: PaymentServiceOptions) {
    this.#options = options;
  }

  /** All payments, the newest first. @throws BAD_USER_INPUT for a cursor of another list */
  list(ctx: RequestContext, request: PageRequest): Promise<Page<PaymentRow>> {
    const orderBy = { field: 'CREATED_AT', direction: 'desc' } as const;
    return this.#options.payments.list.page(ctx.tx, { criteria: {}, orderBy, request });
  }

  /**
   * Begins to pay an order; the provider is asked when this stands.
   *
   * @throws NOT_FOUND, ORDER_STATUS, ALREADY_EXISTS while it is being paid, FORBIDDEN for somebody else's, UNAVAILABLE where
   *   nobody takes payments, IDEMPOTENCY_KEY_REUSED for another source under the key, BAD_USER_INPUT
   */
  async pay(ctx: RequestContext, input: PayOrderInput): Promise<PaymentRow> {
    const { tx } = ctx;
    const orderId = decodeId('order', input.orderId, 'input.orderId');
    if (!(await this.#options.orders.isSeen(tx, orderId))) throw notFound(input.orderId);
    return tx.asOrganization(() => this.#pay(ctx, orderId, input));
  }

  async #pay(ctx: RequestContext, orderId: string, input: PayOrderInput): Promise<PaymentRow> {
    const { payments, orders } = this.#options;
    const { tx } = ctx;
    const order = await orders.lock(tx, orderId);
    const isOwn = order?.ownerId === tx.tenant.userId;
    if (!order || (!isOwn && isShopper(ctx))) throw notFound(input.orderId);
    if (!isOwn) requirePermissions(requireCaller(ctx), new Set(['orders:write']));
    const before = await payments.ofOrder(tx, order.id);
    const same = before.find(({ idempotencyKey }) => idempotencyKey === input.idempotencyKey);
    if (same) {
      const isSame = await payments.isSame(tx, same.id, hashOf(same.id, input.source));
      if (!isSame) throw idempotencyKeyReused();
      return same;
    }
    if (order.status !== 'pending') {
      throw orderStatus(order.status, 'Only an order that is pending can be paid.');
    }
    if (before.some(({ status }) => UNDER_WAY.includes(status))) {
      throw alreadyExists(
        'input.orderId',
        'This order is being paid. Wait for what becomes of that; with the same idempotencyKey you get that payment.',
      );
    }
    if (before.length >= MOST_PAYMENTS) {
      throw badField(
        'input.orderId',
        `Paying it has failed ${MOST_PAYMENTS} times. Cancel the order, and place it anew.`,
      );
    }
    return this.#begin(ctx, order, input);
  }

  async #begin(
    { tx }: RequestContext,
    order: PayableOrder,
    { source, idempotencyKey }: PayOrderInput,
  ): Promise<PaymentRow> {
    const { payments, orders, queue, provider } = this.#options;
    if (provider === null) throw nobodyTakesPayments();
    const id = newUuid();
    const isFree = order.totalAmount === 0;
    const payment = await payments.add(tx, {
      id,
      orderId: order.id,
      ownerId: order.ownerId,
      provider,
      reference: encodeId('pay', id),
      // Nothing has to be taken, and a provider would refuse to.
      status: isFree ? PaymentStatus.CAPTURED : PaymentStatus.OPEN,
      amount: order.totalAmount,
      currency: order.currency,
      idempotencyKey,
      requestHash: hashOf(id, source),
    });
    if (isFree) await orders.paid(tx, order);
    else await queue.authorize(tx, id, source);
    return payment;
  }
}

/** The id keeps what was paid with from being told by its hash. */
function hashOf(paymentId: string, source: string): Buffer {
  return createHash('sha256').update(`${paymentId}\0${source}`).digest();
}

function nobodyTakesPayments() {
  return new RowhouseError(
    'UNAVAILABLE',
    'This server takes no payments: whoever runs it has to choose a provider first.',
    { retryable: false },
  );
}
