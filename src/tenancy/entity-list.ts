import type DataLoader from 'dataloader';
import { type RawBuilder, type Selection, type SelectQueryBuilder, sql } from 'kysely';
import { LoaderCache, loadPages } from '../shared/batched-pages.js';
import { demanded, type ListDemand } from '../shared/graphql/list-demand.js';
import {
  fetchedPage,
  type KeysetPage,
  keysetPage,
  onPage,
  type RowOrder,
} from '../shared/keyset.js';
import type { Page, PageRequest } from '../shared/page.js';
import { shapedStatement, type Value, value } from '../shared/statements/index.js';
import { type Column, type EntityTable, type Rows, rowsOf } from './entity-table.js';
import type { DB } from './generated/kysely/types.js';
import {
  keyOf,
  type ListOrder,
  type ListSummary,
  pageThrough,
  readsAll,
  type SummarizedRow,
  summarizedPage,
  withKey,
} from './list-order.js';
import { perParent } from './query.js';
import type { TenantTransaction } from './tenant-transaction.js';

/** Columns that a list reads only when they are asked for, by what they are called in a row. */
type OnDemand<Table extends EntityTable> = Readonly<Record<string, Column<Table>>>;

type ListedRow<
  Table extends EntityTable,
  Columns extends readonly Column<Table>[],
  Demanded extends OnDemand<Table>,
> = WithId<
  Selection<DB, Table, Columns[number]> & Partial<Selection<DB, Table, Demanded[keyof Demanded]>>
>;

/** A list whose columns lack the id has no rows: a cursor needs it. */
type WithId<Row> = Row extends { id: string } ? Row : never;

/** A list as asked for, checked. */
export interface ListRequest<Criteria, Field extends string> {
  readonly criteria: Criteria;
  readonly orderBy: { readonly field: Field; readonly direction: 'asc' | 'desc' };
  readonly request: PageRequest;
  /** What the client asks for of what is read on demand; all of it without. */
  readonly demand?: ListDemand;
}

/** A list that hangs from another row. */
export interface ChildListRequest<Criteria, Field extends string>
  extends ListRequest<Criteria, Field> {
  /** What the criteria were made of, so that JSON can tell one list from another. */
  readonly filter: object | null;
}

/**
 * The list of a table's rows. Every statement of it names the organization; `matching` narrows it down further.
 *
 * @param options.columns what every list reads
 * @param options.onDemand what a list reads only when it is asked for: long texts, and moments, which are
 *   dear to write and read
 * @param options.orders what the list can be ordered by, as the API calls it: columns of the table, or what is joined to its
 *   rows; ids break ties
 * @param options.matching which of the organization's rows are in the list, all without; of its criteria, what
 *   varies without changing the text of the statement is in a `value`
 * @param options.summary what `summarizedPage` works out
 */
export function entityList<
  Table extends EntityTable,
  const Columns extends readonly Column<Table>[],
  Field extends string,
  const Demanded extends OnDemand<Table> = Record<never, never>,
  Criteria = object,
>(options: {
  table: Table;
  columns: Columns;
  onDemand?: Demanded;
  orders: Record<Field, ListOrder<NoInfer<Table>, ListedRow<Table, Columns, Demanded>, Criteria>>;
  matching?: (rows: Rows<Table>, criteria: Criteria, orgId: Value<string>) => Rows<Table>;
  summary?: ListSummary<Criteria>;
}): EntityList<ListedRow<Table, Columns, Demanded>, Criteria, Field, keyof DB[Table] & string> {
  // From here on it is any table; that all of this is about the same one has been checked.
  return new EntityList(
    options as unknown as Options<ListedRow<Table, Columns, Demanded>, Criteria, Field>,
  );
}

interface Options<Row, Criteria, Field extends string> {
  table: EntityTable;
  columns: readonly Column<EntityTable>[];
  onDemand?: OnDemand<EntityTable>;
  orders: Record<Field, ListOrder<EntityTable, Row, Criteria>>;
  matching?: (
    rows: Rows<EntityTable>,
    criteria: Criteria,
    orgId: Value<string>,
  ) => Rows<EntityTable>;
  summary?: ListSummary<Criteria>;
}

interface Matching<Criteria> {
  orgId: Value<string>;
  criteria: Criteria;
}

interface PageOf<Criteria> extends Matching<Criteria> {
  columns: readonly string[];
  page: KeysetPage;
}

interface OfParents {
  parent: string;
  parentIds: Value<readonly string[]>;
}

/** The pages and counts of a list, alone or for many parents at once. */
export class EntityList<
  Row extends { id: string },
  Criteria,
  Field extends string,
  Parent extends string,
