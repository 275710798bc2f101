import type { TenantTable } from '../tenant-tables.js';
import {
  blocksOf,
  describeNode,
  type IndexLookup,
  indexLookups,
  nodesOf,
  type PlanKind,
  type PlanNode,
  rowsLookedAt,
} from './plan.js';
import type { SentStatement } from './wire-tap.js';

/** What a plan may not do. */
export type Rule =
  | 'no sequential scan'
  | 'organization in an Index Cond'
  | 'key in an Index Cond'
  | 'no sort of more than a page'
  | 'rows of a page'
  | 'a deep page costs what the first costs';

/** What a plan does that it may not. */
export interface Offence {
  rule: Rule;
  kind: PlanKind;
  /** The node that does it, in one line. */
  node: string;
  table: string | null;
  remedy: string;
}

type Tables = readonly TenantTable[];

/** What the catalog knows. */
export interface Catalog {
  tables: Tables;
  /** Columns by the index's name, see `indexColumns`. */
  indexes: ReadonlyMap<string, readonly (string | null)[]>;
}

/**
 * Holds for every statement: no table is read from end to end, the organization is looked up in an index
 * wherever a table is read, and so is every key that the statement was given or joins by.
 *
 * A key is a parameter with a UUID or UUIDs in it: the ids of a lookup, the parents of a list, the place
 * of a cursor. Other conditions, such as a state, may be looked at row by row.
 *
 * @param options.hasRivalKeys that the client narrows a list by an id while something else leads it (a
 *   parent, an order): one index serves one of them, and the planner chooses which
 */
export function scanOffences(
  plan: PlanNode,
  kind: PlanKind,
  statement: SentStatement,
  { tables, indexes }: Catalog,
  { hasRivalKeys = false } = {},
): Offence[] {
  const nodes = nodesOf(plan);
  const scans = nodes.flatMap((node) => {
    const table = tables.find(({ name }) => name === node['Relation Name']);
    return table && node['Node Type'].endsWith('Scan') ? [{ node, table }] : [];
  });
  const offences: Offence[] = [];
  const report = (rule: Rule, node: PlanNode, table: string, remedy: string) =>
    offences.push({ rule, kind, node: describeNode(node), table, remedy });
  for (const { node, table } of scans) {
    const { name, owner } = table;
    const lookups = indexLookups(node);
    const found = lookups.map(({ condition }) => condition);
    if (found.length === 0) {
      report(
        'no sequential scan',
        node,
        name,
        `Give the statement a condition that an index of ${name} serves, beginning with ${owner}, or add that index to sql/50-indexes.sql.`,
      );
      continue;
    }
    if (!found.every((condition) => comparesWithEqual(condition, owner))) {
      report(
        'organization in an Index Cond',
        node,
        name,
        `Say \`${owner} = $n\` in the statement, and have an index that begins with ${owner}.`,
      );
    }
    if (hasRivalKeys) continue;
    const skipped = lookups.flatMap((lookup) => skippedColumns(lookup, indexes));
    if (skipped.length > 0) {
      report(
        'key in an Index Cond',
        node,
        name,
        `${skipped.join(', ')} stands in an Index Cond, but behind a column of the index that nothing is said of, so the index is read on and on: have an index of ${name} with ${owner} and then ${skipped.join(', ')}.`,
      );
    }
    const key = keyInFilter(node, found, kind, statement);
    if (key !== undefined) {
      report(
        'key in an Index Cond',
        node,
        name,
        `${key} is compared row by row: have an index of ${name} with ${owner} and then the column that it is compared with, and compare the bare column (a cursor as one row: \`(column, id) > ($n, $m)\`).`,
      );
    }
  }
  const aliases = scans.map(({ node, table }) => ({ alias: node.Alias ?? table.name, table }));
  for (const node of nodes) {
    const condition = withoutLiterals(
      [node['Hash Cond'], node['Merge Cond'], node['Join Filter']].join(' '),
    );
    const joined = aliases.find(({ alias }) => new RegExp(`\\b${alias}\\.`).test(condition));
    if (joined && !hasRivalKeys) {
      report(
        'key in an Index Cond',
        node,
        joined.table.name,
        `${joined.table.name} is read in full to be joined: let the join look each row up in an index of ${joined.table.name} (a LATERAL with LIMIT, or = ANY of the keys).`,
      );
    }
  }
  return offences;
}

/** A statement that fetches one page, of one parent or of each. */
export interface PageBounds {
  /** Rows of the page, and one more to tell whether there is more. */
  limit: number;
}

/** Rows that may be looked at, or sorted, for one that is shown: deleted ones are passed over. */
const MOST_ROWS_PER_ROW = 3;

/**
 * Holds for the statements of a page of an order that an index has: rows come in that order, as many as
 * the page has.
 *
 * @param plan with ANALYZE
 */
