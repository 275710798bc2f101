import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../src/shared/clock.js';
import { type Api, type Organization, startApi, unknownId } from './support/api.js';

let api: Api;
let acme: Organization;
let clock = systemClock;

beforeAll(async () => {
  api = await startApi({ clock: { now: () => clock.now() } });
  acme = await api.createOrganization();
});

afterAll(() => api?.close());

const FIELDS = `
  id name description version createdAt updatedAt deletedAt owner { id name }
  taskCounts { total pending inProgress completed overdue }`;

const QUERY = `query ($id: ID!) { project(id: $id) { ${FIELDS} tasks { totalCount nodes { id } } } }`;

const mutation = (field: string, type: string) =>
  `mutation ($input: ${type}!) { ${field}(input: $input) { ${FIELDS} } }`;

const CREATE = mutation('createProject', 'CreateProjectInput');
const UPDATE = mutation('updateProject', 'UpdateProjectInput');
const DELETE = mutation('deleteProject', 'ProjectVersionInput');
const RESTORE = mutation('restoreProject', 'ProjectVersionInput');
const DELETE_TASK = `mutation ($id: ID!) {
  deleteTask(input: { id: $id, version: 1 }) { version deletedAt } }`;
const RESTORE_TASK = `mutation ($id: ID!, $version: Int!) {
  restoreTask(input: { id: $id, version: $version }) { version deletedAt } }`;

const NO_TASKS = { total: 0, pending: 0, inProgress: 0, completed: 0, overdue: 0 };

const create = async (input: object = {}) =>
  (await acme.admin.ask(CREATE, { input: { name: 'house', ...input } })).createProject;
const read = async (id: string) => (await acme.viewer.ask(QUERY, { id })).project;
const update = async (input: object) => (await acme.admin.ask(UPDATE, { input })).updateProject;
const remove = async (id: string, version = 1) =>
  (await acme.admin.ask(DELETE, { input: { id, version } })).deleteProject;
const restore = async (id: string, version = 2) =>
  (await acme.admin.ask(RESTORE, { input: { id, version } })).restoreProject;
const taskIds = async (id: string) =>
  (await read(id)).tasks.nodes.map((task: { id: string }) => task.id);

const timeless = ({ updatedAt, createdAt, ...project }: Record<string, unknown>) => project;

describe('createProject', () => {
  it('fills in what is left out; whoever makes a project owns it', async () => {
    const project = await create();
    expect(project).toEqual({
      id: expect.stringMatching(/^proj_[0-9a-hjkmnp-tv-z]{26}$/),
      name: 'house',
      description: '',
      version: 1,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      deletedAt: null,
      owner: { id: acme.admin.id, name: 'admin' },
      taskCounts: NO_TASKS,
    });
    expect(await read(project.id)).toEqual({ ...project, tasks: { totalCount: 0, nodes: [] } });
  });

  it('takes every field', async () => {
    const input = { description: 'two floors', ownerId: acme.viewer.id };
    expect(await create(input)).toMatchObject({
      description: 'two floors',
      owner: { id: acme.viewer.id, name: 'viewer' },
    });
    expect((await create({ ownerId: null })).owner.id).toBe(acme.admin.id);
  });

  it.each([
    ['an empty name', { name: '' }, 'input.name'],
    ['a blank name', { name: '  ' }, 'input.name'],
    ['a name of 121 characters', { name: 'x'.repeat(121) }, 'input.name'],
    ['a name with NUL', { name: 'a\0b' }, 'input.name'],
    [
      'a description of 10,001 characters',
      { description: 'x'.repeat(10_001) },
      'input.description',
    ],
    ['a description that is null', { description: null }, 'input.description'],
    ['an owner id of another kind', { ownerId: unknownId('proj') }, 'input.ownerId'],
  ])('refuses %s', async (_fault, input, path) => {
    const { extensions } = await acme.admin.fail(CREATE, { input: { name: 'house', ...input } });
    expect(extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path, message: expect.any(String) }],
    });
  });

  it('does not find an owner who is not there', async () => {
    const ownerId = unknownId('user');
    const { extensions } = await acme.admin.fail(CREATE, { input: { name: 'house', ownerId } });
    expect(extensions).toEqual({ code: 'NOT_FOUND', id: ownerId });
  });
});

