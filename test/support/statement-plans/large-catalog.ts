/** How many rows there are, in the large organization and in each of the others. */
const ROWS = {
  categories: { large: 300, others: 8 },
  products: { large: 3_000, others: 60 },
  movements: { large: 9_000, others: 120 },
};

/**
 * Statements that fill the catalog and the stock of every organization that has users. One category and one
 * product of each have a quarter of the rows; some products are deleted, some are low in stock.
 *
 * @param largeOrgId UUID of the organization that gets the most
 * @param word that every text has
 */
export function largeCatalog(largeOrgId: string, word: string): string {
  const { categories, products, movements } = ROWS;
  const count = (org: string, { large, others }: { large: number; others: number }) =>
    `CASE ${org} WHEN '${largeOrgId}' THEN ${large} ELSE ${others} END`;
  const draft = (kind: string, rows: { large: number; others: number }) => `
    SELECT '${kind}' AS kind, shop.org_id, shop.place, n FROM shop
    CROSS JOIN LATERAL generate_series(1, ${count('shop.org_id', rows)}) AS n`;
  return `
    -- Rows are made up from the place of their organization and not from its id, which is another one each time.
    CREATE TEMP TABLE goods ON COMMIT DROP AS
      WITH shop AS (SELECT id AS org_id, row_number() OVER (ORDER BY id = '${largeOrgId}' DESC, slug) AS place
        FROM organizations WHERE EXISTS (SELECT FROM users WHERE users.org_id = organizations.id))
      SELECT kind, org_id, n, r1, r2, r3, to_timestamp(millis / 1000.0) AS moment,
        (lpad(to_hex(millis), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid AS id
      FROM (${draft('category', categories)} UNION ALL ${draft('product', products)}
        UNION ALL ${draft('movement', movements)}) AS rows
      CROSS JOIN LATERAL (SELECT md5(place || kind || n) AS hash OFFSET 0) AS a
      CROSS JOIN LATERAL (SELECT ('x' || substr(hash, 20, 4))::bit(16)::int AS r1,
        ('x' || substr(hash, 24, 4))::bit(16)::int AS r2, ('x' || substr(hash, 28, 4))::bit(16)::int AS r3) AS b
      CROSS JOIN LATERAL (SELECT 1735689600000 + (r1 * 65536::bigint + r2) * 6 AS millis) AS c;
    ANALYZE goods;

    INSERT INTO categories (org_id, id, parent_id, name, slug, position, created_at, updated_at)
      SELECT category.org_id, category.id, parent.id, 'Category ' || category.r2 % 100, 'category-' || category.n,
        category.r3 % 10, category.moment, category.moment
      FROM goods AS category
      LEFT JOIN goods AS parent ON parent.kind = 'category' AND parent.org_id = category.org_id
        AND parent.n = CASE category.n % 4 WHEN 1 THEN 1 ELSE category.n / 5 END AND category.n > 4
      WHERE category.kind = 'category' ORDER BY category.moment;

    INSERT INTO products (org_id, id, category_id, sku, name, description, price_amount, currency, active, metadata,
        created_at, updated_at, deleted_at)
      SELECT product.org_id, product.id, CASE WHEN product.r3 % 100 >= 5 THEN category.id END, 'SKU-' || product.n,
        'Product ' || product.r3 % 397 || ' ${word}', 'About number ' || product.r3,
        product.r2 % 500 * 100, 'EUR', product.r1 % 10 > 0,
        jsonb_build_object('colour', (ARRAY['red', 'green', 'blue'])[1 + product.r1 % 3]), product.moment, product.moment,
        CASE WHEN product.n > 1 AND product.r1 % 20 = 0 THEN timestamptz '2026-01-01Z' END
      FROM goods AS product
      JOIN goods AS category ON category.kind = 'category' AND category.org_id = product.org_id
        AND category.n = CASE product.n % 4 WHEN 1 THEN 1 ELSE 1 + product.r1 % ${count('product.org_id', categories)} END
      WHERE product.kind = 'product' ORDER BY product.moment;

    INSERT INTO stock_levels (org_id, product_id, on_hand, low_stock_threshold, low_since, units_sold)
      SELECT org_id, id, r2 % 50, threshold, CASE WHEN r2 % 50 <= threshold THEN moment END, r3 % 300
      FROM goods CROSS JOIN LATERAL (SELECT CASE WHEN n % 3 > 0 THEN 5 END AS threshold) AS a
      WHERE kind = 'product' ORDER BY moment;

    INSERT INTO stock_movements (org_id, id, product_id, kind, quantity, on_hand, actor_id, created_at)
      SELECT movement.org_id, movement.id, product.id, what.kind, what.quantity, movement.r2 % 50, actor.id,
        movement.moment
      FROM goods AS movement
      LEFT JOIN (SELECT org_id, id, row_number() OVER (PARTITION BY org_id ORDER BY id) AS place FROM users) AS actor
        ON actor.org_id = movement.org_id AND actor.place = movement.n % 60
      CROSS JOIN LATERAL (SELECT (ARRAY['receipt', 'sale', 'return', 'correction'])[1 + movement.r3 % 4] AS kind,
        (ARRAY[5, -1, 1, -2])[1 + movement.r3 % 4] AS quantity) AS what
      JOIN goods AS product ON product.kind = 'product' AND product.org_id = movement.org_id
        AND product.n = CASE movement.n % 4 WHEN 1 THEN 1 ELSE 1 + movement.r1 % ${count('movement.org_id', products)} END
      WHERE movement.kind = 'movement' ORDER BY movement.moment;`;
}
