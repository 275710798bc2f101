import { describe, expect, it } from '@jest/globals';
import { BoundedLine } from './bounded-line.js';

const OPTIONS = { limit: 2, room: 4, roomOfOne: 3, waitLimitMs: 10_000 };

/** Work that runs until it is told to end. */
function works() {
  const running: string[] = [];
  const ends: (() => void)[] = [];
  return {
    running,
    end: () => ends.shift()?.(),
    make: (name: string) => () => {
      running.push(name);
      return new Promise<string>((resolve) => {
        ends.push(() => resolve(name));
      });
    },
  };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('a bounded line', () => {
  it('lets so much run at once, and the others in order of arrival', async () => {
    const line = new BoundedLine(OPTIONS);
    const { running, end, make } = works();
    const done = ['a', 'b', 'c', 'd'].map((name) => line.run(name, make(name)));
    await soon();
    expect(running).toEqual(['a', 'b']);
    end();
    await soon();
    expect(running).toEqual(['a', 'b', 'c']);
    for (let left = 0; left < 3; left++) {
      end();
      await soon();
    }
    expect(await Promise.all(done)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('turns away who finds it full, and leaves room that one owner cannot take', async () => {
    const line = new BoundedLine(OPTIONS);
    const { end, make } = works();
    const flood = Array.from({ length: 10 }, (_, n) =>
      line.run('flood', make(`${n}`)).catch(({ code }) => code),
    );
    const other = line.run('other', make('other'));
    await expect(line.run('third', make('third'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { retryable: true },
    });
    for (let left = 0; left < 6; left++) {
      end();
      await soon();
    }
    expect(await other).toBe('other');
    expect((await Promise.all(flood)).filter((each) => each === 'UNAVAILABLE')).toHaveLength(5);
  });

  it('turns away who has waited for too long', async () => {
    const line = new BoundedLine({ ...OPTIONS, limit: 1, waitLimitMs: 20 });
    const { running, end, make } = works();
    const first = line.run('a', make('first'));
    await expect(line.run('a', make('late'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    end();
    await first;
    const next = line.run('a', make('next'));
    await soon();
    end();
    expect(await next).toBe('next');
    expect(running).toEqual(['first', 'next']);
  });

  it('goes on when something fails', async () => {
    const line = new BoundedLine({ ...OPTIONS, limit: 1 });
    const failing = line.run('a', () => Promise.reject(new Error('broken')));
    const next = line.run('a', async () => 'next');
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('next');
  });
});