describe('updateProject', () => {
  it.each([
    ['name', { name: 'villa' }, { name: 'villa' }],
    ['description', { description: 'larger' }, { description: 'larger' }],
    ['description with nothing', { description: '' }, { description: '' }],
  ])('changes %s and nothing else', async (_field, change, changed) => {
    const project = await create({ description: 'two floors' });
    const updated = await update({ id: project.id, version: 1, ...change });
    expect(timeless(updated)).toEqual({ ...timeless(project), ...changed, version: 2 });
    expect(updated.createdAt).toBe(project.createdAt);
    expect(Date.parse(updated.updatedAt)).toBeGreaterThanOrEqual(Date.parse(project.updatedAt));
    expect(await read(project.id)).toMatchObject(updated);
  });

  it('gives the project to another owner', async () => {
    const project = await create();
    const updated = await update({ id: project.id, version: 1, ownerId: acme.member.id });
    expect(timeless(updated)).toEqual({
      ...timeless(project),
      version: 2,
      owner: { id: acme.member.id, name: 'member' },
    });
  });

  it('leaves what is left out as it is', async () => {
    const project = await create({ description: 'two floors' });
    const updated = await update({ id: project.id, version: 1 });
    expect(timeless(updated)).toEqual({ ...timeless(project), version: 2 });
  });

  it.each(['name', 'description', 'ownerId'])(
    'refuses null for %s, which always has a value',
    async (field) => {
      const { id } = await create();
      const error = await acme.admin.fail(UPDATE, { input: { id, version: 1, [field]: null } });
      expect(error.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: `input.${field}`, message: expect.stringContaining('leave it out') }],
      });
    },
  );

  it('does not find a deleted project, one that never was, or an owner who is not there', async () => {
    const { id } = await create();
    const ownerId = unknownId('user');
    const noOwner = await acme.admin.fail(UPDATE, { input: { id, version: 1, ownerId } });
    expect(noOwner.extensions).toEqual({ code: 'NOT_FOUND', id: ownerId });
    await remove(id);
    for (const gone of [id, unknownId('proj')]) {
      const error = await acme.admin.fail(UPDATE, { input: { id: gone, version: 2, name: 'x' } });
      expect(error.extensions).toEqual({ code: 'NOT_FOUND', id: gone });
    }
  });
});

describe('taskCounts', () => {
  it('counts by state, and as overdue what is late and not done', async () => {
    const { id } = await acme.createProject();
    const [past, future] = [new Date('2001-01-01'), new Date('2999-01-01')];
    await acme.createTasks(id, [
      { status: 'pending' },
      { status: 'pending', dueAt: past },
      { status: 'pending', dueAt: future },
      { status: 'in_progress', dueAt: past },
      { status: 'in_progress', dueAt: past },
      { status: 'completed', dueAt: past },
      { status: 'completed' },
    ]);
    expect((await read(id)).taskCounts).toEqual({
      total: 7,
      pending: 3,
      inProgress: 2,
      completed: 2,
      overdue: 3,
    });
  });
});

