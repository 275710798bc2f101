import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { PERMISSIONS, type Permission } from '../src/identity/index.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import {
  type Answer,
  type Api,
  type Organization,
  type Person,
  startApi,
  unknownId,
} from './support/api.js';
import { overlapping } from './support/overlap.js';
import { statementsOf } from './support/statements.js';

let api: Api;
/** A new one for each test: roles and people change. */
let acme: Organization;

beforeAll(async () => {
  api = await startApi();
});

beforeEach(async () => {
  acme = await api.createOrganization();
});

afterAll(() => api?.close());

const GRANTABLE = PERMISSIONS.filter((permission) => permission !== 'organization:write');

const ROLE = 'id name permissions version userCount';
const CREATE = `mutation ($input: CreateRoleInput!) { createRole(input: $input) { ${ROLE} } }`;
const UPDATE = `mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { ${ROLE} } }`;
const REMOVE = 'mutation ($input: RemoveRoleInput!) { removeRole(input: $input) { id name } }';
const CHANGE = `mutation ($input: ChangeUserRoleInput!) {
  changeUserRole(input: $input) { id role permissions customRole { id name } } }`;
const CREATE_USER = `mutation ($input: CreateUserInput!) {
  createUser(input: $input) { id role permissions customRole { id } } }`;
const TASK = `mutation ($input: CreateTaskInput!) { createTask(input: $input) { id } }`;
const REFRESH = `mutation ($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { accessToken refreshToken } }`;
const CAN = 'query ($permission: String!, $on: ID) { can(permission: $permission, on: $on) }';

interface Role {
  id: string;
  name: string;
  permissions: Permission[];
  version: number;
  userCount: number;
}

async function makeRole(
  permissions: Permission[],
  name = 'Support',
  who: Person = acme.owner,
): Promise<Role> {
  const { createRole } = await who.ask(CREATE, { input: { name, permissions } });
  return createRole;
}

const give = (who: Person, user: Person, customRoleId: string) =>
  who.send(CHANGE, { input: { userId: user.id, customRoleId } });
const giveBuiltIn = (who: Person, user: Person, role: string) =>
  who.send(CHANGE, { input: { userId: user.id, role } });
const update = (who: Person, { id, version }: Role, changes: object) =>
  who.send(UPDATE, { input: { id, version, ...changes } });
const remove = (who: Person, { id }: Role) => who.send(REMOVE, { input: { id } });
const newUser = (name: string, role: object) => ({
  input: { email: `${name}@example.com`, name, password: 'twelve chars', ...role },
});
const can = async (who: Person, permission: string, on?: string): Promise<boolean> =>
  (await who.ask(CAN, { permission, on })).can;

/** The extensions of the one error; `OK` without one. */
const outcome = ({ errors, text }: Answer) => {
  if (errors === undefined) return 'OK';
  if (errors.length !== 1) throw new Error(`Expected one error, got ${text}`);
  return errors[0].extensions;
};
const lacks = (permission: Permission) => ({ code: 'FORBIDDEN', permission });
const fault = (path: string, message: unknown = expect.any(String)) => ({
  code: 'BAD_USER_INPUT',
  fields: [{ path, message }],
});

/** Somebody with a session of which the refresh token is known. */
async function signedIn(person: Person) {
  const of = { orgId: acme.tenant.orgId, userId: person.uuid };
  let { accessToken, refreshToken } = await api.app.identity.sessions.open(of);
  const send = (query: string, variables?: object) =>
    api.send(query, variables, { authorization: `Bearer ${accessToken}` });
  return {
    send,
    permissions: async () => (await send('{ viewer { permissions } }')).data?.viewer?.permissions,
    async refresh() {
      const { data } = await api.send(REFRESH, { refreshToken });
      ({ accessToken, refreshToken } = data.refreshSession);
    },
  };
}

/** What the access token itself grants, whatever the database says. */
async function grantedByToken(
  { send }: { send: Person['send'] },
  projectId: string,
): Promise<string> {
  const { errors } = await send(TASK, { input: { projectId, title: 'x' } });
  return errors ? errors[0].extensions.code : 'OK';
}

