import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Api, type Organization, startApi } from './support/api.js';
import { PAGE_FIELDS, type PageArguments, type Way, walk } from './support/walk.js';

let api: Api;
let acme: Organization;
let globex: Organization;
let projectId: string;

beforeAll(async () => {
  api = await startApi();
  [acme, globex] = [await api.createOrganization(), await api.createOrganization()];
  await createProject({ name: 'Harbour', description: 'ships and cranes' });
  projectId = await createProject({ name: 'Lighthouse', description: 'It watches the harbour.' });
  await acme.createTasks(projectId, [
    { title: 'Paint the lamp', description: 'red paint, then white' },
    { title: 'Oil the hinges', description: 'of the lamp room door' },
    { title: 'Red door', description: 'repair it' },
    { title: 'Door in red', description: 'sand it' },
    { title: 'Buoy', description: 'a buoy, a buoy and another buoy' },
    { title: 'Rope', description: 'for the buoy' },
  ]);
  const theirs = await globex.createProject('Harbour of theirs');
  await globex.createTasks(theirs.id, [{ title: 'Their lamp' }]);
});

afterAll(() => api?.close());

async function createProject(input: object): Promise<string> {
  const { createProject: project } = await acme.admin.ask(
    'mutation ($input: CreateProjectInput!) { createProject(input: $input) { id } }',
    { input },
  );
  return project.id;
}

