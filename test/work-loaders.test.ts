import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEnvironment } from '../src/config/environment.js';
import { type Api, type Organization, startApi } from './support/api.js';
import { statementsOf } from './support/statements.js';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field.
type Json = any;

let api: Api;
let acme: Organization;

beforeAll(async () => {
  const { limits } = readEnvironment({}).server;
  api = await startApi({ server: { limits: { ...limits, cost: 100_000 } } });
  acme = await api.createOrganization();
  for (let index = 0; index < 100; index++) await acme.createProject(`project ${index}`, 6);
});

afterAll(() => api?.close());

const NESTED = `query ($first: Int!) {
  projects(first: $first) {
    totalCount
    nodes {
      id name
      owner { id name assignedTasks(first: 1) { nodes { id } } projects(first: 2) { totalCount } }
      taskCounts { total pending overdue }
      tasks(first: 5) { totalCount nodes { id title assignee { id name } project { id } } }
    }
  }
}`;

describe('nested lists', () => {
  it('cost the same number of statements for 100 projects as for 1', async () => {
    const one = await statementsOf(() => acme.viewer.ask(NESTED, { first: 1 }));
    const hundred = await statementsOf(async () => {
      const { projects } = await acme.viewer.ask(NESTED, { first: 100 });
      expect(projects.nodes).toHaveLength(100);
      expect(projects.totalCount).toBe(100);
      expect(projects.nodes[42].tasks.nodes).toHaveLength(5);
      expect(projects.nodes[42].tasks.totalCount).toBe(6);
    });
    expect(hundred).toHaveLength(one.length);
    // BEGIN with its context, the session, COMMIT, and one statement per list, loader and count.
    expect(hundred.length).toBeLessThanOrEqual(13);
  });

  it('ask for the beginning, the context and the first statement in one go, and the session with them', async () => {
    const statements = await statementsOf(() => acme.viewer.ask('{ viewer { id } }'));
    expect(statements).toHaveLength(4);
    expect(statements[0]).toMatch(
      /^BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL app\.current_org = '[^']+'; SET LOCAL/,
    );
    expect(statements[1]).toContain('from "sessions"');
    expect(statements.at(-1)).toBe('COMMIT');
  });

  it('open no transaction for introspection and __typename', async () => {
    expect(await statementsOf(() => acme.viewer.ask('{ __typename }'))).toEqual([]);
    expect(await statementsOf(() => acme.viewer.ask('{ __schema { types { name } } }'))).toEqual(
      [],
    );
  });
});

describe('the number of statements', () => {
  /** Sends the operation twice, for few rows and for many, and gives the statements of each. */
  const fewAndMany = async (
    operation: string,
    few: object,
    many: object,
    count: (data: Json) => number,
  ) => {
    const found: number[] = [];
    const statements = [];
    for (const variables of [few, many]) {
      statements.push(
        await statementsOf(async () => {
          found.push(count(await acme.viewer.ask(operation, variables)));
        }),
      );
    }
    return { found, few: statements[0] as string[], many: statements[1] as string[] };
  };

  it('is the same for 100 tasks with project, owner and assignee as for 1', async () => {
    const { id } = await acme.createProject('assigned');
    await acme.createTasks(
      id,
      Array.from({ length: 3 }, () => ({ assigneeId: acme.admin.id })),
    );
    const { found, few, many } = await fewAndMany(
      `query ($first: Int!, $assignee: ID) {
        tasks(first: $first, filter: { assigneeId: $assignee }) {
          nodes { id project { name owner { name } } assignee { name } } } }`,
      { first: 1, assignee: acme.admin.id },
      { first: 100 },
      ({ tasks }) => tasks.nodes.length,
    );
    expect(found).toEqual([1, 100]);
    // BEGIN, session, tasks, projects, owners and assignees (which may share one), COMMIT.
    for (const statements of [few, many]) expect(statements.length).toBeLessThanOrEqual(7);
  });

  it('is the same for a search with 50 hits as for one with 2', async () => {
    const { id } = await acme.createProject('quarry');
    const assigneeId = acme.member.id;
    await acme.createTasks(
      id,
      Array.from({ length: 60 }, () => ({ title: 'quarry', assigneeId })),
    );
    const { found, few, many } = await fewAndMany(
      `query ($first: Int!) {
        search(text: "quarry", first: $first) { totalCount nodes {
          ... on Task { title project { name } assignee { name } }
          ... on Project { name owner { name } taskCounts { total } } } } }`,
      { first: 2 },
      { first: 50 },
      ({ search }) => search.nodes.length,
    );
    expect(found).toEqual([2, 50]);
    // BEGIN, hits, count, tasks, projects, users, task counts, COMMIT.
    for (const statements of [few, many]) expect(statements.length).toBeLessThanOrEqual(9);
  });

  it('is the same for 30 nodes of every kind as for one of each', async () => {
    const { id, taskIds } = await acme.createProject('nodes', 12);
    const people = [acme.owner, acme.admin, acme.member, acme.viewer].map((person) => person.id);
    const kinds = [acme.id, id, acme.owner.id, taskIds[0]];
    const other = await acme.createProject('other', 12);
    const thirty = [...taskIds, ...other.taskIds, ...people, id, acme.id];
    const { found, few, many } = await fewAndMany(
      `query ($ids: [ID!]!) { nodes(ids: $ids) {
        id ... on Task { project { name } } ... on Project { owner { name } } } }`,
      { ids: kinds },
      { ids: thirty },
      ({ nodes }) => nodes.filter(Boolean).length,
    );
    expect(found).toEqual([4, 30]);
    expect(many.length).toBeLessThanOrEqual(few.length + 1);
    expect(many.length).toBeLessThanOrEqual(8);
  });

  it('is the same for the tasks and projects of 50 users as for those of 1', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, n) => acme.createPerson('member', `m${n}`)));
    const { found, few, many } = await fewAndMany(
      `query ($first: Int!) { users(first: $first) { nodes {
        assignedTasks(first: 3) { totalCount nodes { title project { name } } }
        projects(first: 3) { totalCount nodes { name taskCounts { total } } } } } }`,
      { first: 1 },
      { first: 50 },
      ({ users }) => users.nodes.length,
    );
    expect(found).toEqual([1, 50]);
    expect(many.length).toBeLessThanOrEqual(few.length + 1);
    expect(many.length).toBeLessThanOrEqual(10);
  });

  it('does not grow with aliases of the same list', async () => {
    const list = 'tasks(first: 2) { nodes { title } }';
    const statements = await statementsOf(() =>
      acme.viewer.ask(`{ projects(first: 50) { nodes { a: ${list} b: ${list} c: ${list} } } }`),
    );
    expect(statements).toHaveLength(5);
  });

  it.each([
    ['completeTask', (id: string) => `completeTask(input: { id: "${id}" }) { version }`],
    [
      'updateTask',
      (id: string) => `updateTask(input: { id: "${id}", version: 1, title: "x" }) { version }`,
    ],
  ])('of %s is small', async (_name, field) => {
    const { taskIds } = await acme.createProject('written', 1);
    const statements = await statementsOf(() =>
      acme.member.ask(`mutation { ${field(taskIds[0] as string)} }`),
    );
    // BEGIN, the session, what it reads, what it writes, COMMIT.
    expect(statements.length).toBeLessThanOrEqual(5);
  });
});
