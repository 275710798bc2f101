import { type RequestContext, requireCaller } from '../../identity/index.js';
import { RowhouseError, unavailable } from '../../shared/errors.js';
import { ProductLoader } from '../product/product.loader.js';
import type { LowProduct } from '../stock/low-stock.letter.js';
import type { StockAlerts } from '../stock/stock-alerts.js';
import { type LowStock, newlyLow } from '../stock/stock-moves.js';
import { BatchPlan, type Known, type ThresholdRow } from './batch-plan.js';
import { CategoryPaths } from './category-paths.js';
import type { FileRow, RowFault } from './file-rows.js';
import type { ImportReport, Outcome, RowNote } from './import-report.js';
import type { ProductImportStore } from './product-import.store.js';
import { type ProductRow, readProductRow } from './product-row.js';
import type { FirstStock, KnownStock, StockImportStore } from './stock-import.store.js';

/** One statement each for the thresholds of so many rows. */
const BATCH_ROWS = 500;

/** How often a batch is tried again in which somebody else has made a product at the same moment. */
const MOST_TRIES = 3;

const NOTE = 'Import';

const BUSY_STOCK =
  'Somebody else was changing the stock of this product, or of another one in the file: the threshold is not set. Send the row again.';

const BUSY =
  'Somebody else was changing this product, or another one beside it in the file. Send the row again.';

/** What a batch has come to. */
interface Applied {
  readonly plan: BatchPlan;
  readonly low: readonly LowProduct[];
  readonly outcome: Outcome;
}

/** One file on its way into the catalog, batch by batch. */
export class ImportedFile {
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
    const { plan, low, outcome } = done;
    this.#thresholds.push(...plan.thresholds);
    this.low.push(...low);
    for (const warning of plan.warnings) this.#report.warning(warning);
    this.#report.count(outcome);
    return plan.notes;
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

  async #apply(rows: readonly ProductRow[]): Promise<Applied> {
    const { tx } = this.#ctx;
    const paths = rows.flatMap(({ category }) => category ?? []);
    await this.#categories.load(tx, paths);
    const plan = new BatchPlan(this.#categories);
    const stock: FirstStock[] = [];
    let left = rows;
    for (let tries = 0; left.length > 0; tries++) {
      if (tries === MOST_TRIES) throw unavailable(BUSY);
      const made = await this.#make(left, plan);
      stock.push(...made.map((id) => plan.firstStock.get(id) as FirstStock));
      // Whoever was not made has been made by somebody else at this moment, and is there now.
      const there = new Set(made);
      const lost = new Set(plan.created.filter(({ id }) => !there.has(id)).map(({ sku }) => sku));
      plan.created.length = 0;
      left = left.filter(({ sku }) => lost.has(sku));
    }
    const { userId: actorId } = requireCaller(this.#ctx);
    if (stock.length > 0) await this.#stock.insert(tx, stock, { actorId, note: NOTE });
    const low = await this.#record(stock.flatMap(lowFromTheStart));
    const created = stock.length;
    if (plan.changed.length === 0) {
      return { plan, low, outcome: { created, updated: 0, unchanged: 0 } };
    }
    // Those of other thresholds are counted when these are set.
    const late = new Set(plan.thresholds.map(({ productId }) => productId));
    const changed = await this.#products.update(tx, plan.changed);
    const updated = changed.filter((id) => !late.has(id)).length;
    const unchanged = plan.changed.length - late.size - updated;
    return { plan, low, outcome: { created, updated, unchanged } };
  }

  async #record(low: readonly LowStock[]): Promise<LowProduct[]> {
    if (low.length === 0) return [];
    const products = await this.#alerts.record(this.#ctx, low);
    // Nobody asks for them again, and there may be a whole catalog of them.
    this.#ctx.use(ProductLoader).byId.clearAll();
    return products;
  }

  /** Plans rows, and makes those of the products that are new. @returns their ids */
  async #make(rows: readonly ProductRow[], plan: BatchPlan): Promise<string[]> {
    const known = await this.#known(rows);
    for (const row of rows) plan.take(row, known.get(row.sku));
    return plan.created.length > 0 ? this.#products.insert(this.#ctx.tx, plan.created) : [];
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
}

function lowFromTheStart({ productId, onHand, lowStockThreshold }: FirstStock): LowStock[] {
  return newlyLow({ lowSince: null }, { id: productId, onHand, lowStockThreshold });
}

function busyStock({ row, sku }: ThresholdRow): RowNote {
  return { row, sku, field: 'low_stock_threshold', message: BUSY_STOCK };
}
