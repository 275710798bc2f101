import type { ClientBase } from 'pg';
import type { Organization, Person } from './api.js';

/**
 * What each mutation of orders wants, made so before each try: orders that can become what they are to, or a full cart.
 *
 * @param by the organization, and who of it asks
 */
export function orderStates(
  superuser: ClientBase,
  { tenant, owner }: Pick<Organization, 'tenant'> & { owner: Pick<Person, 'uuid'> },
): Record<string, () => Promise<void>> {
  const { orgId } = tenant;
  const all = (status: 'pending' | 'paid' | 'shipped') => async () => {
    await withoutTriggers(superuser);
    await superuser.query(
      `UPDATE orders SET status = $2, version = 1, stock_returned = false,
         paid_at = CASE $2 WHEN 'pending' THEN NULL ELSE placed_at END,
         shipped_at = CASE $2 WHEN 'shipped' THEN placed_at END,
         delivered_at = NULL, cancelled_at = NULL, refunded_at = NULL
       WHERE org_id = $1 AND (status <> $2 OR version <> 1)`,
      [orgId, status],
    );
    await superuser.query('COMMIT');
    // What many tries leave behind would be taken for what a page costs.
    await superuser.query('VACUUM orders');
  };
  return {
    'Mutation.placeOrder': () => fillCartOf(superuser, orgId, owner.uuid),
    'Mutation.payOrder': async () => {
      await all('pending')();
      await withoutTriggers(superuser);
      for (const table of ['payment_events', 'payment_commands', 'payments']) {
        await superuser.query(`DELETE FROM ${table} WHERE org_id = $1`, [orgId]);
      }
      await superuser.query('COMMIT');
    },
    'Mutation.markOrderPaid': all('pending'),
    'Mutation.cancelOrder': all('pending'),
    'Mutation.shipOrder': all('paid'),
    'Mutation.refundOrder': all('paid'),
    'Mutation.deliverOrder': all('shipped'),
  };
}

/** Puts something into a new cart of somebody's that there is enough of. */
async function fillCartOf(superuser: ClientBase, orgId: string, ownerId: string): Promise<void> {
  const of = [orgId, ownerId];
  await withoutTriggers(superuser);
  await superuser.query(
    "UPDATE carts SET status = 'expired' WHERE org_id = $1 AND owner_id = $2 AND status = 'open'",
    of,
  );
  // Keys that were made up are somebody's, or nobody's; and have expired long ago, those of others as well.
  await superuser.query(
    `UPDATE idempotency_keys SET owner_id = $2
     WHERE org_id = $1 AND expires_at < now() - interval '3 years'
       AND NOT EXISTS (SELECT FROM idempotency_keys WHERE org_id = $1 AND owner_id = $2)`,
    of,
  );
  await superuser.query(
    `UPDATE idempotency_keys SET expires_at = now() + interval '1 hour'
     WHERE expires_at < now() - interval '3 years'`,
  );
  // Orders that were made up have numbers that nobody has given out.
  await superuser.query(
    `INSERT INTO number_series (org_id, name, last_number)
     SELECT $1, 'orders', coalesce(max(number), 0) FROM orders WHERE org_id = $1 ON CONFLICT DO NOTHING`,
    [orgId],
  );
  await superuser.query(
    `WITH product AS (
       SELECT * FROM products WHERE org_id = $1 AND active AND deleted_at IS NULL ORDER BY id LIMIT 1
     ), stock AS (
       UPDATE stock_levels SET on_hand = 100, low_stock_threshold = NULL, low_since = NULL
       FROM product WHERE stock_levels.org_id = $1 AND stock_levels.product_id = product.id
     ), cart AS (
       INSERT INTO carts (org_id, id, owner_id) VALUES ($1, gen_random_uuid(), $2) RETURNING *
     )
     INSERT INTO cart_items (org_id, cart_id, product_id, owner_id, quantity, price_amount, currency)
     SELECT $1, cart.id, product.id, cart.owner_id, 1, product.price_amount, product.currency FROM cart, product`,
    of,
  );
  await superuser.query('COMMIT');
}

/** Begins a transaction in which updates find their rows, also while those of the product lose every race. */
async function withoutTriggers(superuser: ClientBase): Promise<void> {
  await superuser.query('BEGIN; SET LOCAL session_replication_role = replica');
}
