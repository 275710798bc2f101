import type { RequestContext } from '../../identity/index.js';
import { badField, rateLimited } from '../../shared/errors.js';
import type { RouteEnd, Transfer } from '../../shared/http-route.js';
import { holdCatalogNames } from '../product/catalog-names.lock.js';
import type { StockAlerts } from '../stock/stock-alerts.js';
import type { FileRow } from './file-rows.js';
import { ImportReport } from './import-report.js';
import { ImportedFile } from './imported-file.js';
import type { ProductImportStore } from './product-import.store.js';
import type { StockImportStore } from './stock-import.store.js';

/** `abort`: all rows or none. `skip`: those without faults. */
export type OnError = 'abort' | 'skip';

const MOST_ROWS = 100_000;

/** One statement each for the products of so many rows: more would gain little and hold much. */
const BATCH_ROWS = 500;

const RETRY_AFTER_SECONDS = 5;

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
    await holdCatalogNames(ctx.tx);
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
