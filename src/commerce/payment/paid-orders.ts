import type { TenantTransaction } from '../../tenancy/index.js';
import type { MovableOrder } from '../order/order-moves.js';

/** What has to be known of an order to pay it. */
export interface PayableOrder extends MovableOrder {
  /** UUID of the user or visitor whose it is. */
  readonly ownerId: string;
  /** In minor units. */
  readonly totalAmount: number;
  readonly currency: string;
}

/** What payments need of orders. */
export interface PaidOrders {
  /** Whether an order is one that a shopper sees; to be asked before `lock`. Of staff, always. */
  isSeen(tx: TenantTransaction, id: string): Promise<boolean>;

  /**
   * The order as it is now, which nobody else can change before the transaction ends. It is locked before its
   * payments are.
   */
  lock(tx: TenantTransaction, id: string): Promise<PayableOrder | null>;

  /** The money for an order is there. @param order pending, and locked */
  paid(tx: TenantTransaction, order: PayableOrder): Promise<void>;

  /**
   * The money of an order went back, though nobody has wanted that here. One that is not paid stays as it is.
   *
   * @param order locked
   * @param note for its history
   */
  refunded(tx: TenantTransaction, order: PayableOrder, note: string): Promise<void>;
}
