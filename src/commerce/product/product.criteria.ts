import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Value } from '../../shared/statements/index.js';
import { subtreeIds } from '../category/category-tree.js';

/** Which products, checked and ready for a statement. All that is there must hold. */
export interface ProductCriteria {
  /** In this category, or in one below it. */
  categoryId?: Value<string>;
  currency?: Value<string>;
  /** In minor units. */
  minPrice?: Value<number>;
  maxPrice?: Value<number>;
  inStock?: boolean;
  active?: Value<boolean>;
  /** JSON, an object that must be contained. */
  metadata?: Value<string>;
  /** In the syntax of a web search. */
  text?: Value<string>;
  deleted?: boolean;
}

/** The SQL of criteria, over the table `products`. */
export function productCondition(
  criteria: ProductCriteria,
  orgId: Value<string>,
): RawBuilder<SqlBool> {
  const { categoryId, currency, minPrice, maxPrice, inStock, active, metadata, text } = criteria;
  const conditions = [
    criteria.deleted ? sql`products.deleted_at IS NOT NULL` : sql`products.deleted_at IS NULL`,
  ];
  const add = (condition: RawBuilder<unknown>) => conditions.push(condition);
  if (categoryId) add(sql`products.category_id = ANY(ARRAY(${subtreeIds(orgId, categoryId)}))`);
  if (currency) add(sql`products.currency = ${currency}`);
  if (minPrice) add(sql`products.price_amount >= ${minPrice}::bigint`);
  if (maxPrice) add(sql`products.price_amount <= ${maxPrice}::bigint`);
  if (inStock !== undefined) {
    add(inStock ? isInStock(orgId) : sql`${isInStock(orgId)} IS NOT TRUE`);
  }
  if (active) add(sql`products.active = ${active}::boolean`);
  if (metadata) add(sql`products.metadata @> ${metadata}::jsonb`);
  if (text) add(sql`products.search @@ ${words(text)}`);
  return sql`(${sql.join(conditions, sql` AND `)})`;
}

/** How well a product fits the words that it is looked for by. */
export function relevance({ text }: ProductCriteria): RawBuilder<number> {
  if (!text) throw new TypeError('Nothing is relevant where nothing is looked for.');
  return sql<number>`ts_rank(products.search, ${words(text)})`;
}

/**
 * Whether there is any of a product. A sub-select of one row, which cannot become a join: that would read the stock of
 * the whole organization for a page of its products.
 */
export function isInStock(orgId: Value<string>): RawBuilder<SqlBool> {
  return sql<SqlBool>`(SELECT stock_levels.on_hand > 0 FROM stock_levels
    WHERE stock_levels.org_id = ${orgId} AND stock_levels.product_id = products.id)`;
}

/**
 * What is looked for: words as an English reader takes them, or to the letter, as SKUs are kept. Not the latter where
 * a word is excluded: to the letter, `-shoes` excludes nothing that is kept as `shoe`.
 */
function words(text: Value<string>): RawBuilder<unknown> {
  return sql`(SELECT CASE WHEN literal::text LIKE '%!%' THEN english ELSE english || literal END
    FROM websearch_to_tsquery('pg_catalog.english', ${text}) AS english,
      websearch_to_tsquery('pg_catalog.simple', ${text}) AS literal)`;
}
