import type { TenantTransaction } from '../../tenancy/index.js';
import { OrderStatus } from '../order/order.type.js';
import type { OrderMoved } from '../order/order-moves.js';
import type { PaymentStore } from './payment.store.js';
import { PaymentStatus } from './payment.type.js';
import { PaymentCommandStore } from './payment-command.store.js';
import type { PaymentProgress } from './payment-progress.js';
import type { PaymentQueue } from './payment-queue.js';

const commands = new PaymentCommandStore();

/** What orders tell payments. */
export class PaymentsOfOrders {
  readonly #payments: PaymentStore;
  readonly #progress: PaymentProgress;
  readonly #queue: PaymentQueue;

  constructor(payments: PaymentStore, progress: PaymentProgress, queue: PaymentQueue) {
    this.#payments = payments;
    this.#progress = progress;
    this.#queue = queue;
  }

  /**
   * Told of each move of an order: one that has ended needs no money any more, nor does one that was paid some other
   * way.
   *
   * @param moved of an order whose row this transaction has locked and changed
   */
  async orderMoved(tx: TenantTransaction, { order, to, actorId }: OrderMoved): Promise<void> {
    // Money that has come moves an order by itself, without anybody doing it.
    const isPaidOtherwise = to === OrderStatus.PAID && actorId !== null;
    const isOver = to === OrderStatus.CANCELLED || to === OrderStatus.REFUNDED;
    if (isOver || isPaidOtherwise) await this.orderEnded(tx, order.id);
  }

  /**
   * An order was cancelled or refunded: its money goes back, in commands of the same transaction. Called again, it
   * does nothing. While the provider is being asked for money, its answer is waited for: then it goes back.
   *
   * @param orderId of an order whose row this transaction has locked and changed
   */
  async orderEnded(tx: TenantTransaction, orderId: string): Promise<void> {
    for (const payment of await this.#payments.ofOrder(tx, orderId)) {
      if (payment.status === PaymentStatus.CAPTURED) await this.#progress.giveBack(tx, payment);
      else if (payment.status === PaymentStatus.AUTHORIZED) {
        const isWithdrawn = await commands.withdraw(tx, payment.id, 'capture');
        if (isWithdrawn) await this.#queue.cancel(tx, payment.id);
      } else if (payment.status === PaymentStatus.OPEN) {
        const isWithdrawn = await commands.withdraw(tx, payment.id, 'authorize');
        // Nobody has been asked for anything.
        if (isWithdrawn) {
          await this.#payments.change(tx, payment, { status: PaymentStatus.CANCELLED });
        }
      }
    }
  }
}
