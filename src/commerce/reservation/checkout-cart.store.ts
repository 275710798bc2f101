import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';

/** What a cart has of a product. */
export interface CheckoutItemRow {
  productId: string;
  quantity: number;
  /** Whether the product is for sale. */
  isForSale: boolean;
}

// A product that who asks may not see is none that is for sale.
const items = fixedStatement(
  'cart-items.for-checkout',
  (of: { orgId: string; cartId: string; limit: number }) =>
    sql<CheckoutItemRow>`
      SELECT item.product_id AS "productId", item.quantity, coalesce(product.active, false) AS "isForSale"
      FROM (
        SELECT cart_items.product_id, cart_items.quantity FROM cart_items
        WHERE cart_items.org_id = ${of.orgId}::uuid AND cart_items.cart_id = ${of.cartId}::uuid
        ORDER BY cart_items.product_id
        LIMIT ${of.limit}::int
      ) AS item
      LEFT JOIN LATERAL (
        SELECT products.active FROM products
        WHERE products.org_id = ${of.orgId}::uuid AND products.id = item.product_id AND products.deleted_at IS NULL
        LIMIT 1
      ) AS product ON true`.compile(query),
);

/** The cart that somebody checks out. */
export class CheckoutCartStore {
  /** What is in a cart: of one that is locked, in a statement behind that which has waited for the lock. */
  items(tx: TenantTransaction, cartId: string, limit: number): Promise<CheckoutItemRow[]> {
    return tx.execute(items({ orgId: tx.tenant.orgId, cartId, limit }));
  }
}
