import { type RequestContext, requireCaller } from '../../identity/index.js';
import { badField, RowhouseError, rateLimited, unavailable } from '../../shared/errors.js';
import type { RouteEnd, Transfer } from '../../shared/http-route.js';
import { newUuid } from '../../shared/ids.js';
import { minorUnitsOf } from '../money/decimal.js';
import { priceFault } from '../money/price.validator.js';
import { ProductLoader } from '../product/product.loader.js';
import type { LowProduct } from '../stock/low-stock.letter.js';
import type { StockAlerts } from '../stock/stock-alerts.js';
import { type LowStock, newlyLow } from '../stock/stock-moves.js';
import { CategoryPaths } from './category-paths.js';
import type { FileRow, RowFault } from './file-rows.js';
import { ImportReport, type Outcome, type RowNote } from './import-report.js';
import type {
  ChangedProduct,
  KnownProduct,
  NewProduct,
  ProductImportStore,
} from './product-import.store.js';
import { type ProductRow, readProductRow } from './product-row.js';
import type {
  FirstStock,
  KnownStock,
  StockImportStore,
  WantedThreshold,
} from './stock-import.store.js';

/** `abort`: all rows or none. `skip`: those without faults. */
export type OnError = 'abort' | 'skip';

const MOST_ROWS = 100_000;

/** One statement each for the products of so many rows: more would gain little and hold much. */
const BATCH_ROWS = 500;

/** How often a batch is tried again in which somebody else has made a product at the same moment. */
const MOST_TRIES = 3;

const RETRY_AFTER_SECONDS = 5;

const NOTE = 'Import';

const BUSY_STOCK =
  'Somebody else was changing the stock of this product, or of another one in the file: the threshold is not set. Send the row again.';

const BUSY =
  'Somebody else was changing this product, or another one beside it in the file. Send the row again.';

/** Makes and changes products as a file says. */
export class ProductImportService {
  readonly #products: ProductImportStore;
  readonly #stock: StockImportStore;
  readonly #alerts: StockAlerts;

  constructor(products: ProductImportStore, stock: StockImportStore, alerts: StockAlerts) {
    this.#products = products;
    this.#stock = stock;
    this.#alerts = alerts;
  }

