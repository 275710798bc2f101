import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PasswordHasher } from '../src/identity/session/password-hasher.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import {
  type Answer,
  type Api,
  type Organization,
  type Person,
  type StaffRole,
  startApi,
  unknownId,
} from './support/api.js';

const ROLES: StaffRole[] = ['viewer', 'member', 'admin', 'owner'];
const RACES = 10;
const PASSWORD = 'correct horse battery';

let api: Api;
let passwordHash: string;
/** A new one for each test: roles and people change. */
let acme: Organization;

beforeAll(async () => {
  api = await startApi();
  passwordHash = await new PasswordHasher().hash(PASSWORD);
});

beforeEach(async () => {
  acme = await api.createOrganization();
});

afterAll(() => api?.close());

const UPDATE_PROFILE = `mutation ($input: UpdateProfileInput!) {
  updateProfile(input: $input) { id name role } }`;
const CHANGE_PASSWORD = `mutation ($input: ChangePasswordInput!) {
  changePassword(input: $input) { id } }`;
const CHANGE_ROLE = `mutation ($input: ChangeUserRoleInput!) {
  changeUserRole(input: $input) { id role permissions } }`;
const REMOVE = `mutation ($input: RemoveUserInput!) { removeUser(input: $input) { id name } }`;

const changeRole = (who: Person, user: Person, role: string) =>
  who.send(CHANGE_ROLE, { input: { userId: user.id, role } });
const remove = (who: Person, user: Person, newOwner?: Person) =>
  who.send(REMOVE, { input: { userId: user.id, newOwnerId: newOwner?.id } });

const disable = (who: Person, user: Person) =>
  who.send(
    'mutation ($input: DisableUserInput!) { disableUser(input: $input) { id disabledAt } }',
    {
      input: { userId: user.id },
    },
  );
const enable = (who: Person, user: Person) =>
  who.send('mutation ($input: EnableUserInput!) { enableUser(input: $input) { id disabledAt } }', {
    input: { userId: user.id },
  });

/** `OK`, or the code of the one error. */
const outcome = ({ errors }: Answer) =>
  errors === undefined ? 'OK' : errors.map(({ extensions }) => extensions.code).join();

const LAST_OWNER = {
  code: 'BAD_USER_INPUT',
  fields: [
    { path: 'input.userId', message: 'This is the last owner. Make somebody else owner first.' },
  ],
};

async function rolesOf(organization: Organization): Promise<Record<string, string>> {
  const { users } = await organization.viewer.ask('{ users { nodes { id role } } }');
  return Object.fromEntries(
    users.nodes.map(({ id, role }: { id: string; role: string }) => [id, role]),
  );
}

describe('permissions of a user', () => {
  it.each([
    ['viewer', []],
    ['member', ['tasks:write']],
    ['admin', ['tasks:write', 'projects:write', 'users:write']],
    ['owner', ['tasks:write', 'projects:write', 'users:write', 'organization:write']],
  ] as const)('are those of a %s', async (role, expected) => {
    const { viewer } = await acme[role].ask('{ viewer { permissions } }');
    expect(viewer.permissions).toEqual(expect.arrayContaining([...expected]));
    const { user } = await acme.viewer.ask(
      'query ($id: ID!) { user(id: $id) { permissions role } }',
      { id: acme[role].id },
    );
    expect(user.permissions).toEqual(viewer.permissions);
  });

  it('are nobody else’s: a viewer has none that write', async () => {
    const { viewer } = await acme.viewer.ask('{ viewer { permissions } }');
    expect(viewer.permissions.filter((name: string) => name.endsWith(':write'))).toEqual([]);
  });
});

