import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Api, type Organization, startApi } from './support/api.js';
import { refuseFirstTries, takeTries } from './support/first-tries.js';

let api: Api;
let acme: Organization;
let projectId: string;

beforeAll(async () => {
  api = await startApi({
    prepare: (database) => refuseFirstTries(database, { table: 'tasks', column: 'title' }),
  });
  acme = await api.createOrganization();
});

beforeEach(async () => {
  ({ id: projectId } = await acme.createProject());
});

afterAll(() => api?.close());

const UNAVAILABLE = { code: 'UNAVAILABLE', retryable: true };

const create = (title: string) =>
  acme.member.send('mutation ($in: CreateTaskInput!) { createTask(input: $in) { title } }', {
    in: { projectId, title },
  });

const createBoth = (first: string, second: string) =>
  acme.member.send(
    `mutation ($first: CreateTaskInput!, $second: CreateTaskInput!) {
      first: createTask(input: $first) { title }
      second: createTask(input: $second) { title }
    }`,
    { first: { projectId, title: first }, second: { projectId, title: second } },
  );

const titles = async (): Promise<string[]> => {
  const { project } = await acme.member.ask(
    'query ($id: ID!) { project(id: $id) { tasks(first: 100) { nodes { title } } } }',
    { id: projectId },
  );
  return project.tasks.nodes.map(({ title }: { title: string }) => title).sort();
};

const tries = () => takeTries(api.database);

describe('a mutation that PostgreSQL ends because it has waited in a circle', () => {
  it('is run again, and done once', async () => {
    expect(await create('deadlock-2')).toMatchObject({
      status: 200,
      data: { createTask: { title: 'deadlock-2' } },
      errors: undefined,
    });
    expect([await tries(), await titles()]).toEqual([3, ['deadlock-2']]);
  });

  it('is run again with all of its fields, each of which is done once', async () => {
    const { data, errors } = await createBoth('before', 'deadlock-1');
    expect(errors).toBeUndefined();
    expect(data).toEqual({ first: { title: 'before' }, second: { title: 'deadlock-1' } });
    expect([await tries(), await titles()]).toEqual([2, ['before', 'deadlock-1']]);
  });

  it('is run again when that came with COMMIT', async () => {
    const { data, errors } = await create('late-deadlock-1');
    expect([data, errors]).toEqual([{ createTask: { title: 'late-deadlock-1' } }, undefined]);
    expect([await tries(), await titles()]).toEqual([2, ['late-deadlock-1']]);
  });

  it('is UNAVAILABLE after three tries, of which the last keeps the other fields', async () => {
    const { status, data, errors } = await createBoth('deadlock-99', 'behind');
    expect([status, data]).toEqual([200, { first: null, second: { title: 'behind' } }]);
    expect(errors).toMatchObject([{ path: ['first'], extensions: UNAVAILABLE }]);
    expect([await tries(), await titles()]).toEqual([3, ['behind']]);
  });

  it('is UNAVAILABLE as a whole when COMMIT was in vain three times', async () => {
    const { status, data, errors } = await createBoth('late-deadlock-99', 'behind');
    expect([status, data]).toEqual([503, null]);
    expect(errors).toMatchObject([{ extensions: UNAVAILABLE }]);
    expect([await tries(), await titles()]).toEqual([3, []]);
  });

  it('is not run again behind a field that has worked in a transaction of its own', async () => {
    const { data, errors } = await acme.member.send(
      `mutation ($input: RequestPasswordResetInput!, $in: CreateTaskInput!) {
        requestPasswordReset(input: $input)
        createTask(input: $in) { title }
      }`,
      {
        input: { organization: acme.slug, email: acme.member.email },
        in: { projectId, title: 'deadlock-1' },
      },
    );
    expect(data).toMatchObject({ createTask: null });
    expect(errors).toMatchObject([{ path: ['createTask'], extensions: UNAVAILABLE }]);
    expect([await tries(), await titles()]).toEqual([1, []]);
    // Said to be retryable, and so it is.
    await create('deadlock-1');
    expect(await titles()).toEqual(['deadlock-1']);
  });
});
