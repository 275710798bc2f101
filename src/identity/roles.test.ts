import { describe, expect, it } from '@jest/globals';
import { isRole, PERMISSIONS, ROLES, roleGrants } from './roles.js';

describe('roles', () => {
  it('each include what the ones before may do, from nothing to everything', () => {
    const granted = ROLES.map((role) => PERMISSIONS.filter((one) => roleGrants(role, one)));
    expect(granted[0]).toEqual([]);
    expect(granted.at(-1)).toEqual(PERMISSIONS);
    for (const [index, permissions] of granted.entries()) {
      expect(permissions).toEqual(expect.arrayContaining(granted[index - 1] ?? []));
    }
  });

  it.each(['root', 'Owner', '', 'constructor', '__proto__', 0, null, undefined, ['owner']])(
    'are not %p',
    (value) => {
      expect(isRole(value)).toBe(false);
    },
  );
});
