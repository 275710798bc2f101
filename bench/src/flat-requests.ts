import type { Client } from 'pg';
import { Asker } from './ask.ts';
import type { Call, Caller } from './calls.ts';
import { toBytes } from './connection.ts';
import type { Organization } from './data.ts';
import type { FlatDatabase } from './flat-databases.ts';
import { callerOf, findPlaces, PAGE_SIZE } from './places.ts';
import { encodeId } from './product.ts';
import { Random } from './random.ts';
import type { RunningServer } from './running-server.ts';
import { rowhouse } from './servers/rowhouse/index.ts';

export type FlatWorkload = 'project-read' | 'task-read' | 'list' | 'project-list';

export type Requests = readonly Buffer[];

/** Somebody who comes, and what of the organization this visit is about. */
interface Visit {
  readonly caller: Caller;
  readonly projectId: string;
  readonly taskId: string;
}

const TASK_READ = 'query Task($id: ID!) { task(id: $id) { id title status version } }';

const FIELDS = `nodes { id title status version createdAt } pageInfo { hasNextPage endCursor }`;
// No filter but the project: it reads as many rows as it shows, whatever share of tasks is pending.
const LIST = `query List($first: Int!) { tasks(first: $first) { ${FIELDS} } }`;
const PROJECT_LIST = `query ProjectList($first: Int!, $projectId: ID!) {
  tasks(first: $first, filter: { projectId: $projectId }) { ${FIELDS} }
}`;

/** The same visits for every workload, so that these ask as the same users. */
export async function requestsOf(
  { client }: FlatDatabase,
  organizations: readonly Organization[],
  count: number,
): Promise<Record<FlatWorkload, Requests>> {
  const visits = await visitsOf(client, organizations, count);
  const toRequests = (make: (visit: Visit) => Promise<Buffer>) => Promise.all(visits.map(make));
  return {
    'project-read': await toRequests(toProjectRead),
    'task-read': await toRequests(({ caller, taskId }) =>
      operationToBytes(caller, TASK_READ, { id: encodeId('task', taskId) }),
    ),
    list: await toRequests(({ caller }) => operationToBytes(caller, LIST, { first: PAGE_SIZE })),
    'project-list': await toRequests(({ caller, projectId }) =>
      operationToBytes(caller, PROJECT_LIST, {
        first: PAGE_SIZE,
        projectId: encodeId('proj', projectId),
      }),
    ),
  };
}

/** Project reads alone, for when there are many. */
export async function projectReadsOf(
  { client }: FlatDatabase,
  organizations: readonly Organization[],
  count: number,
): Promise<Requests> {
  return Promise.all((await visitsOf(client, organizations, count)).map(toProjectRead));
}

/** Lists of pending tasks of large organizations: the first page of each, and page 500 of the same. */
export async function deepRequestsOf(
  { data }: FlatDatabase,
  server: RunningServer,
  lists: number,
): Promise<{ first: Requests; deep: Requests }> {
  const asker = new Asker(server);
  try {
    const largeOrganizations = data.largeOrganizations.slice(0, lists);
    const { deepPages } = await findPlaces(asker, { ...data, largeOrganizations });
    return {
      first: await Promise.all(deepPages.map((page) => callToBytes({ ...page, after: null }))),
      deep: await Promise.all(deepPages.map(callToBytes)),
    };
  } finally {
    await asker.close();
  }
}

async function visitsOf(
  client: Client,
  organizations: readonly Organization[],
  count: number,
): Promise<Visit[]> {
  const random = new Random(7);
  const chosen = Array.from({ length: count }, () => {
    const organization = random.oneOf(organizations);
    return {
      caller: callerOf(organization, random),
      projectId: random.oneOf(organization.projectIds),
      share: random.below(1_000_000) / 1_000_000,
    };
  });
  // Tasks are spread evenly over 300 days, so that a random moment finds a random task.
  const { rows } = await client.query<{ taskId: string }>(
    `SELECT task.id AS "taskId"
     FROM unnest($1::uuid[], $2::float8[]) WITH ORDINALITY AS visit (org_id, share, place)
     CROSS JOIN LATERAL (
       SELECT id FROM tasks
       WHERE org_id = visit.org_id AND created_at >= timestamptz '2025-02-01Z' + share * interval '299 days'
       ORDER BY created_at, id LIMIT 1
     ) AS task
     ORDER BY place`,
    [chosen.map(({ caller }) => caller.orgId), chosen.map(({ share }) => share)],
  );
  return chosen.map(({ caller, projectId }, index) => {
    const taskId = rows[index]?.taskId;
    if (taskId === undefined || rows.length !== count) throw new Error('A visit has no task.');
    return { caller, projectId, taskId };
  });
}

function toProjectRead({ caller, projectId }: Visit): Promise<Buffer> {
  return callToBytes({ kind: 'point-read', caller, projectId });
}

async function callToBytes(call: Call): Promise<Buffer> {
  return toBytes(await rowhouse.request(call));
}

async function operationToBytes(
  caller: Caller,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<Buffer> {
  const request = await rowhouse.request({ kind: 'nested-list', caller });
  return toBytes({ ...request, body: JSON.stringify({ query, variables }) });
}
