import { type RequestContext, requireCaller } from '../../identity/index.js';
import { badField, notFound } from '../../shared/errors.js';
import { decodeId } from '../../shared/ids.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { ProductLoader } from '../product/product.loader.js';
import type { LoadedProduct, LowProductRow, LowStockStore } from './low-stock.store.js';
import type {
  CorrectStockInput,
  ReceiveStockInput,
  SetLowStockThresholdInput,
} from './stock.input.js';
import type { StockAlerts } from './stock-alerts.js';
import type { StockDiscrepancyRow, StockDiscrepancyStore } from './stock-discrepancy.store.js';
import type { StockLevelStore } from './stock-level.store.js';
import type { StockMovementList } from './stock-movement.list.js';
import type { StockMovementRow, StockMovementStore } from './stock-movement.store.js';
import { StockMovementKind } from './stock-movement.type.js';
import { moveStock, newlyLow, type StockMove } from './stock-moves.js';

export interface StockOptions {
  readonly levels: StockLevelStore;
  readonly movements: StockMovementStore;
  readonly lowStock: LowStockStore;
  readonly discrepancies: StockDiscrepancyStore;
  readonly alerts: StockAlerts;
}

export class StockService {
  readonly #options: StockOptions;

  constructor(options: StockOptions) {
    this.#options = options;
  }

  /** @throws BAD_USER_INPUT for a cursor of another list */
  ledger(ctx: RequestContext, list: StockMovementList): Promise<Page<StockMovementRow>> {
    return this.#options.movements.list.page(ctx.tx, list);
  }

  /** Products that are low in stock and for sale. @throws BAD_USER_INPUT for a cursor of another list */
  lowStock(ctx: RequestContext, request: PageRequest): Promise<Page<LowProductRow>> {
    const { byId } = ctx.use(ProductLoader);
    return this.#options.lowStock.page(ctx.tx, request, (ids) =>
      // The foreign key says that they are there.
      Promise.all(ids.map(async (id) => (await byId.load(id)) as LoadedProduct)),
    );
  }

  discrepancies(ctx: RequestContext, limit: number): Promise<StockDiscrepancyRow[]> {
    return this.#options.discrepancies.find(ctx.tx, limit);
  }

  /** @throws NOT_FOUND, BAD_USER_INPUT */
  receive(ctx: RequestContext, input: ReceiveStockInput): Promise<LoadedProduct> {
    const { quantity, note } = input;
    return this.#move(ctx, input, {
      kind: StockMovementKind.RECEIPT,
      units: { by: quantity },
      note,
    });
  }

  /** @throws INSUFFICIENT_STOCK, NOT_FOUND, BAD_USER_INPUT */
  correct(ctx: RequestContext, input: CorrectStockInput): Promise<LoadedProduct> {
    const units = correctionOf(input);
    return this.#move(ctx, input, { kind: StockMovementKind.CORRECTION, units, note: input.note });
  }

  /** @throws NOT_FOUND, BAD_USER_INPUT */
  async setThreshold(
    ctx: RequestContext,
    input: SetLowStockThresholdInput,
  ): Promise<LoadedProduct> {
    const { levels, alerts } = this.#options;
    const product = await requireProduct(ctx, input.productId);
    const threshold = input.threshold ?? null;
    const [level] = await levels.findAndLock(ctx.tx, [product.id]);
    if (!level) throw notFound(input.productId);
    await levels.setThreshold(ctx.tx, product.id, threshold);
    await alerts.raise(ctx, newlyLow(level, { ...level, lowStockThreshold: threshold }));
    return product;
  }

  async #move(
    ctx: RequestContext,
    input: { productId: string },
    move: Omit<StockMove, 'productId' | 'actorId'>,
  ): Promise<LoadedProduct> {
    const product = await requireProduct(ctx, input.productId);
    const actorId = requireCaller(ctx).userId;
    const low = await moveStock(ctx.tx, [{ ...move, productId: product.id, actorId }]);
    await this.#options.alerts.raise(ctx, low);
    return product;
  }
}

/** A product whose stock somebody is to change. @throws NOT_FOUND, also for a deleted one; BAD_USER_INPUT */
async function requireProduct(ctx: RequestContext, id: string): Promise<LoadedProduct> {
  const product = await ctx.use(ProductLoader).byId.load(decodeId('prod', id, 'input.productId'));
  if (!product || product.deletedAt) throw notFound(id);
  return product;
}

/** @throws BAD_USER_INPUT when it names both, or neither */
function correctionOf({ quantity, countedOnHand }: CorrectStockInput): StockMove['units'] {
  if (quantity == null && countedOnHand == null) {
    throw badField('input.quantity', 'Give either quantity or countedOnHand.');
  }
  if (countedOnHand == null) return { by: quantity as number };
  if (quantity != null) {
    throw badField('input.countedOnHand', 'Give either quantity or countedOnHand, not both.');
  }
  return { to: countedOnHand };
}