describe('updateProfile', () => {
  it.each(ROLES)('lets a %s change their own name, and nothing else', async (role) => {
    const { updateProfile } = await acme[role].ask(UPDATE_PROFILE, { input: { name: 'New' } });
    expect(updateProfile).toEqual({ id: acme[role].id, name: 'New', role: role.toUpperCase() });
    const { users } = await acme.viewer.ask('{ users { nodes { id name } } }');
    const named = users.nodes.filter(({ name }: { name: string }) => name === 'New');
    expect(named).toEqual([{ id: acme[role].id, name: 'New' }]);
  });

  it('says so when the account is gone', async () => {
    expect(outcome(await remove(acme.owner, acme.member))).toBe('OK');
    const error = await acme.member.fail(UPDATE_PROFILE, { input: { name: 'Ghost' } });
    expect(error.extensions).toEqual({ code: 'UNAUTHENTICATED' });
  });
});

describe('changePassword', () => {
  const NEW_PASSWORD = 'staple of the battery';
  const WRONG = {
    code: 'BAD_USER_INPUT',
    fields: [{ path: 'input.currentPassword', message: 'This is not your current password.' }],
  };

  beforeEach(() =>
    withAdminConnection(api.database.superuserUrl, (client) =>
      client.query('UPDATE users SET password_hash = $1 WHERE org_id = $2', [
        passwordHash,
        acme.tenant.orgId,
      ]),
    ),
  );

  const signIn = async ({ email }: Person, password: string) =>
    outcome(
      await api.send('mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }', {
        input: { organization: acme.slug, email, password },
      }),
    );

  it.each(ROLES)(
    'lets a %s sign in with the new one from then on, and not with the old',
    async (role) => {
      const { changePassword } = await acme[role].ask(CHANGE_PASSWORD, {
        input: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD },
      });
      expect(changePassword).toEqual({ id: acme[role].id });
      expect(await signIn(acme[role], NEW_PASSWORD)).toBe('OK');
      expect(await signIn(acme[role], PASSWORD)).toBe('UNAUTHENTICATED');
      const others = ROLES.filter((other) => other !== role);
      expect(await signIn(acme[others[0] as StaffRole], PASSWORD)).toBe('OK');
    },
  );

  it('changes nothing for who does not know the old one', async () => {
    const input = { currentPassword: 'something else', newPassword: NEW_PASSWORD };
    const error = await acme.member.fail(CHANGE_PASSWORD, { input });
    expect(error.extensions).toEqual(WRONG);
    expect(await signIn(acme.member, PASSWORD)).toBe('OK');
    expect(await signIn(acme.member, NEW_PASSWORD)).toBe('UNAUTHENTICATED');
  });

  it('does not even look at the password of a removed account', async () => {
    expect(outcome(await remove(acme.owner, acme.member))).toBe('OK');
    const input = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    const { extensions } = await acme.member.fail(CHANGE_PASSWORD, { input });
    expect(extensions).toEqual({ code: 'UNAUTHENTICATED' });
  });

  it('lets one win, of several at once', async () => {
    const passwords = Array.from({ length: 4 }, (_, index) => `${NEW_PASSWORD} ${index}`);
    const answers = await Promise.all(
      passwords.map((newPassword) =>
        acme.member.send(CHANGE_PASSWORD, { input: { currentPassword: PASSWORD, newPassword } }),
      ),
    );
    const outcomes = answers.map(outcome);
    expect(outcomes.toSorted()).toEqual([...Array(3).fill('BAD_USER_INPUT'), 'OK']);
    const won = passwords[outcomes.indexOf('OK')] as string;
    expect(await signIn(acme.member, won)).toBe('OK');
  });

  it.each([
    ['of 11 characters', 'x'.repeat(11)],
    ['of 129 characters', 'x'.repeat(129)],
    ['that is blank', ' '.repeat(12)],
  ])('takes no new one %s', async (_fault, newPassword) => {
    const answer = await acme.member.send(CHANGE_PASSWORD, {
      input: { currentPassword: PASSWORD, newPassword },
    });
    expect(answer.errors?.[0].extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.newPassword' }],
    });
    expect(answer.text).not.toContain(newPassword);
    expect(await signIn(acme.member, PASSWORD)).toBe('OK');
  });

  it('holds no connection while passwords are worked on', async () => {
    const { hash } = PasswordHasher.prototype;
    const held: number[] = [];
    PasswordHasher.prototype.hash = function (password) {
      const { size, idle } = api.app.tenancy.poolFigures;
      if (password === NEW_PASSWORD) held.push(size - idle);
      return hash.call(this, password);
    };
    try {
      const input = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
      await acme.member.ask(CHANGE_PASSWORD, { input });
    } finally {
      PasswordHasher.prototype.hash = hash;
    }
    expect(held).toEqual([0]);
  });
});

