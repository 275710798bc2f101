import { describe, expect, it } from '@jest/globals';
import { LinePerOwner } from './line-per-owner.js';

const OPTIONS = { limit: 1, room: 1, refusal: 'Come again.' };

describe('a line for each owner', () => {
  it('keeps nobody waiting for what another one waits for', async () => {
    const lines = new LinePerOwner(OPTIONS);
    let end: (name: string) => void = () => undefined;
    const first = new Promise<string>((resolve) => {
      end = resolve;
    });
    const [runs, waits] = [lines.run('a', () => first), lines.run('a', async () => 'second')];
    await expect(lines.run('a', async () => 'third')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(await lines.run('b', async () => 'other')).toBe('other');
    end('first');
    expect(await Promise.all([runs, waits])).toEqual(['first', 'second']);
    expect(await lines.run('a', async () => 'again')).toBe('again');
  });

  it('is given on when work fails', async () => {
    const lines = new LinePerOwner(OPTIONS);
    const failed = lines.run('a', () => Promise.reject(new Error('broken')));
    const next = lines.run('a', async () => 'done');
    await expect(failed).rejects.toThrow('broken');
    expect(await next).toBe('done');
  });
});
