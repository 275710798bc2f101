import type { ClientBase } from 'pg';
import type { Organization } from './api.js';

/**
 * Gives the owner, who asks, the cart that each mutation wants: one with every product, so that whichever is named is
 * in it; for what adds, none and then one with nothing in it, by turns.
 */
export function cartStates(
  superuser: ClientBase,
  { tenant, owner }: Organization,
): Record<string, () => Promise<void>> {
  const of = [tenant.orgId, owner.uuid];
  const OPEN = "org_id = $1 AND owner_id = $2 AND status = 'open'";
  const empty = async () => {
    await superuser.query(
      `DELETE FROM cart_items WHERE org_id = $1 AND cart_id IN (SELECT id FROM carts WHERE ${OPEN})`,
      of,
    );
  };
  const fill = async () => {
    await superuser.query(
      `INSERT INTO carts (org_id, id, owner_id) VALUES ($1, gen_random_uuid(), $2) ON CONFLICT DO NOTHING`,
      of,
    );
    await superuser.query(
      `INSERT INTO cart_items (org_id, cart_id, product_id, owner_id, quantity, price_amount, currency)
       SELECT $1, carts.id, products.id, $2, 1, products.price_amount, products.currency
       FROM carts JOIN products USING (org_id) WHERE ${OPEN} ON CONFLICT DO NOTHING`,
      of,
    );
  };
  let turn = 0;
  const emptyOrGone = async () => {
    await empty();
    if (turn++ % 2 === 0) {
      await superuser.query(`UPDATE carts SET status = 'expired' WHERE ${OPEN}`, of);
    }
  };
  return {
    'Mutation.addCartItem': emptyOrGone,
    'Mutation.updateCartItem': fill,
    'Mutation.removeCartItem': fill,
  };
}
