import {
  Authorized,
  Ctx,
  Extensions,
  FieldResolver,
  ID,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { type RequestContext, requireStaff } from '../../identity/index.js';
import type { ListExtensions } from '../../shared/graphql/index.js';
import { encodeId } from '../../shared/ids.js';
import { MOST_PRODUCTS } from '../cart/cart.limits.js';
import { ProductLoader } from '../product/product.loader.js';
import { Product } from '../product/product.type.js';
import type { StockLevelRow } from '../stock/stock-level.store.js';
import { StockLevel } from '../stock/stock-level.type.js';
import type { CheckoutRow, CheckoutService } from './checkout.service.js';
import { Checkout, CheckoutItem } from './checkout.type.js';
import { ReservedUnitsLoader } from './reserved-units.loader.js';
import type { StockReservationRow } from './stock-reservation.store.js';
import { unitsFree } from './units-free.js';

@Resolver(() => Checkout)
export class CheckoutResolver {
  constructor(private readonly service: CheckoutService) {}

  @Authorized()
  @Query(() => Checkout, {
    nullable: true,
    description: 'What is kept for your cart; null while nothing is.',
  })
  checkout(@Ctx() ctx: RequestContext) {
    return this.service.get(ctx);
  }

  @Authorized()
  @Mutation(() => Checkout, {
    nullable: true,
    description:
      'Keeps all that is in your cart for some minutes, or nothing: where there is too little, INSUFFICIENT_STOCK, with how many can be had. Called again, it keeps what is in the cart by then, for as long anew, but no longer than until renewableUntil: RATE_LIMITED from then on, for a while.',
  })
  beginCheckout(@Ctx() ctx: RequestContext) {
    return this.service.begin(ctx);
  }

  @Authorized()
  @Mutation(() => Checkout, {
    nullable: true,
    description: 'Gives back what is kept for your cart, and returns that; null where nothing is.',
  })
  endCheckout(@Ctx() ctx: RequestContext) {
    return this.service.end(ctx);
  }

  @Extensions({ mostRows: MOST_PRODUCTS } satisfies ListExtensions)
  @FieldResolver(() => [CheckoutItem], {
    description: 'Each product that is kept, and how many of it.',
  })
  items(@Root() { items }: CheckoutRow) {
    return items;
  }
}

@Resolver(() => CheckoutItem)
export class CheckoutItemResolver {
  @FieldResolver(() => ID, { description: 'Id of the product, also while `product` is null.' })
  productId(@Root() { productId }: StockReservationRow) {
    return encodeId('prod', productId);
  }

  @FieldResolver(() => Product, {
    nullable: true,
    description:
      'What is kept; null when you may not see it any more, as customers and guests may not what is not for sale.',
  })
  product(@Ctx() ctx: RequestContext, @Root() { productId }: StockReservationRow) {
    return ctx.use(ProductLoader).byId.load(productId);
  }
}

/** `StockLevel.reserved` and `StockLevel.available` */
@Resolver(() => StockLevel)
export class ReservedStockResolver {
  @FieldResolver(() => Int, {
    description: 'Units that are kept for carts that are being checked out.',
  })
  async reserved(@Ctx() ctx: RequestContext, @Root() { id }: StockLevelRow) {
    // Shoppers see what is kept for themselves alone, and it would seem to be all.
    requireStaff(ctx);
    return (await ctx.use(ReservedUnitsLoader).ofProduct.load(id)).reserved;
  }

  @FieldResolver(() => Int, { description: 'Units that are there and kept for nobody.' })
  async available(@Ctx() ctx: RequestContext, @Root() { id, onHand }: StockLevelRow) {
    requireStaff(ctx);
    return unitsFree(onHand, await ctx.use(ReservedUnitsLoader).ofProduct.load(id));
  }
}
