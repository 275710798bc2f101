import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { RateLimit } from './rate-limit.js';

describe('a rate limit', () => {
  it('lets so many pass, and tells from then on when to come again', async () => {
    const limit = new RateLimit({ times: 2, seconds: 60 });
    await limit.take('a');
    await limit.take('a');
    await expect(limit.take('a')).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterSeconds: 60 },
    });
    await limit.take('b');
  });

  it('ends by itself, however often somebody tries in between', async () => {
    const limit = new RateLimit({ times: 1, seconds: 1 });
    for (let tries = 0; tries < 50; tries++) await limit.count('a');
    expect(await limit.count('a')).toMatchObject({ isOver: true, retryAfterSeconds: 1 });
    await sleep(1_050);
    expect(await limit.count('a')).toMatchObject({ isOver: false });
  });

  it('says of one alone that the block begins with it', async () => {
    const limit = new RateLimit({ times: 2, seconds: 60 });
    const counts = [];
    for (let tries = 0; tries < 5; tries++) counts.push(await limit.count('a'));
    expect(counts.map(({ isFirstOver }) => isFirstOver)).toEqual([
      false,
      false,
      true,
      false,
      false,
    ]);
  });

  it('takes back what did not count, but nothing that was never counted', async () => {
    const limit = new RateLimit({ times: 1, seconds: 60 });
    await limit.take('a');
    await limit.giveBack('a');
    await limit.giveBack('a');
    await limit.take('a');
    await expect(limit.take('a')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await limit.reset('a');
    await limit.take('a');
  });

  it('keeps so many keys, whatever the number of those that come, and forgets the oldest', async () => {
    const seconds = 600;
    const limiter = new RateLimiterMemory({ points: 1, duration: seconds });
    const limit = new RateLimit({ times: 1, seconds }, { mostKeys: 1_000, limiter });
    for (let key = 0; key < 200_000; key++) await limit.count(String(key));
    expect(limiter.dump().storage).toHaveLength(1_000);
    expect(await limit.count('199999')).toMatchObject({ isOver: true });
    expect(await limit.count('0')).toMatchObject({ isOver: false });
  });
});
