import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Api, type Organization, startApi, unknownId } from './support/api.js';

/** The first answer goes through Apollo Server, the last ones don't: see src/server. */
const TIMES = 4;

let api: Api;
let acme: Organization;
let globex: Organization;
let projectId: string;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization('acme');
  globex = await api.createOrganization('globex');
  projectId = (await acme.createProject('north', 3)).id;
  await globex.createProject('south', 2);
});

afterAll(() => api?.close());

interface Sent {
  body: object | string;
  headers?: Record<string, string>;
}

async function send({ body, headers = {} }: Sent, organization = acme) {
  const response = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${organization.member.token}`,
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const heads = Object.fromEntries(response.headers);
  const { date: _date, 'x-request-id': _id, ...lasting } = heads;
  return { status: response.status, headers: lasting, text: await response.text() };
}

/** Sends it so often that it must be known; every answer must be the same, head and body. */
async function sendAgainAndAgain(sent: Sent) {
  const first = await send(sent);
  for (let time = 1; time < TIMES; time++) expect(await send(sent)).toEqual(first);
  return first;
}

const QUERY = 'query Names($first: Int) { projects(first: $first) { nodes { name } } }';
const TWO = 'query One { viewer { role } } query Two { organization { slug } }';

describe('a request that comes again is answered as it was at first', () => {
  it.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['application/graphql-response+json', 'application/graphql-response+json'],
    [
      'application/graphql-response+json, application/json;q=0.9',
      'application/graphql-response+json',
    ],
    ['application/json, application/graphql-response+json;q=0.1', 'application/json'],
    ['text/html, */*;q=0.1', 'application/json'],
  ])('to a client that accepts %s, as %s', async (accept, type) => {
    const headers = accept === undefined ? {} : { accept };
    const { status, headers: head } = await sendAgainAndAgain({ body: { query: QUERY }, headers });
    expect(status).toBe(200);
    expect(head['content-type']).toBe(`${type}; charset=utf-8`);
    expect(head['cache-control']).toBe('no-store');
  });

  it.each<[string, object]>([
    ['no variables', { query: QUERY }],
    ['null for variables', { query: QUERY, variables: null, operationName: null }],
    ['its name', { query: QUERY, operationName: 'Names', variables: { first: 1 } }],
    ['extensions', { query: QUERY, extensions: { clientLibrary: { name: 'a client' } } }],
    ['properties that mean nothing', { query: QUERY, id: 7 }],
    ['one of two operations', { query: TWO, operationName: 'One' }],
    ['the other of two operations', { query: TWO, operationName: 'Two' }],
  ])('with %s', async (_what, body) => {
    const { status, text } = await sendAgainAndAgain({ body });
    expect({ status, errors: JSON.parse(text).errors }).toEqual({ status: 200, errors: undefined });
  });

  it.each<[string, object | string, number]>([
    ['variables that do not fit', { query: QUERY, variables: { first: 'many' } }, 400],
    ['variables that are text', { query: QUERY, variables: '{"first":1}' }, 400],
    ['variables that are a list', { query: QUERY, variables: [1] }, 400],
    ['two operations and no name', { query: TWO }, 400],
    ['a name that is in no operation', { query: QUERY, operationName: 'Others' }, 400],
    ['an empty name', { query: TWO, operationName: '' }, 400],
    ['a name that is a number', { query: QUERY, operationName: 1 }, 400],
    ['extensions that are text', { query: QUERY, extensions: '{}' }, 400],
    ['a persisted query', { query: QUERY, extensions: { persistedQuery: { version: 1 } } }, 200],
    ['an invalid document', { query: '{ nothing }' }, 400],
    ['a list of requests', [{ query: QUERY }], 400],
    ['text that is no JSON', '{ projects }', 400],
    [
      'what costs too much',
      {
        query:
          '{ projects(first: 100) { nodes { tasks(first: 100) { nodes { project { tasks(first: 100) { nodes { id } } } } } } } }',
      },
      400,
    ],
  ])('with %s, which is refused', async (_what, body, status) => {
    await sendAgainAndAgain({ body: { query: QUERY } });
    const refused = await sendAgainAndAgain({ body });
    expect(refused.status).toBe(status);
    expect(JSON.parse(refused.text).errors).toHaveLength(1);
  });

  it('to a client that accepts none of it, which is refused before anything is changed', async () => {
    const body = {
      query: `mutation { createTask(input: { projectId: "${projectId}", title: "refused" }) { id } }`,
    };
    const before = await acme.owner.ask('{ tasks { totalCount } }');
    await send({ body });
    const refused = await sendAgainAndAgain({ body, headers: { accept: 'text/csv' } });
    expect(refused.status).toBe(406);
    const after = await acme.owner.ask('{ tasks { totalCount } }');
    expect(after.tasks.totalCount).toBe(before.tasks.totalCount + 1);
  });

  it('where fields of it fail', async () => {
    const query =
      'query ($a: ID!, $b: ID!) { a: project(id: $a) { name } b: project(id: $b) { name } }';
    const some = await sendAgainAndAgain({
      body: { query, variables: { a: projectId, b: unknownId('proj') } },
    });
    expect(some.status).toBe(200);
    expect(some.text).toMatch(/^{"errors":\[.*"data":{"a":{"name":"north"},"b":null}/);
  });

  it('where nobody is signed in', async () => {
    const headers = { authorization: 'Bearer of nothing' };
    expect((await sendAgainAndAgain({ body: { query: QUERY }, headers })).status).toBe(401);
    const query = '{ __typename }';
    const anonymous = await api.send(query);
    expect((await api.send(query)).text).toBe(anonymous.text);
  });
});

describe('a request that comes again', () => {
  it('has the variables of its time', async () => {
    for (const first of [1, 2, 3]) {
      const query = 'query Titles($first: Int) { tasks(first: $first) { nodes { title } } }';
      const { text } = await send({ body: { query, variables: { first } } });
      expect(JSON.parse(text).data.tasks.nodes).toHaveLength(first);
    }
  });

  it('is answered to each organization with its own', async () => {
    for (let time = 0; time < TIMES; time++) {
      const names = async (who: Organization) =>
        JSON.parse((await send({ body: { query: QUERY } }, who)).text).data.projects.nodes;
      expect(await names(acme)).toEqual([{ name: 'north' }]);
      expect(await names(globex)).toEqual([{ name: 'south' }]);
    }
  });

  it('changes something each time, where it is a mutation', async () => {
    const query = `mutation Add($title: String!) {
      createTask(input: { projectId: "${projectId}", title: $title }) { title } }`;
    const titles = ['one', 'two', 'three'];
    for (const title of titles) {
      const { text } = await send({ body: { query, variables: { title } } });
      expect(JSON.parse(text).data.createTask.title).toBe(title);
    }
  });
});
