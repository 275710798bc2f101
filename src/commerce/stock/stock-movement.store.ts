import { sql } from 'kysely';
import { fixedStatement, type Value } from '../../shared/statements/index.js';
import {
  entityList,
  findByIds,
  type model,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';

export type StockMovementRow = Omit<model.StockMovement, 'orgId'>;

/** What is written; when it happened the database says. */
export type NewStockMovement = Omit<StockMovementRow, 'createdAt'>;

/** What the movements of one product come to. */
export interface StockChange {
  productId: string;
  /** Units that are there afterwards. */
  onHand: number;
  /** Units sold by them; negative for those that came back. */
  unitsSold: number;
}

/** What the sales of one product come to. */
export interface StockSale {
  productId: string;
  /** Units that were sold. */
  quantity: number;
  /** The fewest that were left behind one of them. */
  left: number;
}

/** A product of which a sale would take what is reserved for others. */
export interface ReservedStock {
  productId: string;
  /** By all carts together. */
  reserved: number;
  /** Of these, by the cart that it is sold to. */
  own: number;
}

/** Which movements, checked and ready for a statement. */
export interface StockMovementCriteria {
  productId?: Value<string>;
  kinds?: Value<readonly string[]>;
  since?: Value<Date>;
  until?: Value<Date>;
}

const COLUMNS = [
  'stock_movements.id',
  'stock_movements.product_id as productId',
  'stock_movements.kind',
  'stock_movements.quantity',
  'stock_movements.on_hand as onHand',
  'stock_movements.actor_id as actorId',
  'stock_movements.note',
  'stock_movements.created_at as createdAt',
] as const;

/** Columns of new movements and of what they come to, each with a value for every one. */
interface Recorded {
  orgId: string;
  cartId: string | null;
  soldIds: readonly string[];
  soldQuantities: readonly number[];
  soldLeft: readonly number[];
  changedIds: readonly string[];
  changedOnHand: readonly number[];
  changedUnitsSold: readonly number[];
  ids: readonly string[];
  productIds: readonly string[];
  kinds: readonly string[];
  quantities: readonly number[];
  onHand: readonly number[];
  actorIds: readonly (string | null)[];
  notes: readonly string[];
}

// The clock is read under the locks, and not when the transaction began: so the ledger of a product is in the order in
// which its stock has changed.
//
// This is the statement behind the one that has waited for the locks, so it sees all reservations that were made
// before: whoever makes one holds the same locks. Where a sale would take what is reserved for others, it writes nothing.
const recorded = fixedStatement('stock-movements.record', (of: Recorded) =>
  sql<ReservedStock>`
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS moment),
    own AS MATERIALIZED (
      SELECT stock_reservations.product_id, stock_reservations.quantity FROM stock_reservations
      WHERE stock_reservations.org_id = ${of.orgId}::uuid AND stock_reservations.cart_id = ${of.cartId}::uuid
        AND stock_reservations.expires_at > statement_timestamp()
    ),
    sold AS MATERIALIZED (
      SELECT sale.*, total.units AS reserved, coalesce(own.quantity, 0) AS own
      FROM unnest(${of.soldIds}::uuid[], ${of.soldQuantities}::int[], ${of.soldLeft}::int[])
        AS sale (product_id, quantity, units_left)
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(stock_reservations.quantity), 0)::float8 AS units FROM stock_reservations
        WHERE stock_reservations.org_id = ${of.orgId}::uuid AND stock_reservations.product_id = sale.product_id
          AND stock_reservations.expires_at > statement_timestamp()
        OFFSET 0
      ) AS total
      LEFT JOIN own ON own.product_id = sale.product_id
    ),
    refused AS MATERIALIZED (
      SELECT * FROM sold WHERE sold.units_left < sold.reserved - sold.own AND sold.quantity > sold.own
    ),
    changed AS (
      UPDATE stock_levels SET
        on_hand = change.on_hand,
        units_sold = greatest(stock_levels.units_sold + change.units_sold, 0),
        low_since = CASE WHEN change.on_hand <= stock_levels.low_stock_threshold
          THEN coalesce(stock_levels.low_since, clock.moment) END
      FROM clock, unnest(${of.changedIds}::uuid[], ${of.changedOnHand}::int[], ${of.changedUnitsSold}::int[])
        AS change (product_id, on_hand, units_sold)
      WHERE stock_levels.org_id = ${of.orgId}::uuid AND stock_levels.product_id = change.product_id
        AND NOT EXISTS (SELECT FROM refused)
    ),
    used AS (
      DELETE FROM stock_reservations
      WHERE stock_reservations.org_id = ${of.orgId}::uuid AND stock_reservations.cart_id = ${of.cartId}::uuid
        AND stock_reservations.expires_at > statement_timestamp() AND NOT EXISTS (SELECT FROM refused)
    ),
    made AS (
      INSERT INTO stock_movements (org_id, id, product_id, kind, quantity, on_hand, actor_id, note, created_at)
      SELECT ${of.orgId}::uuid, movement.*, clock.moment
      FROM clock, unnest(${of.ids}::uuid[], ${of.productIds}::uuid[], ${of.kinds}::text[], ${of.quantities}::int[],
        ${of.onHand}::int[], ${of.actorIds}::uuid[], ${of.notes}::text[]) AS movement
      WHERE NOT EXISTS (SELECT FROM refused)
    )
    SELECT refused.product_id AS "productId", refused.reserved, refused.own FROM refused`.compile(
    query,
  ),
);

/** Movements are added and read; the serving role may do nothing else with them. */
export class StockMovementStore {
  readonly findByIds = findByIds('stock_movements', COLUMNS);

  readonly list = entityList({
    table: 'stock_movements',
    columns: COLUMNS,
    orders: {
      CREATED_AT: {
        column: 'stock_movements.created_at',
        type: 'timestamp',
        property: 'createdAt',
      },
    },
    matching: (rows, { productId, kinds, since, until }: StockMovementCriteria) => {
      let movements = rows;
      if (productId) {
        movements = movements.where('stock_movements.product_id', '=', sql<string>`${productId}`);
      }
      if (kinds) {
        movements = movements.where(
          'stock_movements.kind',
          '=',
          sql<string>`ANY(${kinds}::text[])`,
        );
      }
      if (since) movements = movements.where('stock_movements.created_at', '>=', moment(since));
      if (until) movements = movements.where('stock_movements.created_at', '<', moment(until));
      return movements;
    },
  });

  /**
   * Writes movements, and what they come to, with one statement. `moveStock` alone calls it: it works out what there
   * is afterwards, of levels that it has locked.
   *
   * @param sales what is sold, each product once
   * @param cartId to which cart, whose reservations are used up; null for none
   * @returns the products of which others have reserved what is to be sold; where there is one, nothing was written
   */
  record(
    tx: TenantTransaction,
    movements: readonly NewStockMovement[],
    changes: readonly StockChange[],
    sales: readonly StockSale[],
    cartId: string | null,
  ): Promise<ReservedStock[]> {
    return tx.execute(
      recorded({
        orgId: tx.tenant.orgId,
        cartId,
        soldIds: sales.map(({ productId }) => productId),
        soldQuantities: sales.map(({ quantity }) => quantity),
        soldLeft: sales.map(({ left }) => left),
        changedIds: changes.map(({ productId }) => productId),
        changedOnHand: changes.map(({ onHand }) => onHand),
        changedUnitsSold: changes.map(({ unitsSold }) => unitsSold),
        ids: movements.map(({ id }) => id),
        productIds: movements.map(({ productId }) => productId),
        kinds: movements.map(({ kind }) => kind),
        quantities: movements.map(({ quantity }) => quantity),
        onHand: movements.map(({ onHand }) => onHand),
        actorIds: movements.map(({ actorId }) => actorId),
        notes: movements.map(({ note }) => note),
      }),
    );
  }
}

function moment(of: Value<Date>) {
  return sql<Date>`${of}::timestamptz`;
}
