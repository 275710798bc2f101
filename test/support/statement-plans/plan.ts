import type { ClientBase, QueryResult } from 'pg';
import pg from 'pg';
import type { SentStatement } from './wire-tap.js';

/** A node of EXPLAIN (FORMAT JSON), as far as the rules look at it. */
export interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  Alias?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  Filter?: string;
  'Join Filter'?: string;
  'Hash Cond'?: string;
  'Merge Cond'?: string;
  Plans?: PlanNode[];
  /** With ANALYZE: rows that left the node each time it ran, and how often that was. */
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
}

/**
 * PostgreSQL plans a statement for the values that it is given, or once for all values: what has a name
 * comes to the second after five runs. Both must do.
 */
export const PLAN_KINDS = ['custom', 'generic'] as const;
export type PlanKind = (typeof PLAN_KINDS)[number];

export type Plans = Record<PlanKind, PlanNode>;

/**
 * The plans of a statement, in the context that it was sent in; nothing of what it does stays.
 *
 * @param client of the serving role, or of one that may become it
 * @param options.analyze runs the statement, and tells rows and blocks as well
 * @param options.before SQL in front of it, in the same transaction, such as `DROP INDEX …`
 */
export async function plansOf(
  client: ClientBase,
  statement: SentStatement,
  {
    analyze = false,
    before = [],
    role = 'rowhouse_app',
  }: { analyze?: boolean; before?: readonly string[]; role?: string } = {},
): Promise<Plans> {
  const explain = `EXPLAIN (FORMAT JSON${analyze ? ', ANALYZE, BUFFERS, TIMING OFF' : ''})`;
  const values = statement.values.map((value) => (value === null ? 'NULL' : literal(value)));
  const run = `${explain} EXECUTE explained${values.length > 0 ? `(${values.join(', ')})` : ''}`;
  const types = statement.types.map((oid) => TYPE_NAMES[oid] ?? 'unknown');
  const text = statement.text.replace(/[\s;]+$/, '');
  const commands = [
    'BEGIN',
    ...before,
    `SET LOCAL ROLE ${role}`,
    "SET LOCAL TimeZone = 'UTC'",
    statement.context,
    'DEALLOCATE ALL',
    `PREPARE explained${types.length > 0 ? ` (${types.join(', ')})` : ''} AS ${text}`,
    ...PLAN_KINDS.flatMap((kind) => [
      `SET LOCAL plan_cache_mode = force_${kind}_plan`,
      // A write happens twice otherwise, and the second finds nothing.
      'SAVEPOINT before_it',
      run,
      'ROLLBACK TO SAVEPOINT before_it',
    ]),
    'ROLLBACK',
  ].filter((command) => command !== '');
  try {
    const results = (await client.query(commands.join(';\n'))) as unknown as QueryResult[];
    const [custom, generic] = results.flatMap(({ command, rows }) =>
      command === 'EXPLAIN' ? [rows[0]['QUERY PLAN'][0].Plan as PlanNode] : [],
    );
    if (!custom || !generic) throw new Error('EXPLAIN has told nothing.');
    return { custom, generic };
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`${(error as Error).message}, while explaining: ${statement.text}`, {
      cause: error,
    });
  }
}

/** The types that drivers declare, where they declare any. */
const TYPE_NAMES: Record<number, string> = Object.fromEntries(
  Object.entries({
    boolean: pg.types.builtins.BOOL,
    bytea: pg.types.builtins.BYTEA,
    smallint: pg.types.builtins.INT2,
    integer: pg.types.builtins.INT4,
    bigint: pg.types.builtins.INT8,
    text: pg.types.builtins.TEXT,
    'double precision': pg.types.builtins.FLOAT8,
    'character varying': pg.types.builtins.VARCHAR,
    timestamp: pg.types.builtins.TIMESTAMP,
    timestamptz: pg.types.builtins.TIMESTAMPTZ,
    uuid: pg.types.builtins.UUID,
    jsonb: pg.types.builtins.JSONB,
    'uuid[]': 2951,
    'text[]': 1009,
  }).map(([name, oid]) => [oid, name]),
);

const literal = (value: string) => pg.escapeLiteral(value);

/** The node and all below it. */
export function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

/** What a scan looks up in an index. */
export interface IndexLookup {
  index: string;
  /** Empty where it reads all of the index. */
  condition: string;
}

/** What a scan looks up in indexes: by itself, or through its bitmaps. Empty when it reads the table. */
export function indexLookups(node: PlanNode): IndexLookup[] {
  const scans =
    node['Node Type'] === 'Bitmap Heap Scan'
      ? (node.Plans ?? []).flatMap(nodesOf).filter((below) => below['Index Name'] !== undefined)
      : [node];
  return scans.flatMap(({ 'Index Name': index, 'Index Cond': condition = '' }) =>
    index === undefined ? [] : [{ index, condition }],
  );
}

/** Columns of every index of the product, by its name; null for an expression. */
export async function indexColumns(client: ClientBase): Promise<Map<string, (string | null)[]>> {
  const { rows } = await client.query<{ name: string; columns: (string | null)[] }>(
    `SELECT indexrelid::regclass::text AS name,
       (SELECT json_agg(attname ORDER BY place) FROM unnest(indkey::int2[]) WITH ORDINALITY AS key (attnum, place)
        LEFT JOIN pg_attribute ON attrelid = indrelid AND pg_attribute.attnum = key.attnum AND key.attnum > 0) AS columns
     FROM pg_index JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace`,
  );
  return new Map(rows.map(({ name, columns }) => [name, columns]));
}

/** Blocks that it took, from memory or from disk. */
export function blocksOf(node: PlanNode): number {
  return (node['Shared Hit Blocks'] ?? 0) + (node['Shared Read Blocks'] ?? 0);
}

/** Rows that a node looked at each time it ran, those included that it threw away. */
export function rowsLookedAt(node: PlanNode): number {
  return (
    (node['Actual Rows'] ?? 0) +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0)
  );
}

/** One line, as EXPLAIN writes it: `Index Scan using tasks_pkey on tasks`. */
export function describeNode(node: PlanNode): string {
  const index = node['Index Name'] ? ` using ${node['Index Name']}` : '';
  const relation = node['Relation Name'] ? ` on ${node['Relation Name']}` : '';
  const conditions = (['Index Cond', 'Filter', 'Join Filter', 'Hash Cond', 'Merge Cond'] as const)
    .filter((name) => node[name] !== undefined)
    .map((name) => `${name}: ${node[name]}`);
  const bitmaps = node['Node Type'] === 'Bitmap Heap Scan' ? indexLookups(node) : [];
  return [
    `${node['Node Type']}${index}${relation}`,
    ...bitmaps.map(({ index: name, condition }) => `Index Cond on ${name}: ${condition}`),
    ...conditions,
  ].join(', ');
}
