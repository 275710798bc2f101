import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeId, type IdPrefix } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, startApi } from './support/api.js';
import { newWord } from './support/attacks/made-up-values.js';
import { furnish } from './support/attacks/twin-rows.js';
import { statementsOf } from './support/statements.js';
import { tenantTables } from './support/tenant-tables.js';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field.
type Json = any;

let api: Api;
let acme: Organization;
/** Has something in every list. */
let furnished: Organization;
let fieldsOf: Map<string, string[]>;
let connections: { parent: string; field: string; node: string }[];

/** Rows that have something in the lists which hang from them. */
const PARENTS: Record<string, { prefix: IdPrefix; sql: string }> = {
  'Category.children': {
    prefix: 'cat',
    sql: 'SELECT parent_id AS id FROM categories WHERE org_id = $1 AND parent_id IS NOT NULL',
  },
  'Category.products': {
    prefix: 'cat',
    sql: 'SELECT category_id AS id FROM products WHERE org_id = $1 AND category_id IS NOT NULL',
  },
  'Project.tasks': {
    prefix: 'proj',
    sql: `SELECT projects.id FROM projects JOIN tasks ON tasks.project_id = projects.id
      WHERE projects.org_id = $1 AND projects.deleted_at IS NULL AND tasks.deleted_at IS NULL`,
  },
  'Product.stockMovements': {
    prefix: 'prod',
    sql: 'SELECT product_id AS id FROM stock_movements WHERE org_id = $1',
  },
};
/** Public ids, by the list. */
const parentIds = new Map<string, string>();

const day = (number: number) => new Date(Date.UTC(2025, 0, number));

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  const { createProject } = await acme.owner.ask(
    'mutation { createProject(input: { name: "north", description: "a wing" }) { id } }',
  );
  await acme.createTasks(
    createProject.id,
    [3, 1, 2].map((number) => ({
      title: `task ${number}`,
      description: `described ${number}`,
      priority: number,
      dueAt: day(number),
      createdAt: day(10 + number),
      updatedAt: day(20 + number),
      assigneeId: acme.owner.id,
    })),
  );
  furnished = await api.createOrganization();
  await withAdminConnection(api.database.superuserUrl, async (superuser) => {
    const { orgId } = furnished.tenant;
    const tables = await tenantTables(superuser);
    expect(await furnish(superuser, tables, orgId, { word: newWord() })).toEqual([]);
    for (const [list, { prefix, sql }] of Object.entries(PARENTS)) {
      const { rows } = await superuser.query<{ id: string }>(sql, [orgId]);
      parentIds.set(list, encodeId(prefix, rows[0]?.id as string));
    }
  });
  await readSchema();
});

afterAll(() => api?.close());

async function readSchema() {
  const TYPE = 'kind name ofType { kind name ofType { kind name ofType { kind name } } }';
  const { __schema } = await acme.owner.ask(
    `{ __schema { types { name kind fields { name args { defaultValue type { kind } } type { ${TYPE} } } } } }`,
  );
  const isRequired = ({ type, defaultValue }: Json) =>
    type.kind === 'NON_NULL' && defaultValue === null;
  const named = (type: Json): Json => (type.ofType ? named(type.ofType) : type);
  const types = __schema.types.filter(
    ({ kind, name }: Json) => kind === 'OBJECT' && !name.startsWith('__'),
  );
  fieldsOf = new Map(
    types.map(({ name, fields }: Json) => [
      name,
      fields
        .filter(({ type }: Json) => /SCALAR|ENUM/.test(named(type).kind))
        .map((field: Json) => field.name),
    ]),
  );
  connections = types.flatMap(({ name, fields }: Json) =>
    fields
      .filter(
        ({ type, args }: Json) => named(type).name.endsWith('Connection') && !args.some(isRequired),
      )
      .map((field: Json) => ({
        parent: name,
        field: field.name,
        node: named(field.type).name.replace('Connection', ''),
      })),
  );
}

/** The way from the root to a field of this type, as alias `list` of the connection. */
function ask(parent: string, field: string, selection: string): Promise<Json> {
  const list = `list: ${field} ${selection}`;
  const route: Record<string, string> = {
    Query: `{ ${list} }`,
    User: `{ viewer { ${list} } }`,
  };
  const id = parentIds.get(`${parent}.${field}`);
  const query = id ? `{ node(id: "${id}") { ... on ${parent} { ${list} } } }` : route[parent];
  if (!query) throw new Error(`Which ${parent} has something in ${field}? Say so in PARENTS.`);
  return furnished.owner.ask(query).then(listIn);
}

function listIn(data: Json): Json {
  return data.list ?? listIn(Object.values(data)[0]);
}

