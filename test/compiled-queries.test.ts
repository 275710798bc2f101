import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { type Answer, type Api, type Organization, startApi, unknownId } from './support/api.js';

/** The first answers are interpreted, the last ones come from the compiled query: see src/server. */
const TIMES = 6;

let api: Api;
let acme: Organization;
let globex: Organization;
let projectId: string;
let taskId: string;
let foreignId: string;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization('acme');
  globex = await api.createOrganization('globex');
  const project = await acme.createProject('north', 7);
  projectId = project.id;
  taskId = project.taskIds[0] as string;
  foreignId = (await globex.createProject('south', 1)).id;
});

afterAll(() => api?.close());

/** All of an answer but what is made anew for each request. */
const lasting = ({ status, text }: Answer) => ({
  status,
  text: text.replace(/"incidentId":"\w+"/, '"incidentId":"…"'),
});

/** Sends it so often that it must have been compiled; every answer must be the same, byte for byte. */
async function askAgainAndAgain(query: string, variables?: object) {
  const answers: Answer[] = [];
  for (let time = 0; time < TIMES; time++) answers.push(await acme.owner.send(query, variables));
  const [first, ...others] = answers.map(lasting);
  for (const other of others) expect(other).toEqual(first);
  return answers[0] as Answer;
}

/** What is asked for, and with which variables once there are rows. */
const cases = (...rows: [what: string, query: string, variables?: () => object][]) =>
  rows.map(([what, query, variables = () => ({})]) => ({ what, query, variables }));

describe('a query that comes again and again is answered as it was at first', () => {
  it.each(
    cases(
      [
        'a row',
        'query ($id: ID!) { project(id: $id) { id name version createdAt } }',
        () => ({ id: projectId }),
      ],
      [
        'an alias',
        'query ($id: ID!) { mine: project(id: $id) { key: id __typename } }',
        () => ({ id: projectId }),
      ],
      [
        'nested lists',
        '{ projects(first: 3) { nodes { name owner { name } tasks(first: 2) { edges { cursor node { title assignee { name } } } pageInfo { hasNextPage endCursor } } } } }',
      ],
      ['a count', '{ tasks(first: 1) { totalCount nodes { id } } projects { totalCount } }'],
      ['counts of rows', '{ projects { nodes { taskCounts { total pending overdue } } } }'],
      [
        'fragments',
        '{ projects { nodes { ...Head tasks { nodes { ...Task } } } } } fragment Head on Project { id name } fragment Task on Task { title project { ...Head } }',
      ],
      [
        'an interface',
        'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Project { name } ... on Task { title } } }',
        () => ({ ids: [projectId, taskId, unknownId('task')] }),
      ],
      [
        'a union',
        '{ search(text: "title") { edges { cursor } nodes { __typename ... on Task { title } ... on Project { name } } } }',
      ],
      [
        'a filter',
        'query ($f: TaskFilter) { tasks(filter: $f, orderBy: { field: TITLE, direction: DESC }) { nodes { title priority status dueAt } } }',
        () => ({ f: { or: [{ status: ['PENDING'] }, { not: { unassigned: true } }] } }),
      ],
      ['the schema', getIntrospectionQuery()],
      ['the caller', '{ viewer { id email role } organization { slug } }'],
      [
        'strings that look like code',
        '{ a: search(text: "`); process.exit(); (` \\"; throw 1; //") { nodes { __typename } } }',
      ],
    ),
  )('with $what', async ({ query, variables }) => {
    const { status, errors } = await askAgainAndAgain(query, variables());
    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
  });

  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('with fields that are included: %s, and skipped: %s', async (included, skipped) => {
    const query = `query ($id: ID!, $i: Boolean!, $s: Boolean!) {
      project(id: $id) { id name @include(if: $i) tasks @skip(if: $s) { nodes { title @include(if: $i) } } } }`;
    const { data } = await askAgainAndAgain(query, { id: projectId, i: included, s: skipped });
    expect('name' in data.project).toBe(included);
    expect('tasks' in data.project).toBe(!skipped);
  });

  it('each time with the variables of that time', async () => {
    const query = 'query ($id: ID!) { task(id: $id) { id } }';
    const { nodes } = (await acme.owner.ask('{ tasks { nodes { id } } }')).tasks;
    for (const { id } of nodes) {
      expect((await acme.owner.ask(query, { id })).task.id).toBe(id);
    }
    expect(nodes.length).toBeGreaterThan(TIMES);
  });
});

describe('a query that cannot be answered is refused in the same words each time', () => {
  it.each(
    cases(
      [
        'an unknown id',
        'query ($id: ID!) { project(id: $id) { name } }',
        () => ({ id: unknownId('proj') }),
      ],
      ['a foreign id', 'query ($id: ID!) { project(id: $id) { name } }', () => ({ id: foreignId })],
      [
        'a malformed id',
        'query ($id: ID!) { project(id: $id) { name } }',
        () => ({ id: 'proj_1' }),
      ],
      [
        'an id of another kind',
        'query ($id: ID!) { node(id: $id) { id } }',
        () => ({ id: 'cart_1' }),
      ],
      [
        'one of two fields',
        'query ($a: ID!, $b: ID!) { a: project(id: $a) { name } b: project(id: $b) { name } }',
        () => ({ a: projectId, b: foreignId }),
      ],
      ['a page that is too large', '{ projects(first: 101) { nodes { id } } }'],
      [
        'a nested page that is too large',
        '{ projects { nodes { tasks(first: 0) { nodes { id } } } } }',
      ],
      ['a cursor that nobody made', '{ tasks(after: "x") { nodes { id } } }'],
      [
        'text that is too long',
        'query ($t: String!) { search(text: $t) { nodes { __typename } } }',
        () => ({ t: 'x'.repeat(300) }),
      ],
      [
        'a filter with faults',
        'query ($f: TaskFilter) { tasks(filter: $f) { nodes { id } } }',
        () => ({ f: { projectId: 'x', text: '', and: [{ assigneeId: 'y' }] } }),
      ],
      [
        'a rule of an argument',
        'query ($f: ProjectFilter) { projects(filter: $f) { nodes { id } } }',
        () => ({ f: { text: '', ownerId: 'z' } }),
      ],
      ['a variable that is missing', 'query ($id: ID!) { project(id: $id) { name } }'],
      [
        'a variable of another type',
        'query ($n: Int) { projects(first: $n) { nodes { id } } }',
        () => ({ n: 'many' }),
      ],
      [
        'null where a default stands',
        'query ($o: ProjectOrder = { field: NAME }) { projects(orderBy: $o) { nodes { id } } }',
        () => ({ o: null }),
      ],
      [
        'an enum that there is not',
        'query ($o: ProjectOrder!) { projects(orderBy: $o) { nodes { id } } }',
        () => ({ o: { field: 'SIZE' } }),
      ],
    ),
  )('$what', async ({ query, variables }) => {
    const { errors } = await askAgainAndAgain(query, variables());
    expect(errors?.length).toBeGreaterThan(0);
  });

  it('who is not signed in', async () => {
    const answers: Answer[] = [];
    for (let time = 0; time < TIMES; time++) answers.push(await api.send('{ viewer { id } }'));
    for (const answer of answers) {
      expect(lasting(answer)).toEqual(lasting(answers[0] as Answer));
      expect(answer.status).toBe(401);
    }
  });
});
