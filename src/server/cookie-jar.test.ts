import { describe, expect, it } from '@jest/globals';
import { CookieJar } from './cookie-jar.js';

const options = { maxAgeSeconds: 60, path: '/' } as const;

describe('a jar of cookies', () => {
  it('lets nothing leave before what it stands for is committed', () => {
    const jar = new CookieJar(undefined, () => ({}));
    jar.set('session', 'one', options);
    expect([...jar.released()]).toEqual([]);
    jar.release();
    expect([...jar.released()]).toEqual([{ name: 'session', value: 'one', ...options }]);
  });

  it('lets nothing leave of a try that was undone', () => {
    const jar = new CookieJar('session=kept', () => ({ session: 'kept' }));
    jar.clear('session', '/');
    jar.set('other', 'one', options);
    jar.beginAnew();
    jar.release();
    expect([...jar.released()]).toEqual([]);
    expect(jar.get('session')).toBe('kept');
  });
});
