import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { type model, query, type TenantTransaction } from '../../tenancy/index.js';

export type StockReservationRow = Pick<
  model.StockReservation,
  'productId' | 'quantity' | 'startedAt' | 'expiresAt'
>;

/** One of a cart, as it stands by the clock of the database. */
export type OwnReservation = StockReservationRow & {
  /** False for one that has expired, or was given back. */
  isStanding: boolean;
  /** Whether its checkout has lasted as long as one may. */
  isSpent: boolean;
  /** Until another checkout of the cart can begin, should it not be renewed. */
  secondsLeft: number;
};

/** How long reservations last. */
export interface CheckoutTerms {
  /** From the last renewal on; and between the end of a checkout and the begin of another one. */
  readonly minutes: number;
  /** From the begin on, however often it is renewed. */
  readonly limitMinutes: number;
}

/** Units of a product that are reserved. */
export interface ReservedUnits {
  /** By all carts together. */
  readonly reserved: number;
  /** Of these, by the cart that is asked for. */
  readonly own: number;
}

/** What a cart is to have reserved from now on. */
export interface WantedReservations {
  cartId: string;
  ownerId: string;
  /** When the checkout began; null for now. */
  startedAt: Date | null;
  /** What it gives back has `isKept` false. */
  rows: readonly (Pick<StockReservationRow, 'productId' | 'quantity'> & { isKept: boolean })[];
}

/** Rows among which one is looked for whose cart nobody holds. */
const MOST_TRIED = 100;

// The clock is the database's, read when the statement comes: stable within it, so that an index is asked for what has
// not expired, and later than any lock that the statement before has waited for.
const standing = sql<boolean>`stock_reservations.expires_at > statement_timestamp()`;

// Rounded down: what is given back counts for nothing at once.
const justNow = sql<Date>`date_trunc('milliseconds', statement_timestamp())`;

const FIELDS = sql`stock_reservations.product_id AS "productId", stock_reservations.quantity,
  stock_reservations.started_at AS "startedAt", stock_reservations.expires_at AS "expiresAt"`;

// The cart's own are subtracted from all: to leave them out, each row would have to be compared.
const reserved = fixedStatement(
  'stock-reservations.reserved',
  (of: { orgId: string; productIds: readonly string[]; cartId: string | null }) =>
    sql<ReservedUnits & { productId: string }>`
      WITH own AS MATERIALIZED (
        SELECT stock_reservations.product_id, stock_reservations.quantity FROM stock_reservations
        WHERE stock_reservations.org_id = ${of.orgId}::uuid AND stock_reservations.cart_id = ${of.cartId}::uuid
          AND ${standing}
      )
      SELECT key.id AS "productId", total.units AS reserved, coalesce(own.quantity, 0) AS own
      FROM unnest(${of.productIds}::uuid[]) AS key (id)
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(stock_reservations.quantity), 0)::float8 AS units FROM stock_reservations
        WHERE stock_reservations.org_id = ${of.orgId}::uuid AND stock_reservations.product_id = key.id
          AND ${standing}
        OFFSET 0
      ) AS total
      LEFT JOIN own ON own.product_id = key.id`.compile(query),
);

const minutes = (count: number) => sql`make_interval(mins => ${count}::int)`;

/** For a statement that ends a cart: what it has reserved is given back by it. */
export function givingBack(of: { orgId: string; cartId: string }) {
  return sql`
    UPDATE stock_reservations SET expires_at = ${justNow}
    WHERE stock_reservations.org_id = ${of.orgId}::uuid AND stock_reservations.cart_id = ${of.cartId}::uuid
      AND ${standing}`;
}

/** The same for all carts whose `id` is in `due`. */
export function givingBackOfDue({ orgId }: { orgId: string }) {
  return sql`
    UPDATE stock_reservations SET expires_at = ${justNow}
    WHERE stock_reservations.org_id = ${orgId}::uuid AND stock_reservations.cart_id = ANY (ARRAY(SELECT id FROM due))
      AND ${standing}`;
}

const ofCart = fixedStatement(
  'stock-reservations.of-cart',
  (of: { orgId: string; cartId: string; pause: number; limit: number }) =>
    sql<OwnReservation>`
      SELECT ${FIELDS}, ${standing} AS "isStanding",
        stock_reservations.started_at + ${minutes(of.limit)} <= statement_timestamp() AS "isSpent",
        ceil(extract(epoch FROM stock_reservations.expires_at + ${minutes(of.pause)} - statement_timestamp()))::int
          AS "secondsLeft"
      FROM stock_reservations
      WHERE stock_reservations.org_id = ${of.orgId}::uuid AND stock_reservations.cart_id = ${of.cartId}::uuid
        AND stock_reservations.expires_at > statement_timestamp() - ${minutes(of.pause)}
      ORDER BY stock_reservations.product_id`.compile(query),
);

const ofOwner = fixedStatement(
  'stock-reservations.of-owner',
  (of: { orgId: string; ownerId: string }) =>
    sql<StockReservationRow>`
      SELECT found.*
      FROM (
        SELECT id FROM carts
        WHERE carts.org_id = ${of.orgId}::uuid AND carts.owner_id = ${of.ownerId}::uuid AND carts.status = 'open'
        LIMIT 1
      ) AS cart
      CROSS JOIN LATERAL (
        SELECT ${FIELDS} FROM stock_reservations
        WHERE stock_reservations.org_id = ${of.orgId}::uuid AND stock_reservations.cart_id = cart.id AND ${standing}
        ORDER BY stock_reservations.product_id
        OFFSET 0
      ) AS found`.compile(query),
);

