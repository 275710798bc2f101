/** What a file of products has of each, in the order in which an export writes it. */
export const PRODUCT_COLUMNS = [
  'sku',
  'name',
  'description',
  'price',
  'currency',
  'category',
  'active',
  'stock',
  'low_stock_threshold',
  'metadata',
] as const;

export type ProductColumn = (typeof PRODUCT_COLUMNS)[number];

export function isProductColumn(name: string): name is ProductColumn {
  return (PRODUCT_COLUMNS as readonly string[]).includes(name);
}

export const CSV = 'text/csv';
export const NDJSON = 'application/x-ndjson';
