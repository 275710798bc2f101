import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeId } from '../src/shared/ids.js';
import { type Api, type Organization, startApi, unknownId } from './support/api.js';

let api: Api;
let acme: Organization;
let project: { id: string; taskIds: string[] };
let ids: Record<'Organization' | 'User' | 'Project' | 'Task', string>;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization('acme');
  project = await acme.createProject('barn', 3);
  ids = {
    Organization: acme.id,
    User: acme.viewer.id,
    Project: project.id,
    Task: project.taskIds[0] as string,
  };
});

afterAll(() => api?.close());

const FIELDS = `
  __typename id
  ... on Organization { slug }
  ... on User { email role }
  ... on Project { name owner { id } }
  ... on Task { title project { id } }`;
const NODE = `query ($id: ID!) { node(id: $id) { ${FIELDS} } }`;
const NODES = `query ($ids: [ID!]!) { nodes(ids: $ids) { ${FIELDS} } }`;

const expected = (): Record<string, object> => ({
  Organization: { __typename: 'Organization', id: ids.Organization, slug: 'acme' },
  User: { __typename: 'User', id: ids.User, email: acme.viewer.email, role: 'VIEWER' },
  Project: { __typename: 'Project', id: ids.Project, name: 'barn', owner: { id: acme.owner.id } },
  Task: { __typename: 'Task', id: ids.Task, title: 'task 1', project: { id: ids.Project } },
});

/** Not ids of anything that can be fetched. */
const MALFORMED: [string, () => string][] = [
  ['empty', () => ''],
  ['without a prefix', () => ids.Task.slice('task_'.length)],
  ['with a prefix that nothing has', () => encodeId('none' as 'task', crypto.randomUUID())],
  ['in capitals', () => ids.Task.toUpperCase()],
  ['too short', () => ids.Task.slice(0, -1)],
  ['too long', () => `${ids.Task}0`],
  ['larger than 128 bits', () => `task_8${'0'.repeat(25)}`],
  ['a bare UUID', () => crypto.randomUUID()],
  ['with NUL', () => `${ids.Task}\0`],
];

describe('node', () => {
  it.each(['Organization', 'User', 'Project', 'Task'] as const)('finds a %s', async (type) => {
    const { node } = await acme.viewer.ask(NODE, { id: ids[type] });
    expect(node).toEqual(expected()[type]);
  });

  it.each(['org', 'user', 'proj', 'task'] as const)('says that there is no %s', async (prefix) => {
    const id = unknownId(prefix);
    const error = await acme.viewer.fail(NODE, { id });
    expect(error).toMatchObject({ path: ['node'], extensions: { code: 'NOT_FOUND', id } });
  });

  it.each(MALFORMED)('refuses an id that is %s', async (_fault, id) => {
    const { extensions } = await acme.viewer.fail(NODE, { id: id() });
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'id' }] });
  });
});

describe('nodes', () => {
  it('finds every kind at once, in the order of the ids, with null where there is nothing', async () => {
    const asked = [
      ids.Task,
      unknownId('task'),
      ids.Organization,
      ids.Project,
      unknownId('org'),
      ids.User,
      ids.Task,
      unknownId('user'),
      unknownId('proj'),
    ];
    const { nodes } = await acme.viewer.ask(NODES, { ids: asked });
    const { Organization: organization, User: user, Project: barn, Task: task } = expected();
    expect(nodes).toEqual([task, null, organization, barn, null, user, task, null, null]);
  });

  it('finds nothing when asked for nothing', async () => {
    expect(await acme.viewer.ask(NODES, { ids: [] })).toEqual({ nodes: [] });
  });

  it('takes up to 100 ids', async () => {
    const many = (count: number) => Array.from({ length: count }, () => ids.Task);
    const { nodes } = await acme.viewer.ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: many(100),
    });
    expect(nodes).toHaveLength(100);
    const { extensions } = await acme.viewer.fail(NODES, { ids: many(101) });
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'ids' }] });
  });

  it.each(MALFORMED)('refuses an id that is %s, and says which', async (_fault, id) => {
    const { extensions } = await acme.viewer.fail(NODES, { ids: [ids.Task, id()] });
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'ids.1' }] });
  });
});

describe('an id', () => {
  it.each([
    ['user', 'user', 'task'],
    ['project', 'proj', 'user'],
    ['task', 'task', 'proj'],
  ] as const)('of another kind is refused by %s', async (field, prefix, other) => {
    const { extensions } = await acme.viewer.fail(`query ($id: ID!) { ${field}(id: $id) { id } }`, {
      id: unknownId(other),
    });
    expect(extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'id', message: expect.stringContaining(`${prefix}_`) }],
    });
  });

  it('sorts by the time of making', async () => {
    const made = [];
    for (const name of ['a', 'b', 'c']) made.push((await acme.createProject(name)).id);
    expect([...made].sort()).toEqual(made);
  });
});
