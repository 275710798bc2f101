import { describe, expect, it } from '@jest/globals';
import { isRole, outranks, PERMISSIONS, permissionsOf, ROLES } from './roles.js';

describe('roles', () => {
  it('each include what the ones before may do, from nothing to everything', () => {
    const granted = ROLES.map((role) => [...permissionsOf(role)]);
    expect(granted[0]).toEqual([]);
    expect(granted.at(-1)).toEqual(PERMISSIONS);
    for (const [index, permissions] of granted.entries()) {
      expect(permissions).toEqual(expect.arrayContaining(granted[index - 1] ?? []));
    }
  });

  it('tell their permissions, and a name that is no role has none', () => {
    expect([...permissionsOf('member')]).toEqual(['tasks:write']);
    expect([...permissionsOf('owner')]).toEqual(PERMISSIONS);
    expect([...permissionsOf('constructor')]).toEqual([]);
  });

  it('outrank the ones before, and not themselves', () => {
    const higher = ROLES.map((role) => ROLES.filter((other) => outranks(role, other)));
    expect(higher).toEqual(ROLES.map((_role, index) => ROLES.slice(0, index)));
    expect([outranks('viewer', 'root'), outranks('root', 'viewer')]).toEqual([true, false]);
  });

  it.each(['root', 'Owner', '', 'constructor', '__proto__', 0, null, undefined, ['owner']])(
    'are not %p',
    (value) => {
      expect(isRole(value)).toBe(false);
    },
  );
});
