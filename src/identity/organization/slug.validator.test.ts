import { describe, expect, it } from '@jest/globals';
import { RESERVED_SLUGS } from './reserved-slugs.js';
import { slugFault } from './slug.validator.js';

/** The CHECK of the table, organizations_slug_format. */
const IN_TABLE = /^[a-z0-9](-?[a-z0-9])*$/;

describe('a slug', () => {
  it.each(['acme', 'a-1', '123', 'acme-berlin-2', 'a'.repeat(63), 'x'.repeat(3)])(
    'may be %j',
    (slug) => {
      expect(slugFault(slug)).toBeNull();
      expect(slug).toMatch(IN_TABLE);
    },
  );

  it.each([undefined, null])('may be left out: %j', (slug) => {
    expect(slugFault(slug)).toBeNull();
  });

  it.each([
    ['', 'at least 3'],
    ['ab', 'at least 3'],
    ['a'.repeat(64), 'at most 63 characters; it has 64'],
    ['Acme', 'a to z'],
    ['-acme', 'a to z'],
    ['acme-', 'a to z'],
    ['ac--me', 'a to z'],
    ['xn--acme', 'a to z'],
    ['ac_me', 'a to z'],
    ['ac me', 'a to z'],
    ['acme\n', 'a to z'],
    ['acmé', 'a to z'],
    ['аcme', 'a to z'],
    ['acme\0', 'a to z'],
    [42, 'text'],
  ])('may not be %j', (slug, why) => {
    expect(slugFault(slug)).toContain(why);
  });

  it.each([
    ...['www', 'api', 'admin', 'app', 'graphql', 'mail', 'support', 'status', 'login', 'signup'],
    ...['postmaster', 'autodiscover', 'security', 'well-known', 'sign-up', 'null'],
  ])('may not be the reserved %j', (slug) => {
    expect(slugFault(slug)).toBe('This name is reserved. Take another one.');
  });

  it('is reserved in the spelling that could be asked for', () => {
    expect([...RESERVED_SLUGS].filter((slug) => !IN_TABLE.test(slug))).toEqual([]);
  });
});