describe('a role of the organization’s own', () => {
  it('is made, shown to everybody, and told by its id', async () => {
    const role = await makeRole(['users:write', 'tasks:write', 'tasks:write']);
    expect(role).toEqual({
      id: expect.stringMatching(/^role_/),
      name: 'Support',
      permissions: ['tasks:write', 'users:write'],
      version: 1,
      userCount: 0,
    });
    const { roles, node } = await acme.viewer.ask(
      `query ($id: ID!) { roles { totalCount nodes { ${ROLE} } } node(id: $id) { ... on Role { ${ROLE} } } }`,
      { id: role.id },
    );
    expect(roles).toEqual({ totalCount: 1, nodes: [role] });
    expect(node).toEqual(role);
  });

  it('has a name that no other of the organization has', async () => {
    const role = await makeRole([]);
    const other = await makeRole([], 'Other');
    const taken = { code: 'ALREADY_EXISTS', field: 'input.name' };
    const again = await acme.owner.send(CREATE, { input: { name: 'Support', permissions: [] } });
    expect(outcome(again)).toEqual(taken);
    expect(outcome(await update(acme.owner, other, { name: role.name }))).toEqual(taken);
    const globex = await api.createOrganization();
    expect((await makeRole([], 'Support', globex.owner)).name).toBe('Support');
  });

  it.each(['owner', ' Admin', 'CUSTOM'])('is not called %p, as if all had it', async (name) => {
    const answer = await acme.owner.send(CREATE, { input: { name, permissions: [] } });
    expect(outcome(answer)).toEqual(fault('input.name'));
  });

  it('takes known permissions only, and tells which there are', async () => {
    const answer = await acme.owner.send(CREATE, {
      input: { name: 'x', permissions: ['tasks:eat'] },
    });
    expect(outcome(answer)).toEqual(
      fault('input.permissions.0', expect.stringContaining(PERMISSIONS.join(', '))),
    );
  });

  it('never holds what makes an owner', async () => {
    const input = { name: 'x', permissions: ['organization:write'] };
    expect(outcome(await acme.owner.send(CREATE, { input }))).toEqual(fault('input.permissions.0'));
    const role = await makeRole([]);
    const refused = await update(acme.owner, role, { permissions: ['organization:write'] });
    expect(outcome(refused)).toEqual(fault('input.permissions.0'));
    const written = asSuperuser((client) =>
      client.query("UPDATE roles SET permissions = '{organization:write}' WHERE org_id = $1", [
        acme.tenant.orgId,
      ]),
    );
    await expect(written).rejects.toMatchObject({ constraint: 'roles_permissions_not_owners' });
  });

  it('changes in part, and keeps what is left out', async () => {
    const role = await makeRole(['tasks:write']);
    const renamed = await update(acme.owner, role, { name: 'Help' });
    expect(renamed.data.updateRole).toEqual({ ...role, name: 'Help', version: 2 });
    const changed = await update(acme.owner, renamed.data.updateRole, { permissions: [] });
    expect(changed.data.updateRole).toEqual({ ...role, name: 'Help', version: 3, permissions: [] });
  });

  it('is not changed by who has read an older version', async () => {
    const role = await makeRole(['tasks:write']);
    await update(acme.owner, role, { name: 'Help' });
    expect(outcome(await update(acme.owner, role, { permissions: [] }))).toMatchObject({
      code: 'VERSION_CONFLICT',
      currentVersion: 2,
      current: { id: role.id, name: 'Help', permissions: ['tasks:write'], version: 2 },
    });
  });

  it('goes when nobody has it any more', async () => {
    const role = await makeRole(['tasks:write']);
    await give(acme.owner, acme.viewer, role.id);
    expect(outcome(await remove(acme.owner, role))).toEqual(
      fault('input.id', expect.stringContaining('Somebody has this role')),
    );
    const { users } = await acme.owner.ask(
      'query ($id: ID!) { users(filter: { customRoleId: $id }) { nodes { id customRole { userCount } } } }',
      { id: role.id },
    );
    expect(users.nodes).toEqual([{ id: acme.viewer.id, customRole: { userCount: 1 } }]);
    await giveBuiltIn(acme.owner, acme.viewer, 'VIEWER');
    expect((await remove(acme.owner, role)).data.removeRole).toEqual({
      id: role.id,
      name: 'Support',
    });
    expect(outcome(await remove(acme.owner, role))).toEqual({ code: 'NOT_FOUND', id: role.id });
  });

  it('is nothing to another organization', async () => {
    const role = await makeRole([]);
    const globex = await api.createOrganization();
    const notFound = { code: 'NOT_FOUND', id: role.id };
    expect(outcome(await update(globex.owner, role, { name: 'x' }))).toEqual(notFound);
    expect(outcome(await remove(globex.owner, role))).toEqual(notFound);
    expect(outcome(await give(globex.owner, globex.viewer, role.id))).toEqual(notFound);
    const made = await globex.owner.send(CREATE_USER, newUser('x', { customRoleId: role.id }));
    expect(outcome(made)).toEqual(notFound);
    expect(await can(globex.owner, 'roles:write', role.id)).toBe(false);
  });

  it('leaves its traces in the audit trail', async () => {
    const role = await makeRole(['tasks:write', 'users:write']);
    await give(acme.owner, acme.viewer, role.id);
    const changes = { name: 'Help', permissions: ['tasks:write', 'audit:read'] };
    await update(acme.owner, role, changes);
    await giveBuiltIn(acme.owner, acme.viewer, 'MEMBER');
    await remove(acme.owner, role);
    const { auditEvents } = await acme.owner.ask(
      '{ auditEvents(orderBy: { field: OCCURRED_AT, direction: ASC }) { nodes { kind actorId subjectId details } } }',
    );
    const [of, renamed] = [role.name, 'Help'].map((name) => ({ id: role.id, name }));
    const byOwner = { actorId: acme.owner.id, subjectId: null };
    const aboutViewer = { actorId: acme.owner.id, subjectId: acme.viewer.id };
    expect(auditEvents.nodes).toEqual([
      { kind: 'ROLE_CREATED', ...byOwner, details: { role: of, permissions: role.permissions } },
      {
        kind: 'USER_ROLE_CHANGED',
        ...aboutViewer,
        details: { from: 'viewer', to: 'custom', toCustomRole: of },
      },
      {
        kind: 'ROLE_UPDATED',
        ...byOwner,
        details: { role: renamed, granted: ['audit:read'], revoked: ['users:write'] },
      },
      {
        kind: 'USER_ROLE_CHANGED',
        ...aboutViewer,
        details: { from: 'custom', to: 'member', fromCustomRole: renamed },
      },
      { kind: 'ROLE_REMOVED', ...byOwner, details: { role: renamed } },
    ]);
  });
});

