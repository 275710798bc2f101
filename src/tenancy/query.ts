import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  type SelectQueryBuilder,
  sql,
} from 'kysely';
import type { Value } from '../shared/statements/index.js';
import type { DB } from './generated/kysely/types.js';

/**
 * Builds SQL that the compiler checks against `schema.prisma`, for `TenantTransaction.execute`.
 * It has no connection and can run nothing by itself.
 */
export const query = new Kysely<DB>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/**
 * Rows by their ids, in one statement that costs the same for each id however many there are.
 *
 * Not `id = ANY(…)`: where the plan is made before the ids are known, it reads all of the organization.
 *
 * @param ids UUIDs
 * @param row one row, which names its id as `key.id`
 */
export function perId<Row>(
  ids: readonly string[],
  row: SelectQueryBuilder<DB, keyof DB, Row>,
): CompiledQuery<Row> {
  return sql<Row>`
    SELECT found.*
    FROM unnest(${ids}::uuid[]) AS key (id)
    CROSS JOIN LATERAL (${row.limit(1)}) AS found`.compile(query);
}

/**
 * One page of children for each of many parents, in one statement.
 *
 * @param parentIds UUIDs
 * @param children the list of one parent's children, which names its parent as `parent.id`; with
 *   LIMIT, that limit holds for each parent
 * @returns the children's rows, each with `parentId`, in the order of `children` for each parent
 */
export function perParent<Row>(
  parentIds: Value<readonly string[]>,
  children: RawBuilder<unknown> | SelectQueryBuilder<DB, keyof DB, Row>,
): CompiledQuery<Row & { parentId: string }> {
  return sql<Row & { parentId: string }>`
    SELECT parent.id AS "parentId", child.*
    FROM unnest(${parentIds}::uuid[]) AS parent (id)
    CROSS JOIN LATERAL (${children}) AS child`.compile(query);
}