describe('a deleted project', () => {
  const LISTS = `query ($user: ID!, $project: ID!) {
    projects(filter: { ownerId: $user }) { totalCount nodes { id } }
    user(id: $user) { projects { totalCount nodes { id } } }
    search(text: "observatory") { totalCount nodes { __typename } }
    tasks(filter: { projectId: $project }) { totalCount nodes { id } }
  }`;

  const appearances = async (project: string, user: string) => {
    const data = await acme.viewer.ask(LISTS, { project, user });
    return [data.projects, data.user.projects, data.search, data.tasks].map(
      ({ totalCount, nodes }) => [totalCount, nodes.length],
    );
  };

  it('is in no list, count or search along with its tasks, and can come back with them', async () => {
    const { id: ownerId } = await acme.createPerson('admin', 'grace');
    const project = await create({ name: 'observatory', ownerId });
    const [first] = await acme.createTasks(project.id, [{ title: 'dome' }, { title: 'lens' }]);
    expect(await appearances(project.id, ownerId)).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
      [2, 2],
    ]);

    const deleted = await remove(project.id);
    expect(timeless(deleted)).toEqual({
      ...timeless(project),
      version: 2,
      deletedAt: expect.any(String),
    });
    expect(await appearances(project.id, ownerId)).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    expect(await read(project.id)).toEqual({ ...deleted, tasks: { totalCount: 0, nodes: [] } });
    const { task } = await acme.viewer.ask(
      'query ($id: ID!) { task(id: $id) { deletedAt version project { id deletedAt } } }',
      { id: first },
    );
    expect(task).toEqual({
      deletedAt: deleted.deletedAt,
      version: 2,
      project: { id: project.id, deletedAt: deleted.deletedAt },
    });

    const restored = await restore(project.id);
    expect(restored).toMatchObject({ version: 3, deletedAt: null, taskCounts: { total: 2 } });
    expect(await appearances(project.id, ownerId)).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
      [2, 2],
    ]);
  });

  it('leaves the tasks of other projects alone', async () => {
    const [project, other] = await Promise.all([
      acme.createProject('a', 2),
      acme.createProject('b', 2),
    ]);
    await remove(project.id);
    expect(await taskIds(other.id)).toEqual(other.taskIds);
  });

  it('comes back without the tasks that were deleted before it', async () => {
    const {
      id,
      taskIds: [first, second],
    } = await acme.createProject('shed', 2);
    await acme.member.ask(DELETE_TASK, { id: first });
    await remove(id);
    await restore(id);
    expect(await taskIds(id)).toEqual([second]);
    const { restoreTask } = await acme.member.ask(RESTORE_TASK, { id: first, version: 2 });
    expect(restoreTask).toEqual({ version: 3, deletedAt: null });
    expect(await taskIds(id)).toEqual([first, second]);
  });

  it('comes back without a task that was deleted in the very same millisecond', async () => {
    const {
      id,
      taskIds: [first, second],
    } = await acme.createProject('shed', 2);
    const now = new Date();
    clock = { now: () => now };
    try {
      await acme.admin.ask(
        `mutation ($project: ID!, $task: ID!) {
          deleteTask(input: { id: $task, version: 1 }) { id }
          deleteProject(input: { id: $project, version: 1 }) { id }
        }`,
        { project: id, task: first },
      );
    } finally {
      clock = systemClock;
    }
    await restore(id);
    expect(await taskIds(id)).toEqual([second]);
  });

  it('can be deleted and restored many times over', async () => {
    const { id, taskIds: ids } = await acme.createProject('tent', 2);
    for (const version of [1, 3, 5]) {
      await remove(id, version);
      expect(await taskIds(id)).toEqual([]);
      await restore(id, version + 1);
      expect(await taskIds(id)).toEqual(ids);
    }
  });

  it('takes no tasks: neither a new one, nor one from elsewhere, nor one of its own back', async () => {
    const {
      id,
      taskIds: [taskId],
    } = await acme.createProject('ruin', 1);
    const elsewhere = await acme.createProject('elsewhere', 1);
    const { deletedAt } = await remove(id);
    const created = await acme.member.fail(
      'mutation ($id: ID!) { createTask(input: { projectId: $id, title: "x" }) { id } }',
      { id },
    );
    expect(created.extensions).toEqual({ code: 'NOT_FOUND', id });
    const moved = await acme.member.fail(
      `mutation ($id: ID!, $task: ID!) {
        updateTask(input: { id: $task, version: 1, projectId: $id }) { id } }`,
      { id, task: elsewhere.taskIds[0] },
    );
    expect(moved.extensions).toEqual({ code: 'NOT_FOUND', id });
    const restored = await acme.member.fail(RESTORE_TASK, { id: taskId, version: 2 });
    expect(restored.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.id', message: expect.stringContaining('Restore the project') }],
    });
    const { task } = await acme.viewer.ask(
      'query ($id: ID!) { task(id: $id) { version deletedAt } }',
      { id: taskId },
    );
    expect(task).toEqual({ version: 2, deletedAt });
  });

  it('cannot be deleted again, nor one restored that is not deleted', async () => {
    const { id } = await create();
    const early = await acme.admin.fail(RESTORE, { input: { id, version: 1 } });
    expect(early.extensions).toEqual({ code: 'NOT_FOUND', id });
    await remove(id);
    const again = await acme.admin.fail(DELETE, { input: { id, version: 2 } });
    expect(again.extensions).toEqual({ code: 'NOT_FOUND', id });
  });

  it('keeps its tasks when the deletion was stale', async () => {
    const { id, taskIds: ids } = await acme.createProject('hut', 2);
    await update({ id, version: 1, name: 'cabin' });
    const error = await acme.admin.fail(DELETE, { input: { id, version: 1 } });
    expect(error.extensions).toMatchObject({ code: 'VERSION_CONFLICT', currentVersion: 2 });
    expect(await taskIds(id)).toEqual(ids);
  });

  it('never holds a task, however a new one and the deletion cross', async () => {
    const projects = await Promise.all(
      Array.from({ length: 10 }, () => acme.createProject('crossing')),
    );
    await Promise.all(
      projects.flatMap(({ id }) => [
        ...Array.from({ length: 3 }, () =>
          acme.member.send(
            'mutation ($id: ID!) { createTask(input: { projectId: $id, title: "x" }) { id } }',
            { id },
          ),
        ),
        acme.admin.ask(DELETE, { input: { id, version: 1 } }),
      ]),
    );
    const left = await Promise.all(projects.map(({ id }) => taskIds(id)));
    expect(left.flat()).toEqual([]);
  });
});

