import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeId, newUuid } from '../src/shared/ids.js';
import { type Api, type Organization, startApi, type TaskData } from './support/api.js';
import {
  PAGE_FIELDS,
  type PageArguments,
  type PageOfNodes,
  type Way,
  walk,
  walkPages,
} from './support/walk.js';

let api: Api;
let acme: Organization;
let projectId: string;

const at = (day: number) => new Date(Date.UTC(2025, 0, day));

/** Every column has ties, and half of the tasks have no due date. */
const samples = (count: number): TaskData[] =>
  Array.from({ length: count }, (_, index) => ({
    title: `title ${(index * 7) % 5}`,
    priority: (index * 3) % 5,
    dueAt: index % 2 ? at((index * 5) % 4) : null,
    createdAt: at((index * 11) % 6),
    updatedAt: at((index * 13) % 6),
  }));

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  projectId = (await acme.createProject('many')).id;
  await acme.createTasks(projectId, samples(22));
});

afterAll(() => api?.close());

const TASKS = `query (
  $project: ID!, $orderBy: TaskOrder!, $first: Int, $after: String, $last: Int, $before: String
) {
  tasks(
    filter: { projectId: $project }, orderBy: $orderBy,
    first: $first, after: $after, last: $last, before: $before
  ) { ${PAGE_FIELDS} }
}`;

interface Order {
  field: string;
  direction: 'ASC' | 'DESC';
}

const ORDERS = ['CREATED_AT', 'DUE_AT', 'PRIORITY', 'TITLE', 'UPDATED_AT'].flatMap((field) =>
  (['ASC', 'DESC'] as const).map((direction): Order => ({ field, direction })),
);
const WAYS: Way[] = ['forward', 'backward'];

const reader =
  (project: string, orderBy: Order) =>
  async (page: PageArguments): Promise<PageOfNodes> =>
    (await acme.viewer.ask(TASKS, { project, orderBy, ...page })).tasks;

const column = {
  CREATED_AT: 'createdAt',
  DUE_AT: 'dueAt',
  PRIORITY: 'priority',
  TITLE: 'title',
  UPDATED_AT: 'updatedAt',
};
const PRIORITIES = ['NONE', 'LOW', 'MEDIUM', 'HIGH', 'URGENT'];

/** The ids of all tasks of a project in the order that the documentation promises. */
async function promised(project: string, { field, direction }: Order): Promise<string[]> {
  const { tasks } = await acme.viewer.ask(
    `query ($project: ID!) { tasks(filter: { projectId: $project }, first: 100) {
      nodes { id title priority dueAt createdAt updatedAt } } }`,
    { project },
  );
  type Row = { id: string; [column: string]: string | null };
  const keyOf = (row: Row) => {
    const value = row[column[field as keyof typeof column]] as string | null;
    return field === 'PRIORITY' ? String(PRIORITIES.indexOf(value as string)) : value;
  };
  const sign = direction === 'ASC' ? 1 : -1;
  const compare = (a: string, b: string) => (a < b ? -sign : a > b ? sign : 0);
  return (tasks.nodes as Row[])
    .sort((a, b) => {
      const [x, y] = [keyOf(a), keyOf(b)];
      // Those without a value come last, whichever way the others go.
      if ((x === null) !== (y === null)) return x === null ? 1 : -1;
      return compare(x ?? '', y ?? '') || compare(a.id, b.id);
    })
    .map(({ id }) => id);
}

