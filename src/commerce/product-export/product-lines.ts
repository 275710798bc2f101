import { stringify } from 'csv-stringify/sync';
import { decimalOf } from '../money/money.js';
import { guardCell } from '../product-import/guarded-cell.js';
import { PRODUCT_COLUMNS, type ProductColumn } from '../product-import/product-columns.js';
import type { ExportedProduct } from './product-export.store.js';

/** Makes a file of products, a page at a time. */
export interface ProductLines {
  readonly head: string;
  of(products: readonly ExportedProduct[]): string;
}

export const jsonLines: ProductLines = {
  head: '',
  of: (products) => products.map((product) => `${JSON.stringify(valuesOf(product))}\n`).join(''),
};

/** RFC 4180, with a line feed behind each row. */
export const csvLines: ProductLines = {
  head: stringify([PRODUCT_COLUMNS]),
  of: (products) => stringify(products.map((product) => cellsOf(valuesOf(product)))),
};

function valuesOf(product: ExportedProduct): Record<ProductColumn, unknown> {
  const { priceAmount: amount, currency } = product;
  return {
    sku: product.sku,
    name: product.name,
    description: product.description,
    price: decimalOf({ amount, currency }),
    currency,
    category: product.category,
    active: product.active,
    stock: product.stock,
    low_stock_threshold: product.lowStockThreshold,
    metadata: product.metadata,
  };
}

function cellsOf(values: Record<ProductColumn, unknown>): string[] {
  return PRODUCT_COLUMNS.map((column) => {
    const value = values[column];
    if (value === null) return '';
    return guardCell(typeof value === 'object' ? JSON.stringify(value) : String(value));
  });
}
