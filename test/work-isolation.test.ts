import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { type Api, type Organization, startApi, unknownId } from './support/api.js';

type Kind = 'org' | 'user' | 'proj' | 'task';

let api: Api;
let acme: Organization;
let globex: Organization;
let own: Record<Kind, string>;
/** Of globex, for whom acme must not exist either. */
let foreign: Record<Kind, string>;

beforeAll(async () => {
  api = await startApi();
  [acme, globex] = [await api.createOrganization(), await api.createOrganization()];
  [own, foreign] = [await furnish(acme), await furnish(globex)];
});

afterAll(() => api?.close());

async function furnish(organization: Organization): Promise<Record<Kind, string>> {
  const project = await organization.createProject('project', 1);
  return {
    org: organization.id,
    user: organization.member.id,
    proj: project.id,
    task: project.taskIds[0] as string,
  };
}

/** Every place in which an operation takes an id; `$id` is what stands there. */
const OPERATIONS: [operation: string, kind: Kind][] = [
  ['query ($id: ID!) { user(id: $id) { id email } }', 'user'],
  ['query ($id: ID!) { project(id: $id) { id name tasks { totalCount } } }', 'proj'],
  ['query ($id: ID!) { task(id: $id) { id title project { id } } }', 'task'],
  ['query ($id: ID!) { node(id: $id) { id } }', 'org'],
  ['query ($id: ID!) { node(id: $id) { id } }', 'user'],
  ['query ($id: ID!) { node(id: $id) { id } }', 'proj'],
  ['query ($id: ID!) { node(id: $id) { id } }', 'task'],
  ['query ($id: ID!) { nodes(ids: [$id]) { id } }', 'org'],
  ['query ($id: ID!) { nodes(ids: [$id]) { id } }', 'user'],
  ['query ($id: ID!) { nodes(ids: [$id]) { id } }', 'proj'],
  ['query ($id: ID!) { nodes(ids: [$id]) { id } }', 'task'],
  ['query ($id: ID!) { tasks(filter: { projectId: $id }) { totalCount nodes { id } } }', 'proj'],
  ['query ($id: ID!) { tasks(filter: { assigneeId: $id }) { totalCount nodes { id } } }', 'user'],
  ['query ($id: ID!) { tasks(filter: { not: { projectId: $id } }) { nodes { id } } }', 'proj'],
  ['query ($id: ID!) { projects(filter: { ownerId: $id }) { totalCount nodes { id } } }', 'user'],
  [
    'query ($id: ID!) { viewer { assignedTasks(filter: { projectId: $id }) { totalCount } } }',
    'proj',
  ],
  ['query ($id: ID!) { viewer { projects(filter: { ownerId: $id }) { totalCount } } }', 'user'],
  ['mutation ($id: ID!) { createProject(input: { name: "x", ownerId: $id }) { id } }', 'user'],
  [
    'mutation ($id: ID!) { updateProject(input: { id: $id, version: 1, name: "x" }) { id } }',
    'proj',
  ],
  [
    'mutation ($id: ID!, $proj: ID!) { updateProject(input: { id: $proj, version: 1, ownerId: $id }) { id } }',
    'user',
  ],
  ['mutation ($id: ID!) { deleteProject(input: { id: $id, version: 1 }) { id } }', 'proj'],
  ['mutation ($id: ID!) { restoreProject(input: { id: $id, version: 1 }) { id } }', 'proj'],
  ['mutation ($id: ID!) { createTask(input: { projectId: $id, title: "x" }) { id } }', 'proj'],
  [
    'mutation ($id: ID!, $proj: ID!) { createTask(input: { projectId: $proj, title: "x", assigneeId: $id }) { id } }',
    'user',
  ],
  ['mutation ($id: ID!) { updateTask(input: { id: $id, version: 1, title: "x" }) { id } }', 'task'],
  [
    'mutation ($id: ID!, $task: ID!) { updateTask(input: { id: $task, version: 1, projectId: $id }) { id } }',
    'proj',
  ],
  [
    'mutation ($id: ID!, $task: ID!) { updateTask(input: { id: $task, version: 1, assigneeId: $id }) { id } }',
    'user',
  ],
  ['mutation ($id: ID!) { completeTask(input: { id: $id }) { id } }', 'task'],
  ['mutation ($id: ID!) { reopenTask(input: { id: $id }) { id } }', 'task'],
  ['mutation ($id: ID!) { assignTask(input: { id: $id }) { id } }', 'task'],
  [
    'mutation ($id: ID!, $task: ID!) { assignTask(input: { id: $task, assigneeId: $id }) { id } }',
    'user',
  ],
  ['mutation ($id: ID!) { deleteTask(input: { id: $id, version: 1 }) { id } }', 'task'],
  ['mutation ($id: ID!) { restoreTask(input: { id: $id, version: 1 }) { id } }', 'task'],
];

