import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction, tryLockName } from '../../tenancy/index.js';

/** A product that has the SKU of a row, with what the import has to know of it. */
export interface KnownProduct {
  sku: string;
  id: string;
  categoryId: string | null;
  currency: string;
}

/** All of a product that is made. */
export interface NewProduct {
  id: string;
  sku: string;
  name: string;
  description: string;
  categoryId: string | null;
  /** In minor units. */
  priceAmount: number;
  currency: string;
  active: boolean;
  /** JSON. */
  metadata: string;
}

/** What a product shall be; null for what stays as it is, but for the category. */
export interface ChangedProduct {
  id: string;
  name: string | null;
  description: string | null;
  categoryId: string | null;
  priceAmount: number | null;
  currency: string | null;
  active: boolean | null;
  metadata: string | null;
}

export interface FoundCategory {
  id: string;
  slug: string;
  parentId: string | null;
}

type Columns<Row> = { [Column in keyof Row]: Row[Column][] };

/** Kept there until the end, as a foreign key's check does it: whoever removes a category waits. */
const categoriesBySlug = fixedStatement(
  'product-import.categories',
  (of: { orgId: string; slugs: readonly string[] }) =>
    sql<FoundCategory>`
      SELECT found.id, found.slug, found.parent_id AS "parentId"
      FROM unnest(${of.slugs}::text[]) AS key (slug)
      CROSS JOIN LATERAL (
        SELECT categories.id, categories.slug, categories.parent_id
        FROM categories
        WHERE categories.org_id = ${of.orgId}::uuid AND categories.slug = key.slug
        LIMIT 1
        FOR KEY SHARE
      ) AS found`.compile(query),
);

const lockBySku = fixedStatement(
  'product-import.lock',
  (of: { orgId: string; skus: readonly string[] }) =>
    sql<KnownProduct>`
      SELECT found.sku, found.id, found.category_id AS "categoryId", found.currency
      FROM unnest(${of.skus}::text[]) AS key (sku)
      CROSS JOIN LATERAL (
        SELECT products.sku, products.id, products.category_id, products.currency
        FROM products
        WHERE products.org_id = ${of.orgId}::uuid AND products.sku = key.sku
          AND products.deleted_at IS NULL
        LIMIT 1
        FOR NO KEY UPDATE
      ) AS found`.compile(query),
);

const insert = fixedStatement(
  'product-import.insert',
  (of: { orgId: string } & Columns<NewProduct>) =>
    sql<{ id: string }>`
      INSERT INTO products (org_id, id, sku, name, description, category_id, price_amount, currency,
        active, metadata)
      SELECT ${of.orgId}::uuid, made.id, made.sku, made.name, made.description, made.category_id,
        made.price_amount, made.currency, made.active, made.metadata::jsonb
      FROM unnest(${of.id}::uuid[], ${of.sku}::text[], ${of.name}::text[], ${of.description}::text[],
        ${of.categoryId}::uuid[], ${of.priceAmount}::bigint[], ${of.currency}::text[],
        ${of.active}::boolean[], ${of.metadata}::text[])
        AS made (id, sku, name, description, category_id, price_amount, currency, active, metadata)
      ON CONFLICT (org_id, sku) WHERE deleted_at IS NULL DO NOTHING
      RETURNING products.id`.compile(query),
);

/** Writes those alone that are not so already. The ids stand in it twice, so that no join reads all products. */
const update = fixedStatement(
  'product-import.update',
  (of: { orgId: string } & Columns<ChangedProduct>) =>
    sql<{ id: string }>`
      UPDATE products SET
        name = coalesce(wanted.name, products.name),
        description = coalesce(wanted.description, products.description),
        category_id = wanted.category_id,
        price_amount = coalesce(wanted.price_amount, products.price_amount),
        currency = coalesce(wanted.currency, products.currency),
        active = coalesce(wanted.active, products.active),
        metadata = coalesce(wanted.metadata::jsonb, products.metadata),
        version = products.version + 1,
        updated_at = now()
      FROM unnest(${of.id}::uuid[], ${of.name}::text[], ${of.description}::text[],
        ${of.categoryId}::uuid[], ${of.priceAmount}::bigint[], ${of.currency}::text[],
        ${of.active}::boolean[], ${of.metadata}::text[])
        AS wanted (id, name, description, category_id, price_amount, currency, active, metadata)
      WHERE products.org_id = ${of.orgId}::uuid AND products.id = wanted.id
        AND products.id = ANY(${of.id}::uuid[])
        AND (products.category_id IS DISTINCT FROM wanted.category_id
          OR products.name <> wanted.name OR products.description <> wanted.description
          OR products.price_amount <> wanted.price_amount OR products.currency <> wanted.currency
          OR products.active <> wanted.active OR products.metadata <> wanted.metadata::jsonb)
      RETURNING products.id`.compile(query),
);

/** What an import does to products, hundreds at a time. */
export class ProductImportStore {
  /** @returns false while another import of the organization has not ended */
  lockImports(tx: TenantTransaction): Promise<boolean> {
    return tryLockName(tx, 'import of products');
  }

  categoriesBySlug(tx: TenantTransaction, slugs: readonly string[]): Promise<FoundCategory[]> {
    return tx.execute(categoriesBySlug({ orgId: tx.tenant.orgId, slugs }));
  }

  /** Products with these SKUs, which nobody else can change before the transaction ends; no deleted ones. */
  lockBySku(tx: TenantTransaction, skus: readonly string[]): Promise<KnownProduct[]> {
    return tx.execute(lockBySku({ orgId: tx.tenant.orgId, skus }));
  }

  /** @returns ids of those that were made; another transaction has made the others in the meantime */
  async insert(tx: TenantTransaction, products: readonly NewProduct[]): Promise<string[]> {
    const columns = columnsOf(products, NEW_PRODUCT);
    const rows = await tx.execute(insert({ orgId: tx.tenant.orgId, ...columns }));
    return rows.map(({ id }) => id);
  }

  /** @returns ids of those that were not as wanted already */
  async update(tx: TenantTransaction, products: readonly ChangedProduct[]): Promise<string[]> {
    const columns = columnsOf(products, CHANGED_PRODUCT);
    const rows = await tx.execute(update({ orgId: tx.tenant.orgId, ...columns }));
    return rows.map(({ id }) => id);
  }
}

const CHANGED_PRODUCT = [
  'id',
  'name',
  'description',
  'categoryId',
  'priceAmount',
  'currency',
  'active',
  'metadata',
] as const;

const NEW_PRODUCT = [...CHANGED_PRODUCT, 'sku'] as const;

/** As `unnest` takes it: an array for each column. */
export function columnsOf<Row extends object>(
  rows: readonly Row[],
  columns: readonly (keyof Row)[],
): Columns<Row> {
  const entries = columns.map((column) => [column, rows.map((row) => row[column])]);
  return Object.fromEntries(entries) as Columns<Row>;
}