describe('projects', () => {
  const LIST = `query ($filter: ProjectFilter, $orderBy: ProjectOrder) {
    projects(filter: $filter, orderBy: $orderBy) { totalCount nodes { name } } }`;

  const names = async (who: Organization, variables: object) => {
    const { projects } = await who.viewer.ask(LIST, variables);
    expect(projects.totalCount).toBe(projects.nodes.length);
    return projects.nodes.map(({ name }: { name: string }) => name);
  };

  it('filter by owner and by words in name or description', async () => {
    const initech = await api.createOrganization();
    const make = (input: object) => initech.admin.ask(CREATE, { input });
    await make({ name: 'red door', ownerId: initech.member.id });
    await make({ name: 'window', description: 'beside the red doors' });
    await make({ name: 'blue gate', ownerId: initech.member.id });
    expect(await names(initech, {})).toEqual(['red door', 'window', 'blue gate']);
    expect(await names(initech, { filter: { ownerId: initech.member.id } })).toEqual([
      'red door',
      'blue gate',
    ]);
    expect(await names(initech, { filter: { text: 'red door' } })).toEqual(['red door', 'window']);
    expect(await names(initech, { filter: { text: 'door', ownerId: initech.member.id } })).toEqual([
      'red door',
    ]);
    expect(await names(initech, { filter: { ownerId: null, text: null } })).toHaveLength(3);
    expect(await names(initech, { filter: { ownerId: unknownId('user') } })).toEqual([]);
  });

  it('come in either order, by name or by age', async () => {
    const initech = await api.createOrganization();
    for (const name of ['b', 'a', 'c']) await initech.createProject(name);
    const orders = [
      ['CREATED_AT', 'ASC', 'b a c'],
      ['CREATED_AT', 'DESC', 'c a b'],
      ['NAME', 'ASC', 'a b c'],
      ['NAME', 'DESC', 'c b a'],
    ] as const;
    for (const [field, direction, expected] of orders) {
      const found = await names(initech, { orderBy: { field, direction } });
      expect(found.join(' ')).toBe(expected);
    }
  });
});
