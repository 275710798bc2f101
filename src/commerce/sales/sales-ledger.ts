import type { LocalDayRecords } from '../../identity/index.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import { OrderStatus } from '../order/order.type.js';
import type { OrderMoved } from '../order/order-moves.js';
import { SalesRollupStore } from './sales-rollup.store.js';

/** Two seconds of work: a statement has five, unless set otherwise, and other work goes on beside it. */
const MOST_ORDERS_AT_ONCE = 50_000;

/** An order that was paid. */
export interface PaidOrder {
  /** UUID. */
  readonly id: string;
  /** Whether the sums have it. Whoever pays orders through `OrderMoves` has them counted; rows may come otherwise. */
  readonly isCounted: boolean;
}

const rollups = new SalesRollupStore();

/**
 * What was sold, summed up by local days as it happens: an order counts on the day it is paid, and as refunded on the
 * day it is refunded, or cancelled after it was paid. The reports read these sums and no order.
 */
export class SalesLedger implements LocalDayRecords {
  /** Told of each move of an order: counts what is paid, and what of that comes back. */
  async orderMoved(tx: TenantTransaction, { order, to }: OrderMoved): Promise<void> {
    if (to === OrderStatus.PAID) return this.record(tx, order.id, 'sale');
    const isOver = to === OrderStatus.CANCELLED || to === OrderStatus.REFUNDED;
    if (isOver && order.paidAt !== null) await this.record(tx, order.id, 'refund');
  }

  /**
   * Counts an order. Whoever changes its status calls it in the same transaction, once for each of the two, and behind
   * the statement that has written the moment into the order's row: that is the moment that counts.
   *
   * It locks the row of the day until the transaction ends, for which every other payment of the organization waits. So
   * it comes late; after it only what the design of orders puts behind it.
   *
   * @param orderId UUID
   * @throws Error for an order that was not paid, or, as a refund, neither refunded nor cancelled
   */
  async record(tx: TenantTransaction, orderId: string, kind: 'sale' | 'refund'): Promise<void> {
    if (await rollups.add(tx, orderId, kind === 'refund')) return;
    throw new Error(`The order ${orderId} has no moment to be counted at as a ${kind}`);
  }

  /**
   * Counts orders that were paid as their owners' by now, who were visitors when they were counted, and nobody's
   * customers. Any that was not counted is now. Whoever has changed that calls it in the same transaction, late, as
   * `record`.
   */
  async takenOver(tx: TenantTransaction, orders: readonly PaidOrder[]): Promise<void> {
    await rollups.moveToOwners(
      tx,
      orders.map(({ id }) => id),
    );
    for (const { id, isCounted } of orders) if (!isCounted) await rollups.add(tx, id, false);
  }

  /**
   * Makes all sums anew, from the orders and the time zone that the organization has now. Who is about to count an
   * order waits for it.
   */
  async rebuild(tx: TenantTransaction): Promise<void> {
    await rollups.lock(tx);
    await rollups.empty(tx);
    await rollups.addAll(tx);
  }

  async areTooMany(tx: TenantTransaction): Promise<boolean> {
    const most = MOST_ORDERS_AT_ONCE + 1;
    return (await rollups.countOrders(tx, most)) >= most;
  }
}
