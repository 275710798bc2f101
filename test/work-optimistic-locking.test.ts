import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, type Api, type Organization, startApi } from './support/api.js';

const AT_ONCE = 20;

let api: Api;
let acme: Organization;
let projectId: string;
let people: string[];

beforeAll(async () => {
  // A connection for each of the requests, so that they really meet in the database.
  api = await startApi({ pool: { size: AT_ONCE } });
  acme = await api.createOrganization();
  projectId = (await acme.createProject('tower')).id;
  const names = Array.from({ length: AT_ONCE }, (_, index) => `p${index}`);
  people = (await Promise.all(names.map((name) => acme.createPerson('member', name)))).map(
    ({ id }) => id,
  );
});

afterAll(() => api?.close());

const FIELDS = 'id version title description status priority dueAt project { id } assignee { id }';
const UPDATE = `mutation ($input: UpdateTaskInput!) { updateTask(input: $input) { ${FIELDS} } }`;
const COMPLETE = `mutation ($id: ID!) { completeTask(input: { id: $id }) { ${FIELDS} } }`;
const REOPEN = `mutation ($id: ID!) { reopenTask(input: { id: $id }) { ${FIELDS} } }`;
const ASSIGN = `mutation ($id: ID!, $to: ID) {
  assignTask(input: { id: $id, assigneeId: $to }) { ${FIELDS} } }`;

const createTask = async (task: object = {}) =>
  (await acme.createTasks(projectId, [{ title: 'task', ...task }]))[0] as string;
const read = async (id: string) =>
  (await acme.viewer.ask(`query ($id: ID!) { task(id: $id) { ${FIELDS} } }`, { id })).task;
const update = (input: object) => acme.member.send(UPDATE, { input });

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const upTo = (count: number) => times(count, (index) => index + 1);
const ascending = (a: number, b: number) => a - b;

/** The version that an answer of one mutation gives, which must have succeeded. */
function versionIn(answer: Answer): number {
  expect(answer.errors).toBeUndefined();
  return (Object.values(answer.data)[0] as { version: number }).version;
}

