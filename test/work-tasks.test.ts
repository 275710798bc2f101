import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Api, type Organization, startApi, unknownId } from './support/api.js';

let api: Api;
let acme: Organization;
let project: { id: string; taskIds: string[] };

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
  project = await acme.createProject('roof');
});

afterAll(() => api?.close());

const FIELDS = `
  id title description status completed priority dueAt version createdAt updatedAt deletedAt
  project { id name } assignee { id name }`;

const QUERY = `query ($id: ID!) { task(id: $id) { ${FIELDS} } }`;

const mutation = (field: string, type: string) =>
  `mutation ($input: ${type}!) { ${field}(input: $input) { ${FIELDS} } }`;

const CREATE = mutation('createTask', 'CreateTaskInput');
const UPDATE = mutation('updateTask', 'UpdateTaskInput');
const COMPLETE = mutation('completeTask', 'TaskIdInput');
const REOPEN = mutation('reopenTask', 'TaskIdInput');
const ASSIGN = mutation('assignTask', 'AssignTaskInput');
const DELETE = mutation('deleteTask', 'TaskVersionInput');
const RESTORE = mutation('restoreTask', 'TaskVersionInput');

const create = async (input: object = {}) => {
  const whole = { projectId: project.id, title: 'tile the roof', ...input };
  return (await acme.member.ask(CREATE, { input: whole })).createTask;
};
const read = async (id: string) => (await acme.viewer.ask(QUERY, { id })).task;
const update = async (input: object) => (await acme.member.ask(UPDATE, { input })).updateTask;
const complete = async (id: string) =>
  (await acme.member.ask(COMPLETE, { input: { id } })).completeTask;
const reopen = async (id: string) => (await acme.member.ask(REOPEN, { input: { id } })).reopenTask;
const assign = async (input: object) => (await acme.member.ask(ASSIGN, { input })).assignTask;
const remove = async ({ id, version }: { id: string; version: number }) =>
  (await acme.member.ask(DELETE, { input: { id, version } })).deleteTask;
const restore = async ({ id, version }: { id: string; version: number }) =>
  (await acme.member.ask(RESTORE, { input: { id, version } })).restoreTask;

/** A task in which every field has a value. */
const createFull = () =>
  create({
    description: 'with red clay',
    status: 'IN_PROGRESS',
    priority: 'HIGH',
    dueAt: '2030-05-06T07:08:09.123Z',
    assigneeId: acme.admin.id,
  });

/** What the two fields of a row say about time; they differ from run to run. */
const timeless = ({ updatedAt, createdAt, ...task }: Record<string, unknown>) => task;

describe('createTask', () => {
  it('fills in what is left out', async () => {
    const before = Date.now();
    const task = await create();
    expect(task).toEqual({
      id: expect.stringMatching(/^task_[0-9a-hjkmnp-tv-z]{26}$/),
      title: 'tile the roof',
      description: '',
      status: 'PENDING',
      completed: false,
      priority: 'NONE',
      dueAt: null,
      version: 1,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      deletedAt: null,
      project: { id: project.id, name: 'roof' },
      assignee: null,
    });
    expect(Date.parse(task.createdAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(task.createdAt)).toBeLessThanOrEqual(Date.now());
    expect(await read(task.id)).toEqual(task);
  });

  it('takes every field', async () => {
    const task = await createFull();
    expect(task).toMatchObject({
      description: 'with red clay',
      status: 'IN_PROGRESS',
      priority: 'HIGH',
      dueAt: '2030-05-06T07:08:09.123Z',
      assignee: { id: acme.admin.id, name: 'admin' },
    });
    expect(await read(task.id)).toEqual(task);
  });

  it('takes null for what may be empty', async () => {
    expect(await create({ assigneeId: null, dueAt: null })).toMatchObject({
      assignee: null,
      dueAt: null,
    });
  });

  it('stores a due date in UTC, whatever zone it came in', async () => {
    expect((await create({ dueAt: '2030-01-01T00:00:00+05:30' })).dueAt).toBe(
      '2029-12-31T18:30:00.000Z',
    );
  });

  it('keeps text to the letter, at its greatest length in characters', async () => {
    const title = '🏠'.repeat(200);
    const description = `  "quoted"\n\\ ' ; -- ${'é'.repeat(9_980)}`;
    expect(await create({ title, description })).toMatchObject({ title, description });
  });

  it('makes a task that is done from the start', async () => {
    expect(await create({ status: 'COMPLETED' })).toMatchObject({
      status: 'COMPLETED',
      completed: true,
    });
  });

  it.each([
    ['an empty title', { title: '' }, 'input.title'],
    ['a blank title', { title: ' \t\n' }, 'input.title'],
    ['a title of 201 characters', { title: 'x'.repeat(201) }, 'input.title'],
    ['a title with NUL', { title: 'a\0b' }, 'input.title'],
    ['a title with half a surrogate pair', { title: 'a\ud83c' }, 'input.title'],
    ['a title that is null', { title: null }, 'input.title'],
    [
      'a description of 10,001 characters',
      { description: 'x'.repeat(10_001) },
      'input.description',
    ],
    ['a description that is null', { description: null }, 'input.description'],
    ['an unknown status', { status: 'STARTED' }, 'input.status'],
    ['a status that is null', { status: null }, 'input.status'],
    ['a priority as a number', { priority: 3 }, 'input.priority'],
    ['a due date before 1900', { dueAt: '1899-12-31T23:59:59Z' }, 'input.dueAt'],
    ['a due date that is no date', { dueAt: 'tomorrow' }, 'input.dueAt'],
    ['a project id of another kind', { projectId: unknownId('task') }, 'input.projectId'],
    ['an assignee id that is none', { assigneeId: 'user_1' }, 'input.assigneeId'],
  ])('refuses %s', async (_fault, input, path) => {
    const whole = { projectId: project.id, title: 'tile the roof', ...input };
    const { extensions } = await acme.member.fail(CREATE, { input: whole });
    expect(extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path, message: expect.any(String) }],
    });
  });

  it.each([
    ['project', { projectId: unknownId('proj') }],
    ['assignee', { assigneeId: unknownId('user') }],
  ])('does not find a %s that is not there', async (_what, input) => {
    const whole = { projectId: project.id, title: 'tile the roof', ...input };
    const { extensions } = await acme.member.fail(CREATE, { input: whole });
    expect(extensions).toEqual({ code: 'NOT_FOUND', id: Object.values(input)[0] });
  });
});