  /**
   * @param read makes rows of the body
   * @throws RATE_LIMITED beside another import; BAD_USER_INPUT for a file that cannot be read to its end
   */
  async run(
    ctx: RequestContext,
    transfer: Transfer,
    read: (body: Transfer['body']) => AsyncIterable<FileRow>,
    onError: OnError,
  ): Promise<RouteEnd> {
    // Two at once would wait for each other's products, in any order.
    if (!(await this.#products.lockImports(ctx.tx))) {
      throw rateLimited(
        'Another import of your organization is under way. Wait for its end.',
        RETRY_AFTER_SECONDS,
      );
    }
    const report = new ImportReport((text) => transfer.send(text));
    const file = new ImportedFile(ctx, this.#products, this.#stock, this.#alerts, report);
    let batch: FileRow[] = [];
    for await (const row of read(transfer.body)) {
      if (row.row > MOST_ROWS) {
        throw badField('body', `Must have at most ${MOST_ROWS} rows. Split the file.`);
      }
      batch.push(row);
      if (batch.length < BATCH_ROWS) continue;
      await file.take(batch);
      batch = [];
    }
    if (batch.length > 0) await file.take(batch);
    const isGood = () => onError === 'skip' || report.failed === 0;
    await file.finish(isGood());
    // A threshold that could not be set is a fault as well.
    const isKept = isGood();
    if (isKept) await this.#alerts.mail(ctx, file.low);
    return { isKept, text: report.summary(isKept) };
  }
}

/** A row that is about a product that is there. */
interface KnownRow {
  readonly row: ProductRow;
  readonly known: Known;
}

type Known = KnownProduct & KnownStock;

/** A threshold that is another one, and the row that says so. */
interface ThresholdRow extends WantedThreshold {
  readonly row: number;
  readonly sku: string;
}

/** One batch, sorted out. */
interface Work {
  readonly notes: RowNote[];
  readonly warnings: RowNote[];
  readonly created: NewProduct[];
  readonly stock: FirstStock[];
  readonly changed: ChangedProduct[];
  readonly thresholds: ThresholdRow[];
  readonly low: LowProduct[];
}

/** One file on its way into the catalog, batch by batch. */
class ImportedFile {
  readonly #ctx: RequestContext;
  readonly #products: ProductImportStore;
  readonly #stock: StockImportStore;
  readonly #alerts: StockAlerts;
  readonly #report: ImportReport;
  #categories: CategoryPaths;
  /** Of all batches: a level that is locked keeps buyers waiting, so that none is before the file has come. */
  readonly #thresholds: ThresholdRow[] = [];
  /** What is low in stock by it, as it stands in the audit trail: a file may have thousands, and sends one mail. */
  readonly low: LowProduct[] = [];
  /** By SKU, the row in which it came first. */
  readonly #seen = new Map<string, number>();

  constructor(
    ctx: RequestContext,
    products: ProductImportStore,
    stock: StockImportStore,
    alerts: StockAlerts,
    report: ImportReport,
  ) {
    this.#ctx = ctx;
    this.#products = products;
    this.#stock = stock;
    this.#alerts = alerts;
    this.#report = report;
    this.#categories = new CategoryPaths(products);
  }

  async take(batch: readonly FileRow[]): Promise<void> {
    const notes: RowNote[] = [];
    const rows: ProductRow[] = [];
    for (const fileRow of batch) {
      const row = this.#read(fileRow);
      if (Array.isArray(row)) notes.push(...row);
      else rows.push(row);
    }
    if (rows.length > 0) notes.push(...(await this.#applyAsUnit(rows)));
    this.#tell(notes);
    this.#report.progress(batch.length);
  }

  /**
   * Sets the thresholds of all batches, the last that is done. A row whose threshold cannot be set is faulty then.
   *
   * @param isKept false where they are only counted
   */
  async finish(isKept: boolean): Promise<void> {
    const { tx } = this.#ctx;
    this.#thresholds.sort((a, b) => (a.productId < b.productId ? -1 : 1));
    for (let from = 0; from < this.#thresholds.length; from += BATCH_ROWS) {
      const batch = this.#thresholds.slice(from, from + BATCH_ROWS);
      const low = isKept
        ? await this.#asUnit(async () => this.#record(await this.#stock.setThresholds(tx, batch)))
        : [];
      if (low) this.#report.count({ created: 0, updated: batch.length, unchanged: 0 });
      else this.#tell(batch.map(busyStock));
      this.low.push(...(low ?? []));
    }
  }

  #read(fileRow: FileRow): ProductRow | RowNote[] {
    const { row, values } = fileRow;
    const read = readProductRow(fileRow);
    const sku = typeof values.sku === 'string' ? values.sku : null;
    const faults: RowFault[] = Array.isArray(read) ? read : [];
    if (sku !== null) {
      const first = this.#seen.get(sku);
      if (first === undefined) this.#seen.set(sku, row);
      else faults.push({ field: 'sku', message: `Is in row ${first} already.` });
    }
    if (faults.length > 0 || Array.isArray(read)) {
      return faults.map((fault) => ({ row, sku, ...fault }));
    }
    return read;
  }

  /** Faults of one row stand together, and rows in their order. */
  #tell(notes: RowNote[]): void {
    const byRow = new Map<number, RowNote[]>();
    for (const note of notes) byRow.set(note.row, [...(byRow.get(note.row) ?? []), note]);
    const rows = [...byRow.keys()].sort((a, b) => a - b);
    for (const row of rows) this.#report.error(byRow.get(row) ?? []);
  }

  async #applyAsUnit(rows: readonly ProductRow[]): Promise<RowNote[]> {
    const done = await this.#asUnit(() => this.#apply(rows));
    if (!done) {
      // What held them there was taken back as well.
      this.#categories = new CategoryPaths(this.#products);
      return rows.map(({ row, sku }) => ({ row, sku, field: null, message: BUSY }));
    }
    const { work, outcome } = done;
    this.#thresholds.push(...work.thresholds);
    this.low.push(...work.low);
    for (const warning of work.warnings) this.#report.warning(warning);
    this.#report.count(outcome);
    return work.notes;
  }

  /**
   * A batch whose products somebody else holds too long is taken back by itself. Its rows are faulty then; what
   * came before it is not lost.
   *
   * @returns undefined for one that was taken back
   */
  async #asUnit<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { tx } = this.#ctx;
    try {
      return await tx.unit(work, { alone: false });
    } catch (error) {
      if (!(error instanceof RowhouseError) || error.code !== 'UNAVAILABLE') throw error;
      // Throws when it was not the batch but the connection that is lost, and everything with it.
      await this.#products.lockImports(tx);
      return undefined;
    }
  }