export function pageOffences(
  plan: PlanNode,
  kind: PlanKind,
  { tables }: Catalog,
  { limit }: PageBounds,
): Offence[] {
  const offences: Offence[] = [];
  const most = MOST_ROWS_PER_ROW * limit;
  for (const node of nodesOf(plan)) {
    const table = tables.find(({ name }) => name === node['Relation Name'])?.name;
    const type = node['Node Type'];
    const sorted = node.Plans?.[0]?.['Actual Rows'] ?? 0;
    if (type.endsWith('Sort') && sorted > most) {
      const below = nodesOf(node).find((each) => each['Relation Name'] !== undefined);
      offences.push({
        rule: 'no sort of more than a page',
        kind,
        node: `${type} of ${Math.round(sorted)} rows, below it ${below ? describeNode(below) : 'no table'}`,
        table: below?.['Relation Name'] ?? null,
        remedy:
          'Have an index with the organization, the parent of the list, the column of the order and id; a cursor and NULLS FIRST or LAST must ask for exactly its order.',
      });
    }
    if (table && type !== 'ModifyTable' && rowsLookedAt(node) > most) {
      offences.push({
        rule: 'rows of a page',
        kind,
        node: `${describeNode(node)}, which looks at ${Math.round(rowsLookedAt(node))} rows for at most ${limit}`,
        table,
        remedy:
          'Have the condition that narrows most in the Index Cond, and the order from the same index.',
      });
    }
  }
  return offences;
}

/** How much more a deep page may cost than the first: a level of an index more, deleted rows on the way. */
const FACTOR = 3;
const BLOCKS_MORE = 32;

/** @param plans of all statements of a page, with ANALYZE and BUFFERS */
export function depthOffences(first: PlanNode[], deep: PlanNode[], kind: PlanKind): Offence[] {
  const sum = (plans: PlanNode[]) => plans.reduce((blocks, plan) => blocks + blocksOf(plan), 0);
  const [shallow, far] = [sum(first), sum(deep)];
  if (far <= FACTOR * shallow + BLOCKS_MORE) return [];
  return [
    {
      rule: 'a deep page costs what the first costs',
      kind,
      node: `${shallow} blocks for the first page, ${far} for one deep in the list`,
      table: null,
      remedy: 'Begin at the cursor in an Index Cond; do not read what comes before it.',
    },
  ];
}

/** @param condition as EXPLAIN writes it: an index's column stands on the left */
function comparesWithEqual(condition: string, column: string): boolean {
  return new RegExp(`[(. ]${column} = `).test(condition);
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const ONLY_UUIDS = /^\{?(,?"?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"?)+\}?$/;

/** Columns that an Index Cond compares though it skips one in front of them: they narrow nothing down. */
function skippedColumns(
  { index, condition }: IndexLookup,
  indexes: Catalog['indexes'],
): (string | null)[] {
  const columns = indexes.get(index) ?? [];
  // Of a row, the first column is what an index begins to compare with.
  const said = withoutLiterals(condition).replaceAll(/ROW\(([\w.]+)[^()]*\) [<>]/g, '($1 <');
  const isSaid = (column: string | null) => new RegExp(`[(. ]${column} `).test(said);
  const isFixed = (column: string | null) => new RegExp(`[(. ]${column} (= |IS NULL)`).test(said);
  const open = columns.findIndex((column) => !isFixed(column));
  return open < 0 ? [] : columns.slice(open + 1).filter(isSaid);
}

/** @returns what to call the key that a scan compares in its Filter and not in an Index Cond */
function keyInFilter(
  node: PlanNode,
  found: string[],
  kind: PlanKind,
  { values, context }: SentStatement,
): string | undefined {
  const filter = node.Filter;
  if (filter === undefined) return undefined;
  const own = new Set([node.Alias, node['Relation Name']]);
  const foreign = [...withoutLiterals(filter).matchAll(/\b([a-z_]\w*)\.[a-z_"]/g)].find(
    ([, alias]) => !own.has(alias),
  );
  if (foreign) return `What ${foreign[1]} gives`;
  for (const [index, value] of values.entries()) {
    if (value === null || !ONLY_UUIDS.test(value)) continue;
    const uuids = value.match(UUID) ?? [];
    // The organization itself has a rule of its own.
    if (uuids.every((uuid) => context.includes(`app.current_org = '${uuid}'`))) continue;
    const parameter = new RegExp(`\\$${index + 1}(?!\\d)`);
    const isIn = (condition: string) =>
      kind === 'generic'
        ? parameter.test(condition)
        : uuids.some((uuid) => condition.includes(uuid));
    if (isIn(filter) && !found.some(isIn)) return `The key $${index + 1}`;
  }
  return undefined;
}

function withoutLiterals(condition: string): string {
  return condition.replaceAll(/'(?:[^']|'')*'/g, "''");
}
