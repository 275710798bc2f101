import { sql } from 'kysely';
import { shapedStatement, type Value, value } from '../../shared/statements/index.js';
import { type model, perParent, query, type TenantTransaction } from '../../tenancy/index.js';
import { MOST_PRODUCTS } from '../cart/cart.limits.js';

export type OrderItemRow = Pick<
  model.OrderItem,
  'productId' | 'categoryId' | 'sku' | 'name' | 'quantity'
> & {
  /** In minor units of the order's currency. */
  priceAmount: number;
  totalAmount: number;
};

/** How many products an order has at most: as many as a cart. */
export const MOST_ITEMS = MOST_PRODUCTS;

const ofOrders = shapedStatement(
  (of: { orgId: Value<string>; orderIds: Value<readonly string[]> }) =>
    perParent(
      of.orderIds,
      query
        .selectFrom('order_items')
        .select([
          'order_items.product_id as productId',
          'order_items.category_id as categoryId',
          'order_items.sku',
          'order_items.name',
          'order_items.quantity',
          sql<number>`order_items.price_amount::float8`.as('priceAmount'),
          sql<number>`order_items.total_amount::float8`.as('totalAmount'),
        ])
        .where('order_items.org_id', '=', sql<string>`${of.orgId}`)
        .where('order_items.order_id', '=', sql<string>`parent.id`)
        .orderBy('order_items.product_id')
        .limit(sql.lit(MOST_ITEMS)),
    ),
);

/** Items are written along with their order; the serving role may change none. */
export class OrderItemStore {
  /** @returns each with `parentId`, its order; in the order of the products' ids */
  findOfOrders(
    tx: TenantTransaction,
    orderIds: readonly string[],
  ): Promise<(OrderItemRow & { parentId: string })[]> {
    return tx.execute(ofOrders({ orgId: value(tx.tenant.orgId), orderIds: value(orderIds) }));
  }
}
