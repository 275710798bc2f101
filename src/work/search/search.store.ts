import { sql } from 'kysely';
import { type KeysetPage, keyset, type RowOrder } from '../../shared/keyset.js';
import { shapedStatement, type Value, value } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';

/** Where a search has found something, and how well it fits. */
export interface Hit {
  typeName: 'Task' | 'Project';
  id: string;
  rank: number;
}

/** Best fit first. */
export const BY_RANK: RowOrder<Hit> = {
  name: 'RANK',
  column: 'hit.rank',
  idColumn: 'hit.id',
  type: 'real',
  property: 'rank',
  direction: 'desc',
};

interface Selection {
  orgId: Value<string>;
  text: Value<string>;
}

function hits({ orgId, text }: Selection) {
  const words = sql`(SELECT websearch_to_tsquery('english', ${text}))`;
  return sql`
    SELECT 'Task' AS "typeName", tasks.id, ts_rank(tasks.search, ${words}) AS rank
    FROM tasks
    WHERE tasks.org_id = ${orgId} AND tasks.deleted_at IS NULL AND tasks.search @@ ${words}
    UNION ALL
    SELECT 'Project', projects.id, ts_rank(projects.search, ${words})
    FROM projects
    WHERE projects.org_id = ${orgId} AND projects.deleted_at IS NULL
      AND projects.search @@ ${words}`;
}

const found = shapedStatement((of: Selection & { page: KeysetPage }) => {
  const { condition, orderBy, limit } = keyset(of.page);
  return sql<Hit>`
    SELECT hit."typeName", hit.id, hit.rank
    FROM (${hits(of)}) AS hit
    WHERE ${condition ?? sql`true`}
    ORDER BY ${orderBy}
    LIMIT ${limit}`.compile(query);
});

const counted = shapedStatement((of: Selection) =>
  sql<{ count: number }>`
    SELECT count(*)::int AS count FROM (${hits(of)}) AS hit`.compile(query),
);

/**
 * Ranked full-text search over tasks and projects.
 *
 * The match operator is not leakproof, so row-level security lets it use no index: the scan is
 * over the organization's own rows, whose text is already parsed in the column `search`.
 */
export class SearchStore {
  find(tx: TenantTransaction, text: string, page: KeysetPage): Promise<Hit[]> {
    return tx.execute(found({ ...select(tx, text), page }));
  }

  async count(tx: TenantTransaction, text: string): Promise<number> {
    const rows = await tx.execute(counted(select(tx, text)));
    return rows[0]?.count ?? 0;
  }
}

function select(tx: TenantTransaction, text: string): Selection {
  return { orgId: value(tx.tenant.orgId), text: value(text) };
}