  async #apply(rows: readonly ProductRow[]): Promise<{ work: Work; outcome: Outcome }> {
    const { tx } = this.#ctx;
    const paths = rows.flatMap(({ category }) => category ?? []);
    await this.#categories.load(tx, paths);
    const work: Work = {
      notes: [],
      warnings: [],
      created: [],
      stock: [],
      changed: [],
      thresholds: [],
      low: [],
    };
    const outcome: Outcome = { created: 0, updated: 0, unchanged: 0 };
    let left = rows;
    for (let tries = 0; left.length > 0; tries++) {
      if (tries === MOST_TRIES) throw unavailable(BUSY);
      const made = await this.#applyOnce(left, work);
      outcome.created += made.size;
      // Whoever was not made has been made by somebody else at this moment, and is there now.
      const lost = new Set(work.created.filter(({ id }) => !made.has(id)).map(({ sku }) => sku));
      work.created.length = 0;
      left = left.filter(({ sku }) => lost.has(sku));
    }
    const { userId: actorId } = requireCaller(this.#ctx);
    if (work.stock.length > 0) {
      await this.#stock.insert(tx, work.stock, { actorId, note: NOTE });
      work.low.push(...(await this.#record(work.stock.flatMap(lowFromTheStart))));
    }
    if (work.changed.length === 0) return { work, outcome };
    // Those of other thresholds are counted when these are set.
    const late = new Set(work.thresholds.map(({ productId }) => productId));
    const changed = await this.#products.update(tx, work.changed);
    outcome.updated = changed.filter((id) => !late.has(id)).length;
    outcome.unchanged = work.changed.length - late.size - outcome.updated;
    return { work, outcome };
  }

  async #record(low: readonly LowStock[]): Promise<LowProduct[]> {
    const products = await this.#alerts.record(this.#ctx, low);
    // Nobody asks for them again, and there may be a whole catalog of them.
    this.#ctx.use(ProductLoader).byId.clearAll();
    return products;
  }

  /** Sorts out rows, and makes those of the products that are new. @returns their ids */
  async #applyOnce(rows: readonly ProductRow[], work: Work): Promise<Set<string>> {
    const { tx } = this.#ctx;
    const known = await this.#known(rows);
    const firstStock = new Map<string, FirstStock>();
    for (const row of rows) {
      const product = known.get(row.sku);
      const notes = product
        ? this.#toChange({ row, known: product }, work)
        : this.#toCreate(row, work, firstStock);
      work.notes.push(...notes.map((fault) => ({ row: row.row, sku: row.sku, ...fault })));
    }
    if (work.created.length === 0) return new Set();
    const made = new Set(await this.#products.insert(tx, work.created));
    for (const id of made) {
      const stock = firstStock.get(id);
      if (stock) work.stock.push(stock);
    }
    return made;
  }

  async #known(rows: readonly ProductRow[]): Promise<Map<string, Known>> {
    const { tx } = this.#ctx;
    const skus = rows.map(({ sku }) => sku).sort();
    const products = await this.#products.lockBySku(tx, skus);
    const wantsStock = rows.some((row) => 'stock' in row || 'lowStockThreshold' in row);
    const ids = wantsStock ? products.map(({ id }) => id) : [];
    const stock = ids.length > 0 ? await this.#stock.stockOf(tx, ids) : new Map();
    const none: KnownStock = { onHand: 0, lowStockThreshold: null };
    return new Map(
      products.map((product) => [product.sku, { ...none, ...product, ...stock.get(product.id) }]),
    );
  }

