import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { decodeCursor, encodeCursor, forgedCursor, type KeyType } from './cursor.js';
import { Page, type PageRequest } from './page.js';

/** An order of a list, as its SQL column. The row's id breaks ties, in the same direction. */
export interface KeysetOrder {
  /** Name in the cursor, e.g. `DUE_AT`. */
  name: string;
  /** Column, with its table: `tasks.due_at`. */
  column: string;
  /** Id column, with its table. */
  idColumn: string;
  type: KeyType;
  direction: 'asc' | 'desc';
  /** Whether the column may be null. Nulls come last in both directions. */
  nullable?: boolean;
}

/** What a list statement needs for one page: its condition, its order and its limit. */
export interface Keyset {
  /** Rows behind (or before) the cursor; null for the first page. */
  condition: RawBuilder<SqlBool> | null;
  orderBy: RawBuilder<unknown>;
  /** One more than the page, to tell whether there is more. */
  limit: number;
}

const CASTS: Record<KeyType, string> = {
  timestamp: 'timestamptz',
  integer: 'integer',
  real: 'real',
  text: 'text',
};

/**
 * Keyset pagination: a page starts at a place in the order, not at a count of rows, so it costs the
 * same wherever it is and neither repeats nor skips a row while others are inserted.
 *
 * @throws BAD_USER_INPUT for a cursor that does not belong here
 */
export function keyset(order: KeysetOrder, request: PageRequest): Keyset {
  const ascending = (order.direction === 'asc') !== request.backward;
  const way = sql.raw(ascending ? 'ASC' : 'DESC');
  const nulls = sql.raw(order.nullable ? (request.backward ? ' NULLS FIRST' : ' NULLS LAST') : '');
  const column = sql.ref(order.column);
  const id = sql.ref(order.idColumn);
  return {
    condition: beyondCursor(order, request, ascending),
    orderBy: sql`${column} ${way}${nulls}, ${id} ${way}`,
    limit: request.limit + 1,
  };
}

function beyondCursor(
  order: KeysetOrder,
  { cursor, backward }: PageRequest,
  ascending: boolean,
): RawBuilder<SqlBool> | null {
  if (cursor === null) return null;
  const path = backward ? 'before' : 'after';
  const position = decodeCursor(order.name, order.type, cursor, path);
  const column = sql.ref(order.column);
  const id = sql.ref(order.idColumn);
  const than = sql.raw(ascending ? '>' : '<');
  if (position.value !== null) {
    const value = sql`${position.value}::${sql.raw(CASTS[order.type])}`;
    const beyond = sql<SqlBool>`(${column}, ${id}) ${than} (${value}, ${position.id}::uuid)`;
    // Forward, the nulls are still to come; backward, they lie behind.
    return order.nullable && !backward ? sql<SqlBool>`(${beyond} OR ${column} IS NULL)` : beyond;
  }
  if (!order.nullable) throw forgedCursor(path);
  const amongNulls = sql<SqlBool>`${id} ${than} ${position.id}::uuid`;
  return backward
    ? sql<SqlBool>`(${column} IS NOT NULL OR ${amongNulls})`
    : sql<SqlBool>`(${column} IS NULL AND ${amongNulls})`;
}

/** The page that `keyset`'s statement has fetched. */
export function keysetPage<Row extends { id: string }>(
  order: KeysetOrder,
  request: PageRequest,
  fetched: Row[],
  keyOf: (row: Row) => Date | string | number | null,
  totalCount: () => Promise<number>,
): Page<Row> {
  const cursorOf = (row: Row) => encodeCursor(order.name, keyOf(row), row.id);
  return new Page(request, fetched, cursorOf, totalCount);
}