const SEARCH = `query (
  $text: String!, $first: Int, $after: String, $last: Int, $before: String
) {
  search(text: $text, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    nodes { __typename ... on Task { id title project { name } } ... on Project { id name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

interface Hit {
  __typename: string;
  title?: string;
  name?: string;
}

/** What a search finds, best fit first. */
async function find(text: string): Promise<string[]> {
  const { search } = await acme.viewer.ask(SEARCH, { text });
  expect(search.totalCount).toBe(search.nodes.length);
  return search.nodes.map(({ title, name }: Hit) => title ?? name);
}

describe('search', () => {
  it('finds tasks and projects, each with the fields of its type', async () => {
    const { search } = await acme.viewer.ask(SEARCH, { text: 'lamp or lighthouse' });
    expect(search.nodes).toEqual(
      expect.arrayContaining([
        { __typename: 'Project', id: projectId, name: 'Lighthouse' },
        {
          __typename: 'Task',
          id: expect.stringMatching(/^task_/),
          title: 'Paint the lamp',
          project: { name: 'Lighthouse' },
        },
      ]),
    );
    expect(search.totalCount).toBe(3);
  });

  it('puts what has the word in its title above what has it in its description', async () => {
    expect(await find('lamp')).toEqual(['Paint the lamp', 'Oil the hinges']);
    expect(await find('harbour')).toEqual(['Harbour', 'Lighthouse']);
  });

  it('puts what has the word more often above what has it once', async () => {
    expect(await find('buoy')).toEqual(['Buoy', 'Rope']);
  });

  it('finds a word in any of its forms and in any case', async () => {
    expect(await find('PAINTING')).toEqual(['Paint the lamp']);
    expect(await find('ship')).toEqual(['Harbour']);
  });

  it('wants all of the words, wherever they stand', async () => {
    expect((await find('red door')).sort()).toEqual(['Door in red', 'Red door']);
    expect(await find('red lamp')).toEqual(['Paint the lamp']);
  });

  it('wants the words of a phrase side by side', async () => {
    expect(await find('"red door"')).toEqual(['Red door']);
  });

  it('leaves out what has a word after a minus', async () => {
    expect(await find('door -red')).toEqual(['Oil the hinges']);
  });

  it('takes either of two words with or', async () => {
    expect((await find('hinges or cranes')).sort()).toEqual(['Harbour', 'Oil the hinges']);
  });

  it.each([
    ['nothing that fits', 'submarine'],
    ['only words that everybody uses', 'the and of'],
    ['only punctuation', '!!! & | :* <-> ( )'],
    ['an unbalanced quote', '"'],
    ['a lone minus', '-'],
  ])('finds nothing for %s', async (_what, text) => {
    expect(await find(text)).toEqual([]);
  });

  it('takes SQL and wildcards for words', async () => {
    expect(await find("lamp'; DROP TABLE tasks; --")).toEqual([]);
    expect(await find('%')).toEqual([]);
    expect(await find('lam*')).toEqual([]);
  });

  it('finds what was written a moment ago, and no longer what was overwritten', async () => {
    const [id] = await acme.createTasks(projectId, [{ title: 'temporary kraken' }]);
    expect(await find('kraken')).toEqual(['temporary kraken']);
    await acme.member.ask(
      'mutation ($id: ID!) { updateTask(input: { id: $id, version: 1, title: "squid" }) { id } }',
      { id },
    );
    expect(await find('kraken')).toEqual([]);
    expect(await find('squid')).toEqual(['squid']);
  });

  it('finds nothing of another organization', async () => {
    const { search } = await globex.viewer.ask(SEARCH, { text: 'lamp or harbour or door' });
    expect(search.nodes.map(({ title, name }: Hit) => title ?? name).sort()).toEqual([
      'Harbour of theirs',
      'Their lamp',
    ]);
    expect(search.totalCount).toBe(2);
  });

  it.each([
    ['empty', ''],
    ['blank', ' \n'],
    ['longer than 200 characters', 'x'.repeat(201)],
    ['text with NUL', 'a\0'],
    ['text with half a surrogate pair', '\ud800'],
  ])('refuses what is %s', async (_what, text) => {
    const { extensions } = await acme.viewer.fail(SEARCH, { text });
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'text' }] });
  });

  it('takes 200 characters, however wide', async () => {
    expect(await find('🏠'.repeat(200))).toEqual([]);
  });
});

describe('a walk through what a search has found', () => {
  it('meets every hit once, the best first, in both ways', async () => {
    const initech = await api.createOrganization();
    const { id } = await initech.createProject('anchor');
    const ids = await initech.createTasks(
      id,
      Array.from({ length: 17 }, (_, index) => ({
        title: index % 4 ? 'chain' : 'anchor chain',
        description: 'anchor '.repeat(index % 5),
      })),
    );
    const read = async (page: PageArguments) =>
      (
        await initech.viewer.ask(
          `query ($first: Int, $after: String, $last: Int, $before: String) {
            search(text: "anchor", first: $first, after: $after, last: $last, before: $before) {
              ${PAGE_FIELDS.replace('{ id }', '{ ... on Node { id } }')}
            }
          }`,
          page,
        )
      ).search;
    const whole = await walk(read, { size: 100 });
    const hits = ids.filter((_, index) => index % 4 === 0 || index % 5 !== 0);
    expect([...whole].sort()).toEqual([id, ...hits].sort());
    for (const way of ['forward', 'backward'] satisfies Way[]) {
      for (const size of [1, 3, 7]) expect(await walk(read, { size, way })).toEqual(whole);
    }
  });

  it('goes on where it was while other hits come and go', async () => {
    const initech = await api.createOrganization();
    const { id } = await initech.createProject('yard');
    const mast = { title: 'mast', description: '' };
    const ids = await initech.createTasks(
      id,
      Array.from({ length: 9 }, () => mast),
    );
    const met = await walk(
      async (page) =>
        (
          await initech.viewer.ask(
            `query ($first: Int, $after: String) {
              search(text: "mast", first: $first, after: $after) {
                ${PAGE_FIELDS.replace('{ id }', '{ ... on Node { id } }')}
              }
            }`,
            page,
          )
        ).search,
      { size: 2, between: () => initech.createTasks(id, [mast, { title: 'mast mast mast' }]) },
    );
    expect(new Set(met).size).toBe(met.length);
    expect([...met.filter((hit) => ids.includes(hit))].sort()).toEqual([...ids].sort());
  });

  it('is refused with a cursor of another list', async () => {
    const { tasks } = await acme.viewer.ask('{ tasks(first: 1) { pageInfo { endCursor } } }');
    const { extensions } = await acme.viewer.fail(SEARCH, {
      text: 'lamp',
      after: tasks.pageInfo.endCursor,
    });
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'after' }] });
  });
});
