import { describe, expect, it } from '@jest/globals';
import { Turns } from './turns.js';

/** Work that ends when it is told to, and knows how much of it runs. */
class Work {
  running = 0;
  most = 0;
  readonly begun: number[] = [];
  readonly #ends: (() => void)[] = [];

  readonly start = async (name: number): Promise<number> => {
    this.begun.push(name);
    this.most = Math.max(this.most, ++this.running);
    await new Promise<void>((resolve) => this.#ends.push(resolve));
    this.running--;
    return name;
  };

  async endOne(): Promise<void> {
    this.#ends.shift()?.();
    await new Promise(setImmediate);
  }
}

describe('turns', () => {
  it('are taken by so many at once, and by the others in the order in which they came', async () => {
    const turns = new Turns({ atOnce: 2, waiting: 10 });
    const work = new Work();
    const all = [1, 2, 3, 4, 5].map((name) => turns.run(() => work.start(name)));
    await new Promise(setImmediate);
    expect(work.begun).toEqual([1, 2]);
    for (let ended = 0; ended < 5; ended++) await work.endOne();
    expect(work.begun).toEqual([1, 2, 3, 4, 5]);
    expect(await Promise.all(all)).toEqual([1, 2, 3, 4, 5]);
    expect(work.most).toBe(2);
  });

  it('are refused beyond the line, as something to be tried again', async () => {
    const turns = new Turns({ atOnce: 1, waiting: 1 });
    const work = new Work();
    const [first, second] = [turns.run(() => work.start(1)), turns.run(() => work.start(2))];
    await expect(turns.run(() => work.start(3))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { retryable: true },
    });
    await work.endOne();
    await work.endOne();
    await Promise.all([first, second]);
    expect(work.begun).toEqual([1, 2]);
  });

  it('are given on when work fails', async () => {
    const turns = new Turns({ atOnce: 1, waiting: 1 });
    const failed = turns.run(() => Promise.reject(new Error('broken')));
    const next = turns.run(async () => 'done');
    await expect(failed).rejects.toThrow('broken');
    expect(await next).toBe('done');
    expect(await turns.run(async () => 'again')).toBe('again');
  });
});