describe('updateTask', () => {
  it.each([
    ['title', { title: 'slate the roof' }, { title: 'slate the roof' }],
    ['description', { description: '' }, { description: '' }],
    ['status', { status: 'PENDING' }, { status: 'PENDING' }],
    ['priority', { priority: 'URGENT' }, { priority: 'URGENT' }],
    ['dueAt', { dueAt: '2031-01-01T00:00:00Z' }, { dueAt: '2031-01-01T00:00:00.000Z' }],
    ['dueAt with null', { dueAt: null }, { dueAt: null }],
    ['assigneeId with null', { assigneeId: null }, { assignee: null }],
  ])('changes %s and nothing else', async (_field, change, changed) => {
    const task = await createFull();
    const updated = await update({ id: task.id, version: 1, ...change });
    expect(timeless(updated)).toEqual({ ...timeless(task), ...changed, version: 2 });
    expect(updated.createdAt).toBe(task.createdAt);
    expect(Date.parse(updated.updatedAt)).toBeGreaterThanOrEqual(Date.parse(task.updatedAt));
    expect(await read(task.id)).toEqual(updated);
  });

  it('gives the task to another user', async () => {
    const task = await createFull();
    const updated = await update({ id: task.id, version: 1, assigneeId: acme.viewer.id });
    expect(updated.assignee).toEqual({ id: acme.viewer.id, name: 'viewer' });
  });

  it('moves the task to another project', async () => {
    const [task, garden] = await Promise.all([createFull(), acme.createProject('garden')]);
    const updated = await update({ id: task.id, version: 1, projectId: garden.id });
    expect(timeless(updated)).toEqual({
      ...timeless(task),
      version: 2,
      project: { id: garden.id, name: 'garden' },
    });
  });

  it('changes many fields at once, as one version', async () => {
    const { id } = await create();
    const input = { id, version: 1, title: 'a', priority: 'LOW', status: 'COMPLETED' };
    expect(await update(input)).toMatchObject({
      title: 'a',
      priority: 'LOW',
      status: 'COMPLETED',
      completed: true,
      version: 2,
    });
  });

  it('leaves what is left out as it is', async () => {
    const task = await createFull();
    const updated = await update({ id: task.id, version: 1 });
    expect(timeless(updated)).toEqual({ ...timeless(task), version: 2 });
  });

  it.each(['title', 'description', 'projectId', 'status', 'priority'])(
    'refuses null for %s, which always has a value',
    async (field) => {
      const { id } = await create();
      const error = await acme.member.fail(UPDATE, { input: { id, version: 1, [field]: null } });
      expect(error.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: `input.${field}`, message: expect.stringContaining('leave it out') }],
      });
      expect((await read(id)).version).toBe(1);
    },
  );

  it.each([
    ['PENDING', 'COMPLETED', true],
    ['COMPLETED', 'IN_PROGRESS', false],
    ['COMPLETED', 'PENDING', false],
    ['IN_PROGRESS', 'COMPLETED', true],
  ])('keeps completed in step with status: %s to %s', async (from, to, completed) => {
    const { id } = await create({ status: from });
    expect(await update({ id, version: 1, status: to })).toMatchObject({ status: to, completed });
  });

  it.each([
    ['task', { id: unknownId('task') }],
    ['project', { projectId: unknownId('proj') }],
    ['assignee', { assigneeId: unknownId('user') }],
  ])('does not find a %s that is not there', async (_what, unknown) => {
    const { id } = await create();
    const error = await acme.member.fail(UPDATE, {
      input: { id, version: 1, title: 'lost', ...unknown },
    });
    expect(error.extensions).toEqual({ code: 'NOT_FOUND', id: Object.values(unknown)[0] });
    expect(await read(id)).toMatchObject({ title: 'tile the roof', version: 1 });
  });

  it('does not find a deleted task', async () => {
    const deleted = await remove(await create());
    const error = await acme.member.fail(UPDATE, {
      input: { id: deleted.id, version: deleted.version, title: 'risen' },
    });
    expect(error.extensions).toEqual({ code: 'NOT_FOUND', id: deleted.id });
  });
});

