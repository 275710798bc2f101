import { type RawBuilder, sql } from 'kysely';
import type { Value } from '../../shared/statements/index.js';
import { isInStock, type ProductCriteria } from './product.criteria.js';

/** What products are counted by. */
export type FacetKind = keyof typeof COLUMN_OF;

/** How many products have one value of one kind; the other kinds are null. */
export interface FacetRow {
  kind: FacetKind;
  categoryId: string | null;
  currency: string | null;
  /** Whether in stock, or for sale. */
  holds: boolean | null;
  count: number;
  /** The lowest and the highest price, in minor units; they mean something within one currency. */
  min: number;
  max: number;
}

const COLUMN_OF = {
  category: 'category_id',
  currency: 'currency',
  stock: 'in_stock',
  active: 'active',
} as const;

const KINDS = Object.keys(COLUMN_OF) as FacetKind[];

/** Of one kind, the most frequent; more categories than anybody chooses from. */
const MOST_VALUES = 200;

/** Each kind once, and always in the same order: so there are few statements. */
export function sortedKinds(kinds: Iterable<FacetKind>): FacetKind[] {
  const asked = new Set(kinds);
  return KINDS.filter((kind) => asked.has(kind));
}

/** What has to be known of each product of `products` to count it. */
export function facetColumns(
  kinds: readonly FacetKind[],
  { inStock }: ProductCriteria,
  orgId: Value<string>,
) {
  // What the criteria say of all of them is not looked up for each.
  const stock =
    inStock === undefined ? sql`coalesce(${isInStock(orgId)}, false)` : sql.lit(inStock);
  return [
    sql<number>`products.price_amount`.as('price_amount'),
    ...kinds.map((kind) => {
      const column = kind === 'stock' ? stock : sql.ref(`products.${COLUMN_OF[kind]}`);
      return sql<unknown>`${column}`.as(COLUMN_OF[kind]);
    }),
  ];
}

/**
 * All kinds that are asked for, by reading each product once.
 *
 * @param products which has the `facetColumns` of these kinds
 */
export function facetsOf(
  kinds: readonly FacetKind[],
  products: RawBuilder<unknown>,
): RawBuilder<FacetRow> {
  const columns = kinds.map((kind) => sql.ref(COLUMN_OF[kind]));
  const columnOf = (kind: FacetKind, type: string) =>
    kinds.includes(kind) ? sql.ref(COLUMN_OF[kind]) : sql.raw(`NULL::${type}`);
  const kindOf = kinds.map(
    (kind) => sql`WHEN GROUPING(${sql.ref(COLUMN_OF[kind])}) = 0 THEN ${sql.lit(kind)}`,
  );
  return sql<FacetRow>`
    SELECT kind, category_id AS "categoryId", currency, holds, count, min, max
    FROM (
      SELECT
        CASE ${sql.join(kindOf, sql` `)} END AS kind,
        ${columnOf('category', 'uuid')} AS category_id, ${columnOf('currency', 'text')} AS currency,
        coalesce(${columnOf('stock', 'boolean')}, ${columnOf('active', 'boolean')}) AS holds,
        count(*)::int AS count, min(price_amount)::int AS min, max(price_amount)::int AS max,
        row_number() OVER (
          PARTITION BY GROUPING(${sql.join(columns)}) ORDER BY count(*) DESC, ${sql.join(columns)}
        ) AS place
      FROM ${products} AS product
      GROUP BY GROUPING SETS (${sql.join(columns.map((column) => sql`(${column})`))})
    ) AS facet
    WHERE place <= ${sql.lit(MOST_VALUES)}
    ORDER BY kind, place`;
}
