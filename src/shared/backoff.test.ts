import { describe, expect, it } from '@jest/globals';
import { backoffMs } from './backoff.js';

const waits = (random: number, longestMs?: number) =>
  [0, 1, 2, 3, 50].map((attempt) =>
    backoffMs(attempt, {
      baseMs: 100,
      random: () => random,
      ...(longestMs !== undefined && { longestMs }),
    }),
  );

describe('backoff', () => {
  it('doubles from one attempt to the next, up to the longest wait', () => {
    expect(waits(1, 500)).toEqual([100, 200, 400, 500, 500]);
  });

  it('is anything up to that, so that nobody returns together', () => {
    expect(waits(0.5, 500)).toEqual([50, 100, 200, 250, 250]);
    expect(waits(0, 500)).toEqual([0, 0, 0, 0, 0]);
  });

  it('is as long as it gets where no longest wait is given', () => {
    expect(waits(1).slice(0, 4)).toEqual([100, 200, 400, 800]);
  });
});