describe('a walk through tasks', () => {
  it.each(ORDERS)('by $field $direction meets each of them once, in order', async (order) => {
    const expected = await promised(projectId, order);
    expect(expected).toHaveLength(22);
    const read = reader(projectId, order);
    const whole = await read({ first: 100 });
    expect(whole.nodes.map(({ id }) => id)).toEqual(expected);
    for (const way of WAYS) {
      for (const size of [1, 3, 7]) {
        expect({ way, size, met: await walk(read, { size, way }) }).toEqual({
          way,
          size,
          met: expected,
        });
      }
    }
  });

  it.each(ORDERS.flatMap((order) => WAYS.map((way) => ({ ...order, way }))))(
    'by $field $direction $way neither repeats nor skips while tasks come and go',
    async ({ way, ...order }) => {
      const { id: project } = await acme.createProject('lively');
      const original = await acme.createTasks(project, samples(16));
      const expected = await promised(project, order);
      const read = reader(project, order);
      const removed = new Set<string>();
      const seen: string[] = [];
      const met = await walk(
        async (page) => {
          const found = await read(page);
          seen.push(...found.nodes.map(({ id }) => id));
          return found;
        },
        {
          size: 3,
          way,
          between: async (page) => {
            await acme.createTasks(project, samples(40).slice(page * 4, page * 4 + 4));
            // The very task that the cursor stands on, one that was met and one that was not.
            const cursor = way === 'forward' ? seen.at(-1) : seen.at(-3);
            const unseen = original.find((id) => !seen.includes(id) && !removed.has(id));
            const gone =
              page === 1 ? [cursor, seen[0], unseen] : page === 3 ? [cursor, unseen] : [];
            for (const id of new Set(gone)) {
              if (id === undefined || removed.has(id)) continue;
              removed.add(id);
              await acme.member.ask(
                'mutation ($id: ID!) { deleteTask(input: { id: $id, version: 1 }) { id } }',
                { id },
              );
            }
          },
        },
      );
      expect(removed.size).toBeGreaterThan(2);
      expect(new Set(met).size).toBe(met.length);
      const stayed = expected.filter((id) => !removed.has(id));
      expect(met.filter((id) => stayed.includes(id))).toEqual(stayed);
    },
  );

  it.each(WAYS)('%s knows on each page what lies on either side', async (way) => {
    const read = reader(projectId, { field: 'PRIORITY', direction: 'DESC' });
    const pages = await walkPages(read, { size: 5, way });
    const flags = pages.map(({ pageInfo: { hasPreviousPage, hasNextPage } }) => [
      hasPreviousPage,
      hasNextPage,
    ]);
    const forward = [
      [false, true],
      [true, true],
      [true, true],
      [true, true],
      [true, false],
    ];
    expect(flags).toEqual(way === 'forward' ? forward : [...forward].reverse());
    expect(pages.map(({ nodes }) => nodes.length)).toEqual([5, 5, 5, 5, 2]);
  });

  it('ends exactly at the last task, also when pages fit without remainder', async () => {
    const read = reader(projectId, { field: 'TITLE', direction: 'ASC' });
    for (const way of WAYS) {
      const pages = await walkPages(read, { size: 11, way });
      expect(pages.map(({ nodes }) => nodes.length)).toEqual([11, 11]);
    }
  });

  it('can turn round: the page before the second page is the first', async () => {
    for (const order of ORDERS) {
      const read = reader(projectId, order);
      const first = await read({ first: 4 });
      const second = await read({ first: 4, after: first.pageInfo.endCursor as string });
      const back = await read({ last: 4, before: second.pageInfo.startCursor as string });
      expect(back.nodes).toEqual(first.nodes);
      expect(back.pageInfo).toEqual({ ...first.pageInfo, hasNextPage: true });
    }
  });
});

describe('the other lists', () => {
  const LISTS: [string, string, string[]][] = [
    ['projects', 'ProjectOrder', ['CREATED_AT', 'NAME']],
    ['users', 'UserOrder', ['CREATED_AT', 'NAME']],
  ];

  it.each(LISTS)('%s can be walked through in every order', async (field, type, orders) => {
    const initech = await api.createOrganization();
    for (let index = 0; index < 7; index++) {
      await initech.createProject(`name ${(index * 3) % 4}`);
      await initech.createPerson('member', `name${index}`);
    }
    // Ties in time: all of them were made at the same moment.
    await api.app.tenancy.withTenant(initech.tenant, 'write', async ({ prisma }) => {
      await prisma.project.updateMany({ data: { createdAt: at(1) } });
      await prisma.user.updateMany({ data: { createdAt: at(1) } });
    });
    const document = `query (
      $orderBy: ${type}!, $first: Int, $after: String, $last: Int, $before: String
    ) {
      ${field}(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        ${PAGE_FIELDS}
      }
    }`;
    for (const order of orders) {
      for (const direction of ['ASC', 'DESC']) {
        const read = async (page: PageArguments) =>
          (await initech.viewer.ask(document, { orderBy: { field: order, direction }, ...page }))[
            field
          ];
        const whole = await walk(read, { size: 100 });
        expect(whole).toHaveLength(field === 'users' ? 11 : 7);
        if (order === 'CREATED_AT') {
          const sorted = [...whole].sort();
          expect(whole).toEqual(direction === 'ASC' ? sorted : sorted.reverse());
        }
        for (const way of WAYS) {
          for (const size of [1, 3]) expect(await walk(read, { size, way })).toEqual(whole);
        }
      }
    }
  });
});

