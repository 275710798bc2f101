import { describe, expect, it } from '@jest/globals';
import { PasswordHasher } from './password-hasher.js';

const hasher = new PasswordHasher();

describe('a password', () => {
  it('matches its own hash and no other', async () => {
    const hash = await hasher.hash('pässword 🔑');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await hasher.matches(hash, 'pässword 🔑')).toBe(true);
    expect(await hasher.matches(hash, 'passwort 🔑')).toBe(false);
    expect(await hasher.matches(hash, '')).toBe(false);
  });

  it.each([null, '', 'none', 'pässword'])('matches nothing where %p is stored', async (stored) => {
    expect(await hasher.matches(stored, stored ?? 'nobody has this password')).toBe(false);
  });
});
