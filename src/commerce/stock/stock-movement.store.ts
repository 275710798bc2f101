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
const recorded = fixedStatement('stock-movements.record', (of: Recorded) =>
  sql<Record<string, never>>`
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS moment),
    changed AS (
      UPDATE stock_levels SET
        on_hand = change.on_hand,
        units_sold = greatest(stock_levels.units_sold + change.units_sold, 0),
        low_since = CASE WHEN change.on_hand <= stock_levels.low_stock_threshold
          THEN coalesce(stock_levels.low_since, clock.moment) END
      FROM clock, unnest(${of.changedIds}::uuid[], ${of.changedOnHand}::int[], ${of.changedUnitsSold}::int[])
        AS change (product_id, on_hand, units_sold)
      WHERE stock_levels.org_id = ${of.orgId}::uuid AND stock_levels.product_id = change.product_id
    )
    INSERT INTO stock_movements (org_id, id, product_id, kind, quantity, on_hand, actor_id, note, created_at)
    SELECT ${of.orgId}::uuid, movement.*, clock.moment
    FROM clock, unnest(${of.ids}::uuid[], ${of.productIds}::uuid[], ${of.kinds}::text[], ${of.quantities}::int[],
      ${of.onHand}::int[], ${of.actorIds}::uuid[], ${of.notes}::text[]) AS movement`.compile(query),
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
   */
  async record(
    tx: TenantTransaction,
    movements: readonly NewStockMovement[],
    changes: readonly StockChange[],
  ): Promise<void> {
    await tx.execute(
      recorded({
        orgId: tx.tenant.orgId,
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