describe('who has a role of the organization’s own', () => {
  it('may do what it grants, and nothing else', async () => {
    const person = await acme.createPerson(['projects:write'], 'builder');
    const { viewer } = await person.ask('{ viewer { role permissions customRole { name } } }');
    expect(viewer).toEqual({
      role: 'CUSTOM',
      permissions: ['projects:write'],
      customRole: { name: 'role of builder' },
    });
    const { createProject } = await person.ask(
      'mutation { createProject(input: { name: "x" }) { id } }',
    );
    const input = { projectId: createProject.id, title: 'x' };
    expect(outcome(await person.send(TASK, { input }))).toEqual(lacks('tasks:write'));
  });

  it('is made with it, or with one that all have, and not with both or none', async () => {
    const { id } = await makeRole(['tasks:write']);
    const { createUser } = await acme.owner.ask(CREATE_USER, newUser('a', { customRoleId: id }));
    expect(createUser).toMatchObject({ role: 'CUSTOM', customRole: { id } });
    for (const [index, [role, path]] of [
      [{}, 'input.role'],
      [{ role: 'MEMBER', customRoleId: id }, 'input.customRoleId'],
      [{ role: 'CUSTOM' }, 'input.role'],
      [{ role: 'CUSTOM', customRoleId: id }, 'input.role'],
    ].entries() as Iterable<[number, [object, string]]>) {
      const made = await acme.owner.send(CREATE_USER, newUser(`b${index}`, role));
      expect(outcome(made)).toEqual(fault(path));
      const input = { userId: acme.viewer.id, ...role };
      expect(outcome(await acme.owner.send(CHANGE, { input }))).toEqual(fault(path));
    }
  });

  it('is refused at once with the token of before when the role changes, and refreshes to what it grants now', async () => {
    const { id: projectId } = await acme.createProject();
    const role = await makeRole(['tasks:write']);
    await give(acme.owner, acme.viewer, role.id);
    const [first, second] = [await signedIn(acme.viewer), await signedIn(acme.viewer)];
    expect(await first.permissions()).toEqual(['tasks:write']);
    const changed = await update(acme.owner, role, { permissions: ['audit:read'] });
    for (const session of [first, second]) {
      expect(await grantedByToken(session, projectId)).toBe('UNAUTHENTICATED');
      await session.refresh();
      expect(await grantedByToken(session, projectId)).toBe('FORBIDDEN');
      expect((await session.send('{ auditEvents { totalCount } }')).errors).toBeUndefined();
    }
    await giveBuiltIn(acme.owner, acme.viewer, 'VIEWER');
    expect(outcome(await first.send('{ viewer { id } }'))).toEqual({ code: 'UNAUTHENTICATED' });
    expect(outcome(await remove(acme.owner, changed.data.updateRole))).toBe('OK');
  });

  it('keeps their tokens when only the name of the role changes, or a role of others', async () => {
    const role = await makeRole(['tasks:write']);
    const other = await makeRole(['tasks:write'], 'Other');
    await give(acme.owner, acme.viewer, role.id);
    const session = await signedIn(acme.viewer);
    await update(acme.owner, role, { name: 'Help', permissions: ['tasks:write'] });
    await update(acme.owner, other, { permissions: [] });
    expect(await session.permissions()).toEqual(['tasks:write']);
  });

  it('costs a list the same number of statements however many there are', async () => {
    const QUERY = '{ users(first: 50) { nodes { permissions customRole { name userCount } } } }';
    const one = await acme.createPerson(['tasks:write'], 'p');
    await statementsOf(() => one.ask(QUERY));
    const few = await statementsOf(() => one.ask(QUERY));
    for (let index = 0; index < 20; index++) await acme.createPerson(['audit:read'], `p${index}`);
    const many = await statementsOf(async () => {
      const { users } = await one.ask(QUERY);
      expect(users.nodes).toHaveLength(25);
      expect(users.nodes.at(-1)).toEqual({
        permissions: ['audit:read'],
        customRole: { name: 'role of p19', userCount: 1 },
      });
    });
    expect(many).toHaveLength(few.length);
  });

  it('costs nothing more where nobody has one', async () => {
    const plain = await statementsOf(() => acme.viewer.ask('{ users { nodes { id } } }'));
    const asked = await statementsOf(() =>
      acme.viewer.ask('{ users { nodes { permissions customRole { id } } } }'),
    );
    expect(asked).toHaveLength(plain.length);
  });
});

