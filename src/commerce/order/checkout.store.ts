import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { perId, query, type TenantTransaction } from '../../tenancy/index.js';

/** A product in the cart that is to be ordered, as its buyer has seen it. */
export interface CartLine {
  productId: string;
  quantity: number;
  /** In minor units. */
  priceAmount: number;
  currency: string;
}

/** A product as it is now. */
export interface SoldProduct {
  id: string;
  categoryId: string | null;
  sku: string;
  name: string;
  priceAmount: number;
  currency: string;
  /** Active, and not deleted. */
  isForSale: boolean;
}

const linesOf = fixedStatement(
  'checkout.lines',
  (of: { orgId: string; ownerId: string; limit: number }) =>
    query
      .selectFrom('cart_items')
      .select([
        'cart_items.product_id as productId',
        'cart_items.quantity',
        sql<number>`cart_items.price_amount::int`.as('priceAmount'),
        'cart_items.currency',
      ])
      .where('cart_items.org_id', '=', of.orgId)
      .where(
        'cart_items.cart_id',
        '=',
        query
          .selectFrom('carts')
          .select('carts.id')
          .where('carts.org_id', '=', of.orgId)
          .where('carts.owner_id', '=', of.ownerId)
          .where('carts.status', '=', 'open'),
      )
      .orderBy('cart_items.product_id')
      .limit(of.limit)
      .compile(),
);

const productsNow = fixedStatement(
  'checkout.products',
  (of: { orgId: string; ids: readonly string[] }) =>
    perId(
      of.ids,
      query
        .selectFrom('products')
        .select([
          'products.id',
          'products.category_id as categoryId',
          'products.sku',
          'products.name',
          sql<number>`products.price_amount::int`.as('priceAmount'),
          'products.currency',
          sql<boolean>`products.active AND products.deleted_at IS NULL`.as('isForSale'),
        ])
        .where('products.org_id', '=', of.orgId)
        .where('products.id', '=', sql<string>`key.id`),
    ),
);

/** What placing an order reads. The tables are others': carts and products have stores of their own. */
export class CheckoutStore {
  /**
   * What is in somebody's open cart. Sent behind what locks it, as a statement of its own: one that waits for a lock goes
   * on with the lines as they were before.
   *
   * @returns in the order of the products' ids; they mean nothing where there was no cart to lock
   */
  findLines(tx: TenantTransaction, ownerId: string, limit: number): Promise<CartLine[]> {
    return tx.execute(linesOf({ orgId: tx.tenant.orgId, ownerId, limit }));
  }

  /** Sent behind what locks their stock, for the same reason. */
  findProducts(tx: TenantTransaction, ids: readonly string[]): Promise<SoldProduct[]> {
    return tx.execute(productsNow({ orgId: tx.tenant.orgId, ids }));
  }
}
