import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Api, type Organization, startApi, type TaskData, unknownId } from './support/api.js';

let api: Api;
let acme: Organization;
let house: string;
let garden: string;

/** What the filters are tried on; `title` is one letter, so that results read at a glance. */
type Sample = TaskData & { title: string; project: 'house' | 'garden'; to?: 'ada' | 'bob' };

const day = (date: string) => new Date(`${date}T00:00:00Z`);

const SAMPLES: Sample[] = [
  { title: 'a', project: 'house', status: 'pending', priority: 0, createdAt: day('2020-01-01') },
  {
    title: 'b',
    project: 'house',
    status: 'pending',
    priority: 1,
    createdAt: day('2020-01-02'),
    to: 'ada',
    dueAt: day('2025-01-01'),
  },
  {
    title: 'c',
    project: 'house',
    status: 'in_progress',
    priority: 2,
    createdAt: day('2020-01-03'),
    to: 'bob',
    dueAt: day('2025-01-02'),
  },
  {
    title: 'd',
    project: 'house',
    status: 'completed',
    priority: 3,
    createdAt: day('2020-01-04'),
    to: 'ada',
    dueAt: day('2025-01-03'),
  },
  { title: 'e', project: 'garden', status: 'completed', priority: 4, createdAt: day('2020-01-05') },
  {
    title: 'f',
    project: 'garden',
    status: 'pending',
    priority: 4,
    createdAt: day('2020-01-06'),
    to: 'bob',
    description: 'plant the red roses',
  },
  {
    title: 'g',
    project: 'garden',
    status: 'in_progress',
    priority: 2,
    createdAt: day('2020-01-07'),
    dueAt: day('2025-01-02'),
    description: 'paint the gate red',
  },
  {
    title: 'h',
    project: 'garden',
    status: 'in_progress',
    priority: 0,
    createdAt: day('2020-01-08'),
    to: 'ada',
    dueAt: day('2025-01-05'),
    description: 'roses',
  },
];

let ada: string;
let bob: string;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  [ada, bob] = [acme.member.id, acme.viewer.id];
  [house, garden] = [
    (await acme.createProject('house')).id,
    (await acme.createProject('garden')).id,
  ];
  const people = { ada, bob };
  for (const [project, id] of [
    ['house', house],
    ['garden', garden],
  ]) {
    const tasks = SAMPLES.filter((sample) => sample.project === project);
    await acme.createTasks(
      id as string,
      tasks.map(({ project: _project, to, ...task }) => ({
        ...task,
        assigneeId: to ? people[to] : null,
      })),
    );
  }
});

afterAll(() => api?.close());

const LIST = `query ($filter: TaskFilter) {
  tasks(filter: $filter, first: 100) { totalCount nodes { title } } }`;

/** The letters of the tasks that a filter lets through, in the order of making. */
async function letters(filter: object | null): Promise<string> {
  const { tasks } = await acme.viewer.ask(LIST, { filter });
  expect(tasks.totalCount).toBe(tasks.nodes.length);
  return tasks.nodes.map(({ title }: { title: string }) => title).join('');
}

const ALL = 'abcdefgh';