describe('nobody gives what they don’t have', () => {
  let clerk: Person;

  beforeEach(async () => {
    clerk = await acme.createPerson(
      ['users:write', 'roles:write', 'tasks:write', 'stock:write', 'orders:write'],
      'clerk',
    );
  });

  it('by making a role', async () => {
    const input = { name: 'x', permissions: ['tasks:write', 'audit:read'] };
    expect(outcome(await clerk.send(CREATE, { input }))).toEqual(lacks('audit:read'));
    expect((await makeRole(['tasks:write', 'roles:write'], 'x', clerk)).permissions).toEqual([
      'tasks:write',
      'roles:write',
    ]);
  });

  it('by changing a role, nor takes it away, not even the last of it', async () => {
    const less = await makeRole(['tasks:write']);
    const more = await makeRole(['tasks:write', 'audit:read'], 'more');
    const wider = await update(clerk, less, { permissions: ['tasks:write', 'projects:write'] });
    expect(outcome(wider)).toEqual(lacks('projects:write'));
    for (const changes of [{ permissions: [] }, { name: 'mine' }]) {
      expect(outcome(await update(clerk, more, changes))).toEqual(lacks('audit:read'));
    }
    expect(outcome(await remove(clerk, more))).toEqual(lacks('audit:read'));
    expect(outcome(await update(clerk, less, { permissions: ['users:write'] }))).toBe('OK');
  });

  it('is told before the version: the role as it is now is not for them to see as a conflict', async () => {
    const role = { ...(await makeRole(['audit:read'])), version: 9 };
    expect(outcome(await update(clerk, role, { name: 'x' }))).toEqual(lacks('audit:read'));
  });

  it('by giving a role, of either kind', async () => {
    const role = await makeRole(['credentials:write']);
    expect(outcome(await give(clerk, acme.viewer, role.id))).toEqual(lacks('credentials:write'));
    const made = await clerk.send(CREATE_USER, newUser('x', { customRoleId: role.id }));
    expect(outcome(made)).toEqual(lacks('credentials:write'));
    expect(outcome(await giveBuiltIn(clerk, acme.viewer, 'ADMIN'))).toEqual(lacks('audit:read'));
    expect(outcome(await giveBuiltIn(clerk, acme.viewer, 'OWNER'))).toEqual(
      lacks('organization:write'),
    );
    expect(outcome(await giveBuiltIn(clerk, acme.viewer, 'MEMBER'))).toBe('OK');
    expect(outcome(await clerk.send(CREATE_USER, newUser('y', { role: 'MEMBER' })))).toBe('OK');
  });

  it('nor administers who may do more', async () => {
    const other = await acme.createPerson(['credentials:write'], 'machinist');
    const { id: mine } = await makeRole(['tasks:write']);
    for (const [user, permission] of [
      [other, 'credentials:write'],
      [acme.owner, 'organization:write'],
      [acme.admin, 'audit:read'],
    ] as const) {
      const input = { userId: user.id };
      const refused = [
        await give(clerk, user, mine),
        await giveBuiltIn(clerk, user, 'VIEWER'),
        await clerk.send(
          'mutation ($input: DisableUserInput!) { disableUser(input: $input) { id } }',
          { input },
        ),
        await clerk.send(
          'mutation ($input: EnableUserInput!) { enableUser(input: $input) { id } }',
          { input },
        ),
        await clerk.send(
          'mutation ($input: RemoveUserInput!) { removeUser(input: $input) { id } }',
          { input },
        ),
      ];
      expect(refused.map(outcome)).toEqual(refused.map(() => lacks(permission)));
    }
    expect(outcome(await give(clerk, acme.member, mine))).toBe('OK');
  });

  it('to themselves, by their own role or another', async () => {
    const { viewer } = await clerk.ask('{ viewer { customRole { id version } } }');
    const own = { ...viewer.customRole } as Role;
    const permissions = [...GRANTABLE];
    expect(outcome(await update(clerk, own, { permissions }))).toEqual(lacks('credentials:write'));
    expect(outcome(await giveBuiltIn(clerk, clerk, 'OWNER'))).toEqual(lacks('organization:write'));
    const more = await makeRole(['projects:write']);
    expect(outcome(await give(clerk, clerk, more.id))).toEqual(lacks('projects:write'));
    const less = await makeRole(['tasks:write'], 'less');
    expect(outcome(await give(clerk, clerk, less.id))).toBe('OK');
  });

  it('and the last owner stays an owner', async () => {
    const role = await makeRole([...GRANTABLE]);
    expect(outcome(await give(acme.owner, acme.owner, role.id))).toEqual(
      fault('input.userId', 'This is the last owner. Make somebody else owner first.'),
    );
    await give(acme.owner, acme.admin, role.id);
    const deputy = await signedIn(acme.admin);
    const unmake = await deputy.send(CHANGE, { input: { userId: acme.owner.id, role: 'MEMBER' } });
    expect(outcome(unmake)).toEqual(lacks('organization:write'));
  });
});

