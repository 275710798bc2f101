import { type RawBuilder, sql } from 'kysely';
import { shapedStatement, type Value, value } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';
import { subtreeIds } from '../category/category-tree.js';
import type { Bucket, DayRange } from './local-days.js';
import { NONE } from './sales-rollup.store.js';

/** Sums of one row of a report, each a whole number in digits: they may be larger than JavaScript counts. */
export interface SalesSums {
  /** `2026-03-29`. */
  start: string;
  /** UUID of the product, category or customer; null for none, and where nothing is told apart. */
  key: string | null;
  orders: string;
  units: string;
  gross: string;
  refundedOrders: string;
  refundedUnits: string;
  refunded: string;
}

/** Which groups, and how many of them in each bucket. */
export interface Grouped {
  by: 'product' | 'category' | 'customer';
  ranking: 'net' | 'units';
  /** In each bucket. */
  most: number;
  /** UUID: of this category or one below it. By products and categories alone. */
  categoryId?: string | undefined;
}

const ROLLUPS = {
  product: { table: sql.table('daily_product_sales'), key: sql.ref('product_id') },
  category: { table: sql.table('daily_category_sales'), key: sql.ref('category_id') },
  customer: { table: sql.table('daily_customer_sales'), key: sql.ref('customer_id') },
} as const;

/**
 * What comes first; ties are settled by the id, so that it is the same each time. Of floating point, a sum takes a tenth of
 * the memory, and is exact as far as sums can be told at all: to 2^53.
 */
const RANKINGS = {
  net: sql`sum((gross_amount - refunded_amount)::float8)`,
  units: sql`sum((units - refunded_units)::float8)`,
};

const SUMS = sql`coalesce(sum(orders), 0)::text AS orders, coalesce(sum(units), 0)::text AS units,
        coalesce(sum(gross_amount), 0)::text AS gross, coalesce(sum(refunded_orders), 0)::text AS "refundedOrders",
        coalesce(sum(refunded_units), 0)::text AS "refundedUnits", coalesce(sum(refunded_amount), 0)::text AS refunded`;

interface Asked {
  orgId: Value<string>;
  currency: Value<string>;
  starts: Value<readonly string[]>;
  froms: Value<readonly string[]>;
  tos: Value<readonly string[]>;
}

interface AskedGroups extends Asked {
  by: Grouped['by'];
  ranking: Grouped['ranking'];
  most: Value<number>;
  categoryId?: Value<string>;
}

/** Each bucket reads its own days along the primary key of the rollup. */
function ofBuckets(
  { starts, froms, tos }: Asked,
  key: RawBuilder<unknown>,
  sums: RawBuilder<unknown>,
  order: RawBuilder<unknown>,
) {
  return sql<SalesSums>`
    SELECT bucket.start::text AS start, ${key} AS key, sums.orders, sums.units, sums.gross, sums."refundedOrders",
      sums."refundedUnits", sums.refunded
    FROM unnest(${starts}::date[], ${froms}::date[], ${tos}::date[])
      WITH ORDINALITY AS bucket (start, first_day, last_day, place)
    CROSS JOIN LATERAL (${sums}) AS sums
    ORDER BY ${order}`.compile(query);
}

const inBucket = ({ orgId, currency }: Asked) => sql`
      org_id = ${orgId}::uuid AND currency = ${currency}::text
        AND day BETWEEN bucket.first_day AND bucket.last_day`;

const summed = shapedStatement((of: Asked) =>
  ofBuckets(
    of,
    sql`NULL::uuid`,
    sql`SELECT ${SUMS} FROM daily_sales WHERE ${inBucket(of)}`,
    sql`bucket.place`,
  ),
);

// All groups of a bucket are ranked, and only those that come first summed up in full.
const groupedSums = shapedStatement((of: AskedGroups) => {
  const { table, key } = ROLLUPS[of.by];
  const within = of.categoryId
    ? sql` AND category_id = ANY(ARRAY(${subtreeIds(of.orgId, of.categoryId)}) || ${of.categoryId}::uuid)`
    : sql``;
  return ofBuckets(
    of,
    sql`nullif(sums.key, ${NONE}::uuid)`,
    sql`
      SELECT top.key, top.score, figures.*
      FROM (
        SELECT ${key} AS key, ${RANKINGS[of.ranking]} AS score FROM ${table} WHERE ${inBucket(of)}${within}
        GROUP BY ${key} ORDER BY score DESC, key LIMIT ${of.most}::int
      ) AS top
      CROSS JOIN LATERAL (
        SELECT ${SUMS} FROM ${table} WHERE ${inBucket(of)} AND ${key} = top.key${within}
      ) AS figures`,
    sql`bucket.place, sums.score DESC, sums.key`,
  );
});

/** Reports read the rollups, and no order. */
export class SalesReportStore {
  /** @returns a row for each bucket, in their order, also where nothing was sold */
  sum(tx: TenantTransaction, currency: string, buckets: readonly Bucket[]): Promise<SalesSums[]> {
    return tx.execute(summed(asked(tx, currency, buckets)));
  }

  /** @returns rows of each bucket, in their order, ranked within each */
  sumGroups(
    tx: TenantTransaction,
    currency: string,
    buckets: readonly Bucket[],
    { by, ranking, most, categoryId }: Grouped,
  ): Promise<SalesSums[]> {
    return tx.execute(
      groupedSums({
        ...asked(tx, currency, buckets),
        by,
        ranking,
        most: value(most),
        ...(categoryId !== undefined && { categoryId: value(categoryId) }),
      }),
    );
  }
}

function asked(tx: TenantTransaction, currency: string, buckets: readonly Bucket[]): Asked {
  const each = (of: (days: DayRange) => string) => value(buckets.map(({ days }) => of(days)));
  return {
    orgId: value(tx.tenant.orgId),
    currency: value(currency),
    starts: value(buckets.map(({ start }) => start)),
    froms: each(({ from }) => from),
    tos: each(({ to }) => to),
  };
}
