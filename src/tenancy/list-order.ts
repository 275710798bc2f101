import {
  type CompiledQuery,
  type RawBuilder,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import { type KeysetOrder, type KeysetPage, keyset, type RowOrder } from '../shared/keyset.js';
import type { Value } from '../shared/statements/index.js';
import type { EntityTable } from './entity-table.js';
import type { DB } from './generated/kysely/types.js';
import { query } from './query.js';

/** What a list can be ordered by. */
export type ListOrder<Table extends EntityTable, Row, Criteria> =
  | OrderColumn<Table, Row>
  | OrderThrough
  | OrderComputed<Criteria>;

/** An order by a column of the table. */
type OrderColumn<Table extends EntityTable, Row> = Pick<
  RowOrder<Row>,
  'type' | 'nullable' | 'property'
> & { readonly column: `${Table}.${keyof DB[Table] & string}` };

/** An order by what another table has of each row, in exactly one row of its own. */
interface OrderThrough extends Pick<KeysetOrder, 'type'> {
  /** The other table. It needs an index with the organization, the column of the order and `key`. */
  readonly through: OwnedTable;
  /** Its column that refers to the row. */
  readonly key: string;
  /** What a list is ordered by, with the other table: `stock_levels.units_sold`. Never null. */
  readonly column: `${OwnedTable}.${string}`;
  /** What that is called in a row. */
  readonly property: string;
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

interface OrderedList<Row, Criteria> {
  readonly table: EntityTable;
  readonly rows: ListedRows<Row>;
  readonly orgId: Value<string>;
  readonly criteria: Criteria;
  readonly page: KeysetPage;
}

/** The rows of a list, each along with what it is ordered by. */
export function withKey<Row, Criteria>(
  order: ListOrder<EntityTable, Row, Criteria>,
  { table, rows, orgId, criteria, page }: OrderedList<Row, Criteria>,
): ListedRows<Row> {
  const { property } = order;
  if ('computed' in order) {
    const key = sql`(SELECT ${order.computed(criteria)} AS ${sql.ref(property)})`;
    return joined(rows, key, COMPUTED, keyIn(page, property));
  }
  if (!('through' in order)) return rows;
  const { through, column, key } = order;
  const row = sql`(
    SELECT ${sql.ref(column)}, ${sql.ref(`${through}.${key}`)}
    FROM ${sql.table(through)}
    WHERE ${sql.ref(`${through}.org_id`)} = ${orgId} AND ${refersToRow(order, table)}
    LIMIT 1)`;
  return joined(rows, row, through, keyIn(page, property));
}

/** A page along the index of another table: its rows lead, and each row of the list is looked up. */
export function pageThrough<Row>(
  order: OrderThrough,
  { table, rows, orgId, page }: Omit<OrderedList<Row, unknown>, 'criteria'>,
): CompiledQuery<Row> {
  const { through, property } = order;
  const { condition, orderBy, limit } = keyset(page);
  return sql<Row>`
    SELECT found.*, ${keyIn(page, property)}
    FROM ${sql.table(through)}
    CROSS JOIN LATERAL ${rows.where(refersToRow(order, table)).limit(1)} AS found
    WHERE ${sql.ref(`${through}.org_id`)} = ${orgId} AND ${condition ?? sql`true`}
    ORDER BY ${orderBy}
    LIMIT ${limit}`.compile(query);
}

function refersToRow({ through, key }: OrderThrough, table: EntityTable) {
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
