import type { RequestContext } from '../../identity/index.js';
import { shown } from '../money/money.type.js';
import { ProductLoader } from '../product/product.loader.js';
import type { ProductRow } from '../product/product.store.js';
import { StockLevelLoader } from '../stock/stock-level.loader.js';
import type { CartItemRow } from './cart.store.js';
import { type CartItemChange, CartItemChangeKind } from './cart.type.js';

/** The product of an item, while it can be bought in this cart; null when it cannot. */
export async function buyable(
  ctx: RequestContext,
  { productId, currency }: CartItemRow,
): Promise<ProductRow | null> {
  const product = await ctx.use(ProductLoader).byId.load(productId);
  return product && isForSale(product) && product.currency === currency ? product : null;
}

export function isForSale({ active, deletedAt }: ProductRow): boolean {
  return active && deletedAt === null;
}

/** Units of a product that are there. */
export async function onHandOf(ctx: RequestContext, productId: string): Promise<number> {
  const level = await ctx.use(StockLevelLoader).byId.load(productId);
  return level?.onHand ?? 0;
}

/** What is not any more as the owner of the cart has seen it. Of what cannot be bought, nothing else matters. */
export async function changesOf(ctx: RequestContext, item: CartItemRow): Promise<CartItemChange[]> {
  const [product, onHand] = await Promise.all([buyable(ctx, item), onHandOf(ctx, item.productId)]);
  if (!product) {
    return [{ kind: CartItemChangeKind.UNAVAILABLE, priceThen: null, onHand: null }];
  }
  const changes: CartItemChange[] = [];
  if (product.priceAmount !== item.priceAmount) {
    const priceThen = shown({ amount: item.priceAmount, currency: item.currency });
    changes.push({ kind: CartItemChangeKind.PRICE, priceThen, onHand: null });
  }
  if (onHand < item.quantity) {
    changes.push({ kind: CartItemChangeKind.STOCK, priceThen: null, onHand });
  }
  return changes;
}