describe('completeTask', () => {
  it.each(['PENDING', 'IN_PROGRESS'])('finishes a task that is %s', async (status) => {
    const { id } = await create({ status });
    expect(await complete(id)).toMatchObject({
      status: 'COMPLETED',
      completed: true,
      version: 2,
    });
  });

  it('leaves a task that is done as it is', async () => {
    const { id } = await create();
    const once = await complete(id);
    expect(await complete(id)).toEqual(once);
  });
});

describe('reopenTask', () => {
  it('makes a task that was done pending', async () => {
    const { id } = await create({ status: 'COMPLETED' });
    expect(await reopen(id)).toMatchObject({ status: 'PENDING', completed: false, version: 2 });
  });

  it.each(['PENDING', 'IN_PROGRESS'])('leaves a task that is %s as it is', async (status) => {
    const task = await create({ status });
    expect(await reopen(task.id)).toEqual(task);
  });
});

describe('assignTask', () => {
  it('gives a task to somebody, and to nobody', async () => {
    const { id } = await create();
    const assigned = await assign({ id, assigneeId: acme.owner.id });
    expect(assigned).toMatchObject({ assignee: { id: acme.owner.id }, version: 2 });
    expect(await assign({ id, assigneeId: null })).toMatchObject({ assignee: null, version: 3 });
    await assign({ id, assigneeId: acme.owner.id });
    expect(await assign({ id })).toMatchObject({ assignee: null, version: 5 });
  });

  it('leaves a task that is theirs already as it is', async () => {
    const task = await create({ assigneeId: acme.owner.id });
    expect(await assign({ id: task.id, assigneeId: acme.owner.id })).toEqual(task);
    const nobodys = await create();
    expect(await assign({ id: nobodys.id, assigneeId: null })).toEqual(nobodys);
  });

  it('does not find somebody who is not there', async () => {
    const { id } = await create();
    const assigneeId = unknownId('user');
    const error = await acme.member.fail(ASSIGN, { input: { id, assigneeId } });
    expect(error.extensions).toEqual({ code: 'NOT_FOUND', id: assigneeId });
  });
});

describe('an intent', () => {
  it.each([
    ['completeTask', COMPLETE],
    ['reopenTask', REOPEN],
    ['assignTask', ASSIGN],
  ])('%s finds neither a deleted task nor one that never was', async (_name, document) => {
    const deleted = await remove(await create());
    for (const id of [deleted.id, unknownId('task')]) {
      const error = await acme.member.fail(document, { input: { id } });
      expect(error.extensions).toEqual({ code: 'NOT_FOUND', id });
    }
  });

  it('sees what its siblings in the same mutation have done', async () => {
    const { id } = await create();
    const data = await acme.member.ask(
      `mutation ($id: ID!, $who: ID!) {
        a: completeTask(input: { id: $id }) { version status }
        b: assignTask(input: { id: $id, assigneeId: $who }) { version status assignee { id } }
        c: reopenTask(input: { id: $id }) { version status assignee { id } }
        d: updateTask(input: { id: $id, version: 4, title: "changed" }) { version title status }
      }`,
      { id, who: acme.viewer.id },
    );
    expect(data).toEqual({
      a: { version: 2, status: 'COMPLETED' },
      b: { version: 3, status: 'COMPLETED', assignee: { id: acme.viewer.id } },
      c: { version: 4, status: 'PENDING', assignee: { id: acme.viewer.id } },
      d: { version: 5, title: 'changed', status: 'PENDING' },
    });
  });
});

