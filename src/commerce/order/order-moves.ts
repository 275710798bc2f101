import { orderStatus } from '../../shared/errors.js';
import { encodeId } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import { StockMovementKind } from '../stock/stock-movement.type.js';
import { moveStock } from '../stock/stock-moves.js';
import type { OrderRow, OrderStore } from './order.store.js';
import { OrderStatus } from './order.type.js';
import type { OrderItemStore } from './order-item.store.js';

const { PENDING, PAID, SHIPPED, DELIVERED, CANCELLED, REFUNDED } = OrderStatus;

/** What an order can become. */
const NEXT: Record<OrderStatus, readonly OrderStatus[]> = {
  [PENDING]: [PAID, CANCELLED],
  [PAID]: [SHIPPED, CANCELLED, REFUNDED],
  [SHIPPED]: [DELIVERED, REFUNDED],
  [DELIVERED]: [REFUNDED],
  [CANCELLED]: [],
  [REFUNDED]: [],
};

export interface MoveDetails {
  /** UUID of the user who does it; null for a machine. */
  readonly actorId: string | null;
  /** At most 500 characters. */
  readonly note?: string;
  /**
   * Of a refund: whether what was bought is back in stock. Without, what was not sent is, and of what was sent nobody knows
   * yet whether it comes back. What is cancelled always is.
   */
  readonly restock?: boolean | null | undefined;
}

/** What has to be known of an order to move it. */
export type MovableOrder = Pick<OrderRow, 'id' | 'status' | 'stockReturned'>;

/** An order that has become another one than it was. */
export interface OrderMoved {
  readonly order: OrderRow;
  readonly from: OrderStatus;
  readonly to: OrderStatus;
  /** UUID of the user who did it; null for a machine. */
  readonly actorId: string | null;
}

/** What else happens when an order moves, in the same transaction: if it throws, the order has not moved. */
export type OrderListener = (tx: TenantTransaction, moved: OrderMoved) => Promise<void>;

/** The only way in which the status of an order changes. Needs no caller: a payment provider's message moves orders too. */
export class OrderMoves {
  readonly #orders: OrderStore;
  readonly #items: OrderItemStore;
  readonly #beforeStock: OrderListener[] = [];
  readonly #afterStock: OrderListener[] = [];

  constructor(orders: OrderStore, items: OrderItemStore) {
    this.#orders = orders;
    this.#items = items;
  }

  /** For what locks payments, which comes before stock. Listeners are called one after the other, as they came. */
  onMovedBeforeStock(listener: OrderListener): void {
    this.#beforeStock.push(listener);
  }

  /** For what locks sums of sales, which comes after stock. */
  onMovedAfterStock(listener: OrderListener): void {
    this.#afterStock.push(listener);
  }

  /**
   * Writes what an order becomes, with the event of it, and returns to stock what was bought, once.
   *
   * @param order locked, as it is now
   * @throws ORDER_STATUS when an order of its status cannot become `to`
   */
  async move(
    tx: TenantTransaction,
    order: MovableOrder,
    to: OrderStatus,
    { actorId, note = '', restock }: MoveDetails,
  ): Promise<OrderRow> {
    const from = order.status as OrderStatus;
    if (!NEXT[from].includes(to)) {
      throw orderStatus(from, `An order that is ${nameOf(from)} cannot become ${nameOf(to)}.`);
    }
    const isOver = to === CANCELLED || to === REFUNDED;
    const isBack = to === CANCELLED || (restock ?? from === PAID);
    const returnsStock = isOver && !order.stockReturned && isBack;
    const { id } = order;
    const row = await this.#orders.move(tx, { id, to, returnsStock, actorId, note });
    const moved = { order: row, from, to, actorId };
    for (const listener of this.#beforeStock) await listener(tx, moved);
    if (returnsStock) await this.#returnStock(tx, row, actorId);
    for (const listener of this.#afterStock) await listener(tx, moved);
    return row;
  }

  async #returnStock(
    tx: TenantTransaction,
    { id }: OrderRow,
    actorId: string | null,
  ): Promise<void> {
    const items = await this.#items.findOfOrders(tx, [id]);
    const kind = StockMovementKind.RETURN;
    const note = encodeId('order', id);
    // Nothing becomes low by it.
    await moveStock(
      tx,
      items.map(({ productId, quantity }) => ({
        productId,
        kind,
        units: { by: quantity },
        note,
        actorId,
      })),
    );
  }
}

/** A status as the API calls it. */
export function nameOf(status: OrderStatus): string {
  return status.toUpperCase();
}
