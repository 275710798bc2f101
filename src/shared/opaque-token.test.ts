import { describe, expect, it } from '@jest/globals';
import { newUuid } from './ids.js';
import { makeOpaqueToken, readOpaqueToken } from './opaque-token.js';

const row = { orgId: newUuid(), id: newUuid() };

describe('an opaque token', () => {
  it('says which row it opens, and hashes to what was stored there', () => {
    const { token, hash } = makeOpaqueToken('refresh', row);
    expect(token).toMatch(/^rhr_[\w-]{86}$/);
    expect(readOpaqueToken('refresh', token)).toEqual({ ...row, hash });
  });

  it('is another one each time', () => {
    const [one, other] = [makeOpaqueToken('refresh', row), makeOpaqueToken('refresh', row)];
    expect(one.token).not.toBe(other.token);
    expect(one.hash.equals(other.hash)).toBe(false);
  });

  it('is taken for no other kind, not even under its prefix', () => {
    const { token, hash } = makeOpaqueToken('refresh', row);
    expect(readOpaqueToken('passwordReset', token)).toBeNull();
    const disguised = readOpaqueToken('passwordReset', token.replace('rhr_', 'rhp_'));
    expect(disguised?.hash.equals(hash)).toBe(false);
  });

  it.each([
    ['nothing', () => ''],
    ['a prefix alone', () => 'rhr_'],
    ['one that is cut', (token: string) => token.slice(0, -1)],
    ['one with something behind it', (token: string) => `${token}A`],
    ['one with a line break', (token: string) => `${token}\n`],
    ['one in plain base64', (token: string) => `${token.slice(0, -1)}+`],
    ['a second spelling', (token: string) => `${token.slice(0, -1)}${nextLetter(token)}`],
    ['a JWT', () => 'eyJhbGciOiJIUzI1NiJ9.e30.AAAA'],
  ])('is not %s', (_what, spoil) => {
    expect(readOpaqueToken('refresh', spoil(makeOpaqueToken('refresh', row).token))).toBeNull();
  });

  it('is for rows with a UUID', () => {
    expect(() => makeOpaqueToken('refresh', { ...row, id: 'x' })).toThrow(TypeError);
  });
});

/** The last character holds bits that no byte takes: this one decodes to the same bytes. */
function nextLetter(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(token.at(-1) as string) + 1] as string;
}
