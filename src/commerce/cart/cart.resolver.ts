import {
  Arg,
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
import type { RequestContext } from '../../identity/index.js';
import type { ListExtensions } from '../../shared/graphql/index.js';
import { encodeId } from '../../shared/ids.js';
import { Money, shown } from '../money/money.type.js';
import { ProductLoader } from '../product/product.loader.js';
import { Product } from '../product/product.type.js';
import { AddCartItemInput, RemoveCartItemInput, UpdateCartItemInput } from './cart.input.js';
import { MOST_PRODUCTS } from './cart.limits.js';
import type { CartService } from './cart.service.js';
import type { CartItemRow, FilledCart } from './cart.store.js';
import { Cart, CartItem, CartItemChange } from './cart.type.js';
import { changesOf } from './cart-line.js';

@Resolver(() => Cart)
export class CartResolver {
  constructor(private readonly service: CartService) {}

  @Authorized()
  @Query(() => Cart, { nullable: true, description: 'Your own cart; null when none is open.' })
  cart(@Ctx() ctx: RequestContext) {
    return this.service.find(ctx);
  }

  @Authorized()
  @Mutation(() => Cart, {
    nullable: true,
    description:
      'Puts units of a product into your cart, beside those that are there. Where fewer are in stock: INSUFFICIENT_STOCK, with how many.',
  })
  addCartItem(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => AddCartItemInput, { description: 'Which product, and how many.' })
    input: AddCartItemInput,
  ) {
    return this.service.add(ctx, input);
  }

  @Authorized()
  @Mutation(() => Cart, {
    nullable: true,
    description:
      'Says how many of a product your cart is to have. Where fewer are in stock: INSUFFICIENT_STOCK, with how many.',
  })
  updateCartItem(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => UpdateCartItemInput, { description: 'Which product, and how many.' })
    input: UpdateCartItemInput,
  ) {
    return this.service.update(ctx, input);
  }

  @Authorized()
  @Mutation(() => Cart, { nullable: true, description: 'Takes a product out of your cart.' })
  removeCartItem(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => RemoveCartItemInput, { description: 'Which product.' })
    input: RemoveCartItemInput,
  ) {
    return this.service.remove(ctx, input);
  }

  @Authorized()
  @Mutation(() => Cart, {
    nullable: true,
    description: 'Takes everything out of your cart; null when none is open.',
  })
  clearCart(@Ctx() ctx: RequestContext) {
    return this.service.clear(ctx);
  }

  @Authorized()
  @Mutation(() => Cart, {
    nullable: true,
    description:
      'You have seen what everything in your cart costs today: prices of before are not pointed out any more. Show the prices that come back. Null when no cart is open.',
  })
  confirmCart(@Ctx() ctx: RequestContext) {
    return this.service.confirm(ctx);
  }

  @Extensions({ mostRows: MOST_PRODUCTS } satisfies ListExtensions)
  @FieldResolver(() => [CartItem], {
    description: 'All that is in it, in the order in which it was put in; at most 100 products.',
  })
  items(@Root() { items }: FilledCart) {
    return items;
  }

  @FieldResolver(() => Money, {
    nullable: true,
    description:
      'What its items cost today, but for those that are UNAVAILABLE; null when there is nothing in it.',
  })
  async total(@Ctx() ctx: RequestContext, @Root() cart: FilledCart) {
    const total = await this.service.total(ctx, cart);
    return total && shown(total);
  }

  @FieldResolver(() => Int, { description: 'Units of all products that are in it.' })
  totalQuantity(@Root() { items }: FilledCart) {
    return items.reduce((sum, { quantity }) => sum + quantity, 0);
  }

  @FieldResolver(() => Boolean, { description: 'Whether any of its items has `changes`.' })
  hasChanges(@Ctx() ctx: RequestContext, @Root() cart: FilledCart) {
    return this.service.hasChanges(ctx, cart);
  }
}

@Resolver(() => CartItem)
export class CartItemResolver {
  @FieldResolver(() => ID, {
    description: 'Id of the product, also while `product` is null: `removeCartItem` takes it.',
  })
  productId(@Root() { productId }: CartItemRow) {
    return encodeId('prod', productId);
  }

  @FieldResolver(() => Product, {
    nullable: true,
    description:
      'What it is; null when you may not see it any more, as customers and guests may not what is not for sale.',
  })
  product(@Ctx() ctx: RequestContext, @Root() { productId }: CartItemRow) {
    return ctx.use(ProductLoader).byId.load(productId);
  }

  @FieldResolver(() => Money, {
    nullable: true,
    description: 'What one costs today; null when you may not see the product any more.',
  })
  async unitPrice(@Ctx() ctx: RequestContext, @Root() { productId }: CartItemRow) {
    const product = await ctx.use(ProductLoader).byId.load(productId);
    return product && shown({ amount: product.priceAmount, currency: product.currency });
  }

  @FieldResolver(() => Money, {
    nullable: true,
    description: 'What all of it costs today; null when you may not see the product any more.',
  })
  async total(@Ctx() ctx: RequestContext, @Root() { productId, quantity }: CartItemRow) {
    const product = await ctx.use(ProductLoader).byId.load(productId);
    if (!product) return null;
    return shown({ amount: product.priceAmount * quantity, currency: product.currency });
  }

  @Extensions({ mostRows: 2 } satisfies ListExtensions)
  @FieldResolver(() => [CartItemChange], {
    description: 'What has changed since it was put in or confirmed; empty when nothing has.',
  })
  changes(@Ctx() ctx: RequestContext, @Root() item: CartItemRow) {
    return changesOf(ctx, item);
  }
}
