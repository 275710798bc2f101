import { textFault } from '../../shared/graphql/index.js';
import { isCurrency } from '../money/currency.type.js';
import { metadataFault } from '../product/metadata.validator.js';
import { unitsFault } from '../stock/units.validator.js';
import type { FileRow, RowFault } from './file-rows.js';
import type { ProductColumn } from './product-columns.js';

/** One product as the file wants it, each value good in itself. What the file does not say is left out. */
export interface ProductRow {
  readonly row: number;
  readonly sku: string;
  readonly name?: string;
  readonly description?: string;
  /** In major units; what it amounts to depends on the currency. */
  readonly price?: string;
  readonly currency?: string;
  /** Slug, or slugs from the top down with a slash between them; null for none. */
  readonly category?: string | null;
  readonly active?: boolean;
  readonly stock?: number;
  /** Null where nobody wants to know. */
  readonly lowStockThreshold?: number | null;
  /** JSON. */
  readonly metadata?: string;
}

/** As sql/40-constraints.sql has it. */
const SKU = /^[!-~]{1,64}$/;

const LONGEST_PATH = 2_000;

/** Reads each value of a row. All that is wrong is told at once. */
export function readProductRow({ row, values, fault }: FileRow): ProductRow | RowFault[] {
  if (fault) return [fault];
  const faults: RowFault[] = [];
  const read = <T>(column: ProductColumn, as: (value: unknown) => T | Fault): T | undefined => {
    if (!(column in values)) return undefined;
    const result = as(values[column]);
    if (!(result instanceof Fault)) return result;
    faults.push({ field: column, message: result.message });
    return undefined;
  };
  const product = {
    row,
    sku: read('sku', skuOf) ?? '',
    name: read('name', (value) => textOf(value, { min: 1, max: 200 })),
    description: read('description', (value) => textOf(value ?? '', { max: 10_000 })),
    price: read('price', priceOf),
    currency: read('currency', currencyOf),
    category: read('category', categoryOf),
    active: read('active', activeOf),
    stock: read('stock', (value) => (value === null ? 0 : unitsOf(value))),
    lowStockThreshold: read('low_stock_threshold', (value) =>
      value === null ? null : unitsOf(value),
    ),
    metadata: read('metadata', metadataOf),
  };
  if (!('sku' in values)) faults.push({ field: 'sku', message: 'Must be there.' });
  return faults.length > 0 ? faults : withoutUndefined(product);
}

/** What is wrong with a value, as a sentence. */
class Fault {
  constructor(readonly message: string) {}
}

function skuOf(value: unknown): string | Fault {
  if (typeof value === 'string' && SKU.test(value)) return value;
  return new Fault('Must be 1 to 64 letters, digits and signs of ASCII, without spaces.');
}

function textOf(value: unknown, rules: { min?: number; max: number }): string | Fault {
  const fault = value === null ? 'Must not be empty.' : textFault(value, rules);
  return fault === null ? (value as string) : new Fault(fault);
}

/** A number of JSON is binary before anybody has seen it: 12.50 would come exactly, most others by luck. */
function priceOf(value: unknown): string | Fault {
  if (typeof value === 'string') return value;
  if (value === null) return new Fault('Must not be empty.');
  return new Fault('Must be text, so that it stays exact: "12.50".');
}

function currencyOf(value: unknown): string | Fault {
  return isCurrency(value) ? value : new Fault('Must be a currency of ISO 4217, such as EUR.');
}

function categoryOf(value: unknown): string | null | Fault {
  return value === null ? null : textOf(value, { min: 1, max: LONGEST_PATH });
}

function activeOf(value: unknown): boolean | Fault {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  return new Fault('Must be true or false.');
}

function unitsOf(value: unknown): number | Fault {
  const units = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  // What is empty is no number either, where it is asked for.
  const fault = unitsFault(units ?? Number.NaN, { min: 0 });
  return fault === null ? (units as number) : new Fault(fault);
}

/** Read and written again, so that it is what the API would have stored. */
function metadataOf(value: unknown): string | Fault {
  const metadata = value === null ? {} : typeof value === 'string' ? parsed(value) : value;
  if (metadata == null) return new Fault('Must be a JSON object.');
  const fault = metadataFault(metadata);
  return fault === null ? JSON.stringify(metadata) : new Fault(fault);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function withoutUndefined(product: { [Key in keyof ProductRow]: ProductRow[Key] | undefined }) {
  const there = Object.entries(product).filter(([, value]) => value !== undefined);
  return Object.fromEntries(there) as unknown as ProductRow;
}
