/** How many rows there are, in the large organization and in each of the others. */
const ROWS = {
  carts: { large: 2_400, others: 40 },
  orders: { large: 1_600, others: 24 },
  series: { large: 220, others: 2 },
};

/**
 * Statements that fill carts, orders and payments of every organization that has a catalog: behind
 * `largeCatalog`, whose products they name. The first of the carts become orders; a quarter belong to one user,
 * the others to visitors.
 *
 * @param largeOrgId UUID of the organization that gets the most
 * @param options.personId UUID of the user of it who gets that quarter
 */
export function largeOrders(
  largeOrgId: string,
  { personId }: { personId?: string | undefined },
): string {
  const count = (org: string, { large, others }: { large: number; others: number }) =>
    `CASE ${org} WHEN '${largeOrgId}' THEN ${large} ELSE ${others} END`;
  const { carts, orders, series } = ROWS;
  return `
    CREATE TEMP TABLE purchases ON COMMIT DROP AS
      WITH shop AS (SELECT id AS org_id, row_number() OVER (ORDER BY id = '${largeOrgId}' DESC, slug) AS place,
          ${count('id', carts)} AS carts, ${count('id', orders)} AS orders, ${count('id', { large: 3_000, others: 60 })} AS products
        FROM organizations WHERE EXISTS (SELECT FROM products WHERE products.org_id = organizations.id))
      SELECT shop.org_id, n, n <= orders AS is_ordered, n = orders + 1 AS is_persons_cart, products, r1, r2, r3,
        CASE WHEN n % 4 = 1 OR n = orders + 1 THEN person.id END AS user_id,
        to_timestamp(millis / 1000.0) AS moment, md5(place || 'made' || n) AS hash,
        (lpad(to_hex(millis), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid AS id
      FROM shop
      CROSS JOIN LATERAL generate_series(1, carts) AS n
      CROSS JOIN LATERAL (SELECT md5(place || 'cart' || n) AS hash OFFSET 0) AS a
      CROSS JOIN LATERAL (SELECT ('x' || substr(hash, 20, 4))::bit(16)::int AS r1,
        ('x' || substr(hash, 24, 4))::bit(16)::int AS r2, ('x' || substr(hash, 28, 4))::bit(16)::int AS r3) AS b
      CROSS JOIN LATERAL (SELECT 1735689600000 + (r1 * 65536::bigint + r2) * 6 AS millis) AS c
      LEFT JOIN LATERAL (SELECT coalesce(
        CASE shop.org_id WHEN '${largeOrgId}' THEN nullif('${personId ?? ''}', '')::uuid END,
        (SELECT id FROM users WHERE users.org_id = shop.org_id ORDER BY id LIMIT 1)) AS id) AS person ON true;
    ALTER TABLE purchases ADD COLUMN owner_id uuid;
    UPDATE purchases SET owner_id = coalesce(user_id, md5(hash || 'owner')::uuid);
    ANALYZE purchases;

    INSERT INTO carts (org_id, id, owner_id, status, expires_at, ordered_at, created_at, updated_at)
      SELECT org_id, id, owner_id,
        CASE WHEN is_ordered THEN 'ordered' WHEN n % 4 = 1 AND NOT is_persons_cart THEN 'expired' ELSE 'open' END,
        CASE WHEN user_id IS NULL THEN moment + interval '30 days' END, CASE WHEN is_ordered THEN moment END, moment, moment
      FROM purchases ORDER BY moment;

    ANALYZE products, orders, carts;
    CREATE TEMP TABLE choices ON COMMIT DROP AS
      SELECT DISTINCT ON (purchases.org_id, purchases.id, product.id) purchases.org_id, purchases.id AS cart_id,
        purchases.owner_id, purchases.is_ordered, purchases.is_persons_cart, purchases.moment, product.id AS product_id, product.price_amount,
        product.currency, product.category_id, product.sku, product.name, 1 + purchases.r3 % 3 AS quantity
      FROM purchases
      CROSS JOIN generate_series(0, 2) AS line
      JOIN goods ON goods.kind = 'product' AND goods.org_id = purchases.org_id
        AND goods.n = CASE (purchases.n + line) % 4 WHEN 1 THEN 1 ELSE 1 + (purchases.r1 + line * purchases.r2) % purchases.products END
      JOIN products AS product ON product.org_id = goods.org_id AND product.id = goods.id;
    ANALYZE choices;

    INSERT INTO cart_items (org_id, cart_id, product_id, owner_id, quantity, price_amount, currency, added_at)
      SELECT org_id, cart_id, product_id, owner_id, quantity, price_amount, currency, moment FROM choices ORDER BY moment;

    INSERT INTO stock_reservations (org_id, cart_id, product_id, owner_id, quantity, started_at, expires_at)
      SELECT org_id, cart_id, product_id, owner_id, quantity, now(),
        CASE WHEN is_persons_cart THEN now() + interval '1 day' ELSE moment END
      FROM choices WHERE NOT is_ordered ORDER BY moment;

    INSERT INTO orders (org_id, id, number, owner_id, customer_id, cart_id, status, currency, total_amount, email,
        shipping_address, stock_returned, sales_counted, placed_at, paid_at, shipped_at, delivered_at, cancelled_at, refunded_at, updated_at)
      SELECT org_id, md5(hash || 'order')::uuid, n, owner_id, user_id, id, status, 'EUR', total,
        'buyer-' || n || '@example.com', '{"name": "Somebody", "line1": "1 Some Street", "city": "Somewhere", "country": "DE"}', status IN ('cancelled', 'refunded'),
        status NOT IN ('pending', 'cancelled'), moment,
        CASE WHEN status NOT IN ('pending', 'cancelled') THEN moment END,
        CASE WHEN status IN ('shipped', 'delivered') THEN moment END, CASE WHEN status = 'delivered' THEN moment END,
        CASE WHEN status = 'cancelled' THEN moment END, CASE WHEN status = 'refunded' THEN moment END, moment
      FROM purchases
      JOIN (SELECT org_id, cart_id AS id, sum(price_amount * quantity) AS total FROM choices GROUP BY 1, 2) AS sums
        USING (org_id, id)
      CROSS JOIN LATERAL (SELECT (ARRAY['pending', 'paid', 'shipped', 'delivered', 'delivered', 'cancelled', 'refunded'])[1 + r3 % 7]
        AS status) AS a
      WHERE is_ordered ORDER BY moment;

    INSERT INTO order_items (org_id, order_id, product_id, owner_id, category_id, sku, name, quantity, price_amount,
        total_amount)
      SELECT choices.org_id, orders.id, product_id, choices.owner_id, category_id, sku, name, quantity, price_amount,
        price_amount * quantity
      FROM choices JOIN orders ON orders.org_id = choices.org_id AND orders.cart_id = choices.cart_id ORDER BY moment;

    INSERT INTO order_events (org_id, id, order_id, owner_id, status, actor_id, occurred_at)
      SELECT org_id, md5(id::text || what.status)::uuid, id, owner_id, what.status, customer_id, placed_at
      FROM orders CROSS JOIN LATERAL (SELECT DISTINCT unnest(ARRAY['pending', orders.status]) AS status) AS what
      ORDER BY placed_at;

    INSERT INTO payments (org_id, id, order_id, owner_id, provider, reference, status, amount, currency, created_at, updated_at)
      SELECT org_id, md5(id::text || 'payment' || try)::uuid, id, owner_id, 'local', 'local-' || number || '-' || try,
        CASE status WHEN 'pending' THEN CASE tries WHEN 1 THEN 'open' ELSE 'failed' END
          WHEN 'cancelled' THEN 'cancelled' WHEN 'refunded' THEN 'refunded' ELSE 'captured' END,
        total_amount, currency, placed_at, placed_at
      FROM orders
      -- Of those that are pending, every second has failed, often enough to come first where something is to be paid.
      CROSS JOIN LATERAL (SELECT CASE WHEN status = 'pending' AND number % 2 = 0 THEN 4 ELSE 1 END AS tries) AS a
      CROSS JOIN LATERAL generate_series(1, tries) AS try
      ORDER BY placed_at;

    INSERT INTO payment_commands (org_id, id, payment_id, kind, sealed, created_at, attempts, next_attempt_at, done_at)
      SELECT org_id, md5(id::text || kind)::uuid, id, kind, CASE WHEN is_waiting THEN '\\x00'::bytea END, created_at, 1,
        CASE WHEN is_waiting THEN created_at END, CASE WHEN NOT is_waiting THEN created_at END
      FROM payments
      CROSS JOIN LATERAL (SELECT status = 'open' AS is_waiting) AS a
      CROSS JOIN LATERAL (SELECT unnest(CASE status WHEN 'open' THEN ARRAY['authorize'] WHEN 'failed' THEN ARRAY['authorize']
        WHEN 'refunded' THEN ARRAY['authorize', 'capture', 'refund'] ELSE ARRAY['authorize', 'capture'] END) AS kind) AS b
      ORDER BY created_at;

    INSERT INTO payment_events (org_id, provider, event_id, kind, payment_id, occurred_at, received_at)
      SELECT org_id, provider, kind || '-' || reference, kind, id, created_at, created_at
      FROM payments CROSS JOIN LATERAL (SELECT unnest(ARRAY['authorized', 'captured']) AS kind) AS a
      WHERE status IN ('captured', 'refunded') ORDER BY created_at;

    INSERT INTO idempotency_keys (org_id, owner_id, key, operation, request_hash, order_id, created_at, expires_at)
      SELECT org_id, owner_id, 'key-' || number, 'placeOrder', sha256(number::text::bytea), id, placed_at,
        placed_at + interval '10 years'
      FROM orders ORDER BY placed_at;

    INSERT INTO number_series (org_id, name, last_number)
      SELECT shop.org_id, CASE n WHEN 1 THEN 'orders' ELSE 'series ' || n END, ${count('shop.org_id', orders)}
      FROM (SELECT DISTINCT org_id FROM purchases) AS shop
      CROSS JOIN LATERAL generate_series(1, ${count('shop.org_id', series)}) AS n;`;
}
