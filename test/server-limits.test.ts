import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type GraphQLObjectType, getIntrospectionQuery } from 'graphql';
import type { ListExtensions } from '../src/shared/graphql/index.js';
import type { Tenancy } from '../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import { makeSchema, startServer, type TestServer } from './support/graphql-server.js';
import { openTenancy } from './support/organizations.js';

const CONNECTION = (name: string) =>
  `type ${name}Connection { edges: [${name}Edge!]! nodes: [${name}!]! pageInfo: PageInfo! totalCount: Int! }
   type ${name}Edge { cursor: String! node: ${name}! }`;

const schema = makeSchema(
  `type Query {
     viewer: User
     project(id: ID): Project
     projects(first: Int, after: String, last: Int, before: String, must: Int! = 1): ProjectConnection
     nodes(ids: [ID!]!): [Node]!
   }
   type Mutation { createProject(name: String): Project }
   interface Node { id: ID! }
   type PageInfo { hasNextPage: Boolean! }
   type User implements Node { id: ID! name: String! }
   type Project implements Node {
     id: ID! name: String! owner: User! parent: Project tasks(first: Int, last: Int): TaskConnection!
     ancestors: [Project!]!
   }
   type Task implements Node { id: ID! title: String! assignee: User }
   ${CONNECTION('Project')} ${CONNECTION('Task')}`,
  {
    Query: {
      project: () => {
        executed++;
        return { id: 'p', name: 'P', parent: { id: 'q', name: 'Q' } };
      },
      projects: () => {
        executed++;
        return null;
      },
    },
  },
);

const { ancestors } = (schema.getType('Project') as GraphQLObjectType).getFields();
if (ancestors) ancestors.extensions = { mostRows: 9 } satisfies ListExtensions;

let executed = 0;
let database: TestDatabase;
let tenancy: Tenancy;
let server: TestServer;

beforeAll(async () => {
  database = await createDatabase();
  tenancy = openTenancy(database);
  server = await startServer({ schema, tenancy });
});

afterAll(async () => {
  await server?.close();
  await tenancy?.close();
  await database?.drop();
});

const repeat = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => part(index)).join(' ');

/** `levels` fields inside one another. */
const nested = (levels: number): string =>
  levels === 1 ? '{ id }' : `{ parent ${nested(levels - 1)} }`;

/** Each fragment spreads the next one twice: 2^count fields. */
const bomb = (count: number, spread: (next: string) => string) =>
  `query Bomb { project { ...f0 } }
   ${repeat(count, (i) => `fragment f${i} on Project { ${spread(`f${i + 1}`)} }`)}
   fragment f${count} on Project { id }`;

const refusal = (limit: string, allowed: number, found: unknown) => ({
  status: 400,
  errors: expect.arrayContaining([
    expect.objectContaining({
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit, allowed, found },
    }),
  ]),
  data: undefined,
});

