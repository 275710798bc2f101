import { describe, expect, it } from '@jest/globals';
import {
  customPermissions,
  grantOf,
  isRole,
  lacking,
  PERMISSION_DESCRIPTIONS,
  PERMISSIONS,
  type Permission,
  permissionsOf,
  ROLES,
} from './roles.js';

const set = (...permissions: Permission[]) => new Set(permissions);

describe('roles that all organizations have', () => {
  it('each include what the ones before may do, from nothing to everything', () => {
    const granted = ROLES.map((role) => [...permissionsOf(role)]);
    expect(granted[0]).toEqual([]);
    expect(granted.at(-1)).toEqual(PERMISSIONS);
    for (const [index, permissions] of granted.entries()) {
      expect(permissions).toEqual(expect.arrayContaining(granted[index - 1] ?? []));
    }
  });

  it('tell their permissions, and a name that is no role has none', () => {
    expect([...permissionsOf('member')]).toEqual(['tasks:write', 'stock:write', 'orders:write']);
    expect([...permissionsOf('owner')]).toEqual(PERMISSIONS);
    expect([...permissionsOf('custom')]).toEqual([]);
    expect([...permissionsOf('constructor')]).toEqual([]);
  });

  it.each([
    'root',
    'custom',
    'Owner',
    '',
    'constructor',
    '__proto__',
    0,
    null,
    undefined,
    ['owner'],
  ])('are not %p', (value) => {
    expect(isRole(value)).toBe(false);
  });
});

describe('what is stored or claimed of a role', () => {
  it('grants what the code says for a role that all have, whatever stands beside it', () => {
    expect(grantOf('viewer', ['users:write'])).toEqual({ role: 'viewer', permissions: set() });
  });

  it("grants what is named for one of the organization's own, but nothing that is no permission", () => {
    expect(grantOf('custom', ['users:write', 'tasks:write', 'rule:world', 7])).toEqual({
      role: 'custom',
      permissions: set('tasks:write', 'users:write'),
    });
  });

  it("never grants what makes an owner by a role of the organization's own", () => {
    expect(customPermissions(PERMISSIONS).has('organization:write')).toBe(false);
  });

  it.each([
    ['custom', undefined],
    ['custom', 'tasks:write'],
    ['root', ['tasks:write']],
    [undefined, []],
  ])('grants nothing for %p with %p', (role, names) => {
    expect(grantOf(role, names)).toBeNull();
  });
});

describe('what somebody lacks', () => {
  it('is the greatest of what they do not hold', () => {
    expect(lacking(set('tasks:write'), set('tasks:write'))).toBeUndefined();
    expect(lacking(permissionsOf('admin'), permissionsOf('owner'))).toBe('organization:write');
    expect(lacking(set('users:write'), permissionsOf('admin'))).toBe('audit:read');
    expect(lacking(set(), set())).toBeUndefined();
  });
});

describe('permissions', () => {
  it('are named `noun:verb`, and each says what it is for', () => {
    for (const permission of PERMISSIONS) {
      expect(permission).toMatch(/^[a-z][a-z-]*:[a-z]+$/);
      expect(PERMISSION_DESCRIPTIONS[permission]).toMatch(/\.$/);
    }
  });
});
