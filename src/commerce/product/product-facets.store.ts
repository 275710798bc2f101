import { sql } from 'kysely';
import { shapedStatement, type Value, value } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';
import { type ProductCriteria, productCondition } from './product.criteria.js';
import { type FacetKind, type FacetRow, facetColumns, facetsOf } from './product.facets.js';

export interface MetadataFacetRow {
  value: unknown;
  /** Whether it is one of a list. */
  isListed: boolean;
  count: number;
}

/** The most frequent. */
const MOST_METADATA_VALUES = 20;

interface Selection {
  orgId: Value<string>;
  criteria: ProductCriteria;
}

const counted = shapedStatement(
  ({ orgId, criteria, kinds }: Selection & { kinds: readonly FacetKind[] }) => {
    const products = query
      .selectFrom('products')
      .select(facetColumns(kinds, criteria, orgId))
      .where('products.org_id', '=', sql<string>`${orgId}`)
      .where(productCondition(criteria, orgId));
    return facetsOf(kinds, sql`(${products})`, orgId).compile(query);
  },
);

// What is in a list counts by itself, and once for each product: as a filter finds it.
const countedByKey = shapedStatement(
  ({ orgId, criteria, key }: Selection & { key: Value<string> }) =>
    sql<MetadataFacetRow>`
    SELECT part.value, part.is_listed AS "isListed", count(*)::int AS count
    FROM products CROSS JOIN LATERAL (
      SELECT DISTINCT element.value, held.is_list AS is_listed
      FROM (
        SELECT products.metadata -> ${key}::text AS value,
          jsonb_typeof(products.metadata -> ${key}::text) = 'array' AS is_list
      ) AS held
      CROSS JOIN LATERAL jsonb_array_elements(
        CASE WHEN held.is_list THEN held.value ELSE jsonb_build_array(held.value) END
      ) AS element (value)
    ) AS part
    WHERE products.org_id = ${orgId} AND ${productCondition(criteria, orgId)}
      AND products.metadata ? ${key}::text
    GROUP BY 1, 2
    ORDER BY 3 DESC, 1, 2
    LIMIT ${sql.lit(MOST_METADATA_VALUES)}`.compile(query),
);

/** Counts of products by what they have in common. Each statement reads the products of the filter once. */
export class ProductFacetsStore {
  /** @param kinds `sortedKinds`, at least one */
  count(
    tx: TenantTransaction,
    criteria: ProductCriteria,
    kinds: readonly FacetKind[],
  ): Promise<FacetRow[]> {
    return tx.execute(counted({ orgId: value(tx.tenant.orgId), criteria, kinds }));
  }

  countByKey(
    tx: TenantTransaction,
    criteria: ProductCriteria,
    key: string,
  ): Promise<MetadataFacetRow[]> {
    const of = { orgId: value(tx.tenant.orgId), criteria };
    return tx.execute(countedByKey({ ...of, key: value(key) }));
  }
}