describe('a filter', () => {
  const cases: [string, () => object | null, string][] = [
    ['null: all', () => null, ALL],
    ['empty: all', () => ({}), ALL],
    [
      'with every field null: all',
      () => ({
        projectId: null,
        assigneeId: null,
        unassigned: null,
        status: null,
        completed: null,
        priority: null,
        dueBefore: null,
        dueAfter: null,
        createdAfter: null,
        text: null,
        and: null,
        or: null,
        not: null,
      }),
      ALL,
    ],
    ['projectId', () => ({ projectId: garden }), 'efgh'],
    ['projectId that nothing has', () => ({ projectId: unknownId('proj') }), ''],
    ['assigneeId', () => ({ assigneeId: ada }), 'bdh'],
    ['assigneeId that nobody has', () => ({ assigneeId: unknownId('user') }), ''],
    ['unassigned', () => ({ unassigned: true }), 'aeg'],
    ['not unassigned', () => ({ unassigned: false }), 'bcdfh'],
    ['status: one', () => ({ status: ['PENDING'] }), 'abf'],
    ['status: one that is not in a list', () => ({ status: 'PENDING' }), 'abf'],
    ['status: some', () => ({ status: ['IN_PROGRESS', 'COMPLETED'] }), 'cdegh'],
    ['status: the same twice', () => ({ status: ['PENDING', 'PENDING'] }), 'abf'],
    ['status: none of them', () => ({ status: [] }), ''],
    ['completed', () => ({ completed: true }), 'de'],
    ['not completed', () => ({ completed: false }), 'abcfgh'],
    ['priority from', () => ({ priority: { min: 'HIGH' } }), 'def'],
    ['priority to', () => ({ priority: { max: 'LOW' } }), 'abh'],
    ['priority from the least', () => ({ priority: { min: 'NONE' } }), ALL],
    ['priority to the least', () => ({ priority: { max: 'NONE' } }), 'ah'],
    ['priority between', () => ({ priority: { min: 'LOW', max: 'MEDIUM' } }), 'bcg'],
    ['priority of one kind', () => ({ priority: { min: 'URGENT', max: 'URGENT' } }), 'ef'],
    ['priority upside down', () => ({ priority: { min: 'HIGH', max: 'LOW' } }), ''],
    ['priority without ends', () => ({ priority: {} }), ALL],
    ['priority with null for ends', () => ({ priority: { min: null, max: null } }), ALL],
    ['dueBefore, its moment excluded', () => ({ dueBefore: '2025-01-02T00:00:00Z' }), 'b'],
    ['dueAfter, its moment included', () => ({ dueAfter: '2025-01-02T00:00:00Z' }), 'cdgh'],
    [
      'due within a day',
      () => ({ dueAfter: '2025-01-02T00:00:00Z', dueBefore: '2025-01-03T00:00:00Z' }),
      'cg',
    ],
    ['dueBefore in another zone', () => ({ dueBefore: '2025-01-02T01:00:00+01:00' }), 'b'],
    ['createdAfter, its moment included', () => ({ createdAfter: '2020-01-06T00:00:00Z' }), 'fgh'],
    ['text: a word', () => ({ text: 'rose' }), 'fh'],
    ['text: two words', () => ({ text: 'red rose' }), 'f'],
    ['text: either word', () => ({ text: 'gate or rose' }), 'fgh'],
    ['text: a phrase', () => ({ text: '"red roses"' }), 'f'],
    ['text: without a word', () => ({ text: 'red -gate' }), 'f'],
    ['text: what is in the title', () => ({ text: 'c' }), 'c'],
    [
      'text: operators of full text search are words',
      () => ({ text: 'rose & ! | :* <-> (' }),
      'fh',
    ],
    ['text: only words that everybody uses', () => ({ text: 'the' }), ''],
    [
      'all of its fields together',
      () => ({
        projectId: garden,
        assigneeId: ada,
        unassigned: false,
        status: ['IN_PROGRESS'],
        completed: false,
        priority: { max: 'NONE' },
        dueAfter: '2025-01-04T00:00:00Z',
        dueBefore: '2025-02-01T00:00:00Z',
        createdAfter: '2020-01-01T00:00:00Z',
        text: 'roses',
      }),
      'h',
    ],
    ['fields that exclude each other', () => ({ assigneeId: ada, unassigned: true }), ''],
    ['and', () => ({ and: [{ assigneeId: ada }, { completed: false }] }), 'bh'],
    ['and of nothing: all', () => ({ and: [] }), ALL],
    ['and of empty filters: all', () => ({ and: [{}, {}] }), ALL],
    ['or', () => ({ or: [{ assigneeId: ada }, { completed: true }] }), 'bdeh'],
    ['or of one', () => ({ or: [{ assigneeId: ada }] }), 'bdh'],
    ['or of nothing: none', () => ({ or: [] }), ''],
    ['or with an empty filter: all', () => ({ or: [{ assigneeId: ada }, {}] }), ALL],
    ['not', () => ({ not: { completed: true } }), 'abcfgh'],
    ['not of nothing: none', () => ({ not: {} }), ''],
    ['not of an empty or: all', () => ({ not: { or: [] } }), ALL],
    [
      'not due before: those without a date as well',
      () => ({ not: { dueBefore: '2025-01-03T00:00:00Z' } }),
      'adefh',
    ],
    [
      'not due after: those without a date as well',
      () => ({ not: { dueAfter: '2025-01-02T00:00:00Z' } }),
      'abef',
    ],
    ['not of somebody: those of nobody as well', () => ({ not: { assigneeId: ada } }), 'acefg'],
    ['not not: as without', () => ({ not: { not: { dueBefore: '2025-01-03T00:00:00Z' } } }), 'bcg'],
    [
      'not several at once: what lacks one of them',
      () => ({ not: { assigneeId: ada, completed: false } }),
      'acdefg',
    ],
    [
      'not or: neither',
      () => ({ not: { or: [{ assigneeId: ada }, { dueBefore: '2025-02-01T00:00:00Z' }] } }),
      'aef',
    ],
    [
      'fields beside and, or, not: all must hold',
      () => ({
        projectId: garden,
        and: [{ completed: false }],
        or: [{ assigneeId: bob }, { unassigned: true }],
        not: { text: 'gate' },
      }),
      'f',
    ],
    [
      'or within and within or',
      () => ({
        or: [
          {
            and: [
              { or: [{ status: ['PENDING'] }, { priority: { min: 'HIGH' } }] },
              { projectId: house },
            ],
          },
          { text: 'gate' },
        ],
      }),
      'abdg',
    ],
  ];

  it.each(cases)('%s', async (_name, filter, expected) => {
    expect(await letters(filter())).toBe(expected);
  });
});

