import {
  findAdministrators,
  OrganizationLoader,
  type RequestContext,
  recordLowStock,
} from '../../identity/index.js';
import type { Outbox } from '../../mail/index.js';
import { encodeId } from '../../shared/ids.js';
import { ProductLoader } from '../product/product.loader.js';
import { type LowProduct, lowStockLetter } from './low-stock.letter.js';
import type { LowStock } from './stock-moves.js';

/** Owners and admins who are sent mail; the rest see the audit trail. */
const MOST_RECIPIENTS = 20;

/** Tells that products have become low in stock. */
export class StockAlerts {
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /**
   * Tells it in the audit trail and by mail, in the transaction in which it has happened: both stand or neither. Of
   * products that are not for sale, nothing is told.
   *
   * @param low those that were not low before, of `moveStock`
   */
  async raise(ctx: RequestContext, low: readonly LowStock[]): Promise<void> {
    await this.mail(ctx, await this.record(ctx, low));
  }

  /**
   * The first half of `raise`, for whoever finds them bit by bit and sends one mail of all.
   *
   * @returns those that `mail` tells of
   */
  async record(ctx: RequestContext, low: readonly LowStock[]): Promise<LowProduct[]> {
    const products = await this.#forSale(ctx, low);
    if (products.length === 0) return [];
    await recordLowStock(
      ctx,
      products.map(({ productId, sku, onHand, threshold }) => ({
        productId: encodeId('prod', productId),
        sku,
        onHand,
        threshold,
      })),
    );
    return products;
  }

  /** The second half of `raise`: one mail to each administrator. */
  async mail(ctx: RequestContext, products: readonly LowProduct[]): Promise<void> {
    if (products.length === 0) return;
    const [organization, recipients] = await Promise.all([
      ctx.use(OrganizationLoader).byId.load(ctx.tx.tenant.orgId),
      findAdministrators(ctx, MOST_RECIPIENTS),
    ]);
    for (const { email, name } of recipients) {
      const to = { email, name, organization: organization?.name ?? '' };
      await this.#outbox.add(ctx.tx, lowStockLetter(to, products));
    }
  }

  async #forSale(ctx: RequestContext, low: readonly LowStock[]): Promise<LowProduct[]> {
    const { byId } = ctx.use(ProductLoader);
    const products = await Promise.all(
      low.map(async (of) => ({ of, product: await byId.load(of.productId) })),
    );
    return products.flatMap(({ of, product }) => {
      if (!product?.active || product.deletedAt) return [];
      return [{ ...of, sku: product.sku, name: product.name }];
    });
  }
}
