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

/** $1 id of a cart, if there is none; $2 product, $3 how many */
export const ADD_CART_ITEM: Statement = {
  name: 'add-cart-item',
  text: `
    WITH cart AS (
      INSERT INTO carts (id, owner_id) VALUES ($1, tenancy.current_user_id())
      ON CONFLICT (org_id, owner_id) WHERE status = 'open' DO UPDATE SET updated_at = now()
      RETURNING id, owner_id
    )
    INSERT INTO cart_items (cart_id, owner_id, product_id, quantity, price_amount, currency)
    SELECT cart.id, owner_id, products.id, $3, price_amount, currency
    FROM cart, products
    WHERE products.id = $2 AND active AND deleted_at IS NULL
    ON CONFLICT (org_id, cart_id, product_id) DO UPDATE SET quantity = cart_items.quantity + excluded.quantity
    RETURNING json_build_object('cartId', cart_id)`,
};

/** $1 key, $2 hash of the request, $3 order. Who comes with it again is refused: the answer of before is not given. */
export const CLAIM_KEY: Statement = {
  name: 'claim-key',
  text: `
    INSERT INTO idempotency_keys (owner_id, key, operation, request_hash, order_id, expires_at)
    VALUES (tenancy.current_user_id(), $1, 'placeOrder', $2, $3, now() + interval '24 hours')`,
};

/** Nobody else changes the cart, or orders it, meanwhile. */
export const LOCK_CART: Statement = {
  name: 'lock-cart',
  text: `SELECT id FROM carts WHERE owner_id = tenancy.current_user_id() AND status = 'open' FOR UPDATE`,
};

/** $1 order. Levels are locked in the order of products; a constraint refuses to take what is not there. */
export const TAKE_STOCK: Statement = {
  name: 'take-stock',
  text: `
    WITH line AS MATERIALIZED (
      SELECT level.org_id, level.product_id, item.quantity
      FROM carts
      JOIN cart_items AS item ON item.org_id = carts.org_id AND item.cart_id = carts.id
      JOIN stock_levels AS level ON level.org_id = item.org_id AND level.product_id = item.product_id
      WHERE carts.owner_id = tenancy.current_user_id() AND status = 'open'
      ORDER BY level.product_id
      FOR UPDATE OF level
    ), taken AS (
      UPDATE stock_levels AS level SET on_hand = on_hand - quantity, units_sold = units_sold + quantity,
        low_since = CASE WHEN on_hand - quantity <= low_stock_threshold THEN coalesce(low_since, now()) END
      FROM line WHERE level.org_id = line.org_id AND level.product_id = line.product_id
      RETURNING level.product_id, on_hand, quantity
    )
    INSERT INTO stock_movements (id, product_id, kind, quantity, on_hand, actor_id, note, created_at)
    SELECT uuidv7(), product_id, 'sale', -quantity, on_hand, tenancy.current_user_id(), $1::text, clock_timestamp()
    FROM taken`,
};

/** $1 order, $2 email, $3 address. The number comes last: from then on everybody else of the organization waits. */
export const PLACE_ORDER: Statement = {
  name: 'place-order',
  text: `
    WITH line AS MATERIALIZED (
      SELECT carts.id AS cart_id, carts.owner_id, product.id, category_id, sku, name, quantity, product.price_amount,
        product.currency
      FROM carts
      JOIN cart_items AS item ON item.org_id = carts.org_id AND item.cart_id = carts.id
      JOIN products AS product ON product.org_id = item.org_id AND product.id = item.product_id
      WHERE carts.owner_id = tenancy.current_user_id() AND status = 'open'
    ), numbered AS (
      INSERT INTO number_series (name, last_number) SELECT 'orders', 1 WHERE EXISTS (SELECT FROM line)
      ON CONFLICT (org_id, name) DO UPDATE SET last_number = number_series.last_number + 1
      RETURNING last_number AS number, clock_timestamp() AS moment
    ), placed AS (
      INSERT INTO orders (id, number, owner_id, customer_id, cart_id, currency, total_amount, email, shipping_address,
        placed_at, updated_at)
      SELECT $1::uuid, number, owner_id, owner_id, cart_id, currency, total, $2, $3::jsonb, moment, moment
      FROM numbered, (
        SELECT cart_id, owner_id, currency, sum(price_amount * quantity)::bigint AS total FROM line GROUP BY 1, 2, 3
      ) AS cart
      RETURNING id, number, owner_id, cart_id, placed_at
    ), items AS (
      INSERT INTO order_items (order_id, owner_id, product_id, category_id, sku, name, quantity, price_amount,
        total_amount)
      SELECT placed.id, placed.owner_id, line.id, category_id, sku, name, quantity, price_amount, price_amount * quantity
      FROM placed, line
    ), event AS (
      INSERT INTO order_events (id, order_id, owner_id, status, actor_id, occurred_at)
      SELECT uuidv7(), id, owner_id, 'pending', owner_id, placed_at FROM placed
    ), cart AS (
      UPDATE carts SET status = 'ordered', ordered_at = placed_at, updated_at = placed_at
      FROM placed WHERE carts.id = placed.cart_id
    )
    SELECT json_build_object('orderId', id, 'number', number) FROM placed`,
};
