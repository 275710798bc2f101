import { type RawBuilder, sql } from 'kysely';
import type { Value } from '../../shared/statements/index.js';

/** From a category at the top, which is the first level, down to the lowest that there may be. */
export const MOST_LEVELS = 10;

/**
 * The sub-select of the ids of a category and of all that stand below it; of none where the organization has no
 * such category. It reads one level after the other, each along the index (org_id, parent_id, …).
 *
 * Where another table refers to categories, the ids lead into its index as an array that is made once:
 *
 *     sql<boolean>`products.category_id = ANY(ARRAY(${subtreeIds(of.orgId, of.categoryId)}))`
 *
 * As `IN (…)` they would be joined, and all products of the organization be read for it.
 *
 * @param orgId UUID of the organization, as a `value` in a shaped statement
 * @param categoryId UUID of the category, likewise
 */
export function subtreeIds(
  orgId: string | Value<string>,
  categoryId: string | Value<string>,
): RawBuilder<string> {
  return sql<string>`(${subtree(orgId, categoryId)} SELECT subtree.id FROM subtree)`;
}

/**
 * The common table expression `subtree (id, level)`: a category, whose level is 1 here, and all that stand below it.
 *
 * OFFSET 0 keeps each level a lookup in the index: joined, it might be hashed from all of the organization's.
 */
export function subtree(
  orgId: string | Value<string>,
  categoryId: string | Value<string>,
): RawBuilder<unknown> {
  return sql`
    WITH RECURSIVE subtree (id, level) AS (
      SELECT categories.id, 1
      FROM categories
      WHERE categories.org_id = ${orgId}::uuid AND categories.id = ${categoryId}::uuid
      UNION ALL
      SELECT child.id, subtree.level + 1
      FROM subtree
      CROSS JOIN LATERAL (
        SELECT categories.id FROM categories
        WHERE categories.org_id = ${orgId}::uuid AND categories.parent_id = subtree.id
        OFFSET 0
      ) AS child
      WHERE subtree.level < ${sql.lit(MOST_LEVELS)}
    )`;
}

/**
 * The common table expression `lineage`, for WITH RECURSIVE: of each of some categories, the category itself, and all that
 * it stands below; with `of_id`, the category that was asked for, and `height` above it. LIMIT keeps each step a lookup in the
 * index.
 *
 * Its rows have all columns: a step that needed only the two of another index would read that one in full.
 *
 * @param ids a FROM item with the column `id`, a UUID, each once
 */
export function lineage(
  orgId: string | Value<string>,
  ids: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const category = (id: RawBuilder<unknown>) => sql`
    SELECT categories.* FROM categories
    WHERE categories.org_id = ${orgId}::uuid AND categories.id = ${id}
    LIMIT 1`;
  return sql`
    lineage AS (
      SELECT category.*, key.id AS of_id, 0 AS height
      FROM ${ids} AS key (id)
      CROSS JOIN LATERAL (${category(sql`key.id`)}) AS category
      UNION ALL
      SELECT parent.*, lineage.of_id, lineage.height + 1
      FROM lineage
      CROSS JOIN LATERAL (${category(sql`lineage.parent_id`)}) AS parent
      WHERE lineage.height < ${sql.lit(MOST_LEVELS)}
    )`;
}
