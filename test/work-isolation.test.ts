import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Api, type Organization, startApi } from './support/api.js';

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

/** What one does with the ids of the other: test/isolation-attacks.test.ts tries all of it. */
describe('an id of another organization', () => {
  it('is one that its own organization can use', async () => {
    for (const kind of ['org', 'user', 'proj', 'task'] as const) {
      const { node } = await globex.viewer.ask('query ($id: ID!) { node(id: $id) { id } }', {
        id: foreign[kind],
      });
      expect(node.id).toBe(foreign[kind]);
    }
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
