import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';

/** A product as a file has it. */
export interface ExportedProduct {
  sku: string;
  name: string;
  description: string;
  /** In minor units. */
  priceAmount: number;
  currency: string;
  /** Slug. */
  category: string | null;
  active: boolean;
  stock: number;
  lowStockThreshold: number | null;
  metadata: Record<string, unknown>;
}

const page = fixedStatement(
  'product-export.page',
  (of: { orgId: string; after: string; limit: number }) =>
    sql<ExportedProduct>`
      SELECT product.sku, product.name, product.description,
        product.price_amount::int AS "priceAmount", product.currency, category.slug AS category,
        product.active, stock.on_hand AS stock, stock.low_stock_threshold AS "lowStockThreshold",
        product.metadata
      FROM (
        SELECT * FROM products
        WHERE products.org_id = ${of.orgId}::uuid AND products.sku > ${of.after}
          AND products.deleted_at IS NULL
        ORDER BY products.sku
        LIMIT ${of.limit}::int
      ) AS product
      LEFT JOIN LATERAL (
        SELECT categories.slug FROM categories
        WHERE categories.org_id = ${of.orgId}::uuid AND categories.id = product.category_id
        LIMIT 1
      ) AS category ON true
      LEFT JOIN LATERAL (
        SELECT stock_levels.on_hand, stock_levels.low_stock_threshold FROM stock_levels
        WHERE stock_levels.org_id = ${of.orgId}::uuid AND stock_levels.product_id = product.id
        LIMIT 1
      ) AS stock ON true
      ORDER BY product.sku`.compile(query),
);

export class ProductExportStore {
  /** Products that are not deleted, by SKU. @param after SKU behind which to go on; empty at the start */
  page(tx: TenantTransaction, after: string, limit: number): Promise<ExportedProduct[]> {
    return tx.execute(page({ orgId: tx.tenant.orgId, after, limit }));
  }
}