describe('limits of an operation', () => {
  it('lets twelve levels pass and refuses thirteen', async () => {
    expect((await server.query(`{ project ${nested(11)} }`)).status).toBe(200);
    expect(await server.query(`{ project ${nested(12)} }`)).toMatchObject(refusal('depth', 12, 13));
  });

  it('counts the levels inside of fragments', async () => {
    const document = `{ project { ...deep } } fragment deep on Project { parent ${nested(12)} }`;
    expect(await server.query(document)).toMatchObject(refusal('depth', 12, 14));
  });

  it('refuses more than thirty aliases, __typename included', async () => {
    const aliases = (count: number) =>
      `{ project { ${repeat(count, (i) => `a${i}: __typename`)} } }`;
    expect((await server.query(aliases(30))).status).toBe(200);
    expect(await server.query(aliases(31))).toMatchObject(refusal('aliases', 30, 31));
  });

  it('counts an alias in a fragment as often as it is spread', async () => {
    const document = `{ ${repeat(4, () => 'project { ...eight parent { ...eight } }')} }
      fragment eight on Project { ${repeat(8, (i) => `a${i}: name`)} }`;
    expect(await server.query(document)).toMatchObject(refusal('aliases', 30, 64));
  });

  it('refuses more than twenty directives', async () => {
    const directives = (count: number) =>
      `{ viewer ${repeat(count, () => '@include(if: true)')} { id } }`;
    const answer = await server.query(directives(21));
    expect(answer).toMatchObject(refusal('directives', 20, 21));
  });

  it('refuses more than twenty root fields', async () => {
    const roots = (count: number) => `{ ${repeat(count, (i) => `p${i}: project { id }`)} }`;
    expect((await server.query(roots(20))).status).toBe(200);
    expect(await server.query(roots(21))).toMatchObject(refusal('rootFields', 20, 21));
  });

  it.each([
    ['side by side', (next: string) => `...${next} ...${next}`],
    ['below one another', (next: string) => `parent { ...${next} } parent { ...${next} }`],
    ['under aliases', (next: string) => `a: parent { ...${next} } b: parent { ...${next} }`],
  ])('refuses fragments that double one another %s, cheaply', async (_how, spread) => {
    const before = executed;
    for (const size of [20, 40, 80]) {
      const startedAt = performance.now();
      expect((await server.query(bomb(size, spread))).status).toBe(400);
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    }
    expect(executed).toBe(before);
  });

  it('refuses fragments that contain themselves', async () => {
    const document =
      '{ project { ...a } } fragment a on Project { parent { ...b } } fragment b on Project { ...a }';
    const answer = await server.query(document);
    expect(answer).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    });
  });

  it('stops reading a document after two thousand tokens', async () => {
    const answer = await server.query(`{ ${repeat(2_000, () => 'viewer')} }`);
    expect(answer).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }],
    });
  });

  it('stays responsive under the largest documents that it reads', async () => {
    const documents = [
      `{ ${repeat(300, (i) => `project(id: ${i}) { id }`)} }`,
      `{ ${repeat(600, () => 'x: viewer { id }')} }`,
      `{ ${repeat(90, (i) => `...f${i}`)} } ${repeat(90, (i) => `fragment f${i} on Query { a: viewer { id } b: viewer { id } }`)}`,
    ];
    for (const document of documents) {
      const startedAt = performance.now();
      expect((await server.query(document)).status).toBe(400);
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    }
  });

  it('lets the introspection of Sandbox, GraphiQL and code generators pass', async () => {
    const documents = [
      getIntrospectionQuery(),
      getIntrospectionQuery({
        descriptions: true,
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        schemaDescription: true,
        inputValueDeprecation: true,
        oneOf: true,
      }),
    ];
    for (const document of documents) {
      const answer = await server.query(document);
      expect(answer.errors).toBeUndefined();
      expect(answer.extensions.cost.requested).toBe(0);
    }
  });

  it('does not let introspection go round in circles', async () => {
    const round = 'fields { type { fields { type { fields { type { fields { name } } } } } } }';
    const answer = await server.query(`{ __schema { types { ${round} } } }`);
    expect(answer.status).toBe(400);
  });
});