/** Every row of every table, as the backup sees them. */
const everything = () =>
  withAdminConnection(api.database.backupUrl, async (client) => {
    const tables = ['organizations', 'users', 'projects', 'tasks'];
    const rows: unknown[] = [];
    for (const table of tables) {
      rows.push((await client.query(`SELECT * FROM ${table} ORDER BY id`)).rows);
    }
    return rows;
  });

describe('an id of another organization', () => {
  it.each(OPERATIONS)('is answered like one that nothing has: %s (%s)', async (operation, kind) => {
    const before = await everything();
    const { proj, task } = own;
    const used = {
      ...(operation.includes('$proj') && { proj }),
      ...(operation.includes('$task') && { task }),
    };
    const ask = async (id: string) => {
      const { status, text } = await acme.owner.send(operation, { ...used, id });
      return { status, text: text.replaceAll(id, '<id>') };
    };
    expect(await ask(foreign[kind])).toEqual(await ask(unknownId(kind)));
    expect(await everything()).toEqual(before);
  });

  it('is one that its own organization can use', async () => {
    for (const kind of ['org', 'user', 'proj', 'task'] as const) {
      const { node } = await globex.viewer.ask('query ($id: ID!) { node(id: $id) { id } }', {
        id: foreign[kind],
      });
      expect(node.id).toBe(foreign[kind]);
    }
  });

  it('stands in a place that the list above knows', async () => {
    const { data } = await api.send(
      `{ __schema { types { kind fields { name args { name type { ...T } } }
        inputFields { name type { ...T } } } } }
      fragment T on __Type { name ofType { name ofType { name ofType { name } } } }`,
    );
    interface Place {
      name: string;
      type: { name: string | null; ofType: Place['type'] | null };
    }
    const takesId = ({ type }: Place): boolean => {
      for (let inner: Place['type'] | null = type; inner; inner = inner.ofType) {
        if (inner.name === 'ID') return true;
      }
      return false;
    };
    const places = new Set<string>();
    for (const { fields, inputFields } of data.__schema.types) {
      const args = (fields ?? []).flatMap(({ args: own }: { args: Place[] }) => own);
      for (const place of [...args, ...(inputFields ?? [])]) {
        if (takesId(place)) places.add(place.name);
      }
    }
    // A new name here is a new place above.
    expect([...places].sort()).toEqual(['assigneeId', 'id', 'ids', 'ownerId', 'projectId']);
  });
});

describe('two organizations', () => {
  it('see nothing of each other in any list', async () => {
    const { tasks, projects, users, organization } = await acme.viewer.ask(`{
      organization { id }
      users { totalCount nodes { id } }
      projects { totalCount nodes { id tasks { totalCount } taskCounts { total } } }
      tasks { totalCount nodes { id } }
    }`);
    expect(organization.id).toBe(acme.id);
    expect(users.totalCount).toBe(4);
    expect(projects).toEqual({
      totalCount: 1,
      nodes: [{ id: own.proj, tasks: { totalCount: 1 }, taskCounts: { total: 1 } }],
    });
    expect(tasks).toEqual({ totalCount: 1, nodes: [{ id: own.task }] });
  });

  it('can have the same e-mail addresses, names and titles', async () => {
    const account = {
      email: 'same@example.com',
      name: 'Same',
      role: 'MEMBER',
      password: 'x'.repeat(12),
    };
    const answers = [];
    for (const { admin } of [acme, globex]) {
      answers.push(
        await admin.ask(
          'mutation ($input: CreateUserInput!) { createUser(input: $input) { email name role } }',
          { input: account },
        ),
      );
    }
    expect(answers[0]).toEqual({
      createUser: { email: 'same@example.com', name: 'Same', role: 'MEMBER' },
    });
    expect(answers[1]).toEqual(answers[0]);
  });

  it('cannot have the same slug', async () => {
    await expect(api.createOrganization(acme.slug)).rejects.toMatchObject({ sqlState: '23505' });
  });
});
