import { readFile } from 'node:fs/promises';
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

  it('is worked on for somebody who is not there with the same cost', async () => {
    const source = await readFile(new URL('password-hasher.ts', import.meta.url), 'utf8');
    const decoy = /'(\$argon2[^']+)'/.exec(source)?.[1] ?? '';
    const costs = (hash: string) => hash.split('$').slice(0, 4);
    const made = await hasher.hash('pässword');
    expect(costs(decoy)).toEqual(costs(made));
    expect(decoy).toHaveLength(made.length);
  });

  it('waits for its turn, and is refused when too many wait', async () => {
    const busy = new PasswordHasher({ atOnce: 1, waiting: 1 });
    const [first, second, third] = await Promise.allSettled([
      busy.hash('first'),
      busy.matches(null, 'second'),
      busy.matches(null, 'third'),
    ]);
    expect([first.status, second.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(third).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } });
  });
});