describe('the cost of an operation', () => {
  const costOf = async (document: string, variables?: Record<string, unknown>) =>
    (await server.query(document, variables ? { variables } : {})).extensions.cost.requested;

  it.each([
    ['scalars', '{ __typename }', 0],
    ['an object', '{ viewer { id name } }', 1],
    ['objects in objects', '{ project { owner { id } parent { owner { id } } } }', 4],
    ['twenty rows when no page size is given', '{ projects { nodes { id } } }', 21],
    ['a page', '{ projects(first: 5) { nodes { id } } }', 6],
    ['a page from the end', '{ projects(last: 7) { edges { cursor node { id } } } }', 8],
    [
      'pages in pages',
      '{ projects(first: 10) { nodes { tasks(first: 5) { nodes { id } } } } }',
      71,
    ],
    [
      'the count of a list as a page more',
      '{ projects(first: 10) { totalCount nodes { id } } }',
      21,
    ],
    [
      'what stands in fragments',
      '{ projects(first: 2) { ...p } } fragment p on ProjectConnection { nodes { owner { id } } }',
      5,
    ],
    [
      'the dearest of several types',
      '{ nodes(ids: ["a", "b"]) { id ... on Project { owner { id } parent { id } } ... on Task { assignee { id } } } }',
      6,
    ],
    [
      'a list without pages as the longest that there can be',
      '{ project { ancestors { id ancestors { owner { id } } } } }',
      1 + 1 + 9 * (1 + 1 + 9 * (1 + 1)),
    ],
    ['a write', 'mutation { createProject { id owner { id } } }', 11],
    [
      'a page size that is refused later like the largest',
      '{ projects(first: 1000000) { nodes { id } } }',
      101,
    ],
    ['a negative page size like one', '{ projects(first: -5) { nodes { id } } }', 2],
    [
      'nothing for what is skipped',
      '{ viewer { id } projects(first: 100) @skip(if: true) { nodes { id } } }',
      1,
    ],
  ])('counts %s', async (_what, document, cost) => {
    expect(await costOf(document)).toBe(cost);
  });

  it('lets 100 projects with owners and 20 tasks each with assignees pass', async () => {
    const document = `{ projects(first: 100) { pageInfo { hasNextPage } nodes {
      id name owner { name } tasks(first: 20) { nodes { title assignee { name } } } } } }`;
    const answer = await server.query(document);
    expect(answer.status).toBe(200);
    expect(answer.extensions.cost).toEqual({ requested: 4_301, limit: 5_000 });
  });

  it('takes page sizes and conditions from variables, each time anew', async () => {
    const document = `query ($n: Int = 3, $with: Boolean = true) {
      projects(first: $n) { nodes { id owner @include(if: $with) { id } } } }`;
    expect(await costOf(document)).toBe(7);
    expect(await costOf(document, { n: 10 })).toBe(21);
    expect(await costOf(document, { n: 10, with: false })).toBe(11);
    expect(await costOf(document, { n: null })).toBe(41);
    expect(await costOf(document, { n: 10 })).toBe(21);
  });

  it('refuses what costs too much before anything is executed, and tells the figures', async () => {
    const before = executed;
    const answer = await server.query(
      '{ projects(first: 100) { nodes { tasks(first: 100) { nodes { id } } } } }',
    );
    expect(answer).toMatchObject(refusal('cost', 5_000, 10_201));
    expect(answer.extensions.cost).toEqual({ requested: 10_201, limit: 5_000 });
    expect(answer.errors?.[0]?.message).toContain('smaller pages');
    expect(executed).toBe(before);
  });

  it('is not talked down by a value that cannot be coerced', async () => {
    const dear = 'nodes { tasks(first: 100) { nodes { id } } }';
    const document = `query ($n: Int = 1, $m: Int = 1) {
      cheap: projects(must: $m, first: 100) { ${dear} } dear: projects(first: $n) { ${dear} } }`;
    // The first argument is null and its field fails; the price of the other still counts …
    const answer = await server.query(document, { variables: { n: 100, m: null } });
    expect(answer).toMatchObject(refusal('cost', 5_000, 10_201));
    // … and neither that price nor that of a request that was never executed is remembered.
    await server.query(document, { variables: { n: 1, m: null } });
    await server.query(document, { variables: { n: 1, m: 'x' } });
    const honest = await server.query(document, { variables: { n: 1, m: 1 } });
    expect(honest).toMatchObject(refusal('cost', 5_000, 10_304));
  });

  it('is not talked down by values that look like others', async () => {
    const document = `query ($a: [ID!]!, $n: Int, $b: [ID!]!) {
      nodes(ids: $a) { id } projects(first: $n) { nodes { id } } more: nodes(ids: $b) { id } }`;
    expect(await costOf(document, { a: 'x', n: 1, b: 'y,number 100,string z' })).toBe(4);
    expect(await costOf(document, { a: 'x,number 1,string y', n: 100, b: 'z' })).toBe(103);
    expect(await costOf(document, { a: ['x', 'y'], n: 100, b: ['z'] })).toBe(104);
    expect(await costOf(document, { a: 'x', n: 1, b: 'z' })).toBe(4);
  });

  it('refuses fragments that multiply, where depth and aliases would let them pass', async () => {
    const document = `{ projects(first: 100) { nodes { ...f0 } } }
      ${repeat(6, (i) => `fragment f${i} on Project { tasks { nodes { id } } parent { ...f${i + 1} tasks { nodes { id } } } }`)}
      fragment f6 on Project { id }`;
    const answer = await server.query(document);
    expect(answer.status).toBe(400);
    expect(answer.extensions.cost.requested).toBeGreaterThan(5_000);
  });

  it('follows the setting', async () => {
    const strict = await startServer({
      schema,
      tenancy,
      settings: {
        limits: {
          depth: 3,
          aliases: 1,
          directives: 20,
          rootFields: 20,
          tokens: 100,
          variableValues: 100,
          cost: 10,
        },
      },
    });
    const [cost, depth, tokens] = await Promise.all([
      strict.query('{ projects(first: 10) { nodes { id } } }'),
      strict.query('{ project { parent { parent { id } } } }'),
      strict.query(`{ ${repeat(100, () => 'viewer')} }`),
    ]);
    await strict.close();
    expect(cost).toMatchObject(refusal('cost', 10, 11));
    expect(depth).toMatchObject(refusal('depth', 3, 4));
    expect(tokens.errors?.[0]?.extensions.code).toBe('GRAPHQL_PARSE_FAILED');
  });
});
