import { sql } from 'kysely';
import { alreadyExists } from '../../shared/errors.js';
import { newUuid } from '../../shared/ids.js';
import {
  fixedStatement,
  type Marked,
  markEach,
  shapedStatement,
  type Value,
  value,
} from '../../shared/statements/index.js';
import {
  entityList,
  findByIds,
  isUniqueViolation,
  type model,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';
import { type ProductCriteria, productCondition, relevance } from './product.criteria.js';
import { facetColumns, facetsOf } from './product.facets.js';

export type ProductRow = Omit<model.Product, 'orgId' | 'priceAmount' | 'metadata'> & {
  /** In minor units. */
  priceAmount: number;
  metadata: Record<string, unknown>;
};

/** A product as a list reads it. */
export type ListedProduct = Omit<ProductRow, OnDemand> & Partial<Pick<ProductRow, OnDemand>>;

type OnDemand = keyof typeof ON_DEMAND;

/** What a writer may set. */
export type ProductChanges = Partial<
  Omit<ProductRow, 'id' | 'version' | 'createdAt' | 'updatedAt'>
>;

/** What there is of a new product, and who has counted it. */
export interface FirstStock {
  initialStock: number;
  lowStockThreshold: number | null;
  actorId: string;
}

const LISTED_COLUMNS = [
  'products.id',
  'products.category_id as categoryId',
  'products.sku',
  'products.name',
  sql<number>`products.price_amount::int`.as('priceAmount'),
  'products.currency',
  'products.active',
  'products.version',
] as const;

const ON_DEMAND = {
  description: 'products.description',
  metadata: sql<Record<string, unknown>>`products.metadata`.as('metadata'),
  createdAt: 'products.created_at as createdAt',
  updatedAt: 'products.updated_at as updatedAt',
  deletedAt: 'products.deleted_at as deletedAt',
} as const;

const COLUMNS = [...LISTED_COLUMNS, ...Object.values(ON_DEMAND)] as const;

const inserted = fixedStatement(
  'products.insert',
  (
    product: Omit<ProductRow, 'metadata' | 'version' | 'createdAt' | 'updatedAt' | 'deletedAt'> &
      FirstStock & { orgId: string; metadata: string; movementId: string },
  ) =>
    query
      .with('product', (db) =>
        db
          .insertInto('products')
          .values({
            org_id: product.orgId,
            id: product.id,
            category_id: product.categoryId,
            sku: product.sku,
            name: product.name,
            description: product.description,
            price_amount: sql`${product.priceAmount}::bigint`,
            currency: product.currency,
            active: product.active,
            metadata: sql`${product.metadata}::jsonb`,
          })
          .returning(COLUMNS),
      )
      .with('level', (db) =>
        db.insertInto('stock_levels').values({
          org_id: product.orgId,
          product_id: product.id,
          on_hand: product.initialStock,
          low_stock_threshold: product.lowStockThreshold,
          low_since: sql`CASE WHEN ${product.initialStock}::integer <= ${product.lowStockThreshold}::integer THEN now() END`,
        }),
      )
      .with('movement', (db) =>
        db
          .insertInto('stock_movements')
          .columns(['org_id', 'id', 'product_id', 'kind', 'quantity', 'on_hand', 'actor_id'])
          .expression(() =>
            query
              .selectNoFrom([
                sql<string>`${product.orgId}::uuid`.as('org_id'),
                sql<string>`${product.movementId}::uuid`.as('id'),
                sql<string>`${product.id}::uuid`.as('product_id'),
                sql<string>`'receipt'`.as('kind'),
                sql<number>`${product.initialStock}::integer`.as('quantity'),
                sql<number>`${product.initialStock}::integer`.as('on_hand'),
                sql<string>`${product.actorId}::uuid`.as('actor_id'),
              ])
              .where(sql<boolean>`${product.initialStock}::integer > 0`),
          ),
      )
      .selectFrom('product')
      .selectAll()
      .compile(),
);

const updated = shapedStatement(
  (of: {
    orgId: Value<string>;
    id: Value<string>;
    version: Value<number>;
    deleted: boolean;
    changes: Marked<ReturnType<typeof asStored>>;
  }) =>
    query
      .updateTable('products')
      .set({
        category_id: to(of.changes.categoryId),
        sku: to(of.changes.sku),
        name: to(of.changes.name),
        description: to(of.changes.description),
        price_amount: of.changes.priceAmount && sql<string>`${of.changes.priceAmount}::bigint`,
        currency: to(of.changes.currency),
        active: to(of.changes.active),
        metadata: of.changes.metadata && sql`${of.changes.metadata}::jsonb`,
        deleted_at: to(of.changes.deletedAt),
        version: sql`products.version + 1`,
        updated_at: sql`clock_timestamp()`,
      })
      .where('products.org_id', '=', sql<string>`${of.orgId}`)
      .where('products.id', '=', sql<string>`${of.id}`)
      .where('products.version', '=', sql<number>`${of.version}`)
      .where('products.deleted_at', of.deleted ? 'is not' : 'is', null)
      .returning(COLUMNS)
      .compile(),
);

/** Locks them in the order of their SKUs, as imports do: a batch of a file, or all of one that was exported. */
const movedToCategory = fixedStatement(
  'products.move-to-category',
  (of: { orgId: string; categoryId: string; newCategoryId: string | null }) =>
    sql<Record<string, never>>`
      WITH held AS MATERIALIZED (
        SELECT products.id FROM products
        WHERE products.org_id = ${of.orgId}::uuid AND products.category_id = ${of.categoryId}::uuid
        ORDER BY products.sku COLLATE "C", products.id
        FOR NO KEY UPDATE
      )
      UPDATE products SET category_id = ${of.newCategoryId}::uuid, version = products.version + 1,
        updated_at = clock_timestamp()
      FROM held
      WHERE products.org_id = ${of.orgId}::uuid AND products.id = held.id`.compile(query),
);

const bySku = fixedStatement('products.by-sku', (of: { orgId: string; sku: string }) =>
  query
    .selectFrom('products')
    .select(COLUMNS)
    .where('products.org_id', '=', of.orgId)
    .where('products.sku', '=', of.sku)
    .where('products.deleted_at', 'is', null)
    .compile(),
);

export class ProductStore {
  /** Deleted ones included: who has an id may still look at what is behind it. */
  readonly findByIds = findByIds('products', COLUMNS);

  readonly list = entityList({
    table: 'products',
    columns: LISTED_COLUMNS,
    onDemand: ON_DEMAND,
    orders: {
      CREATED_AT: { column: 'products.created_at', type: 'timestamp', property: 'createdAt' },
      NAME: { column: 'products.name', type: 'text', property: 'name' },
      PRICE: { column: 'products.price_amount', type: 'integer', property: 'priceAmount' },
      BEST_SELLING: {
        through: 'stock_levels',
        key: 'product_id',
        column: 'stock_levels.units_sold',
        type: 'bigint',
        property: 'unitsSold',
        canLeaveFew: ({ categoryId, metadata, text }) => Boolean(categoryId ?? metadata ?? text),
      },
      RELEVANCE: { computed: relevance, type: 'real', property: 'relevance' },
    },
    matching: (rows, criteria: ProductCriteria, orgId) =>
      rows.where(productCondition(criteria, orgId)),
    summary: { columns: facetColumns, of: facetsOf },
  });

  /** The product with this SKU that is not deleted; null when there is none. */
  async findBySku(tx: TenantTransaction, sku: string): Promise<ProductRow | null> {
    const rows = await tx.execute(bySku({ orgId: tx.tenant.orgId, sku }));
    return rows[0] ?? null;
  }

  /**
   * Makes a product and what there is of it, with the movement that has brought it in.
   *
   * @throws ALREADY_EXISTS when another product has the SKU
   */
  async create(
    tx: TenantTransaction,
    product: Omit<ProductRow, 'id' | 'version' | 'createdAt' | 'updatedAt' | 'deletedAt'>,
    stock: FirstStock,
  ): Promise<ProductRow> {
    const [row] = await namingSku('input.sku', () =>
      tx.execute(
        inserted({
          ...product,
          ...stock,
          orgId: tx.tenant.orgId,
          id: newUuid(),
          metadata: JSON.stringify(product.metadata),
          movementId: newUuid(),
        }),
      ),
    );
    return row as ProductRow;
  }

  /**
   * Writes `changes` over a product that is at `version`.
   *
   * @param where.deleted whether the product must be deleted, or must not be
   * @param skuPath what to tell of as taken, when another product has the SKU
   * @returns the new row; null when there is none in that state and version
   * @throws ALREADY_EXISTS
   */
  async update(
    tx: TenantTransaction,
    { id, version, deleted }: { id: string; version: number; deleted: boolean },
    changes: ProductChanges,
    skuPath = 'input.sku',
  ): Promise<ProductRow | null> {
    const rows = await namingSku(skuPath, () =>
      tx.execute(
        updated({
          orgId: value(tx.tenant.orgId),
          id: value(id),
          version: value(version),
          deleted,
          changes: markEach(asStored(changes)),
        }),
      ),
    );
    return rows[0] ?? null;
  }

  /**
   * Puts all products of one category into another, deleted ones too.
   *
   * @param newCategoryId null for none
   */
  async moveToCategory(
    tx: TenantTransaction,
    categoryId: string,
    newCategoryId: string | null,
  ): Promise<void> {
    await tx.execute(movedToCategory({ orgId: tx.tenant.orgId, categoryId, newCategoryId }));
  }
}

function asStored({ metadata, ...changes }: ProductChanges) {
  return { ...changes, ...(metadata && { metadata: JSON.stringify(metadata) }) };
}

/** What a column is set to; one that is to stay as it is has no value. */
function to<T>(content: Value<T> | undefined) {
  return content && sql<T>`${content}`;
}

async function namingSku<Result>(path: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error, 'products_org_id_sku_not_deleted_key')) throw error;
    throw alreadyExists(path, SKU_TAKEN);
  }
}

const SKU_TAKEN =
  'Another product has this SKU, see `productBySku`. Take another one, or give that product another one first.';
