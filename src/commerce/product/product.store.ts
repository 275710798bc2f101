import { sql } from 'kysely';
import { findByIds, type model, type TenantTransaction } from '../../tenancy/index.js';

export type ProductRow = Omit<model.Product, 'orgId' | 'priceAmount' | 'metadata'> & {
  /** In minor units. */
  priceAmount: number;
  metadata: Record<string, unknown>;
};

const COLUMNS = [
  'products.id',
  'products.category_id as categoryId',
  'products.sku',
  'products.name',
  'products.description',
  sql<number>`products.price_amount::int`.as('priceAmount'),
  'products.currency',
  'products.active',
  'products.metadata',
  'products.version',
  'products.created_at as createdAt',
  'products.updated_at as updatedAt',
  'products.deleted_at as deletedAt',
] as const;

export class ProductStore {
  readonly findByIds = findByIds('products', COLUMNS);

  /**
   * Puts all products of one category into another, deleted ones too.
   *
   * @param newCategoryId null for none
   */
  async moveToCategory(
    tx: TenantTransaction,
    categoryId: string,
    newCategoryId: string | null,
  ): Promise<void> {
    await tx.prisma.product.updateMany({
      where: { categoryId },
      data: { categoryId: newCategoryId, version: { increment: 1 } },
    });
  }
}
