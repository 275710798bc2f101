import {
  type AliasedRawBuilder,
  type CompiledQuery,
  type RawBuilder,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import { type KeysetOrder, type KeysetPage, keyset, type RowOrder } from '../shared/keyset.js';
import type { Value } from '../shared/statements/index.js';
import { type Column, type EntityTable, type Rows, rowsOf } from './entity-table.js';
import type { DB } from './generated/kysely/types.js';
import { query } from './query.js';

/** What a list can be ordered by. */
export type ListOrder<Table extends EntityTable, Row, Criteria> =
  | OrderColumn<Table, Row>
  | OrderThrough<Criteria>
  | OrderComputed<Criteria>;

/** An order by a column of the table. */
type OrderColumn<Table extends EntityTable, Row> = Pick<
  RowOrder<Row>,
  'type' | 'nullable' | 'property'
> & { readonly column: `${Table}.${keyof DB[Table] & string}` };

/** An order by what another table has of each row, in exactly one row of its own. */
interface OrderThrough<Criteria> extends Pick<KeysetOrder, 'type'> {
  /** The other table. It needs an index with the organization, the column of the order and `key`. */
  readonly through: OwnedTable;
  /** Its column that refers to the row. */
  readonly key: string;
  /** What a list is ordered by, with the other table: `stock_levels.units_sold`. Never null. */
  readonly column: `${OwnedTable}.${string}`;
  /** What that is called in a row. */
  readonly property: string;
  /** Whether criteria can leave few rows of many. */
  readonly canLeaveFew?: (criteria: Criteria) => boolean;
}

/** Any table with an organization in its rows. */
type OwnedTable = {
  [Name in keyof DB]: DB[Name] extends { org_id: unknown } ? Name : never;
}[keyof DB];

/** An order by what is computed of each row. No index has it, so a page reads and sorts all rows of the list. */
interface OrderComputed<Criteria> extends Pick<KeysetOrder, 'type'> {
  readonly computed: (criteria: Criteria) => RawBuilder<unknown>;
  /** What that is called in a row. Never null. */
  readonly property: string;
}

/** What a computed order is joined as. */
const COMPUTED = 'computed';

/** How many rows are rather sorted than met by chance. */
const FEW = 200;

type ListedRows<Row> = SelectQueryBuilder<DB, EntityTable, Row>;

/** The columns that a page is cut out by, and what the first of them is called in a row. */
export function keyOf<Row, Criteria>(
  table: EntityTable,
  order: ListOrder<EntityTable, Row, Criteria>,
): Omit<RowOrder<Row>, 'name' | 'direction'> {
  const { type } = order;
  const property = order.property as RowOrder<Row>['property'];
  if ('computed' in order) {
    return { type, property, column: `${COMPUTED}.${property}`, idColumn: `${table}.id` };
  }
  // Of the other table: its index has both.
  if ('through' in order) {
    return { type, property, column: order.column, idColumn: `${order.through}.${order.key}` };
  }
  return { ...order, idColumn: `${table}.id` };
}

interface OrderedList<Criteria> {
  readonly table: EntityTable;
  readonly matching: Rows<EntityTable>;
  readonly columns: readonly Column<EntityTable>[];
  readonly orgId: Value<string>;
  readonly criteria: Criteria;
  readonly page: KeysetPage;
}

/** The rows of a list, each along with what it is ordered by. */
export function withKey<Row, Criteria>(
  order: ListOrder<EntityTable, Row, Criteria>,
  list: OrderedList<Criteria>,
): ListedRows<Row> {
  const { matching, columns, criteria, page } = list;
  const rows = matching.select(columns).$castTo<Row>();
  const { property } = order;
  if ('computed' in order) {
    const key = sql`(SELECT ${order.computed(criteria)} AS ${sql.ref(property)})`;
    return joined(rows, key, COMPUTED, keyIn(page, property));
  }
  if (!('through' in order)) return rows;
  return joined(rows, rowOf(order, list), order.through, keyIn(page, property));
}

/**
 * A page along the index of another table: its rows lead, and each row of the list is looked up. Where there may be few of
 * the list among many, they are counted first: a walk that meets hardly any of them would not end.
 */
export function pageThrough<Row, Criteria>(
  order: OrderThrough<Criteria>,
  list: OrderedList<Criteria>,
): CompiledQuery<Row> {
  const { columns, criteria, page } = list;
  if (order.canLeaveFew?.(criteria)) return pageOfFewOrMany(order, list);
  return walk(order, list, columns, keyIn(page, order.property)).compile(query);
}

/**
 * What is read for it is bounded either way: `FEW` rows of the list and what the criteria must look at to find them; or, with
 * more, in a walk, as many as it takes to meet a page of those.
 */
function pageOfFewOrMany<Row, Criteria>(
  order: OrderThrough<Criteria>,
  list: OrderedList<Criteria>,
): CompiledQuery<Row> {
  const { table, matching } = list;
  const few = sql.table('few');
  return sql<Row>`
    WITH few AS MATERIALIZED (${matching.select(`${table}.id`).limit(FEW + 1)}),
    place AS (${placesOfFewOrMany(order, list, few)})
    ${rowsAt(list, order.property)}`.compile(query);
}

/**
 * Whichever half does not apply is not executed: PostgreSQL asks the count before it begins with one.
 *
 * @param found the rows of the list; where there are more than `FEW`, some of them
 */
function placesOfFewOrMany<Criteria>(
  order: OrderThrough<Criteria>,
  list: OrderedList<Criteria>,
  found: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const { table, page } = list;
  const { column, through } = order;
  const id = `${table}.id` as const;
  const { condition, orderBy, limit } = keyset(page);
  const areFew = sql<SqlBool>`(SELECT count(*) <= ${sql.lit(FEW)} FROM ${found})`;
  const key = sql.ref(column).as('key');
  return sql`
      (SELECT ${sql.ref(id)}, ${key}
      FROM ${found} AS ${sql.table(table)}
      CROSS JOIN LATERAL ${rowOf(order, list)} AS ${sql.table(through)}
      WHERE ${areFew} AND ${condition ?? sql`true`}
      ORDER BY ${orderBy}
      LIMIT ${limit})
      UNION ALL
      (${walk(order, list, [id], key, sql`NOT ${areFew}`)})`;
}

/** The rows of `place`, which has their ids and what they are ordered by, in that order. */
function rowsAt<Criteria>(list: OrderedList<Criteria>, property: string): RawBuilder<unknown> {
  const inOrder = keyed(list.page, 'place');
  return sql`
    SELECT found.*, ${keyIn(inOrder, property)}
    FROM place
    CROSS JOIN LATERAL (${rowAt(list)}) AS found
    ORDER BY ${keyset(inOrder).orderBy}`;
}

function rowAt<Criteria>({ table, columns, orgId }: OrderedList<Criteria>) {
  const rows = rowsOf(table, orgId).select(columns);
  return rows.where(sql.ref(`${table}.id`), '=', sql.ref('place.id')).limit(1);
}

/** A page of what has the id and the key of each row. */
function keyed(page: KeysetPage, name: string): KeysetPage {
  return { ...page, order: { ...page.order, column: `${name}.key`, idColumn: `${name}.id` } };
}

/** What is worked out of all rows of a list, whatever page of it is asked for. `asked` is for it to know. */
export interface ListSummary<Criteria> {
  /** What has to be known of each row. */
  columns(
    asked: readonly string[],
    criteria: Criteria,
    orgId: Value<string>,
  ): readonly AliasedRawBuilder<unknown, string>[];
  /** Rows of what `listed` comes to, which has these columns of each row. */
  of(
    asked: readonly string[],
    listed: RawBuilder<unknown>,
    orgId: Value<string>,
  ): RawBuilder<unknown>;
}

/** A row of a page, if its id is not null; the last one has the summary instead, and the number of all rows of the list. */
export type SummarizedRow<Row> = Row & { readonly total: number; readonly summary: unknown };

/**
 * Whether a page in this order reads all rows of the list, so that a summary of them comes along at little cost. In the order of a
 * column it reads a page of an index.
 */
export function readsAll<Row, Criteria>(
  order: ListOrder<EntityTable, Row, Criteria>,
  criteria: Criteria,
): order is OrderThrough<Criteria> | OrderComputed<Criteria> {
  return 'computed' in order || ('through' in order && order.canLeaveFew?.(criteria) === true);
}

/** A page, and a summary of the list, for which the list is found once. */
export function summarizedPage<Row, Criteria>(
  order: OrderThrough<Criteria> | OrderComputed<Criteria>,
  list: OrderedList<Criteria>,
  summary: ListSummary<Criteria>,
  asked: readonly string[],
): CompiledQuery<SummarizedRow<Row>> {
  const { table, matching, criteria, orgId, page } = list;
  const listed = sql.table('listed');
  const known = matching.select(`${table}.id`).select([...summary.columns(asked, criteria, orgId)]);
  const isComputed = 'computed' in order;
  const rows = isComputed ? known.select(order.computed(criteria).as('key')) : known;
  const places = isComputed ? placesOf(page) : placesOfFewOrMany(order, list, listed);
  const inOrder = keyed(page, 'place');
  return sql<SummarizedRow<Row>>`
    WITH listed AS MATERIALIZED (${rows}),
    place AS (${places})
    SELECT found.*, ${keyIn(inOrder, order.property)},
      CASE WHEN part.is_summary THEN (SELECT count(*)::int FROM listed) END AS total,
      CASE WHEN part.is_summary THEN
        (SELECT coalesce(json_agg(each), '[]') FROM (${summary.of(asked, listed, orgId)}) AS each)
      END AS summary
    FROM (VALUES (false), (true)) AS part (is_summary)
    LEFT JOIN place ON NOT part.is_summary
    LEFT JOIN LATERAL (${rowAt(list)}) AS found ON true
    ORDER BY part.is_summary, ${keyset(inOrder).orderBy}`.compile(query);
}

/** The places of a page among `listed`, which have what they are ordered by. */
function placesOf(page: KeysetPage): RawBuilder<unknown> {
  const { condition, orderBy, limit } = keyset(keyed(page, 'listed'));
  return sql`
      SELECT listed.id, listed.key
      FROM listed
      WHERE ${condition ?? sql`true`}
      ORDER BY ${orderBy}
      LIMIT ${limit}`;
}

function walk<Criteria>(
  order: OrderThrough<Criteria>,
  { table, matching, orgId, page }: OrderedList<Criteria>,
  columns: readonly Column<EntityTable>[],
  key: AliasedRawBuilder<unknown, string>,
  when: RawBuilder<unknown> = sql`true`,
): RawBuilder<unknown> {
  const { through } = order;
  const { condition, orderBy, limit } = keyset(page);
  return sql`
    SELECT found.*, ${key}
    FROM ${sql.table(through)}
    CROSS JOIN LATERAL ${matching.select(columns).where(refersToRow(order, table)).limit(1)} AS found
    WHERE ${sql.ref(`${through}.org_id`)} = ${orgId} AND ${when} AND ${condition ?? sql`true`}
    ORDER BY ${orderBy}
    LIMIT ${limit}`;
}

/** What the other table has of a row. */
function rowOf<Criteria>(
  order: OrderThrough<Criteria>,
  { table, orgId }: Pick<OrderedList<Criteria>, 'table' | 'orgId'>,
): RawBuilder<unknown> {
  const { through, column, key } = order;
  return sql`(
    SELECT ${sql.ref(column)}, ${sql.ref(`${through}.${key}`)}
    FROM ${sql.table(through)}
    WHERE ${sql.ref(`${through}.org_id`)} = ${orgId} AND ${refersToRow(order, table)}
    LIMIT 1)`;
}

function refersToRow(
  { through, key }: Pick<OrderThrough<unknown>, 'through' | 'key'>,
  table: EntityTable,
) {
  return sql<SqlBool>`${sql.ref(`${through}.${key}`)} = ${sql.ref(`${table}.id`)}`;
}

/** What a page is ordered by, as a row has it: the driver would read a bigint as text. */
function keyIn({ order: { column, type } }: KeysetPage, property: string) {
  return sql`${sql.ref(column)}${sql.raw(type === 'bigint' ? '::float8' : '')}`.as(property);
}

function joined<Row>(
  rows: ListedRows<Row>,
  row: RawBuilder<unknown>,
  alias: string,
  key: ReturnType<typeof keyIn>,
): ListedRows<Row> {
  return rows
    .innerJoinLateral(row.as<string>(alias), (join) => join.onTrue())
    .select(key) as unknown as ListedRows<Row>;
}