describe('a change of what somebody may do, at the moment of their refresh or sign-in', () => {
  it.each([
    ['the role changes', (role: Role) => update(acme.owner, role, { permissions: [] })],
    ['another is given', async () => giveBuiltIn(acme.owner, acme.viewer, 'VIEWER')],
  ])('refreshes to what holds now, when %s', async (_what, change) => {
    const { id: projectId } = await acme.createProject();
    const role = await makeRole(['tasks:write']);
    await give(acme.owner, acme.viewer, role.id);
    const session = await signedIn(acme.viewer);
    // All is changed but the trail, which waits: the refresh waits for the session's row.
    const [changed] = await overlapping(
      api,
      () => change(role),
      () => session.refresh(),
    );
    expect(outcome(changed)).toBe('OK');
    expect(await grantedByToken(session, projectId)).toBe('FORBIDDEN');
  });

  it('signs in with what holds now', async () => {
    const { id: projectId } = await acme.createProject();
    const role = await makeRole(['tasks:write']);
    await give(acme.owner, acme.viewer, role.id);
    const [changed, session] = await overlapping(
      api,
      () => update(acme.owner, role, { permissions: [] }),
      () => signedIn(acme.viewer),
    );
    expect(outcome(changed)).toBe('OK');
    expect(await grantedByToken(session, projectId)).toBe('FORBIDDEN');
  });

  it('leaves no token with more, whoever of many is first', async () => {
    const { id: projectId } = await acme.createProject();
    for (let race = 0; race < 10; race++) {
      const role = await makeRole(['tasks:write'], `race ${race}`);
      await give(acme.owner, acme.viewer, role.id);
      const sessions = await Promise.all(Array.from({ length: 4 }, () => signedIn(acme.viewer)));
      const [changed, , late] = await Promise.all([
        update(acme.owner, role, { permissions: [] }),
        Promise.all(sessions.map(({ refresh }) => refresh())),
        signedIn(acme.viewer),
      ]);
      expect(outcome(changed)).toBe('OK');
      for (const session of [...sessions, late]) {
        expect(await grantedByToken(session, projectId)).not.toBe('OK');
      }
    }
  });

  it('makes no account with more than its maker has, when the role grows meanwhile', async () => {
    const clerk = await acme.createPerson(
      ['users:write', 'tasks:write', 'stock:write', 'orders:write'],
      'clerk',
    );
    for (let race = 0; race < 5; race++) {
      const role = await makeRole(['tasks:write'], `race ${race}`);
      const [made, changed] = await Promise.all([
        clerk.send(CREATE_USER, newUser(`r${race}`, { customRoleId: role.id })),
        update(acme.owner, role, { permissions: ['tasks:write', 'audit:read'] }),
      ]);
      expect(outcome(changed)).toBe('OK');
      // Either was first: then the owner, who may, has given more to somebody who was there.
      expect(['OK', lacks('audit:read')]).toContainEqual(outcome(made));
    }
  });

  it('lets a role go, or be given, but not both', async () => {
    for (let race = 0; race < 10; race++) {
      const role = await makeRole(['tasks:write'], `race ${race}`);
      const made = acme.owner.send(CREATE_USER, newUser(`g${race}`, { customRoleId: role.id }));
      const answers = [await give(acme.owner, acme.viewer, role.id)];
      await giveBuiltIn(acme.owner, acme.viewer, 'VIEWER');
      answers.push(...(await Promise.all([made, remove(acme.owner, role)])));
      const [, created, removed] = answers.map(outcome);
      expect([created, removed].filter((each) => each === 'OK')).toHaveLength(1);
    }
  });
});

