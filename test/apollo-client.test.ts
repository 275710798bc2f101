import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { relayStylePagination } from '@apollo/client/utilities';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Api, type Organization, type Person, startApi } from './support/api.js';

let api: Api;
let acme: Organization;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization();
});

afterAll(() => api?.close());

/** Apollo Client as a frontend sets it up. */
function clientOf({ token }: Pick<Person, 'token'>, useGETForQueries = false) {
  return new ApolloClient({
    cache: new InMemoryCache({
      possibleTypes: { Node: ['Organization', 'User', 'Project', 'Task'] },
      typePolicies: { Query: { fields: { tasks: relayStylePagination(['filter', 'orderBy']) } } },
    }),
    link: new HttpLink({
      uri: `${api.url}/graphql`,
      headers: { authorization: `Bearer ${token}` },
      useGETForQueries,
    }),
  });
}

const TASKS = gql`
  query Tasks($first: Int!, $after: String) {
    tasks(first: $first, after: $after, orderBy: { field: TITLE }) {
      edges { cursor node { id title } }
      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
    }
  }
`;

interface TaskPage {
  tasks: {
    edges: { node: { title: string } }[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
  };
}

const RENAME = gql`
  mutation Rename($input: UpdateTaskInput!) {
    updateTask(input: $input) { id title version }
  }
`;

describe('Apollo Client', () => {
  it('fetches more and more of a list into one', async () => {
    await acme.createProject('paged', 7);
    const client = clientOf(acme.viewer);
    const variables = { first: 3 };
    const list = client.watchQuery<TaskPage>({ query: TASKS, variables });
    let page = await list.refetch();
    while (page.data?.tasks.pageInfo.hasNextPage) {
      const after = page.data.tasks.pageInfo.endCursor;
      page = await list.fetchMore({ variables: { after } });
    }
    const cached = client.readQuery<TaskPage>({ query: TASKS, variables });
    expect(cached?.tasks.edges.map(({ node }) => node.title)).toEqual(
      Array.from({ length: 7 }, (_, index) => `task ${index + 1}`),
    );
    client.stop();
  });

  it('shows a mutation in every list that holds the entity, by its id', async () => {
    const { taskIds } = await acme.createProject('cached', 1);
    const client = clientOf(acme.member);
    const query = gql`query ($id: ID!) { node(id: $id) { id ... on Task { title } } }`;
    const variables = { id: taskIds[0] };
    await client.query({ query, variables });
    const input = { id: taskIds[0], version: 1, title: 'renamed' };
    await client.mutate({ mutation: RENAME, variables: { input } });
    expect(client.readQuery({ query, variables })).toMatchObject({ node: { title: 'renamed' } });
    client.stop();
  });

  it('gets a conflict as an error with the current row', async () => {
    const { taskIds } = await acme.createProject('contested', 1);
    const client = clientOf(acme.member);
    const rename = (title: string) =>
      client.mutate({
        mutation: RENAME,
        variables: { input: { id: taskIds[0], version: 1, title } },
      });
    await rename('first');
    const error = await rename('second').catch((thrown) => thrown);
    expect(CombinedGraphQLErrors.is(error)).toBe(true);
    expect(error.errors[0].extensions).toMatchObject({
      code: 'VERSION_CONFLICT',
      currentVersion: 2,
      current: { id: taskIds[0], title: 'first' },
    });
    client.stop();
  });

  it('may send its queries by GET', async () => {
    const client = clientOf(acme.viewer, true);
    const { data } = await client.query<{ viewer: { email: string } }>({
      query: gql`query { viewer { id email } }`,
    });
    expect(data?.viewer.email).toBe(acme.viewer.email);
    client.stop();
  });

  it('gets the reason of a refused token, not a broken response', async () => {
    const client = clientOf({ token: 'a.b.c' });
    const error = await client
      .query({ query: gql`query { viewer { id } }` })
      .catch((thrown) => thrown);
    expect(error.message).toContain('Sign in again');
    client.stop();
  });
});
