import type { Permission, RequestContext } from '../../identity/index.js';
import type { Feature } from '../../shared/graphql/index.js';
import {
  CheckoutItemResolver,
  CheckoutResolver,
  ReservedStockResolver,
} from './checkout.resolver.js';
import { CheckoutService } from './checkout.service.js';
import { CheckoutCartStore } from './checkout-cart.store.js';
import { type CheckoutTerms, StockReservationStore } from './stock-reservation.store.js';

/** What is kept for carts while they are checked out. */
export function createCheckout(
  terms: CheckoutTerms,
): Pick<Feature<RequestContext, Permission>, 'resolvers'> {
  const service = new CheckoutService(new CheckoutCartStore(), new StockReservationStore(), terms);
  return {
    resolvers: [
      new CheckoutResolver(service),
      new CheckoutItemResolver(),
      new ReservedStockResolver(),
    ],
  };
}