describe('can', () => {
  it.each(['viewer', 'member', 'admin', 'owner'] as const)(
    'tells a %s what viewer.permissions tells',
    async (role) => {
      const { viewer } = await acme[role].ask('{ viewer { permissions } }');
      for (const permission of PERMISSIONS) {
        expect(await can(acme[role], permission)).toBe(viewer.permissions.includes(permission));
      }
    },
  );

  it('tells it of what is there, and of nothing else', async () => {
    const { id, taskIds } = await acme.createProject('project', 1);
    const globex = await api.createOrganization();
    const foreign = await globex.createProject('project', 1);
    expect(await can(acme.member, 'tasks:write', taskIds[0])).toBe(true);
    expect(await can(acme.member, 'projects:write', id)).toBe(false);
    expect(await can(acme.admin, 'projects:write', id)).toBe(true);
    for (const on of [foreign.id, foreign.taskIds[0], unknownId('task'), globex.owner.id]) {
      expect(await can(acme.owner, 'tasks:write', on)).toBe(false);
      expect(await can(acme.owner, 'users:write', on)).toBe(false);
    }
  });

  it('tells who administers whom: who may do no more, and not themselves', async () => {
    const clerk = await acme.createPerson(
      ['users:write', 'tasks:write', 'stock:write', 'orders:write'],
      'clerk',
    );
    const machinist = await acme.createPerson(['credentials:write'], 'machinist');
    const expected: [Person, Person, boolean][] = [
      [acme.owner, acme.admin, true],
      [acme.owner, acme.owner, false],
      [acme.owner, machinist, true],
      [acme.admin, acme.owner, false],
      [acme.admin, acme.member, true],
      [acme.admin, machinist, false],
      [clerk, acme.member, true],
      [clerk, acme.admin, false],
      [acme.member, acme.viewer, false],
    ];
    for (const [who, whom, may] of expected) {
      expect([who.email, whom.email, await can(who, 'users:write', whom.id)]).toEqual([
        who.email,
        whom.email,
        may,
      ]);
    }
  });

  it('tells who changes which role', async () => {
    const clerk = await acme.createPerson(['roles:write', 'tasks:write'], 'clerk');
    const [less, more] = [await makeRole(['tasks:write']), await makeRole(['audit:read'], 'more')];
    expect(await can(clerk, 'roles:write', less.id)).toBe(true);
    expect(await can(clerk, 'roles:write', more.id)).toBe(false);
    expect(await can(acme.owner, 'roles:write', more.id)).toBe(true);
    expect(await can(acme.admin, 'roles:write', less.id)).toBe(false);
  });

  it('tells nothing of what the caller may not see', async () => {
    await makeRole([]);
    const { auditEvents } = await acme.owner.ask('{ auditEvents { nodes { id } } }');
    const [{ id }] = auditEvents.nodes;
    expect(await can(acme.owner, 'tasks:write', id)).toBe(true);
    expect(await can(acme.member, 'tasks:write', id)).toBe(false);
  });

  it.each(['tasks:eat', '', 'TASKS:WRITE', 'constructor', 'a\0b'])(
    'does not guess what %p means',
    async (permission) => {
      const answer = await acme.owner.send(CAN, { permission });
      expect(outcome(answer)).toEqual(
        fault('permission', expect.stringContaining(PERMISSIONS.join(', '))),
      );
    },
  );

  it.each(['x', 'nobody_01h455vb4pex5vsknk084sn02q', ''])('takes no id like %p', async (on) => {
    expect(outcome(await acme.owner.send(CAN, { permission: 'tasks:write', on }))).toEqual(
      fault('on'),
    );
  });

  it.each([
    ['can(permission: "tasks:write")', 'can'],
    ['permissions { name }', 'permissions'],
  ])('asks the database whether the session still stands: %s', async (selection) => {
    const session = await signedIn(acme.member);
    const query = `{ ${selection} }`;
    expect((await session.send(query)).errors).toBeUndefined();
    await session.send('mutation { signOut }');
    expect(outcome(await session.send(query))).toEqual({ code: 'UNAUTHENTICATED' });
  });
});

describe('permissions', () => {
  it('are listed with what they are for, and which of them only owners have', async () => {
    const { permissions } = await acme.viewer.ask(
      '{ permissions { name description isReserved } }',
    );
    expect(permissions.map(({ name }: { name: string }) => name)).toEqual(PERMISSIONS);
    for (const { name, description, isReserved } of permissions) {
      expect(description).toMatch(/\.$/);
      expect(isReserved).toBe(name === 'organization:write');
    }
  });
});

function asSuperuser<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withAdminConnection(api.database.superuserUrl, work);
}
