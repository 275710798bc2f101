import { sql } from 'kysely';
import { shapedStatement, type Value, value } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';
import { isInStock, type ProductCriteria, productCondition } from './product.criteria.js';

/** How many products have one value of one kind; the other kinds are null. */
export interface FacetRow {
  kind: 'category' | 'currency' | 'stock' | 'active';
  categoryId: string | null;
  currency: string | null;
  /** Whether in stock, or for sale. */
  holds: boolean | null;
  count: number;
  /** The lowest and the highest price, in minor units; they mean something within one currency. */
  min: number;
  max: number;
}

export interface MetadataFacetRow {
  value: unknown;
  count: number;
}

/** Of one kind, the most frequent; more categories than anybody chooses from. */
const MOST_VALUES = 200;
const MOST_METADATA_VALUES = 20;

interface Selection {
  orgId: Value<string>;
  criteria: ProductCriteria;
}

/** All kinds in one statement, which reads each product once. */
const counted = shapedStatement(({ orgId, criteria }: Selection) =>
  sql<FacetRow>`
    SELECT kind, category_id AS "categoryId", currency, holds, count, min, max
    FROM (
      SELECT
        CASE WHEN GROUPING(category_id) = 0 THEN 'category' WHEN GROUPING(currency) = 0 THEN 'currency'
          WHEN GROUPING(in_stock) = 0 THEN 'stock' ELSE 'active' END AS kind,
        category_id, currency, coalesce(in_stock, active) AS holds,
        count(*)::int AS count, min(price_amount)::int AS min, max(price_amount)::int AS max,
        row_number() OVER (
          PARTITION BY GROUPING(category_id, currency, in_stock, active)
          ORDER BY count(*) DESC, category_id, currency
        ) AS place
      FROM (
        SELECT products.category_id, products.currency, products.active, products.price_amount,
          coalesce(${isInStock(orgId)}, false) AS in_stock
        FROM products
        WHERE products.org_id = ${orgId} AND ${productCondition(criteria, orgId)}
      ) AS product
      GROUP BY GROUPING SETS ((category_id), (currency), (in_stock), (active))
    ) AS facet
    WHERE place <= ${sql.lit(MOST_VALUES)}
    ORDER BY kind, place`.compile(query),
);

const countedByKey = shapedStatement(
  ({ orgId, criteria, key }: Selection & { key: Value<string> }) =>
    sql<MetadataFacetRow>`
    SELECT products.metadata -> ${key}::text AS value, count(*)::int AS count
    FROM products
    WHERE products.org_id = ${orgId} AND ${productCondition(criteria, orgId)}
      AND products.metadata ? ${key}::text
    GROUP BY 1
    ORDER BY 2 DESC, 1
    LIMIT ${sql.lit(MOST_METADATA_VALUES)}`.compile(query),
);

/** Counts of products by what they have in common. Each statement reads the products of the filter once. */
export class ProductFacetsStore {
  count(tx: TenantTransaction, criteria: ProductCriteria): Promise<FacetRow[]> {
    return tx.execute(counted({ orgId: value(tx.tenant.orgId), criteria }));
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
