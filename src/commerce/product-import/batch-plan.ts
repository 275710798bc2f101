import { newUuid } from '../../shared/ids.js';
import { minorUnitsOf } from '../money/decimal.js';
import { priceFault } from '../money/price.validator.js';
import type { CategoryPaths } from './category-paths.js';
import type { RowFault } from './file-rows.js';
import type { RowNote } from './import-report.js';
import type { ChangedProduct, KnownProduct, NewProduct } from './product-import.store.js';
import type { ProductRow } from './product-row.js';
import type { FirstStock, KnownStock, WantedThreshold } from './stock-import.store.js';

/** A product that is there. */
export type Known = KnownProduct & KnownStock;

/** A threshold that is another one, and the row that says so. */
export interface ThresholdRow extends WantedThreshold {
  readonly row: number;
  readonly sku: string;
}

/** What the rows of a batch come to: which products are to be made and changed, and what is wrong with the others. */
export class BatchPlan {
  readonly notes: RowNote[] = [];
  readonly warnings: RowNote[] = [];
  /** To be made. Who has made them, or found that somebody else has, takes them away. */
  readonly created: NewProduct[] = [];
  /** By the id of each that is to be made. */
  readonly firstStock = new Map<string, FirstStock>();
  readonly changed: ChangedProduct[] = [];
  readonly thresholds: ThresholdRow[] = [];
  readonly #categories: CategoryPaths;

  /** @param categories with all that the rows name */
  constructor(categories: CategoryPaths) {
    this.#categories = categories;
  }

  /** @param known undefined for a product that is new */
  take(row: ProductRow, known: Known | undefined): void {
    const faults = known ? this.#toChange(row, known) : this.#toCreate(row);
    this.notes.push(...faults.map((fault) => ({ row: row.row, sku: row.sku, ...fault })));
  }

  #toCreate(row: ProductRow): RowFault[] {
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
    this.created.push({
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
    this.firstStock.set(id, { productId: id, onHand, lowStockThreshold });
    return [];
  }

  #toChange(row: ProductRow, known: Known): RowFault[] {
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
      this.warnings.push({ row: row.row, sku, field: 'stock', message });
    }
    if (lowStockThreshold !== undefined && lowStockThreshold !== known.lowStockThreshold) {
      this.thresholds.push({ productId: known.id, lowStockThreshold, row: row.row, sku });
    }
    this.changed.push({
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

function unknownCategory(): RowFault {
  return { field: 'category', message: 'There is no such category: make it first.' };
}