describe('an update with a stale version', () => {
  it('is refused with the row as it is now, in the form of the API', async () => {
    const id = await createTask({ priority: 2, status: 'in_progress' });
    const first = await update({
      id,
      version: 1,
      title: 'theirs',
      dueAt: '2030-01-01T00:00:00Z',
      assigneeId: acme.admin.id,
    });
    expect(versionIn(first)).toBe(2);
    const second = await update({ id, version: 1, title: 'mine' });
    expect(second.status).toBe(200);
    expect(second.data).toEqual({ updateTask: null });
    expect(second.errors).toHaveLength(1);
    expect(second.errors?.[0]).toMatchObject({ path: ['updateTask'] });
    expect(second.errors?.[0].extensions).toEqual({
      code: 'VERSION_CONFLICT',
      currentVersion: 2,
      current: {
        id,
        projectId,
        assigneeId: acme.admin.id,
        title: 'theirs',
        description: '',
        status: 'IN_PROGRESS',
        completed: false,
        priority: 'MEDIUM',
        dueAt: '2030-01-01T00:00:00.000Z',
        version: 2,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
        deletedAt: null,
      },
    });
    expect(await read(id)).toMatchObject({ title: 'theirs', version: 2 });
  });

  it('succeeds when it is sent again with what the refusal said', async () => {
    const id = await createTask();
    await update({ id, version: 1, title: 'theirs' });
    const refused = await update({ id, version: 1, description: 'mine' });
    const { currentVersion, current } = refused.errors?.[0].extensions ?? {};
    const { title, status, priority, dueAt, assigneeId, projectId: project } = current;
    const sent = { title, status, priority, dueAt, assigneeId, projectId: project };
    const again = await update({ id, version: currentVersion, ...sent, description: 'mine' });
    expect(again.data?.updateTask).toMatchObject({
      title: 'theirs',
      description: 'mine',
      version: 3,
    });
  });

  it.each([0, -1, 2, 2_147_483_647])(
    'is refused also when the version never was: %i',
    async (version) => {
      const id = await createTask();
      const refused = await update({ id, version, title: 'x' });
      expect(refused.errors?.[0].extensions).toMatchObject({
        code: 'VERSION_CONFLICT',
        currentVersion: 1,
      });
    },
  );

  it.each([
    ['deleteTask', false],
    ['restoreTask', true],
  ])('is refused by %s as well', async (field, deleted) => {
    const id = await createTask();
    const send = (name: string, version: number) =>
      acme.member.send(
        `mutation ($id: ID!, $version: Int!) {
          ${name}(input: { id: $id, version: $version }) { id version } }`,
        { id, version },
      );
    await update({ id, version: 1, title: 'newer' });
    if (deleted) await send('deleteTask', 2);
    const current = deleted ? 3 : 2;
    const refused = await send(field, 1);
    expect(refused.errors?.[0].extensions).toMatchObject({
      code: 'VERSION_CONFLICT',
      currentVersion: current,
      current: { id, deletedAt: deleted ? expect.any(String) : null },
    });
    expect((await send(field, current)).errors).toBeUndefined();
  });

  it('is refused for projects in the same way', async () => {
    const { id } = await acme.createProject('old name');
    const send = (field: string, version: number, rest = '') =>
      acme.admin.send(
        `mutation ($id: ID!, $version: Int!) {
          ${field}(input: { id: $id, version: $version ${rest} }) { id version } }`,
        { id, version },
      );
    await send('updateProject', 1, 'name: "new name"');
    for (const field of ['updateProject', 'deleteProject']) {
      const refused = await send(field, 1);
      expect(refused.errors?.[0].extensions).toEqual({
        code: 'VERSION_CONFLICT',
        currentVersion: 2,
        current: {
          id,
          ownerId: acme.owner.id,
          name: 'new name',
          description: '',
          version: 2,
          createdAt: expect.any(String),
          updatedAt: expect.any(String),
          deletedAt: null,
        },
      });
    }
    expect((await send('deleteProject', 2)).errors).toBeUndefined();
    const refused = await send('restoreProject', 2);
    expect(refused.errors?.[0].extensions).toMatchObject({
      code: 'VERSION_CONFLICT',
      currentVersion: 3,
    });
  });
});

describe('updates at the same time', () => {
  it('with the same version: exactly one wins', async () => {
    const id = await createTask();
    const answers = await Promise.all(
      times(AT_ONCE, (index) => update({ id, version: 1, title: `title ${index}` })),
    );
    const won = answers.filter(({ errors }) => !errors);
    expect(won).toHaveLength(1);
    for (const { errors } of answers) {
      if (errors)
        expect(errors[0].extensions).toMatchObject({ code: 'VERSION_CONFLICT', currentVersion: 2 });
    }
    expect(await read(id)).toEqual(won[0]?.data.updateTask);
  });

  it('of clients who merge and send again: nothing that anybody wrote is lost', async () => {
    const id = await createTask();
    const writers = 8;
    const append = async (line: string) => {
      let { version, description } = await read(id);
      for (;;) {
        const answer = await update({ id, version, description: `${description}${line};` });
        if (!answer.errors) return versionIn(answer);
        const { code, current } = answer.errors[0].extensions;
        expect(code).toBe('VERSION_CONFLICT');
        ({ version, description } = current);
      }
    };
    const versions = await Promise.all(times(writers, (index) => append(`line ${index}`)));
    expect(versions.sort(ascending)).toEqual(times(writers, (index) => index + 2));
    const { description, version } = await read(id);
    expect(version).toBe(writers + 1);
    expect(description.split(';').filter(Boolean).sort()).toEqual(
      times(writers, (index) => `line ${index}`),
    );
  });

  it('of one project: exactly one wins', async () => {
    const { id } = await acme.createProject('contested');
    const answers = await Promise.all(
      times(AT_ONCE, (index) =>
        acme.admin.send(
          `mutation ($id: ID!, $name: String!) {
            updateProject(input: { id: $id, version: 1, name: $name }) { name version } }`,
          { id, name: `name ${index}` },
        ),
      ),
    );
    const won = answers.filter(({ errors }) => !errors);
    expect(won).toHaveLength(1);
    expect(versionIn(won[0] as Answer)).toBe(2);
  });
});