describe('a deleted task', () => {
  const LISTS = `query ($project: ID!, $user: ID!, $word: String!) {
    tasks(filter: { projectId: $project }) { totalCount nodes { id } }
    project(id: $project) {
      tasks { totalCount nodes { id } }
      taskCounts { total pending inProgress completed overdue }
    }
    user(id: $user) { assignedTasks { totalCount nodes { id } } }
    search(text: $word) { totalCount nodes { ... on Task { id } } }
  }`;

  const appearances = async (task: { title: string; project: { id: string } }, user: string) => {
    const variables = { project: task.project.id, user, word: task.title };
    const data = await acme.viewer.ask(LISTS, variables);
    const lists = [data.tasks, data.project.tasks, data.user.assignedTasks, data.search];
    return [
      ...lists.map(({ totalCount, nodes }) => [totalCount, nodes.length]),
      Object.values(data.project.taskCounts),
    ];
  };

  it('is in no list, count or search, but still there for who has its id, and can come back', async () => {
    const [{ id: projectId }, { id: assigneeId }] = await Promise.all([
      acme.createProject('cellar'),
      acme.createPerson('member', 'ada'),
    ]);
    const dueAt = '2001-01-01T00:00:00Z';
    const task = await create({ projectId, assigneeId, title: 'xylophone', dueAt });
    const present = [...Array(4).fill([1, 1]), [1, 1, 0, 0, 1]];
    const absent = [...Array(4).fill([0, 0]), [0, 0, 0, 0, 0]];
    expect(await appearances(task, assigneeId)).toEqual(present);

    const deleted = await remove(task);
    expect(timeless(deleted)).toEqual({
      ...timeless(task),
      version: 2,
      deletedAt: expect.any(String),
    });
    expect(await appearances(task, assigneeId)).toEqual(absent);
    expect(await read(task.id)).toEqual(deleted);
    const { node } = await acme.viewer.ask(
      'query ($id: ID!) { node(id: $id) { ... on Task { deletedAt } } }',
      { id: task.id },
    );
    expect(node.deletedAt).toBe(deleted.deletedAt);

    const restored = await restore(deleted);
    expect(timeless(restored)).toEqual({ ...timeless(task), version: 3 });
    expect(await appearances(task, assigneeId)).toEqual(present);
  });

  it('cannot be deleted again, nor one restored that is not deleted', async () => {
    const task = await create();
    const early = await acme.member.fail(RESTORE, { input: { id: task.id, version: 1 } });
    expect(early.extensions).toEqual({ code: 'NOT_FOUND', id: task.id });
    const { version, deletedAt } = await remove(task);
    const again = await acme.member.fail(DELETE, { input: { id: task.id, version } });
    expect(again.extensions).toEqual({ code: 'NOT_FOUND', id: task.id });
    expect((await read(task.id)).deletedAt).toBe(deletedAt);
  });

  it.each([
    ['task', 'Task', 'task'],
    ['deleteTask', 'mutation', 'task'],
    ['restoreTask', 'mutation', 'task'],
  ])('is not found by %s under an id that nothing has', async (field, kind, prefix) => {
    const id = unknownId(prefix as 'task');
    const error =
      kind === 'mutation'
        ? await acme.member.fail(mutation(field, 'TaskVersionInput'), { input: { id, version: 1 } })
        : await acme.member.fail(QUERY, { id });
    expect(error).toMatchObject({ path: [field], extensions: { code: 'NOT_FOUND', id } });
  });
});

describe('the project and the assignee of a task', () => {
  it('lead on to all that they are', async () => {
    const { id } = await create({ assigneeId: acme.admin.id });
    const { task } = await acme.viewer.ask(
      `query ($id: ID!) { task(id: $id) {
        project { id owner { id email role } }
        assignee { id name email role createdAt updatedAt }
      } }`,
      { id },
    );
    expect(task).toEqual({
      project: {
        id: project.id,
        owner: { id: acme.owner.id, email: acme.owner.email, role: 'OWNER' },
      },
      assignee: {
        id: acme.admin.id,
        name: 'admin',
        email: acme.admin.email,
        role: 'ADMIN',
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
    });
  });
});