const written = fixedStatement(
  'stock-reservations.write',
  (of: {
    orgId: string;
    cartId: string;
    ownerId: string;
    startedAt: Date | null;
    lifetime: number;
    limit: number;
    productIds: readonly string[];
    quantities: readonly number[];
    areKept: readonly boolean[];
  }) =>
    sql<StockReservationRow>`
      INSERT INTO stock_reservations (org_id, cart_id, product_id, owner_id, quantity, started_at, expires_at)
      SELECT ${of.orgId}::uuid, ${of.cartId}::uuid, wanted.product_id, ${of.ownerId}::uuid, wanted.quantity,
        checkout.started_at,
        CASE WHEN wanted.is_kept
          THEN least(${justNow} + ${minutes(of.lifetime)}, checkout.started_at + ${minutes(of.limit)})
          ELSE ${justNow} END
      FROM unnest(${of.productIds}::uuid[], ${of.quantities}::int[], ${of.areKept}::boolean[])
        AS wanted (product_id, quantity, is_kept)
      CROSS JOIN (SELECT coalesce(${of.startedAt}::timestamptz, ${justNow}) AS started_at) AS checkout
      ON CONFLICT (org_id, cart_id, product_id) DO UPDATE SET
        quantity = excluded.quantity, started_at = excluded.started_at, expires_at = excluded.expires_at
      RETURNING ${FIELDS}`.compile(query),
);

const ended = fixedStatement('stock-reservations.end', (of: { orgId: string; cartId: string }) =>
  sql<StockReservationRow>`${givingBack(of)} RETURNING ${FIELDS}`.compile(query),
);

// By its cart alone, which has a key: named by cart and product, a row would be looked for among all of its product.
// Who changes the rows of a cart holds the cart, so once that is held, nobody is waited for.
const swept = fixedStatement('stock-reservations.sweep', (of: { orgId: string; pause: number }) =>
  sql<Record<string, never>>`
      WITH old AS MATERIALIZED (
        SELECT cart_id FROM stock_reservations
        WHERE org_id = ${of.orgId}::uuid AND expires_at <= statement_timestamp() - ${minutes(of.pause)}
        ORDER BY expires_at
        LIMIT ${sql.lit(MOST_TRIED)}
      ), held AS MATERIALIZED (
        SELECT cart.id
        FROM old
        CROSS JOIN LATERAL (
          SELECT carts.id FROM carts WHERE carts.org_id = ${of.orgId}::uuid AND carts.id = old.cart_id
          LIMIT 1
          FOR NO KEY UPDATE SKIP LOCKED
        ) AS cart
        LIMIT 1
      )
      DELETE FROM stock_reservations
      WHERE stock_reservations.org_id = ${of.orgId}::uuid AND stock_reservations.cart_id = (SELECT id FROM held)
        AND stock_reservations.expires_at <= statement_timestamp() - ${minutes(of.pause)}`.compile(
    query,
  ),
);

/** What is kept for carts. Who changes the rows of a cart holds the cart's own row. */
export class StockReservationStore {
  /**
   * How much of each product is reserved.
   *
   * @param cartId whose own is told as well; null for none
   * @returns by the UUIDs of the products
   */
  async reservedUnits(
    tx: TenantTransaction,
    productIds: readonly string[],
    cartId: string | null,
  ): Promise<Map<string, ReservedUnits>> {
    const rows = await tx.execute(reserved({ orgId: tx.tenant.orgId, productIds, cartId }));
    return new Map(rows.map(({ productId, ...units }) => [productId, units]));
  }

  /** What a cart has reserved, with what expired, or was given back, so lately that its checkout may go on. */
  ofCart(tx: TenantTransaction, cartId: string, terms: CheckoutTerms): Promise<OwnReservation[]> {
    const { minutes: pause, limitMinutes: limit } = terms;
    return tx.execute(ofCart({ orgId: tx.tenant.orgId, cartId, pause, limit }));
  }

  /** What the open cart of somebody has reserved. */
  ofOwner(tx: TenantTransaction, ownerId: string): Promise<StockReservationRow[]> {
    return tx.execute(ofOwner({ orgId: tx.tenant.orgId, ownerId }));
  }

  /**
   * Puts down what a cart has reserved; each row replaces the one that is there.
   *
   * @returns the rows, with those that are given back
   */
  write(
    tx: TenantTransaction,
    { rows, cartId, ownerId, startedAt }: WantedReservations,
    { minutes: lifetime, limitMinutes: limit }: CheckoutTerms,
  ): Promise<StockReservationRow[]> {
    return tx.execute(
      written({
        orgId: tx.tenant.orgId,
        cartId,
        ownerId,
        startedAt,
        lifetime,
        limit,
        productIds: rows.map(({ productId }) => productId),
        quantities: rows.map(({ quantity }) => quantity),
        areKept: rows.map(({ isKept }) => isKept),
      }),
    );
  }

  /**
   * Gives back all that a cart has reserved. The rows stay for a while, expired: they say when the checkout began.
   *
   * @returns what was given back
   */
  end(tx: TenantTransaction, cartId: string): Promise<StockReservationRow[]> {
    return tx.execute(ended({ orgId: tx.tenant.orgId, cartId }));
  }

  /**
   * Removes what the oldest cart has of which no checkout can go on; carts that somebody else holds are passed over.
   * Each checkout leaves one cart behind at most, so where each removes one, they do not pile up.
   */
  async sweep(tx: TenantTransaction, { minutes: pause }: CheckoutTerms): Promise<void> {
    await tx.execute(swept({ orgId: tx.tenant.orgId, pause }));
  }
}