describe('and, or, not in any mixture', () => {
  type Filter = { [field: string]: unknown; and?: Filter[]; or?: Filter[]; not?: Filter };
  type Leaf = [field: string, value: () => unknown, holds: (task: Sample) => boolean];

  const due = ({ dueAt }: Sample) => dueAt?.getTime();
  const LEAVES: Leaf[] = [
    ['projectId', () => house, ({ project }) => project === 'house'],
    ['assigneeId', () => ada, ({ to }) => to === 'ada'],
    ['unassigned', () => true, ({ to }) => to === undefined],
    ['status', () => ['PENDING'], ({ status }) => status === 'pending'],
    ['completed', () => false, ({ status }) => status !== 'completed'],
    ['priority', () => ({ min: 'MEDIUM' }), ({ priority }) => (priority ?? 0) >= 2],
    [
      'dueBefore',
      () => '2025-01-03T00:00:00Z',
      (task) => (due(task) ?? Number.POSITIVE_INFINITY) < day('2025-01-03').getTime(),
    ],
    [
      'dueAfter',
      () => '2025-01-02T00:00:00Z',
      (task) => (due(task) ?? 0) >= day('2025-01-02').getTime(),
    ],
    [
      'createdAfter',
      () => '2020-01-04T00:00:00Z',
      ({ createdAt }) => (createdAt as Date) >= day('2020-01-04'),
    ],
    ['text', () => 'red', ({ description }) => description?.includes('red') === true],
  ];

  /** The same numbers in every run (an LCG of Numerical Recipes). */
  let state = 20_260_101;
  const below = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };

  function randomFilter(depth: number): Filter {
    const filter: Filter = {};
    for (let count = below(3); count > 0; count--) {
      const [field, value] = LEAVES[below(LEAVES.length)] as Leaf;
      filter[field] = value();
    }
    if (depth === 5) return filter;
    const some = () => Array.from({ length: below(4) }, () => randomFilter(depth + 1));
    if (below(3) === 0) filter.and = some();
    if (below(2) === 0) filter.or = some();
    if (below(2) === 0) filter.not = randomFilter(depth + 1);
    return filter;
  }

  function holds({ and, or, not, ...own }: Filter, task: Sample): boolean {
    const leaves = LEAVES.filter(([field]) => field in own);
    return (
      leaves.every(([, , test]) => test(task)) &&
      (and ?? []).every((inner) => holds(inner, task)) &&
      (or === undefined || or.some((inner) => holds(inner, task))) &&
      (not === undefined || !holds(not, task))
    );
  }

  const sizeOf = ({ and = [], or = [], not }: Filter): number =>
    [...and, ...or, ...(not ? [not] : [])].reduce((sum, inner) => sum + sizeOf(inner), 1);

  it('mean what two-valued logic says', async () => {
    const results = new Set<string>();
    for (let count = 0; count < 150; count++) {
      const filter = randomFilter(1);
      if (sizeOf(filter) > 100) continue;
      const expected = SAMPLES.filter((task) => holds(filter, task)).map(({ title }) => title);
      const found = await letters(filter);
      expect({ filter, found }).toEqual({ filter, found: expected.join('') });
      results.add(found);
    }
    // Or the filters would have been too dull to show anything.
    expect(results.size).toBeGreaterThan(20);
  });
});

describe('a filter is refused', () => {
  const nested = (depth: number, inner: object = {}): object =>
    depth === 1 ? inner : { not: nested(depth - 1, inner) };
  const wide = (...widths: number[]): object =>
    widths.length === 0 ? {} : { and: Array(widths[0]).fill(wide(...widths.slice(1))) };

  it.each([
    ['when it nests 6 deep', nested(6), 'filter.not.not.not.not.not'],
    ['when it has 101 filters', wide(100), 'filter.and.99'],
    ['when its parts have 101 filters together', wide(10, 9), 'filter.and.9.and.8'],
    ['for a project id of another kind', { projectId: unknownId('task') }, 'filter.projectId'],
    ['for an assignee id that is none', { assigneeId: 'nobody' }, 'filter.assigneeId'],
    [
      'for a bad id deep within',
      { or: [{}, { not: { projectId: 'x' } }] },
      'filter.or.1.not.projectId',
    ],
    ['for a date before 1900', { dueBefore: '1899-12-31T00:00:00Z' }, 'filter.dueBefore'],
    [
      'for a bad date deep within',
      { and: [{ not: { createdAfter: '0001-01-01T00:00:00Z' } }] },
      'filter.and.0.not.createdAfter',
    ],
    ['for empty text', { text: '' }, 'filter.text'],
    ['for blank text', { text: ' \t' }, 'filter.text'],
    ['for text of 201 characters', { text: 'x'.repeat(201) }, 'filter.text'],
    ['for text with NUL deep within', { or: [{ text: 'a\0' }] }, 'filter.or.0.text'],
    ['for an unknown status', { status: ['DONE'] }, 'filter.status.0'],
    ['for a status that is null', { status: [null] }, 'filter.status.0'],
    ['for an unknown field', { owner: 'me' }, 'filter'],
  ])('%s', async (_name, filter, path) => {
    const { extensions } = await acme.viewer.fail(LIST, { filter });
    expect(extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path, message: expect.any(String) }],
    });
  });

  it('but not when it nests 5 deep, or has 100 filters', async () => {
    expect(await letters(nested(5, { completed: true }))).toBe('de');
    expect(await letters(wide(99))).toBe(ALL);
    expect(await letters(wide(9, 10))).toBe(ALL);
  });
});
