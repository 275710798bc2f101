import type { ShopperWelcome } from '../identity/index.js';
import type { CartMerge } from './cart/cart-merge.js';
import type { GuestOrders } from './order/guest-orders.js';
import type { SalesLedger } from './sales/sales-ledger.js';

export interface GuestArrivalOptions {
  readonly carts: CartMerge;
  readonly orders: GuestOrders;
  readonly ledger: SalesLedger;
}

/**
 * What becomes of what a guest has left behind when they sign in: cart and orders are the user's from then on.
 *
 * The visitor's cart is locked first, for which whoever orders from it waits; then come orders and their keys, and only
 * then the cart of the user, who may be waiting with a key of their own; and the sums of sales last, as always.
 */
export function guestArrival({ carts, orders, ledger }: GuestArrivalOptions): ShopperWelcome {
  return async (tx, visit) => {
    const cart = await carts.lock(tx, visit.visitorId);
    const paid = await orders.takeOver(tx, visit);
    if (cart) await carts.merge(tx, cart, visit.userId);
    if (paid.length > 0) await ledger.takenOver(tx, paid);
  };
}