> {
  readonly #options: Options<Row, Criteria, Field>;

  constructor(options: Options<Row, Criteria, Field>) {
    this.#options = options;
  }

  /** @throws BAD_USER_INPUT for a cursor of another list */
  async page(tx: TenantTransaction, list: ListRequest<Criteria, Field>): Promise<Page<Row>> {
    const { order, columns, page } = this.#read(list);
    const of = { orgId: value(tx.tenant.orgId), criteria: list.criteria };
    const rows = await tx.execute(this.#listed({ ...of, columns, page }));
    return fetchedPage(order, list.request, rows, async () => {
      const [counted] = await tx.execute(this.#counted(of));
      return counted?.count ?? 0;
    });
  }

  /** Whether a page of it reads all of the list: only then `summarizedPage` gives one. */
  readsAll({ criteria, orderBy }: ListRequest<Criteria, Field>): boolean {
    return readsAll(this.#options.orders[orderBy.field], criteria);
  }

  /**
   * A page, and a summary of all of the list, in one statement which reads it once.
   *
   * @param asked of the summary; a shape, and at least one
   * @throws BAD_USER_INPUT for a cursor of another list, before anything is sent
   */
  summarizedPage<Part>(
    tx: TenantTransaction,
    list: ListRequest<Criteria, Field>,
    asked: readonly string[],
  ): Promise<{ page: Page<Row>; summary: Part[] }> {
    const { order, columns, page } = this.#read(list);
    const of = { orgId: value(tx.tenant.orgId), criteria: list.criteria, columns, page, asked };
    return tx.execute(this.#summarized(of)).then((rows) => {
      const { total, summary } = rows.at(-1) as SummarizedRow<Row>;
      const found = rows.slice(0, -1).filter(({ id }) => id !== null);
      const counted = fetchedPage<Row>(order, list.request, found, async () => total);
      return { page: counted, summary: summary as Part[] };
    });
  }

  /** The page of a list that has nothing in it. @throws BAD_USER_INPUT for a cursor of another list */
  emptyPage(list: Omit<ListRequest<Criteria, Field>, 'criteria'>): Page<Row> {
    const { order } = this.#read(list);
    return fetchedPage<Row>(order, list.request, [], async () => 0);
  }

  /**
   * For one request: gives pages by parent, in one statement per list however many parents there are.
   *
   * @returns what takes the column that refers to the parent, the parent's UUID and the list, and throws
   *   BAD_USER_INPUT for a cursor of another list
   */
  children(ctx: { readonly tx: TenantTransaction }) {
    const loaders = new LoaderCache<DataLoader<string, Page<Row>>>();
    return (parent: Parent, parentId: string, list: ChildListRequest<Criteria, Field>) => {
      const { filter, criteria, orderBy, request } = list;
      const { order, columns, page } = this.#read(list);
      const { tx } = ctx;
      const of = { orgId: value(tx.tenant.orgId), criteria, parent };
      const make = () =>
        loadPages<Row>({
          order,
          request,
          find: (ids) =>
            tx.execute(this.#listedPerParent({ ...of, columns, page, parentIds: value(ids) })),
          count: (ids) => tx.execute(this.#countedPerParent({ ...of, parentIds: value(ids) })),
        });
      return loaders.get([parent, filter, orderBy, request, columns], make).load(parentId);
    };
  }

  #read({ orderBy, request, demand }: Omit<ListRequest<Criteria, Field>, 'criteria'>) {
    const { table, orders, onDemand = {} } = this.#options;
    const { field, direction } = orderBy;
    const order: RowOrder<Row> = { ...keyOf(table, orders[field]), name: field, direction };
    const names = Object.keys(onDemand);
    const columns = demand ? demanded(names, demand, order.property) : names;
    return { order, columns, page: keysetPage(order, request) };
  }

  readonly #listed = shapedStatement((of: PageOf<Criteria>) => {
    const order = this.#orderOf(of);
    return 'through' in order
      ? pageThrough<Row, Criteria>(order, this.#orderedList(of))
      : this.#pageOf(of).compile();
  });

  readonly #summarized = shapedStatement(
    ({ asked, ...of }: PageOf<Criteria> & { asked: readonly string[] }) => {
      const order = this.#orderOf(of);
      const { summary } = this.#options;
      if (!summary || !readsAll(order, of.criteria))
        throw new TypeError('There is no summary of it');
      return summarizedPage<Row, Criteria>(order, this.#orderedList(of), summary, asked);
    },
  );

  readonly #listedPerParent = shapedStatement((of: PageOf<Criteria> & OfParents) => {
    const isOfParent = sql<boolean>`${this.#column(of.parent)} = parent.id`;
    return perParent<Row>(of.parentIds, this.#pageOf(of).where(isOfParent));
  });

  readonly #counted = shapedStatement((of: Matching<Criteria>) =>
    this.#matching(of).select(sql<number>`count(*)::int`.as('count')).compile(),
  );

  readonly #countedPerParent = shapedStatement((of: Matching<Criteria> & OfParents) => {
    const isOfParent = sql<boolean>`${this.#column(of.parent)} = parent.id`;
    const count = sql<number>`count(*)::int`.as('count');
    return perParent(of.parentIds, this.#matching(of).where(isOfParent).select(count));
  });

  #matching({ orgId, criteria }: Matching<Criteria>): Rows<EntityTable> {
    const { table, matching } = this.#options;
    const rows = rowsOf(table, orgId);
    return matching ? matching(rows, criteria, orgId) : rows;
  }

  #orderOf({ page }: PageOf<Criteria>): ListOrder<EntityTable, Row, Criteria> {
    return this.#options.orders[page.order.name as Field];
  }

  #orderedList(of: PageOf<Criteria>) {
    const { table, columns, onDemand = {} } = this.#options;
    const asked = of.columns.map((name) => onDemand[name] as Column<EntityTable>);
    return { ...of, table, matching: this.#matching(of), columns: [...columns, ...asked] };
  }

  #pageOf(of: PageOf<Criteria>): SelectQueryBuilder<DB, EntityTable, Row> {
    return onPage(withKey(this.#orderOf(of), this.#orderedList(of)), of.page);
  }

  #column(name: string): RawBuilder<string> {
    return sql.ref(`${this.#options.table}.${name}`);
  }
}
