import type { ClientBase } from 'pg';
import pg from 'pg';
import { newUuid } from '../../../src/shared/ids.js';
import type { Row, TenantTable } from '../tenant-tables.js';
import { madeUpValue, TEXT_STYLES, type Texts } from './made-up-values.js';
import { type Column, columnsByTable } from './table-columns.js';

const quoted = pg.escapeIdentifier;

/** Constraint refused it: another way to write the same may pass. */
const REFUSED = new Set(['23514', '22001', '22P02']);

/** There is such a row already, where each parent can have one. */
const TAKEN = '23505';

/** Tables of which every row of another has one, always: they are made together, and nobody expects to miss it. */
const ONE_OF_EACH: Readonly<Record<string, string>> = { stock_levels: 'products' };

/**
 * Gives an organization rows in every tenant table, made up from the catalog: for each table one plain
 * row, and one more for each state that a column can be in beside the plain one (set where it may be
 * null, each listed value, another parent). Two organizations furnished this way are twins: row by row
 * they have the same states and moments.
 *
 * @param client of a superuser, whom row-level security does not hold
 * @param tables all of them; rows that the organization has already count as well
 * @returns what could not be made, a sentence each
 */
export async function furnish(
  client: ClientBase,
  tables: TenantTable[],
  orgId: string,
  texts: Texts,
): Promise<string[]> {
  const columns = await columnsByTable(client);
  const rows = new Map<string, Row[]>();
  const faults: string[] = [];
  for (const table of parentsFirst(tables)) {
    const present = await rowsOf(client, table, orgId);
    const maker = new RowMaker(client, table, columns.get(table.name) ?? [], rows, orgId, texts);
    rows.set(table.name, present);
    // An organization is one row; all else may be many.
    if (table.owner === 'id' && present.length > 0) continue;
    try {
      await maker.makeAll(present);
    } catch (error) {
      faults.push(`No row can be made up for the table ${table.name}: ${(error as Error).message}`);
    }
  }
  return faults;
}

/** All rows of an organization, oldest first. */
export async function rowsOf(
  client: ClientBase,
  { name, owner, columns }: TenantTable,
  orgId: string,
): Promise<Row[]> {
  const order = columns.includes('id') ? 'id' : owner;
  const { rows } = await client.query<{ row: Row }>(
    `SELECT to_jsonb(t) AS row FROM ${quoted(name)} AS t WHERE ${quoted(owner)} = $1 ORDER BY ${order}`,
    [orgId],
  );
  return rows.map(({ row }) => row);
}

/** Each table behind those that it points at. */
export function parentsFirst(tables: TenantTable[]): TenantTable[] {
  const sorted = new Set<TenantTable>();
  const visit = (table: TenantTable, within: TenantTable[]) => {
    if (within.includes(table)) return;
    for (const reference of referencesOf(table)) {
      const parent = tables.find(({ name }) => name === reference.table);
      if (parent) visit(parent, [...within, table]);
    }
    sorted.add(table);
  };
  const organizationFirst = [...tables].sort((a, b) => a.owner.length - b.owner.length);
  for (const table of organizationFirst) visit(table, []);
  return [...sorted];
}

class RowMaker {
  #number = 0;

  constructor(
    readonly client: ClientBase,
    readonly table: TenantTable,
    readonly columns: Column[],
    readonly rows: ReadonlyMap<string, Row[]>,
    readonly orgId: string,
    readonly texts: Texts,
  ) {}

