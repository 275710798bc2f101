import type { TenantTransaction } from '../../tenancy/index.js';
import type { PaidOrders, PayableOrder } from '../payment/paid-orders.js';
import type { OrderRow, OrderStore } from './order.store.js';
import { OrderStatus } from './order.type.js';
import type { OrderMoves } from './order-moves.js';

/** What can be refunded. */
const PAID: readonly string[] = [OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED];

/** Orders, as payments see them. */
export class PayableOrders implements PaidOrders {
  readonly #orders: OrderStore;
  readonly #moves: OrderMoves;

  constructor(orders: OrderStore, moves: OrderMoves) {
    this.#orders = orders;
    this.#moves = moves;
  }

  isSeen(tx: TenantTransaction, id: string): Promise<boolean> {
    return this.#orders.isSeen(tx, id);
  }

  async lock(tx: TenantTransaction, id: string): Promise<OrderRow | null> {
    return (await this.#orders.findAndLock(tx, id)) ?? null;
  }

  /** @throws ORDER_STATUS for one that is not pending */
  async paid(tx: TenantTransaction, order: PayableOrder): Promise<void> {
    // Nobody has done it: the money came.
    await this.#moves.move(tx, order, OrderStatus.PAID, { actorId: null });
  }

  async refunded(tx: TenantTransaction, order: PayableOrder, note: string): Promise<void> {
    if (!PAID.includes(order.status)) return;
    await this.#moves.move(tx, order, OrderStatus.REFUNDED, { actorId: null, note });
  }
}
