import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { query } from '../../tenancy/index.js';
import { givingBack, givingBackOfDue } from '../reservation/stock-reservation.store.js';

/** Carts that are swept at a time: whoever opens one should not wait for the rest. */
const MOST_SWEPT = 100;

type Nothing = Record<string, never>;

/** A cart stays, as something that was there once; what was in it goes, and what was reserved for it is given back. */
export const ended = fixedStatement(
  'carts.end',
  (of: { orgId: string; id: string; status: string; now: Date }) =>
    sql<Nothing>`
    WITH emptied AS (
      DELETE FROM cart_items
      WHERE cart_items.org_id = ${of.orgId}::uuid AND cart_items.cart_id = ${of.id}::uuid
    ), given_back AS (${givingBack({ orgId: of.orgId, cartId: of.id })}
    )
    UPDATE carts SET status = ${of.status}::text, updated_at = ${of.now}::timestamptz
    WHERE carts.org_id = ${of.orgId}::uuid AND carts.id = ${of.id}::uuid`.compile(query),
);

/** The same for carts that have expired, not all; those with whom somebody is busy are left to the next one. */
export const swept = fixedStatement('carts.sweep', (of: { orgId: string; now: Date }) =>
  sql<Nothing>`
    WITH due AS MATERIALIZED (
      SELECT carts.id FROM carts
      WHERE carts.org_id = ${of.orgId}::uuid AND carts.status = 'open'
        AND carts.expires_at <= ${of.now}::timestamptz
      ORDER BY carts.expires_at, carts.id LIMIT ${sql.lit(MOST_SWEPT)}
      FOR UPDATE SKIP LOCKED
    ), emptied AS (
      DELETE FROM cart_items USING due
      WHERE cart_items.org_id = ${of.orgId}::uuid AND cart_items.cart_id = due.id
    ), given_back AS (${givingBackOfDue(of)}
    )
    UPDATE carts SET status = 'expired', updated_at = ${of.now}::timestamptz
    FROM due WHERE carts.org_id = ${of.orgId}::uuid AND carts.id = due.id`.compile(query),
);
