import { describe, expect, it } from '@jest/globals';
import { BoundedLine } from './bounded-line.js';

const OPTIONS = {
  limit: 2,
  room: 4,
  roomOfOne: 3,
  waitLimitMs: 10_000,
  refusal: 'Too much waits. Try again shortly.',
};

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

  describe('without a limit for one owner', () => {
    const SHORT = { limit: 1, room: 1, refusal: OPTIONS.refusal };

    it('is filled by anybody, and says what it was told to say', async () => {
      const line = new BoundedLine(SHORT);
      const { running, end, make } = works();
      const [first, second] = [line.run(null, make('first')), line.run(null, make('second'))];
      await expect(line.run(null, make('third'))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: SHORT.refusal,
        details: { retryable: true },
      });
      end();
      await soon();
      end();
      expect(await Promise.all([first, second])).toEqual(['first', 'second']);
      expect(running).toEqual(['first', 'second']);
    });

    it('goes on when something fails, and has room again', async () => {
      const line = new BoundedLine(SHORT);
      const failing = line.run(null, () => Promise.reject(new Error('broken')));
      const next = line.run(null, async () => 'next');
      await expect(failing).rejects.toThrow('broken');
      expect(await next).toBe('next');
      expect(await line.run(null, async () => 'again')).toBe('again');
    });
  });

  it('never runs more than so much at once', async () => {
    const line = new BoundedLine({ limit: 2, room: 10, refusal: OPTIONS.refusal });
    const { end, make } = works();
    let running = 0;
    let most = 0;
    const all = [1, 2, 3, 4, 5].map((name) =>
      line.run(null, async () => {
        most = Math.max(most, ++running);
        await make(`${name}`)();
        running--;
        return name;
      }),
    );
    for (let left = 0; left < 5; left++) {
      await soon();
      end();
    }
    expect(await Promise.all(all)).toEqual([1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });
});