describe('changeUserRole', () => {
  it('changes what somebody may do at once: their token is taken back, a refresh gives a new one', async () => {
    const { changeUserRole } = await acme.admin.ask(CHANGE_ROLE, {
      input: { userId: acme.viewer.id, role: 'ADMIN' },
    });
    expect(changeUserRole).toMatchObject({ id: acme.viewer.id, role: 'ADMIN' });
    expect(changeUserRole.permissions).toContain('users:write');
    expect(outcome(await acme.viewer.send('{ viewer { id } }'))).toBe('UNAUTHENTICATED');
    const { data } = await api.send(
      'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken } }',
      { input: { refreshToken: acme.viewer.refreshToken } },
    );
    const answer = await api.send(
      CHANGE_ROLE,
      { input: { userId: acme.member.id, role: 'VIEWER' } },
      { authorization: `Bearer ${data.refreshSession.accessToken}` },
    );
    expect(outcome(answer)).toBe('OK');
  });

  it.each([
    ['make an owner', 'member', 'OWNER'],
    ['unmake an owner', 'owner', 'ADMIN'],
    ['become one', 'admin', 'OWNER'],
  ] as const)('does not let an admin %s', async (_what, whom, role) => {
    const answer = await changeRole(acme.admin, acme[whom], role);
    expect(answer.errors?.[0].extensions).toEqual({
      code: 'FORBIDDEN',
      permission: 'organization:write',
    });
    expect((await rolesOf(acme))[acme[whom].id]).toBe(whom.toUpperCase());
  });

  it('lets an owner make and unmake others', async () => {
    expect(outcome(await changeRole(acme.owner, acme.member, 'OWNER'))).toBe('OK');
    expect((await rolesOf(acme))[acme.member.id]).toBe('OWNER');
    expect(outcome(await changeRole(acme.owner, acme.member, 'VIEWER'))).toBe('OK');
    expect((await rolesOf(acme))[acme.member.id]).toBe('VIEWER');
  });

  it('lets nobody rise by a token that is older than their fall', async () => {
    expect(outcome(await changeRole(acme.owner, acme.admin, 'MEMBER'))).toBe('OK');
    expect(outcome(await changeRole(acme.admin, acme.admin, 'ADMIN'))).toBe('UNAUTHENTICATED');
    expect((await rolesOf(acme))[acme.admin.id]).toBe('MEMBER');
  });

  it('lets people step down', async () => {
    expect(outcome(await changeRole(acme.admin, acme.admin, 'VIEWER'))).toBe('OK');
    expect(outcome(await changeRole(acme.owner, acme.member, 'OWNER'))).toBe('OK');
    expect(outcome(await changeRole(acme.owner, acme.owner, 'MEMBER'))).toBe('OK');
    expect(await rolesOf(acme)).toMatchObject({
      [acme.admin.id]: 'VIEWER',
      [acme.owner.id]: 'MEMBER',
      [acme.member.id]: 'OWNER',
    });
  });

  it('keeps the last owner, who is told what to do first', async () => {
    const answer = await changeRole(acme.owner, acme.owner, 'ADMIN');
    expect(answer.errors?.[0].extensions).toEqual(LAST_OWNER);
    expect((await rolesOf(acme))[acme.owner.id]).toBe('OWNER');
    expect(outcome(await changeRole(acme.owner, acme.owner, 'OWNER'))).toBe('OK');
  });

  it('keeps one of two owners who unmake each other at the same time', async () => {
    for (let race = 0; race < RACES; race++) {
      const organization = await api.createOrganization();
      const [first, second] = [
        organization.owner,
        await organization.createPerson('owner', 'second'),
      ];
      const answers = await Promise.all([
        changeRole(first, second, 'MEMBER'),
        changeRole(second, first, 'MEMBER'),
      ]);
      // Who comes second is the last owner by then, or none any more.
      expect(answers.map(outcome)).toContain('OK');
      const roles = await rolesOf(organization);
      expect([roles[first.id], roles[second.id]].toSorted()).toEqual(['MEMBER', 'OWNER']);
    }
  });
});