describe('intents at the same time', () => {
  it('completeTask: all succeed, and the one change counts once', async () => {
    const id = await createTask();
    const answers = await Promise.all(times(AT_ONCE, () => acme.member.send(COMPLETE, { id })));
    expect(answers.map(versionIn)).toEqual(times(AT_ONCE, () => 2));
    expect(await read(id)).toMatchObject({ status: 'COMPLETED', version: 2 });
  });

  it('assignTask to one person: all succeed, and the one change counts once', async () => {
    const id = await createTask();
    const answers = await Promise.all(
      times(AT_ONCE, () => acme.member.send(ASSIGN, { id, to: people[0] })),
    );
    expect(answers.map(versionIn)).toEqual(times(AT_ONCE, () => 2));
  });

  it('assignTask to different people: all succeed, and every change counts', async () => {
    const id = await createTask();
    const answers = await Promise.all(people.map((to) => acme.member.send(ASSIGN, { id, to })));
    expect(answers.map(versionIn).sort(ascending)).toEqual(upTo(AT_ONCE).map((n) => n + 1));
    const last = answers.find(({ data }) => data.assignTask.version === AT_ONCE + 1);
    expect(await read(id)).toEqual(last?.data.assignTask);
  });

  it('completeTask against reopenTask: all succeed, and versions are never given twice', async () => {
    const id = await createTask();
    const answers = await Promise.all(
      times(AT_ONCE, (index) => acme.member.send(index % 2 ? COMPLETE : REOPEN, { id })),
    );
    const rows = new Map<number, Set<string>>();
    for (const answer of answers) {
      const { status } = Object.values(answer.data)[0] as { status: string };
      const seen = rows.get(versionIn(answer)) ?? new Set();
      rows.set(versionIn(answer), seen.add(status));
    }
    expect([...rows.values()].filter((statuses) => statuses.size > 1)).toEqual([]);
    // Every version stands for one change between the two states.
    const { version, status } = await read(id);
    expect(status).toBe(version % 2 ? 'PENDING' : 'COMPLETED');
  });

  it('among updates: only updates are refused, and the version counts every change', async () => {
    const id = await createTask();
    const [completed, assigned, updated] = await Promise.all([
      Promise.all(times(6, () => acme.member.send(COMPLETE, { id }))),
      Promise.all(people.slice(0, 7).map((to) => acme.member.send(ASSIGN, { id, to }))),
      Promise.all(times(7, (index) => update({ id, version: index + 1, title: `by ${index}` }))),
    ]);
    const intents = [...completed, ...assigned].map(versionIn);
    expect(intents).toHaveLength(13);
    const won = updated.filter(({ errors }) => !errors);
    const refused = updated.filter(({ errors }) => errors);
    for (const { errors } of refused) expect(errors?.[0].extensions.code).toBe('VERSION_CONFLICT');
    const final = await read(id);
    expect(final.version).toBe(1 + 1 + assigned.length + won.length);
    expect(final.status).toBe('COMPLETED');
    const newest = (answers: Answer[]) => answers.sort((a, b) => versionIn(b) - versionIn(a))[0];
    expect(final.assignee).toEqual(newest(assigned)?.data.assignTask.assignee);
    expect(final.title).toBe(newest(won)?.data.updateTask.title ?? 'task');
  });
});
