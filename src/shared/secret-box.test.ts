import { describe, expect, it } from '@jest/globals';
import { SecretBox } from './secret-box.js';

const OF = { purpose: 'totp secret', orgId: 'an organization', id: 'a row' };
const KEY = 'a key of the tests, of more than 32 bytes';
const box = new SecretBox([KEY]);

describe('a sealed value', () => {
  it('opens again, and never looks the same twice', () => {
    const sealed = box.seal('sécret 🔑', OF);
    expect(box.open(sealed, OF)).toBe('sécret 🔑');
    expect(box.seal('sécret 🔑', OF).equals(sealed)).toBe(false);
    expect(sealed.toString('latin1')).not.toContain('cret');
  });

  it.each([
    ['for another purpose', { ...OF, purpose: 'mail' }],
    ['in another organization', { ...OF, orgId: 'another' }],
    ['in another row', { ...OF, id: 'another' }],
  ])('does not open %s', (_where, of) => {
    expect(box.open(box.seal('secret', OF), of)).toBeNull();
  });

  it('does not open when a bit of it is another one, nor cut', () => {
    const sealed = box.seal('secret', OF);
    for (const index of sealed.keys()) {
      const spoiled = Buffer.from(sealed);
      spoiled[index] = (spoiled[index] as number) ^ 1;
      expect(box.open(spoiled, OF)).toBeNull();
    }
    expect(box.open(sealed.subarray(0, 20), OF)).toBeNull();
    expect(box.open(Buffer.alloc(0), OF)).toBeNull();
  });

  it('opens after a new key came, and no more when the old one is gone', () => {
    const sealed = box.seal('secret', OF);
    const rotated = new SecretBox(['another key', KEY]);
    expect(rotated.open(sealed, OF)).toBe('secret');
    expect(box.open(rotated.seal('secret', OF), OF)).toBeNull();
    expect(new SecretBox(['another key']).open(sealed, OF)).toBeNull();
  });

  it('takes a key', () => {
    expect(() => new SecretBox([])).toThrow(TypeError);
  });
});
