import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pairedRatio, quantile, spreadOf } from './statistics.ts';

describe('quantile', () => {
  it('takes the middle of an odd number of values, in whatever order they are', () => {
    assert.equal(quantile([30, 10, 20], 0.5), 20);
  });

  it('interpolates between two neighbours', () => {
    assert.equal(quantile([10, 20], 0.5), 15);
    assert.equal(quantile([1, 2, 3, 4, 5], 0.3), 2.2);
  });

  it('has nothing to say about no values', () => {
    assert.throws(() => quantile([], 0.5), RangeError);
  });
});

describe('spreadOf', () => {
  it('gives the quartiles of a single value as that value', () => {
    assert.deepEqual(spreadOf([7]), { median: 7, lowerQuartile: 7, upperQuartile: 7 });
  });
});

describe('pairedRatio', () => {
  it('compares within each round, so that a slow round for both changes nothing', () => {
    const { median, lowerQuartile, upperQuartile } = pairedRatio([200, 20, 100], [100, 10, 50]);
    assert.deepEqual([median, lowerQuartile, upperQuartile], [2, 2, 2]);
  });
});