  #toCreate(row: ProductRow, work: Work, firstStock: Map<string, FirstStock>): RowFault[] {
    const { name, price, currency } = row;
    const faults: RowFault[] = Object.entries({ name, price, currency })
      .filter(([, value]) => value === undefined)
      .map(([field]) => ({ field, message: 'Must be there: the product is new.' }));
    const amount = price !== undefined && currency !== undefined && amountOf(price, currency);
    if (typeof amount === 'string') faults.push({ field: 'price', message: amount });
    const categoryId = this.#categoryOf(row, null);
    if (categoryId === undefined) faults.push(unknownCategory());
    if (faults.length > 0) return faults;
    const id = newUuid();
    work.created.push({
      id,
      sku: row.sku,
      name: name as string,
      description: row.description ?? '',
      categoryId: categoryId as string | null,
      priceAmount: amount as number,
      currency: currency as string,
      active: row.active ?? true,
      metadata: row.metadata ?? '{}',
    });
    const { stock: onHand = 0, lowStockThreshold = null } = row;
    firstStock.set(id, { productId: id, onHand, lowStockThreshold });
    return [];
  }

  #toChange({ row, known }: KnownRow, work: Work): RowFault[] {
    const faults: RowFault[] = [];
    const { price, currency = known.currency } = row;
    const amount = price === undefined ? null : amountOf(price, currency);
    if (typeof amount === 'string') faults.push({ field: 'price', message: amount });
    if (amount === null && currency !== known.currency) {
      const message = `Must come with the price: the product has one in ${known.currency}.`;
      faults.push({ field: 'currency', message });
    }
    const categoryId = this.#categoryOf(row, known.categoryId);
    if (categoryId === undefined) faults.push(unknownCategory());
    if (faults.length > 0) return faults;
    const { sku, stock, lowStockThreshold } = row;
    if (stock !== undefined && stock !== known.onHand) {
      const message = `Is ignored: the product is there, with ${known.onHand} in stock. Stock changes by movements alone.`;
      work.warnings.push({ row: row.row, sku, field: 'stock', message });
    }
    if (lowStockThreshold !== undefined && lowStockThreshold !== known.lowStockThreshold) {
      work.thresholds.push({ productId: known.id, lowStockThreshold, row: row.row, sku });
    }
    work.changed.push({
      id: known.id,
      name: row.name ?? null,
      description: row.description ?? null,
      categoryId: categoryId as string | null,
      priceAmount: amount as number | null,
      currency,
      active: row.active ?? null,
      metadata: row.metadata ?? null,
    });
    return [];
  }

  /** @returns undefined for one that is not there */
  #categoryOf({ category }: ProductRow, otherwise: string | null): string | null | undefined {
    if (category === undefined) return otherwise;
    return category === null ? null : this.#categories.find(category);
  }
}

/** @returns what is wrong as a sentence, for what is no price */
function amountOf(price: string, currency: string): number | string {
  const amount = minorUnitsOf(price, currency);
  return typeof amount === 'string' ? amount : (priceFault(amount) ?? amount);
}

function lowFromTheStart({ productId, onHand, lowStockThreshold }: FirstStock): LowStock[] {
  return newlyLow({ lowSince: null }, { id: productId, onHand, lowStockThreshold });
}

function busyStock({ row, sku }: ThresholdRow): RowNote {
  return { row, sku, field: 'low_stock_threshold', message: BUSY_STOCK };
}

function unknownCategory(): RowFault {
  return { field: 'category', message: 'There is no such category: make it first.' };
}
