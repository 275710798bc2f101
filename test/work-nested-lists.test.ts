import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Api, type Organization, startApi, type TaskData } from './support/api.js';

let api: Api;
let acme: Organization;
let projects: string[];
let people: string[];

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  people = [acme.owner.id, acme.admin.id, acme.member.id];
  projects = [];
  for (const [name, owner] of [
    ['north', 0],
    ['south', 1],
    ['east', 0],
    ['west', 0],
  ] as const) {
    const { createProject } = await acme.admin.ask(
      `mutation ($input: CreateProjectInput!) { createProject(input: $input) { id } }`,
      { input: { name, ownerId: people[owner], description: `${name} wing` } },
    );
    projects.push(createProject.id);
  }
  // Each person has tasks in each project; ties everywhere.
  for (const [offset, id] of projects.slice(0, 3).entries()) {
    await acme.createTasks(
      id,
      Array.from({ length: 9 }, (_, index) => sample(index + offset)),
    );
  }
});

afterAll(() => api?.close());

const day = (number: number) => new Date(Date.UTC(2025, 0, number));

const sample = (index: number): TaskData => ({
  title: `title ${index % 3}`,
  description: index % 2 ? 'brick' : 'beam',
  status: (['pending', 'in_progress', 'completed'] as const)[index % 3] as 'pending',
  priority: index % 5,
  dueAt: index % 2 ? day(index % 4) : null,
  createdAt: day(index % 3),
  assigneeId: people[index % 4] ?? null,
});

