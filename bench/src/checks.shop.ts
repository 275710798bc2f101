import type { Client } from 'pg';
import type { Ground } from './call-source.ts';
import { CallSource } from './call-source.ts';
import type { AddCartItem, Call, PlaceOrder } from './calls.ts';
import type { Check } from './checks.ts';

const ORDERS = 3;

/** Orders: the answers, and the rows that they have left, which stay. Numbers and stock are compared by how they move. */
export function shopChecks(ground: Ground): Check[] {
  const source = new CallSource(ground, { name: 'shop', title: 'shop', mix: { shop: 1 } }, 0, 5);
  return Array.from({ length: ORDERS }, () => {
    const added = only('add-cart-item', source.next().call);
    const { idempotencyKey, ...order } = only('place-order', source.next().call);
    return {
      what: `order of ${added.quantity} of product ${added.productId}`,
      kinds: ['add-cart-item', 'place-order'],
      async run({ asker, client }) {
        const before = await standOf(client, added);
        const { cartId } = await asker.ask(added);
        const key = `${idempotencyKey} ${asker.server.name}`.replaceAll(' ', '-');
        const answer = await asker.ask<'place-order'>({ ...order, idempotencyKey: key });
        const after = await standOf(client, added);
        return {
          number: answer.number - before.number,
          isNumber: answer.number === after.number,
          sold: after.sold - before.sold,
          taken: before.onHand - after.onHand,
          order: await storedOrder(client, { ...answer, cartId, since: before.at }),
        };
      },
    };
  });
}

function only<Kind extends (AddCartItem | PlaceOrder)['kind']>(
  kind: Kind,
  call: Call,
): Extract<Call, { kind: Kind }> {
  if (call.kind !== kind) throw new TypeError(`Expected ${kind}, got ${call.kind}.`);
  return call as Extract<Call, { kind: Kind }>;
}

interface Stand {
  readonly number: number;
  readonly sold: number;
  readonly onHand: number;
  /** What time it is for the database. */
  readonly at: string;
}

async function standOf(client: Client, { caller, productId }: AddCartItem): Promise<Stand> {
  const { rows } = await client.query<Stand>(
    `SELECT coalesce((SELECT last_number::int FROM number_series WHERE org_id = $1 AND name = 'orders'), 0) AS number,
       units_sold::int AS sold, on_hand AS "onHand",
       clock_timestamp()::text AS at
     FROM stock_levels WHERE org_id = $1 AND product_id = $2`,
    [caller.orgId, productId],
  );
  if (rows[0] === undefined) throw new Error(`Product ${productId} has no stock.`);
  return rows[0];
}

/** What the product stores, without ids and times that cannot be the same for all. */
async function storedOrder(
  client: Client,
  { orderId, cartId, since }: { orderId: string; cartId: string; since: string },
): Promise<unknown> {
  const { rows } = await client.query(
    `SELECT owner_id, customer_id, cart_id = $2 AS "isOfCart", status, currency, total_amount, email, shipping_address,
       stock_returned, version, placed_at >= now() - interval '1 minute' AS "isNow", placed_at = updated_at AS "isNew",
       (SELECT json_agg(json_build_array(product_id, owner_id, category_id, sku, name, quantity, price_amount, total_amount)
         ORDER BY product_id) FROM order_items WHERE order_id = orders.id) AS items,
       (SELECT json_agg(json_build_array(status, owner_id, actor_id, note, occurred_at = placed_at))
         FROM order_events WHERE order_id = orders.id) AS events,
       (SELECT json_agg(json_build_array(owner_id, status, ordered_at = placed_at, updated_at = placed_at, expires_at))
         FROM carts WHERE id = $2) AS cart,
       (SELECT json_agg(json_build_array(owner_id, operation, expires_at - created_at)) FROM idempotency_keys
         WHERE order_id = orders.id) AS key,
       (SELECT json_agg(json_build_array(product_id, owner_id, quantity, price_amount, currency) ORDER BY product_id)
         FROM cart_items WHERE cart_id = $2) AS "inCart",
       (SELECT json_agg(json_build_array(product_id, kind, quantity, on_hand = stock.left, actor_id) ORDER BY product_id)
         FROM stock_movements
         CROSS JOIN LATERAL (SELECT on_hand AS left FROM stock_levels
           WHERE stock_levels.org_id = stock_movements.org_id AND stock_levels.product_id = stock_movements.product_id) AS stock
         WHERE stock_movements.org_id = orders.org_id
           AND created_at >= $3::timestamptz - interval '1 millisecond') AS movements
     FROM orders WHERE id = $1`,
    [orderId, cartId, since],
  );
  return rows[0] ?? 'no such row';
}
