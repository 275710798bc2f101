import type { Permission, RequestContext, UserBelongings } from '../../identity/index.js';
import type { Clock } from '../../shared/clock.js';
import type { Feature } from '../../shared/graphql/index.js';
import { CartItemResolver, CartResolver } from './cart.resolver.js';
import { CartService, type CartSettings } from './cart.service.js';
import { CartStore } from './cart.store.js';
import { CartBelongings } from './cart-belongings.js';
import { CartMerge } from './cart-merge.js';

export interface Carts extends Feature<RequestContext, Permission> {
  belongings: UserBelongings;
  merge: CartMerge;
  /** For who does something with an open cart elsewhere. */
  touch(ctx: RequestContext, cartId: string): Promise<void>;
}

/** What people are about to buy. */
export function createCarts({ clock, settings }: { clock: Clock; settings: CartSettings }): Carts {
  const carts = new CartStore();
  const service = new CartService(carts, clock, settings);
  return {
    resolvers: [new CartResolver(service), new CartItemResolver()],
    nodes: [
      {
        typeName: 'Cart',
        idPrefix: 'cart',
        // Everybody has one at most, and sees no other.
        async load(ctx, id) {
          const cart = await service.find(ctx);
          return cart?.id === id ? cart : null;
        },
      },
    ],
    belongings: new CartBelongings(carts, clock),
    merge: new CartMerge(carts, clock),
    touch: (ctx, cartId) => service.touch(ctx, cartId),
  };
}
