import type { Permission, RequestContext } from '../../identity/index.js';
import type { Feature } from '../../shared/graphql/index.js';
import {
  CheckoutItemResolver,
  CheckoutResolver,
  ReservedStockResolver,
} from './checkout.resolver.js';
import { CheckoutService, type TouchedCarts } from './checkout.service.js';
import { CheckoutCartStore } from './checkout-cart.store.js';
import { type CheckoutTerms, StockReservationStore } from './stock-reservation.store.js';

/** What is kept for carts while they are checked out. */
export function createCheckout(
  terms: CheckoutTerms,
  carts: TouchedCarts,
): Pick<Feature<RequestContext, Permission>, 'resolvers'> {
  const service = new CheckoutService({
    carts: new CheckoutCartStore(),
    reservations: new StockReservationStore(),
    terms,
    touched: carts,
  });
  return {
    resolvers: [
      new CheckoutResolver(service),
      new CheckoutItemResolver(),
      new ReservedStockResolver(),
    ],
  };
}