const PAGE = `
  totalCount edges { cursor } nodes { id }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;

/** A list that hangs from a row, and the list at the root that must show the same. */
interface Nested {
  list: string;
  root: string;
  type: string;
  parentType: string;
  parents: () => string[];
  /** What narrows the root's list to one parent. */
  ofParent: (id: string) => object;
}

const NESTED: Nested[] = [
  {
    list: 'tasks',
    root: 'tasks',
    type: 'Task',
    parentType: 'Project',
    parents: () => projects,
    ofParent: (projectId) => ({ projectId }),
  },
  {
    list: 'assignedTasks',
    root: 'tasks',
    type: 'Task',
    parentType: 'User',
    parents: () => [...people, acme.viewer.id],
    ofParent: (assigneeId) => ({ assigneeId }),
  },
  {
    list: 'projects',
    root: 'projects',
    type: 'Project',
    parentType: 'User',
    parents: () => [...people, acme.viewer.id],
    ofParent: (ownerId) => ({ ownerId }),
  },
];

const argumentsOf = (type: string) => ({
  declared: `$orderBy: ${type}Order!, $first: Int, $after: String, $last: Int, $before: String`,
  passed: 'orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before',
});

/** The nested list of every parent, all in one operation. */
async function nestedPages(
  { list, type, parentType, parents }: Nested,
  variables: object,
): Promise<unknown[]> {
  const { declared, passed } = argumentsOf(type);
  const { nodes } = await acme.viewer.ask(
    `query ($ids: [ID!]!, $filter: ${type}Filter, ${declared}) {
      nodes(ids: $ids) { ... on ${parentType} { list: ${list}(filter: $filter, ${passed}) { ${PAGE} } } }
    }`,
    { ids: parents(), ...variables },
  );
  return nodes.map((node: { list: unknown }) => node.list);
}

/** The list at the root, narrowed to each parent, all in one operation. */
async function rootPages(
  { root, type, parents, ofParent }: Nested,
  { filter, ...variables }: { filter: object | null; [variable: string]: unknown },
): Promise<unknown[]> {
  const { declared, passed } = argumentsOf(type);
  const filters = parents().map((id) => ({ ...filter, ...ofParent(id) }));
  const data = await acme.viewer.ask(
    `query (${filters.map((_, n) => `$filter${n}: ${type}Filter`).join()}, ${declared}) {
      ${filters.map((_, n) => `list${n}: ${root}(filter: $filter${n}, ${passed}) { ${PAGE} }`).join('\n')}
    }`,
    { ...variables, ...Object.fromEntries(filters.map((value, n) => [`filter${n}`, value])) },
  );
  return filters.map((_, n) => data[`list${n}`]);
}

const TASK_FILTERS = [
  null,
  { status: ['PENDING', 'COMPLETED'] },
  { or: [{ text: 'brick' }, { not: { dueBefore: '2025-01-03T00:00:00Z' } }] },
  { unassigned: true },
];
const PROJECT_FILTERS = [null, { text: 'wing' }, { text: 'north or west' }, { text: 'cellar' }];
const ORDERS = {
  Task: [
    { field: 'CREATED_AT', direction: 'ASC' },
    { field: 'DUE_AT', direction: 'ASC' },
    { field: 'DUE_AT', direction: 'DESC' },
    { field: 'PRIORITY', direction: 'DESC' },
  ],
  Project: [
    { field: 'CREATED_AT', direction: 'DESC' },
    { field: 'NAME', direction: 'ASC' },
  ],
};

describe.each(NESTED)('$list of $parentType', (nested) => {
  const { type } = nested;
  const filters = type === 'Task' ? TASK_FILTERS : PROJECT_FILTERS;
  const orders = ORDERS[type as keyof typeof ORDERS];

  const expectTheSame = async (filter: object | null, page: object) => {
    const found = await nestedPages(nested, { filter, ...page });
    expect(found).toEqual(await rootPages(nested, { filter, ...page }));
  };

  it.each(orders)('shows by $field $direction what the list at the root shows', async (orderBy) => {
    for (const filter of filters) {
      for (const size of [{}, { first: 2 }, { last: 2 }]) {
        await expectTheSame(filter, { orderBy, ...size });
      }
    }
  });

  it.each(orders)('goes on by $field $direction from a cursor, in both ways', async (orderBy) => {
    const [page] = (await nestedPages(nested, { orderBy, first: 2 })) as [
      { pageInfo: { endCursor: string } },
    ];
    const { endCursor } = page.pageInfo;
    await expectTheSame(null, { orderBy, first: 2, after: endCursor });
    await expectTheSame(null, { orderBy, last: 2, before: endCursor });
  });
});

describe('two lists of one row', () => {
  it('with different arguments do not get into each other’s way', async () => {
    const list = (args: string) => `tasks(${args}) { totalCount nodes { id title } }`;
    const { projects: found } = await acme.viewer.ask(`{ projects { nodes {
      a: ${list('first: 1, orderBy: { field: TITLE, direction: ASC }')}
      b: ${list('first: 2, orderBy: { field: TITLE, direction: DESC }')}
      c: ${list('first: 2, filter: { status: [COMPLETED] }')}
      d: ${list('last: 2, filter: { status: [COMPLETED] }')}
      e: ${list('first: 2, filter: { status: [COMPLETED] }')}
    } } }`);
    for (const { a, b, c, d, e } of found.nodes.slice(0, 3)) {
      expect(a.nodes.map((task: { title: string }) => task.title)).toEqual(['title 0']);
      expect(b.nodes.map((task: { title: string }) => task.title)).toEqual(['title 2', 'title 2']);
      expect([a, b, c, d].map(({ totalCount }) => totalCount)).toEqual([9, 9, 3, 3]);
      expect(c.nodes).toHaveLength(2);
      expect(d.nodes).toHaveLength(2);
      expect(d.nodes[0]).toEqual(c.nodes[1]);
      expect(e).toEqual(c);
    }
  });

  it('of different kinds do not either', async () => {
    const { user } = await acme.viewer.ask(
      `query ($id: ID!) { user(id: $id) {
        assignedTasks(first: 3) { totalCount nodes { __typename } }
        projects(first: 3) { totalCount nodes { __typename name } }
      } }`,
      { id: acme.owner.id },
    );
    expect(user.assignedTasks.nodes[0]).toEqual({ __typename: 'Task' });
    expect(user.projects).toEqual({
      totalCount: 3,
      nodes: ['north', 'east', 'west'].map((name) => ({ __typename: 'Project', name })),
    });
  });
});

describe('a nested list', () => {
  it.each([
    ['tasks(first: 101)', 'first'],
    ['tasks(first: 1, last: 1)', 'last'],
    ['tasks(after: "x")', 'after'],
    ['tasks(filter: { assigneeId: "x" })', 'filter.assigneeId'],
    ['tasks(filter: { text: "" })', 'filter.text'],
  ])('%s is refused as at the root', async (list, path) => {
    const { data, errors } = await acme.viewer.send(
      `query ($id: ID!) { project(id: $id) { ${list} { nodes { id } } } }`,
      { id: projects[0] },
    );
    expect(data).toEqual({ project: null });
    expect(errors).toHaveLength(1);
    expect(errors?.[0]).toMatchObject({
      path: ['project', 'tasks'],
      extensions: { code: 'BAD_USER_INPUT', fields: [{ path }] },
    });
  });
});