describe('removeUser', () => {
  it('removes the account, and unassigns its tasks, deleted ones too', async () => {
    const project = await acme.createProject();
    const assigneeId = acme.member.id;
    const [, deleted] = await acme.createTasks(project.id, [{ assigneeId }, { assigneeId }]);
    await acme.owner.ask(
      'mutation ($id: ID!) { deleteTask(input: { id: $id, version: 1 }) { id } }',
      {
        id: deleted,
      },
    );
    const answer = await remove(acme.admin, acme.member);
    expect(answer.data.removeUser).toEqual({ id: acme.member.id, name: 'member' });
    expect(Object.keys(await rolesOf(acme))).not.toContain(acme.member.id);
    const { tasks, task } = await acme.viewer.ask(
      `query ($id: ID!) {
        tasks { nodes { version assignee { id } } } task(id: $id) { version assignee { id } } }`,
      { id: deleted },
    );
    expect(tasks.nodes).toEqual([{ version: 2, assignee: null }]);
    expect(task).toEqual({ version: 3, assignee: null });
    expect(outcome(await acme.member.send('{ viewer { id } }'))).toBe('UNAUTHENTICATED');
  });

  it.each([
    ['a project', 'present'],
    ['a deleted project', 'deleted'],
  ])('asks who is to own %s', async (_what, state) => {
    const { createProject } = await acme.admin.ask(
      'mutation { createProject(input: { name: "castle" }) { id } }',
    );
    if (state === 'deleted') {
      await acme.admin.ask(
        'mutation ($id: ID!) { deleteProject(input: { id: $id, version: 1 }) { id } }',
        { id: createProject.id },
      );
    }
    const refused = await remove(acme.owner, acme.admin);
    expect(refused.errors?.[0].extensions).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.newOwnerId', message: expect.stringContaining('owns projects') }],
    });
    expect(await rolesOf(acme)).toHaveProperty(acme.admin.id);
    expect(outcome(await remove(acme.owner, acme.admin, acme.member))).toBe('OK');
    const { project } = await acme.viewer.ask(
      'query ($id: ID!) { project(id: $id) { version owner { id } } }',
      { id: createProject.id },
    );
    expect(project).toEqual({
      version: state === 'deleted' ? 3 : 2,
      owner: { id: acme.member.id },
    });
  });

  it('leaves what belongs to others alone', async () => {
    const project = await acme.createProject();
    await acme.createTasks(project.id, [{ assigneeId: acme.viewer.id }]);
    expect(outcome(await remove(acme.owner, acme.member, acme.admin))).toBe('OK');
    const { projects, tasks } = await acme.viewer.ask(
      '{ projects { nodes { version owner { id } } } tasks { nodes { assignee { id } } } }',
    );
    expect(projects.nodes).toEqual([{ version: 1, owner: { id: acme.owner.id } }]);
    expect(tasks.nodes).toEqual([{ assignee: { id: acme.viewer.id } }]);
  });

  it('lets nobody remove themselves', async () => {
    for (const role of ['admin', 'owner'] as const) {
      const answer = await remove(acme[role], acme[role]);
      expect(answer.errors?.[0].extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.userId', message: expect.stringContaining('their own account') }],
      });
    }
    expect(Object.keys(await rolesOf(acme))).toHaveLength(4);
  });

  it('does not hand over to who is removed', async () => {
    const answer = await remove(acme.owner, acme.member, acme.member);
    expect(answer.errors?.[0].extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.newOwnerId' }],
    });
    expect(await rolesOf(acme)).toHaveProperty(acme.member.id);
  });

  it('does not let an admin remove an owner', async () => {
    const second = await acme.createPerson('owner', 'second');
    const answer = await remove(acme.admin, second);
    expect(answer.errors?.[0].extensions).toEqual({
      code: 'FORBIDDEN',
      permission: 'organization:write',
    });
    expect(outcome(await remove(acme.owner, second))).toBe('OK');
  });

  it('keeps the last owner who can sign in, also from who was one until just now', async () => {
    const second = await acme.createPerson('owner', 'second');
    expect(outcome(await changeRole(acme.owner, second, 'ADMIN'))).toBe('OK');
    expect(outcome(await remove(second, acme.owner))).toBe('UNAUTHENTICATED');
    const disabled = await acme.createPerson('owner', 'disabled');
    expect(outcome(await disable(acme.owner, disabled))).toBe('OK');
    const answer = await changeRole(acme.owner, acme.owner, 'MEMBER');
    expect(answer.errors?.[0].extensions).toEqual(LAST_OWNER);
    expect(await rolesOf(acme)).toHaveProperty(acme.owner.id);
  });

  it('keeps one of two owners who remove each other at the same time', async () => {
    for (let race = 0; race < RACES; race++) {
      const organization = await api.createOrganization();
      const [first, second] = [
        organization.owner,
        await organization.createPerson('owner', 'second'),
      ];
      const answers = await Promise.all([remove(first, second), remove(second, first)]);
      expect(answers.map(outcome)).toContain('OK');
      const owners = Object.values(await rolesOf(organization)).filter((role) => role === 'OWNER');
      expect(owners).toHaveLength(1);
    }
  });

  it('leaves everything as it was when it fails', async () => {
    const project = await acme.createProject();
    await acme.createTasks(project.id, [{ assigneeId: acme.member.id }]);
    const answer = await acme.owner.send(REMOVE, {
      input: { userId: acme.member.id, newOwnerId: unknownId('user') },
    });
    expect(outcome(answer)).toBe('NOT_FOUND');
    const { tasks } = await acme.viewer.ask('{ tasks { nodes { assignee { id } } } }');
    expect(tasks.nodes).toEqual([{ assignee: { id: acme.member.id } }]);
  });
});

