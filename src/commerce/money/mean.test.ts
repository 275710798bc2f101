import { describe, expect, it } from '@jest/globals';
import { meanOf } from './mean.js';

describe('meanOf', () => {
  it.each([
    [0, 3, 0],
    [9, 3, 3],
    [10, 3, 3],
    [11, 3, 4],
    [1, 2, 0],
    [3, 2, 2],
    [5, 2, 2],
    [-3, 2, -2],
    [-5, 2, -2],
    [-11, 3, -4],
    [Number.MAX_SAFE_INTEGER, 2, 4_503_599_627_370_496],
  ])('of %d over %d is %d', (amount, count, mean) => {
    expect(meanOf({ amount, currency: 'JPY' }, count)).toEqual({ amount: mean, currency: 'JPY' });
  });

  it('of nothing is none', () => {
    expect(meanOf({ amount: 0, currency: 'EUR' }, 0)).toBeNull();
  });
});
