import type { Statement } from './statements.ts';

/** @returns null when there is no such order */
export function catalogStatement(order: string | null): Statement | null {
  return ORDERS.get(order ?? '') ?? null;
}

/**
 * $1 category, $2 words. What is found is found once, for the page and for the counts. The tree and the words are
 * read in sub-selects, so that they are made once and lead into the index of products by category.
 */
function catalog(order: string, rank: string): Statement {
  return {
    name: `catalog-${order}`,
    text: `
      WITH RECURSIVE subtree (id) AS (
        SELECT id FROM categories WHERE id = $1
        UNION ALL
        SELECT child.id FROM subtree JOIN categories AS child ON child.parent_id = subtree.id
      ), found AS MATERIALIZED (
        SELECT products.id, sku, products.name, price_amount, currency, category_id, on_hand, ${rank} AS rank
        FROM (SELECT websearch_to_tsquery('english', $2) || websearch_to_tsquery('simple', $2) AS words OFFSET 0) AS asked
        CROSS JOIN products
        JOIN stock_levels ON stock_levels.org_id = products.org_id AND stock_levels.product_id = products.id
        WHERE category_id = ANY(ARRAY(SELECT id FROM subtree)) AND deleted_at IS NULL AND active AND on_hand > 0
          AND search @@ words
      )
      SELECT json_build_object(
        'products', (
          SELECT coalesce(json_agg(json_build_object('id', page.id, 'sku', sku, 'name', page.name,
              'price', json_build_object('amount', price_amount, 'currency', currency), 'onHand', on_hand,
              'category', json_build_object('id', category.id, 'name', category.name))
            ORDER BY rank DESC, page.id DESC), '[]')
          FROM (SELECT * FROM found ORDER BY rank DESC, id DESC LIMIT 20) AS page
          JOIN categories AS category ON category.id = category_id),
        'categories', (
          SELECT coalesce(json_agg(json_build_object('id', category.id, 'name', category.name, 'count', count)
            ORDER BY count DESC, category.id), '[]')
          FROM (SELECT category_id, count(*) AS count FROM found GROUP BY 1) AS counted
          JOIN categories AS category ON category.id = category_id))`,
  };
}

const ORDERS: ReadonlyMap<string, Statement> = new Map([
  ['relevance', catalog('relevance', 'ts_rank(search, words)')],
  ['best-selling', catalog('best-selling', 'units_sold')],
]);