describe('disableUser', () => {
  it('keeps somebody out at once, and enableUser lets them in again, with all that they have', async () => {
    const project = await acme.createProject();
    await acme.createTasks(project.id, [{ assigneeId: acme.member.id }]);
    const disabled = await disable(acme.admin, acme.member);
    expect(disabled.data.disableUser).toEqual({
      id: acme.member.id,
      disabledAt: expect.stringMatching(/^\d{4}-/),
    });
    expect(outcome(await acme.member.send('{ viewer { id } }'))).toBe('UNAUTHENTICATED');
    const { createTask } = (
      await acme.member.send(
        'mutation ($id: ID!) { createTask(input: { projectId: $id, title: "late" }) { id } }',
        {
          id: project.id,
        },
      )
    ).data ?? { createTask: null };
    expect(createTask).toBeNull();
    const { tasks } = await acme.viewer.ask('{ tasks { nodes { title assignee { id } } } }');
    expect(tasks.nodes).toEqual([{ title: 'task', assignee: { id: acme.member.id } }]);
    await expect(
      api.app.identity.sessions.open({ orgId: acme.tenant.orgId, userId: acme.member.uuid }),
    ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const enabled = await enable(acme.admin, acme.member);
    expect(enabled.data.enableUser).toEqual({ id: acme.member.id, disabledAt: null });
    await api.app.identity.sessions.open({ orgId: acme.tenant.orgId, userId: acme.member.uuid });
    // The sessions from before have ended for good.
    expect(outcome(await acme.member.send('{ viewer { id } }'))).toBe('UNAUTHENTICATED');
  });

  it('lets nobody disable themselves, an admin no owner, and nobody the last owner', async () => {
    const own = await disable(acme.admin, acme.admin);
    expect(own.errors?.[0].extensions).toMatchObject({ fields: [{ path: 'input.userId' }] });
    expect(outcome(await disable(acme.admin, acme.owner))).toBe('FORBIDDEN');
    const second = await acme.createPerson('owner', 'second');
    expect(outcome(await disable(second, acme.owner))).toBe('OK');
    expect(outcome(await enable(acme.admin, acme.owner))).toBe('FORBIDDEN');
    expect(outcome(await enable(second, acme.owner))).toBe('OK');
  });

  it('can be said twice', async () => {
    const first = (await disable(acme.admin, acme.member)).data.disableUser;
    expect((await disable(acme.admin, acme.member)).data.disableUser).toEqual(first);
    for (let time = 0; time < 2; time++) {
      expect((await enable(acme.admin, acme.member)).data.enableUser.disabledAt).toBeNull();
    }
  });
});

describe('the users of an admin screen', () => {
  const found = async (filter: string) => {
    const { users } = await acme.viewer.ask(
      `{ users(filter: ${filter}, orderBy: { field: NAME }) { totalCount nodes { name } } }`,
    );
    expect(users.totalCount).toBe(users.nodes.length);
    return users.nodes.map(({ name }: { name: string }) => name);
  };

  it('are filtered by state, and by a part of name or address in any case', async () => {
    const { updateProfile } = await (await acme.createPerson('member', 'zoe')).ask(UPDATE_PROFILE, {
      input: { name: 'Zoë Abbot' },
    });
    expect(updateProfile.name).toBe('Zoë Abbot');
    expect(outcome(await disable(acme.admin, acme.member))).toBe('OK');
    expect(await found('{ isDisabled: true }')).toEqual(['member']);
    expect(await found('{ isDisabled: false, role: [MEMBER] }')).toEqual(['Zoë Abbot']);
    expect(await found('{ search: "ABB" }')).toEqual(['Zoë Abbot']);
    expect(await found('{ search: "zoë" }')).toEqual(['Zoë Abbot']);
    expect(await found(`{ search: "Owner@${acme.slug}" }`)).toEqual(['owner']);
    expect(await found('{ search: "%" }')).toEqual([]);
    expect(await found('{ search: "_" }')).toEqual([]);
  });
});

describe('somebody of another organization', () => {
  let initech: Organization;
  beforeEach(async () => {
    initech = await api.createOrganization();
  });

  it.each([
    ['changeUserRole', CHANGE_ROLE, (userId: string) => ({ userId, role: 'VIEWER' })],
    ['removeUser', REMOVE, (userId: string) => ({ userId })],
    [
      'disableUser',
      'mutation ($input: DisableUserInput!) { disableUser(input: $input) { id } }',
      (userId: string) => ({ userId }),
    ],
    [
      'enableUser',
      'mutation ($input: EnableUserInput!) { enableUser(input: $input) { id } }',
      (userId: string) => ({ userId }),
    ],
    [
      'removeUser, as the new owner,',
      REMOVE,
      (newOwnerId: string) => ({ userId: acme.member.id, newOwnerId }),
    ],
  ])('is nobody to %s', async (_field, mutation, input) => {
    for (const id of [initech.member.id, initech.owner.id, unknownId('user')]) {
      const { message, extensions } = await acme.owner.fail(mutation, { input: input(id) });
      expect({ message, extensions }).toEqual({
        message: 'There is nothing with this id.',
        extensions: { code: 'NOT_FOUND', id },
      });
    }
    expect(Object.keys(await rolesOf(initech))).toHaveLength(4);
    expect(Object.keys(await rolesOf(acme))).toHaveLength(4);
  });
});