describe('a page', () => {
  const PAGE = `query (
    $filter: TaskFilter, $first: Int, $after: String, $last: Int, $before: String
  ) {
    tasks(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      totalCount edges { cursor node { id } } ${PAGE_FIELDS}
    }
  }`;
  const read = async (variables: object) => (await acme.viewer.ask(PAGE, variables)).tasks;
  const inProject = () => ({ filter: { projectId } });

  it('has 20 rows when nobody says how many, from either end', async () => {
    const whole = await walk((page) => read({ ...inProject(), ...page }), { size: 100 });
    const ids = (page: { nodes: { id: string }[] }) => page.nodes.map(({ id }) => id);
    const first = await read(inProject());
    expect(ids(first)).toEqual(whole.slice(0, 20));
    expect(ids(await read({ ...inProject(), first: null, after: null }))).toEqual(ids(first));
    const middle = first.edges[10].cursor;
    expect(ids(await read({ ...inProject(), after: middle }))).toEqual(whole.slice(11));
    expect(ids(await read({ ...inProject(), before: middle }))).toEqual(whole.slice(0, 10));
    expect(ids(await read({ ...inProject(), last: 20 }))).toEqual(whole.slice(-20));
  });

  it('gives the same rows as nodes and as edges, and the cursors of its ends', async () => {
    const page = await read({ ...inProject(), first: 5 });
    expect(page.edges.map(({ node }: { node: object }) => node)).toEqual(page.nodes);
    expect(page.pageInfo.startCursor).toBe(page.edges[0].cursor);
    expect(page.pageInfo.endCursor).toBe(page.edges[4].cursor);
    expect(new Set(page.edges.map(({ cursor }: { cursor: string }) => cursor)).size).toBe(5);
  });

  it('counts the whole list, wherever it stands in it', async () => {
    const first = await read({ ...inProject(), first: 5 });
    expect(first.totalCount).toBe(22);
    const { endCursor } = first.pageInfo;
    expect((await read({ ...inProject(), first: 5, after: endCursor })).totalCount).toBe(22);
    expect((await read({ ...inProject(), last: 1 })).totalCount).toBe(22);
  });

  it('of an empty list has nothing, and nothing beside it', async () => {
    const { id } = await acme.createProject('empty');
    for (const size of [{ first: 5 }, { last: 5 }]) {
      expect(await read({ filter: { projectId: id }, ...size })).toEqual({
        totalCount: 0,
        edges: [],
        nodes: [],
        pageInfo: {
          hasNextPage: false,
          hasPreviousPage: false,
          startCursor: null,
          endCursor: null,
        },
      });
    }
  });

  it('behind the end is empty, and says that there is something before it', async () => {
    const last = await read({ ...inProject(), last: 1 });
    const beyond = await read({ ...inProject(), first: 5, after: last.pageInfo.endCursor });
    expect(beyond.nodes).toEqual([]);
    expect(beyond.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it.each([1, 100])('may have %i rows', async (size) => {
    expect((await read({ ...inProject(), first: size })).nodes).toHaveLength(Math.min(size, 22));
    expect((await read({ ...inProject(), last: size })).nodes).toHaveLength(Math.min(size, 22));
  });

  const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  const time = '2025-01-01T00:00:00.000Z';

  it.each([
    ['first: 0', { first: 0 }, 'first'],
    ['first: -1', { first: -1 }, 'first'],
    ['first: 101', { first: 101 }, 'first'],
    ['last: 0', { last: 0 }, 'last'],
    ['last: 101', { last: 101 }, 'last'],
    ['first and last', { first: 1, last: 1 }, 'last'],
    ['first and before', { first: 1, before: cursor('CREATED_AT', time, newUuid()) }, 'before'],
    ['after and last', { last: 1, after: cursor('CREATED_AT', time, newUuid()) }, 'last'],
    ['an empty cursor', { after: '' }, 'after'],
    ['a cursor that is none', { after: 'task_01h455vb4pex5vsknk084sn02q' }, 'after'],
    ['a cursor of another order', { after: cursor('TITLE', 'a', newUuid()) }, 'after'],
    ['a cursor without an id', { after: cursor('CREATED_AT', time) }, 'after'],
    [
      'a cursor with a public id',
      { after: cursor('CREATED_AT', time, encodeId('task', newUuid())) },
      'after',
    ],
    [
      'a cursor with one part too many',
      { before: cursor('CREATED_AT', time, newUuid(), 1) },
      'before',
    ],
    [
      'a cursor with null for what is never null',
      { before: cursor('CREATED_AT', null, newUuid()) },
      'before',
    ],
    ['a cursor with a number for a time', { after: cursor('CREATED_AT', 1, newUuid()) }, 'after'],
    [
      'a cursor with an hour that never was',
      { after: cursor('CREATED_AT', '2025-02-01T25:00:00.000Z', newUuid()) },
      'after',
    ],
    [
      'a cursor with a day that never was',
      { after: cursor('CREATED_AT', '2025-02-31T10:00:00.000Z', newUuid()) },
      'after',
    ],
    [
      'a cursor with SQL in it',
      { after: cursor('CREATED_AT', "'; DROP TABLE tasks; --", newUuid()) },
      'after',
    ],
  ])('is refused with %s', async (_fault, page, path) => {
    const { extensions } = await acme.viewer.fail(PAGE, page);
    expect(extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path, message: expect.any(String) }],
    });
  });

  it('begins behind a forged cursor as behind any other place, and shows nobody else’s rows', async () => {
    const { nodes } = await read({ ...inProject(), after: cursor('CREATED_AT', at(3), newUuid()) });
    const all = await promised(projectId, { field: 'CREATED_AT', direction: 'ASC' });
    expect(nodes.map(({ id }: { id: string }) => id)).toEqual(all.slice(-nodes.length));
  });
});
