import { CartService } from '../../src/commerce/cart/cart.service.js';
import { CartStore, type FilledCart } from '../../src/commerce/cart/cart.store.js';
import { CartMerge } from '../../src/commerce/cart/cart-merge.js';
import type { RequestContext } from '../../src/identity/index.js';
import { type Clock, systemClock } from '../../src/shared/clock.js';
import { encodeId } from '../../src/shared/ids.js';
import type { TenantTransaction } from '../../src/tenancy/index.js';
import { type Api, type Organization, UNLIMITED } from './api.js';

export const CART_LIFETIME_DAYS = 30;

/** What is in a cart, by the products' public ids. */
export const contentsOf = (cart: FilledCart | null) =>
  cart?.items.map(({ productId, quantity }) => [encodeId('prod', productId), quantity]);

/** Carts of people who are not signed in, and of who is, without a request; ids of owners are UUIDs. */
export function visitorCarts(
  { app }: Api,
  { tenant }: Pick<Organization, 'tenant'>,
  clock: Clock = systemClock,
) {
  const store = new CartStore();
  const service = new CartService(store, clock, {
    lifetimeDays: CART_LIFETIME_DAYS,
    perAddress: UNLIMITED,
  });
  const merging = new CartMerge(store, clock);
  const { orgId } = tenant;
  const withTenant = <T>(userId: string | null, work: (tx: TenantTransaction) => Promise<T>) =>
    app.tenancy.withTenant({ orgId, userId }, 'write', work);
  const as = <T>(visitorId: string, work: (ctx: RequestContext) => Promise<T>) =>
    withTenant(visitorId, (tx) => work(contextOf(tx)));
  return {
    add: (visitorId: string, productId: string, quantity = 1) =>
      as(visitorId, (ctx) => service.add(ctx, { productId, quantity })),
    update: (visitorId: string, productId: string, quantity: number) =>
      as(visitorId, (ctx) => service.update(ctx, { productId, quantity })),
    clear: (visitorId: string) => as(visitorId, (ctx) => service.clear(ctx)),
    confirm: (visitorId: string) => as(visitorId, (ctx) => service.confirm(ctx)),
    /** The open cart that is served. */
    find: (visitorId: string) => as(visitorId, (ctx) => service.find(ctx)),
    /** Nobody is signed in yet. */
    merge: (visitorId: string, userId: string) =>
      withTenant(null, async (tx) => {
        const cart = await merging.lock(tx, visitorId);
        if (cart) await merging.merge(tx, cart, userId);
      }),
  };
}

/** A request of nobody who is signed in. */
function contextOf(tx: TenantTransaction): RequestContext {
  const members = new Map<unknown, unknown>();
  const ctx = {
    tx,
    caller: null,
    client: { address: null, userAgent: null },
    use<T>(member: new (ctx: RequestContext) => T): T {
      if (!members.has(member)) members.set(member, new member(ctx));
      return members.get(member) as T;
    },
  } as unknown as RequestContext;
  return ctx;
}
