import { encodeId, newUuid } from '../../src/shared/ids.js';
import type { Api, Organization } from './api.js';

/** A product as it is stored, with its stock. */
export interface ProductData {
  sku?: string;
  name?: string;
  active?: boolean;
  deletedAt?: Date | null;
  /** In minor units; 100 without. */
  priceAmount?: bigint;
  currency?: string;
  categoryId?: string | null;
  onHand?: number;
  lowStockThreshold?: number | null;
  /** Given for one that is low in stock. */
  lowSince?: Date | null;
}

/** Makes a product with its stock, and the receipt that it came by; its public id comes back. */
export async function createStockedProduct(
  { app }: Api,
  { tenant }: Pick<Organization, 'tenant'>,
  { onHand = 0, lowStockThreshold = null, lowSince = null, ...product }: ProductData = {},
): Promise<string> {
  const productId = newUuid();
  await app.tenancy.withTenant(tenant, 'write', async ({ prisma }) => {
    const { sku = `SKU-${productId}`, name = 'product' } = product;
    const price = { priceAmount: 100n, currency: 'EUR' };
    await prisma.product.create({ data: { ...price, ...product, id: productId, sku, name } });
    await prisma.stockLevel.create({ data: { productId, onHand, lowStockThreshold, lowSince } });
    if (onHand === 0) return;
    const receipt = { productId, kind: 'receipt', quantity: onHand, onHand, note: 'first' };
    await prisma.stockMovement.create({ data: receipt });
  });
  return encodeId('prod', productId);
}