  /** @param made gets every row as it is made; a table may point at itself */
  async makeAll(made: Row[]): Promise<void> {
    const companion = referencesOf(this.table).find(
      ({ table }) => table === ONE_OF_EACH[this.table.name],
    );
    if (companion) return this.#makeOneOfEach(companion, made);
    made.push(await this.#insert({}));
    if (this.table.owner === 'id') return;
    for (const state of this.#states()) {
      try {
        made.push(await this.#insert(state));
      } catch (error) {
        // Not a state that a row can be in.
        const { code = '' } = error as { code?: string };
        if (!REFUSED.has(code) && code !== TAKEN) throw error;
      }
    }
    // Rows are pointed at from the first and the last: one that nothing points at can be removed.
    // But for a table in which each parent has one.
    if (made.length === 2 && this.columns.some(({ name }) => name === 'id')) {
      made.splice(1, 0, await this.#insert({}));
    }
  }

  /** Whatever a row may have it has, but for the last. */
  async #makeOneOfEach(reference: Reference, made: Row[]): Promise<void> {
    const parents = this.rows.get(reference.table) ?? [];
    for (const [index, parent] of parents.entries()) {
      const state = index < parents.length - 1 ? this.#everything(index) : {};
      made.push(await this.#insert({ ...state, ...pointingAt(parent, reference) }));
    }
  }

  /** A value for each column that may be null. */
  #everything(row: number): Row {
    const keys = this.#keyColumns();
    const optional = this.columns.filter(({ name, nullable }) => nullable && !keys.has(name));
    return Object.fromEntries(
      optional.map((column) => [
        column.name,
        madeUpValue({ ...column, nullable: false }, row, this.texts, 0),
      ]),
    );
  }

  /** What sets a row apart from the plain one. */
  #states(): Row[] {
    const keys = this.#keyColumns();
    const ofColumns = this.columns.flatMap((column): Row[] => {
      const { name, values, nullable, type } = column;
      if (keys.has(name)) return [];
      if (values) return values.slice(nullable ? 0 : 1).map((value) => ({ [name]: value }));
      if (type === 'boolean') return [{ [name]: true }];
      if (!nullable) return [];
      return [{ [name]: madeUpValue({ ...column, nullable: false }, 0, this.texts, 0) }];
    });
    const ofParents = referencesOf(this.table).flatMap((reference): Row[] => {
      const parents = this.rows.get(reference.table) ?? [];
      const others = this.#isOptional(reference.columns) ? [parents[0]] : [];
      return [...new Set([...others, parents.at(-1)])].flatMap((parent) =>
        parent ? [pointingAt(parent, reference)] : [],
      );
    });
    return [...ofColumns, ...ofParents];
  }

  /** The row as good as it gets: texts in another style, or another of few values, where a CHECK wants it. */
  async #insert(state: Row): Promise<Row> {
    const row = this.#number++;
    const flips: Row[] = [
      {},
      ...this.columns.flatMap(({ name, type, values }): Row[] => {
        if (name in state) return [];
        if (type === 'boolean') return [{ [name]: true }];
        return (values ?? []).map((value) => ({ [name]: value }));
      }),
    ];
    let refusal: unknown;
    for (let style = 0; style < TEXT_STYLES.length; style++) {
      for (const flip of flips) {
        try {
          return await this.#insertOnce({ ...this.#plain(row, style), ...flip, ...state });
        } catch (error) {
          if (!REFUSED.has((error as { code?: string }).code ?? '')) throw error;
          refusal ??= error;
        }
      }
    }
    throw refusal;
  }

  #plain(row: number, style: number): Row {
    const keys = this.#keyColumns();
    const values: Row = {};
    for (const column of this.columns) {
      const { name, nullable } = column;
      if (name === this.table.owner) values[name] = this.orgId;
      else if (name === 'id') values[name] = newUuid();
      else if (keys.has(name) || nullable) continue;
      else if (column.values) values[name] = column.values[0];
      else values[name] = madeUpValue(column, row, this.texts, style);
    }
    for (const reference of referencesOf(this.table)) {
      const [parent] = this.rows.get(reference.table) ?? [];
      if (parent && !this.#isOptional(reference.columns)) {
        Object.assign(values, pointingAt(parent, reference));
      }
    }
    return values;
  }

  async #insertOnce(values: Row): Promise<Row> {
    const given = Object.keys(values).filter((name) => values[name] !== undefined);
    const list = given.map(quoted).join(', ');
    const name = quoted(this.table.name);
    const { rows } = await this.client.query<{ row: Row }>(
      `INSERT INTO ${name} AS t (${list}) SELECT ${list} FROM jsonb_populate_record(NULL::${name}, $1)
       RETURNING to_jsonb(t) AS row`,
      [values],
    );
    return rows[0]?.row as Row;
  }

  #keyColumns(): Set<string> {
    const pointers = referencesOf(this.table).flatMap(({ columns }) => columns);
    return new Set([this.table.owner, 'id', ...pointers]);
  }

  #isOptional(names: string[]): boolean {
    return this.columns.some(({ name, nullable }) => nullable && names.includes(name));
  }
}

type Reference = TenantTable['references'][number];

/** All that a row of the table points at, bound by a foreign key or not. */
function referencesOf({ references, unbound }: TenantTable) {
  return [...references, ...unbound];
}

/** The columns that make a row point at this parent. */
export function pointingAt(parent: Row, { columns, keys }: Reference): Row {
  return Object.fromEntries(
    columns.map((column, index) => [column, parent[keys[index] as string]]),
  );
}
