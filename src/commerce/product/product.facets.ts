import { type RawBuilder, sql } from 'kysely';
import type { Value } from '../../shared/statements/index.js';
import { lineage } from '../category/category-tree.js';
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
  /** A category with all that stand below it. */
  branch: 'category_id',
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
    ...columnsOf(kinds).map((name) => {
      const column = name === COLUMN_OF.stock ? stock : sql.ref(`products.${name}`);
      return sql<unknown>`${column}`.as(name);
    }),
  ];
}

/** Each once. */
function columnsOf(kinds: readonly FacetKind[]): string[] {
  return [...new Set(kinds.map((kind) => COLUMN_OF[kind]))];
}

/**
 * All kinds that are asked for, by reading each product once.
 *
 * @param products which has the `facetColumns` of these kinds
 * @param orgId UUID of the organization
 */
export function facetsOf(
  kinds: readonly FacetKind[],
  products: RawBuilder<unknown>,
  orgId: string | Value<string>,
): RawBuilder<FacetRow> {
  const facets = countedBy(kinds, products);
  const most = sql`
    SELECT kind, category_id AS "categoryId", currency, holds, count, min, max
    FROM facet
    WHERE place <= ${sql.lit(MOST_VALUES)}
    ORDER BY kind, place`;
  if (!kinds.includes('branch')) return sql<FacetRow>`WITH facet AS (${facets}) ${most}`;
  return sql<FacetRow>`
    WITH RECURSIVE direct AS (${facets}),
    ${lineage(orgId, sql`(SELECT category_id FROM direct WHERE kind = 'category')`)},
    facet AS (
      SELECT * FROM direct ${sql.raw(kinds.includes('category') ? '' : "WHERE kind <> 'category'")}
      UNION ALL
      SELECT 'branch', lineage.id, NULL, NULL, sum(count)::int, min(min), max(max),
        row_number() OVER (ORDER BY sum(count) DESC, lineage.id)
      FROM direct LEFT JOIN lineage ON lineage.of_id = direct.category_id
      WHERE kind = 'category'
      GROUP BY lineage.id
    )
    ${most}`;
}

/** All products by each kind but the branches, with the place of each value among those of its kind. */
function countedBy(kinds: readonly FacetKind[], products: RawBuilder<unknown>) {
  const names = columnsOf(kinds);
  const columns = names.map((name) => sql.ref(name));
  const columnOf = (kind: FacetKind, type: string) =>
    names.includes(COLUMN_OF[kind]) ? sql.ref(COLUMN_OF[kind]) : sql.raw(`NULL::${type}`);
  const kindOf = names.map((name) => {
    const kind = KINDS.find((each) => COLUMN_OF[each] === name);
    return sql`WHEN GROUPING(${sql.ref(name)}) = 0 THEN ${sql.lit(kind)}`;
  });
  return sql`
    SELECT
      CASE ${sql.join(kindOf, sql` `)} END AS kind,
      ${columnOf('category', 'uuid')} AS category_id, ${columnOf('currency', 'text')} AS currency,
      coalesce(${columnOf('stock', 'boolean')}, ${columnOf('active', 'boolean')}) AS holds,
      count(*)::int AS count, min(price_amount)::int AS min, max(price_amount)::int AS max,
      row_number() OVER (
        PARTITION BY GROUPING(${sql.join(columns)}) ORDER BY count(*) DESC, ${sql.join(columns)}
      ) AS place
    FROM ${products} AS product
    GROUP BY GROUPING SETS (${sql.join(columns.map((column) => sql`(${column})`))})`;
}