describe('every field of a row in a list', () => {
  it('has the same value whatever else is asked for, and however', async () => {
    let compared = 0;
    for (const { parent, field, node } of connections) {
      const names = fieldsOf.get(node) ?? [];
      const all = await ask(parent, field, `{ nodes { ${names.join(' ')} } }`);
      expect(all.nodes.length).toBeGreaterThan(0);
      for (const name of names) {
        const expected = all.nodes.map((row: Json) => row[name]);
        const spellings: [string, (list: Json) => Json[]][] = [
          [`{ nodes { ${name} } }`, (list) => list.nodes.map((row: Json) => row[name])],
          [`{ nodes { other: ${name} } }`, (list) => list.nodes.map((row: Json) => row.other)],
          [
            `{ edges { node { ${name} } } }`,
            (list) => list.edges.map((edge: Json) => edge.node[name]),
          ],
          [
            `{ rows: nodes { ... on ${node} { ... { ${name} } } } }`,
            (list) => list.rows.map((row: Json) => row[name]),
          ],
          [
            `{ ... on ${node}Connection { nodes { id } } nodes { ${name} } }`,
            (list) => list.nodes.map((row: Json) => row[name]),
          ],
        ];
        for (const [selection, read] of spellings) {
          // Interpreted at first, compiled later.
          for (let time = 0; time < 4; time++) {
            const list = await ask(parent, field, selection);
            expect({ parent, field, selection, found: read(list) }).toEqual({
              parent,
              field,
              selection,
              found: expected,
            });
            compared++;
          }
        }
      }
    }
    // Both kinds of rows, at the root and below.
    expect(connections.length).toBeGreaterThanOrEqual(6);
    expect(compared).toBeGreaterThan(500);
    // Thousands of requests, one after the other.
  }, 180_000);

  it('is there when only a fragment asks for it, in a field that is asked for twice', async () => {
    const query = `{ tasks { nodes { id } } ...More }
      fragment More on Query { tasks { nodes { ...Row } } } fragment Row on Task { description dueAt }`;
    for (let time = 0; time < 4; time++) {
      const { tasks } = await acme.owner.ask(query);
      expect(tasks.nodes.map(({ description }: Json) => description)).toEqual([
        'described 1',
        'described 2',
        'described 3',
      ]);
      expect(tasks.nodes[0].dueAt).toBe(day(1).toISOString());
    }
  });

  it.each([true, false])('is there when a directive includes it: %s', async (included) => {
    const query = `query ($i: Boolean!) { tasks { nodes { description @include(if: $i) } } }`;
    for (let time = 0; time < 4; time++) {
      const { tasks } = await acme.owner.ask(query, { i: included });
      expect(tasks.nodes[0]).toEqual(included ? { description: 'described 1' } : {});
    }
  });

  it('is there in each of two lists that differ in nothing else', async () => {
    const { a, b } = await acme.owner
      .ask(
        `{ projects { nodes { a: tasks { nodes { title } } b: tasks { nodes { dueAt description } } } } }`,
      )
      .then(({ projects }: Json) => projects.nodes[0]);
    expect(a.nodes[0]).toEqual({ title: 'task 1' });
    expect(b.nodes[0]).toEqual({ dueAt: day(1).toISOString(), description: 'described 1' });
  });
});

describe('a list', () => {
  it.each(['CREATED_AT', 'DUE_AT', 'PRIORITY', 'TITLE', 'UPDATED_AT'])(
    'goes on behind its cursor in the order %s, though nobody asks for what it is ordered by',
    async (field) => {
      const query = `query ($after: String) {
        tasks(first: 1, after: $after, orderBy: { field: ${field} }) { nodes { id } pageInfo { endCursor hasNextPage } } }`;
      const whole = await acme.owner.ask(
        `{ tasks(orderBy: { field: ${field} }) { nodes { id } } }`,
      );
      const ids: string[] = [];
      let after: string | null = null;
      do {
        const { tasks }: Json = await acme.owner.ask(query, { after });
        ids.push(tasks.nodes[0].id);
        after = tasks.pageInfo.hasNextPage ? tasks.pageInfo.endCursor : null;
      } while (after !== null);
      expect(ids).toEqual(whole.tasks.nodes.map(({ id }: Json) => id));
    },
  );

  it('reads no description that nobody asks for', async () => {
    const statements = await statementsOf(() =>
      acme.owner.ask(
        '{ tasks { nodes { title } } projects { nodes { name tasks { nodes { id } } } } }',
      ),
    );
    expect(statements.some((text) => /from "tasks"/i.test(text))).toBe(true);
    expect(statements.filter((text) => text.includes('description'))).toEqual([]);
  });
});
