import { type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import { decodeCursor, encodeCursor, forgedCursor, type KeyType } from './cursor.js';
import { Page, type PageRequest } from './page.js';
import { type Value, value } from './statements/index.js';

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

/** What a cursor can hold of a row; undefined where the column was not read. */
type SortKey = Date | string | number | null | undefined;

/** An order of rows that are at hand. */
export interface RowOrder<Row> extends KeysetOrder {
  /** What the column is called in a row. */
  property: { [Name in keyof Row]-?: Row[Name] extends SortKey ? Name : never }[keyof Row] & string;
}

/** A page as a statement takes it: its shape, with the values that differ from page to page. */
export interface KeysetPage {
  order: KeysetOrder;
  backward: boolean;
  /** Null for the first page. Among the nulls of a nullable column, there is no value. */
  cursor: { value: Value<string | number> | null; id: Value<string> } | null;
  /** One more than the page, to tell whether there is more. */
  limit: Value<number>;
}

/** What a list statement needs for one page: its condition, its order and its limit. */
export interface Keyset {
  /** Rows behind (or before) the cursor; null for the first page. */
  condition: RawBuilder<SqlBool> | null;
  orderBy: RawBuilder<unknown>;
  limit: RawBuilder<number>;
}

const CASTS: Record<KeyType, string> = {
  timestamp: 'timestamptz',
  integer: 'integer',
  bigint: 'bigint',
  real: 'real',
  text: 'text',
};

/**
 * Keyset pagination: a page starts at a place in the order, not at a count of rows, so it costs the
 * same wherever it is and neither repeats nor skips a row while others are inserted.
 *
 * @throws BAD_USER_INPUT for a cursor that does not belong here
 */
export function keysetPage(order: KeysetOrder, request: PageRequest): KeysetPage {
  const { backward, cursor, limit } = request;
  const page = { order, backward, limit: value(limit + 1) };
  if (cursor === null) return { ...page, cursor };
  const path = backward ? 'before' : 'after';
  const position = decodeCursor(order.name, order.type, cursor, path);
  if (position.value === null && !order.nullable) throw forgedCursor(path);
  const key = position.value === null ? null : value(position.value);
  return { ...page, cursor: { value: key, id: value(position.id) } };
}

/** The SQL of a page, for the builder of a statement. */
export function keyset({ order, backward, cursor, limit }: KeysetPage): Keyset {
  const ascending = (order.direction === 'asc') !== backward;
  const way = sql.raw(ascending ? 'ASC' : 'DESC');
  const nulls = sql.raw(order.nullable ? (backward ? ' NULLS FIRST' : ' NULLS LAST') : '');
  const column = sql.ref(order.column);
  const id = sql.ref(order.idColumn);
  return {
    condition: cursor && beyondCursor(order, cursor, backward, ascending),
    orderBy: sql`${column} ${way}${nulls}, ${id} ${way}`,
    limit: sql<number>`${limit}`,
  };
}

/** Cuts a page out of the rows of a query. */
export function onPage<DB, TB extends keyof DB, Row>(
  rows: SelectQueryBuilder<DB, TB, Row>,
  page: KeysetPage,
): SelectQueryBuilder<DB, TB, Row> {
  const { condition, orderBy, limit } = keyset(page);
  const cut = rows.orderBy(orderBy).limit(limit);
  return condition ? cut.where(condition) : cut;
}

function beyondCursor(
  order: KeysetOrder,
  cursor: NonNullable<KeysetPage['cursor']>,
  backward: boolean,
  ascending: boolean,
): RawBuilder<SqlBool> {
  const column = sql.ref(order.column);
  const id = sql.ref(order.idColumn);
  const than = sql.raw(ascending ? '>' : '<');
  if (cursor.value !== null) {
    const key = sql`${cursor.value}::${sql.raw(CASTS[order.type])}`;
    const beyond = sql<SqlBool>`(${column}, ${id}) ${than} (${key}, ${cursor.id}::uuid)`;
    // Forward, the nulls are still to come; backward, they lie behind.
    return order.nullable && !backward ? sql<SqlBool>`(${beyond} OR ${column} IS NULL)` : beyond;
  }
  const amongNulls = sql<SqlBool>`${id} ${than} ${cursor.id}::uuid`;
  return backward
    ? sql<SqlBool>`(${column} IS NOT NULL OR ${amongNulls})`
    : sql<SqlBool>`(${column} IS NULL AND ${amongNulls})`;
}

/** The page of rows that was fetched by the statement of a `KeysetPage`. */
export function fetchedPage<Row extends { id: string }>(
  order: RowOrder<Row>,
  request: PageRequest,
  fetched: Row[],
  totalCount: () => Promise<number>,
): Page<Row> {
  const cursorOf = (row: Row) => {
    const key = row[order.property] as SortKey;
    if (key === undefined)
      throw new TypeError(`A cursor needs ${order.column}, which was not read`);
    return encodeCursor(order.name, key, row.id);
  };
  return new Page(request, fetched, cursorOf, totalCount);
}
