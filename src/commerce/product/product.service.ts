import { type RequestContext, requireCaller } from '../../identity/index.js';
import type { Clock } from '../../shared/clock.js';
import { badField, notFound } from '../../shared/errors.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import { staleOrMissing } from '../../shared/optimistic-lock.js';
import type { Page } from '../../shared/page.js';
import type { CategoryStore } from '../category/category.store.js';
import type { PriceInput } from '../money/money.input.js';
import { shown } from '../money/money.type.js';
import type { StockAlerts } from '../stock/stock-alerts.js';
import { newlyLow } from '../stock/stock-moves.js';
import { lockCatalogNames } from './catalog-names.lock.js';
import type {
  CreateProductInput,
  ProductVersionInput,
  UpdateProductInput,
} from './product.input.js';
import type { ProductList } from './product.list.js';
import { ProductLoader } from './product.loader.js';
import type { ListedProduct, ProductRow, ProductStore } from './product.store.js';
import { ProductCatalogLoader } from './product-catalog.loader.js';
import { skuFault } from './sku.validator.js';

export class ProductService {
  readonly #products: ProductStore;
  readonly #categories: CategoryStore;
  readonly #alerts: StockAlerts;
  readonly #clock: Clock;

  constructor(
    products: ProductStore,
    categories: CategoryStore,
    alerts: StockAlerts,
    clock: Clock,
  ) {
    this.#products = products;
    this.#categories = categories;
    this.#alerts = alerts;
    this.#clock = clock;
  }

  /** @throws NOT_FOUND, BAD_USER_INPUT */
  async get(ctx: RequestContext, id: string): Promise<ProductRow> {
    const product = await ctx.use(ProductLoader).byId.load(decodeId('prod', id, 'id'));
    if (!product) throw notFound(id);
    return product;
  }

  /** @throws BAD_USER_INPUT for what can be no SKU */
  async findBySku(ctx: RequestContext, sku: string): Promise<ProductRow | null> {
    const fault = skuFault(sku);
    if (fault) throw badField('sku', fault);
    return this.#products.findBySku(ctx.tx, sku);
  }

  /** @throws BAD_USER_INPUT for a cursor of another list */
  list(ctx: RequestContext, list: ProductList): Promise<Page<ListedProduct>> {
    return ctx.use(ProductCatalogLoader).page(list);
  }

  /** @throws NOT_FOUND for a category that is not there; ALREADY_EXISTS, BAD_USER_INPUT */
  async create(ctx: RequestContext, input: CreateProductInput): Promise<ProductRow> {
    const { price, initialStock, lowStockThreshold = null, ...product } = input;
    const { userId: actorId } = requireCaller(ctx);
    const categoryId = await this.#categoryOf(ctx, input.categoryId ?? null);
    const metadata = input.metadata ?? {};
    const row = await this.#products.create(
      ctx.tx,
      { ...product, ...stored(price), categoryId, metadata },
      { initialStock, lowStockThreshold, actorId },
    );
    const level = { id: row.id, onHand: initialStock, lowStockThreshold };
    await this.#alerts.raise(ctx, newlyLow({ lowSince: null }, level));
    return row;
  }

  /** @throws VERSION_CONFLICT, NOT_FOUND, ALREADY_EXISTS, BAD_USER_INPUT */
  async update(ctx: RequestContext, input: UpdateProductInput): Promise<ProductRow> {
    const { id, version, price, categoryId, ...changes } = input;
    const key = { id: decodeId('prod', id, 'input.id'), version, deleted: false };
    if (changes.sku !== undefined) await this.#lockNames(ctx, key.id, changes.sku);
    const row = await this.#products.update(ctx.tx, key, {
      ...changes,
      ...(price && stored(price)),
      ...(categoryId !== undefined && { categoryId: await this.#categoryOf(ctx, categoryId) }),
    });
    return row ?? this.#refuse(ctx, input, false);
  }

  /**
   * What there is of it, and its movements, stay.
   *
   * @throws VERSION_CONFLICT, NOT_FOUND, BAD_USER_INPUT
   */
  async delete(ctx: RequestContext, input: ProductVersionInput): Promise<ProductRow> {
    const { version } = input;
    const key = { id: decodeId('prod', input.id, 'input.id'), version, deleted: false };
    const row = await this.#products.update(ctx.tx, key, { deletedAt: this.#clock.now() });
    return row ?? this.#refuse(ctx, input, false);
  }

  /** @throws VERSION_CONFLICT, NOT_FOUND, BAD_USER_INPUT; ALREADY_EXISTS when its SKU was taken meanwhile */
  async restore(ctx: RequestContext, input: ProductVersionInput): Promise<ProductRow> {
    const { version } = input;
    const key = { id: decodeId('prod', input.id, 'input.id'), version, deleted: true };
    const row = await this.#products.update(ctx.tx, key, { deletedAt: null }, 'input.id');
    return row ?? this.#refuse(ctx, input, true);
  }

  /** The UUID of a category, which is there until the transaction ends; null for none. */
  async #categoryOf(ctx: RequestContext, id: string | null): Promise<string | null> {
    if (id === null) return null;
    const uuid = decodeId('cat', id, 'input.categoryId');
    const category = await this.#categories.findAndKeep(ctx.tx, uuid);
    if (!category) throw notFound(id);
    return category.id;
  }

  /** Forms send all of a product. One that keeps its SKU need not wait for an import. */
  async #lockNames(ctx: RequestContext, id: string, sku: string): Promise<void> {
    const [product] = await this.#products.findByIds(ctx.tx, [id]);
    if (product && product.sku !== sku) await lockCatalogNames(ctx.tx);
  }

  async #refuse(
    ctx: RequestContext,
    { id }: { id: string },
    wantsDeleted: boolean,
  ): Promise<never> {
    const rows = await this.#products.findByIds(ctx.tx, [decodeId('prod', id, 'input.id')]);
    throw staleOrMissing(id, rows[0] ?? null, wantsDeleted, presentProduct);
  }
}

function stored({ amount, currency }: PriceInput) {
  return { priceAmount: amount, currency };
}

/** A product as the API shows it, for `extensions.current` of a conflict. */
function presentProduct({ priceAmount, currency, categoryId, ...product }: ProductRow): object {
  return {
    ...product,
    id: encodeId('prod', product.id),
    categoryId: categoryId && encodeId('cat', categoryId),
    price: shown({ amount: priceAmount, currency }),
  };
}
