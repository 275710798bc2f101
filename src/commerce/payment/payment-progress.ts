import { encodeId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import type { Money } from '../money/money.js';
import type { PaidOrders, PayableOrder } from './paid-orders.js';
import type { PaymentRow, PaymentStore } from './payment.store.js';
import { PaymentStatus } from './payment.type.js';
import {
  type ClaimedCommand,
  type PaymentCommandKind,
  PaymentCommandStore,
} from './payment-command.store.js';
import type { PaymentQueue } from './payment-queue.js';
import { faultOfSum } from './provider-words.js';

/** What has become of a payment, whoever tells it. */
export interface PaymentNews {
  readonly kind: 'pending' | 'authorized' | 'captured' | 'declined' | 'refunded' | 'cancelled';
  /** What the provider calls it, where it says so. */
  readonly reference?: string | undefined;
  /** Why it was declined. */
  readonly reason?: string | undefined;
  /** How much, where it says so. */
  readonly money?: Money | undefined;
}

export interface PaymentProgressOptions {
  readonly payments: PaymentStore;
  readonly orders: PaidOrders;
  readonly queue: PaymentQueue;
  readonly logger: Logger;
}

const { OPEN, AUTHORIZED, CAPTURED, REFUNDED, FAILED, CANCELLED } = PaymentStatus;

/** What need not be done any more, once a payment has come so far. */
const SETTLED: Readonly<Record<string, readonly PaymentCommandKind[]>> = {
  [AUTHORIZED]: ['authorize'],
  [CAPTURED]: ['authorize', 'capture', 'cancel'],
  [REFUNDED]: ['authorize', 'capture', 'refund', 'cancel'],
  [FAILED]: ['authorize', 'capture'],
  [CANCELLED]: ['authorize', 'capture', 'cancel'],
};

const NO_REASON = 'The payment was declined.';

const commands = new PaymentCommandStore();

/**
 * The one place where a payment changes, for an answer of the provider as for a webhook. Both may tell the same, late,
 * twice, or in another order than it happened: what a payment has behind it changes nothing. Money that nobody
 * wants any more goes back by itself.
 */
export class PaymentProgress {
  readonly #options: PaymentProgressOptions;

  constructor(options: PaymentProgressOptions) {
    this.#options = options;
  }

  /**
   * What a provider tells by itself.
   *
   * @param of ids of the payment and its order, in whose order they are locked
   */
  async note(
    tx: TenantTransaction,
    of: { id: string; orderId: string },
    news: PaymentNews,
  ): Promise<void> {
    const wrong = await this.#hear(tx, of, news);
    if (wrong) await this.#complain(tx, wrong.payment, wrong.fault);
  }

  /**
   * What a provider has answered to a command, which is done by it unless the answer is `pending`.
   *
   * @returns what is wrong with the answer: it does not count then, and the command is not done; null when nothing is
   */
  async answer(
    tx: TenantTransaction,
    { id, paymentId, orderId }: Pick<ClaimedCommand, 'id' | 'paymentId' | 'orderId'>,
    news: PaymentNews,
  ): Promise<string | null> {
    const wrong = await this.#hear(tx, { id: paymentId, orderId }, news);
    if (!wrong && news.kind !== 'pending') await commands.answered(tx, id);
    return wrong?.fault ?? null;
  }

  /** A command came to nothing, and is tried again: the staff is told why. */
  async putOff(
    tx: TenantTransaction,
    command: ClaimedCommand,
    { reason, delayMs }: { reason: string; delayMs: number },
  ): Promise<void> {
    await this.#options.orders.lock(tx, command.orderId);
    const payment = await this.#options.payments.findAndLock(tx, command.paymentId);
    const isStillWanted = await commands.putOff(tx, command, { reason, delayMs });
    if (payment && isStillWanted) await this.#complain(tx, payment, reason);
  }

  /** Nobody has decided in time whether there will be money: it is let go of, should there be any. */
  async giveUp(tx: TenantTransaction, of: { id: string; orderId: string }): Promise<void> {
    await this.#options.orders.lock(tx, of.orderId);
    const payment = await this.#options.payments.findAndLock(tx, of.id);
    if (payment?.status !== OPEN) return;
    const failure = 'The provider did not answer in time.';
    await this.#become(tx, payment, { status: FAILED, failure });
    await this.#options.queue.cancel(tx, of.id);
  }

  /** Has the money of a payment that was captured given back. */
  async giveBack(tx: TenantTransaction, payment: PaymentRow): Promise<void> {
    if (payment.amount > 0) return this.#options.queue.add(tx, payment.id, 'refund');
    // No provider has heard of it.
    await this.#options.payments.change(tx, payment, { status: REFUNDED });
  }

  /** @returns what is wrong with the sum that is told, so that only the name of the payment is kept */
  async #hear(
    tx: TenantTransaction,
    of: { id: string; orderId: string },
    news: PaymentNews,
  ): Promise<{ payment: PaymentRow; fault: string } | null> {
    const { orders, payments, logger } = this.#options;
    const order = await orders.lock(tx, of.orderId);
    const locked = await payments.findAndLock(tx, of.id);
    // Neither goes without its organization.
    if (!order || !locked) return null;
    const payment = await this.#named(tx, locked, news.reference);
    const fault = faultOfSum(news.money, payment);
    if (fault === null) {
      await this.#advance(tx, order, payment, news);
      return null;
    }
    const logged = { orgId: tx.tenant.orgId, paymentId: of.id, kind: news.kind, reason: fault };
    logger.error(logged, 'a payment provider tells of another sum');
    return { payment, fault };
  }

  async #advance(
    tx: TenantTransaction,
    order: PayableOrder,
    payment: PaymentRow,
    { kind, reason }: PaymentNews,
  ): Promise<void> {
    const { status, id } = payment;
    const { orders, queue } = this.#options;
    const isUnderWay = status === OPEN || status === AUTHORIZED;
    const isOver = status === FAILED || status === CANCELLED;
    switch (kind) {
      case 'authorized':
        if (status === OPEN) {
          await this.#become(tx, payment, { status: AUTHORIZED });
          if (order.status === 'pending') await queue.add(tx, id, 'capture');
          else await queue.cancel(tx, id);
        } else if (isOver) {
          await queue.cancel(tx, id);
        }
        return;
      case 'captured':
        if (!isUnderWay && !isOver) return;
        await this.#become(tx, payment, { status: CAPTURED, failure: null });
        if (isUnderWay) return this.#use(tx, order, payment);
        // Somebody was told that it came to nothing, and may have paid otherwise.
        return this.giveBack(tx, payment);
      case 'declined':
        if (!isUnderWay) return;
        await this.#become(tx, payment, { status: FAILED, failure: reason ?? NO_REASON });
        // What was set aside shall not stay so for days.
        if (status === AUTHORIZED) await queue.cancel(tx, id);
        return;
      case 'refunded':
        if (!isUnderWay && status !== CAPTURED) return;
        await this.#become(tx, payment, { status: REFUNDED });
        // Where it was wanted here, the order has ended by itself, or was paid otherwise.
        if (status === CAPTURED && !(await commands.isKnown(tx, id, 'refund'))) {
          await orders.refunded(
            tx,
            order,
            `Refunded at the payment provider (${payment.provider}).`,
          );
        }
        return;
      case 'cancelled':
        if (isUnderWay) await this.#become(tx, payment, { status: CANCELLED });
        else if (isOver) await this.#complain(tx, payment, null);
    }
  }

  /**
   * Keeps what the provider calls a payment, the first that is told, however far the payment has come: a webhook by our
   * own id may be faster than the answer, and all that is asked afterwards is asked by that name.
   */
  async #named(
    tx: TenantTransaction,
    payment: PaymentRow,
    reference: string | undefined,
  ): Promise<PaymentRow> {
    const isKnown = payment.reference !== encodeId('pay', payment.id);
    if (isKnown || reference === undefined || reference === payment.reference) return payment;
    await this.#options.payments.change(tx, payment, { reference });
    return { ...payment, reference };
  }

  /** @param problem null when it is over */
  async #complain(
    tx: TenantTransaction,
    payment: PaymentRow,
    problem: string | null,
  ): Promise<void> {
    if (payment.problem !== problem) await this.#options.payments.change(tx, payment, { problem });
  }

  async #become(
    tx: TenantTransaction,
    payment: PaymentRow,
    changes: { status: PaymentStatus; failure?: string | null },
  ): Promise<void> {
    await this.#options.payments.change(tx, payment, changes);
    await commands.finish(tx, payment.id, SETTLED[changes.status] ?? []);
  }

  /** The money of a payment is there: it is for its order, or goes back. */
  async #use(tx: TenantTransaction, order: PayableOrder, payment: PaymentRow): Promise<void> {
    if (order.status === 'pending') return this.#options.orders.paid(tx, order);
    // It has ended, or was paid some other way.
    await this.giveBack(tx, payment);
  }
}
