import { describe, expect, it } from '@jest/globals';
import { bucketsOf, requireRange, SalesInterval } from './local-days.js';

const starts = (from: string, to: string, interval: SalesInterval) =>
  bucketsOf({ from, to }, interval).map(({ start }) => start);

describe('the buckets of a range', () => {
  it('are all of it without an interval', () => {
    const days = { from: '2026-03-28', to: '2026-03-30' };
    expect(bucketsOf(days, null)).toEqual([{ start: '2026-03-28', days }]);
  });

  it('have every day, also the 29th of February', () => {
    expect(starts('2028-02-28', '2028-03-01', SalesInterval.DAY)).toEqual([
      '2028-02-28',
      '2028-02-29',
      '2028-03-01',
    ]);
  });

  it('are weeks that begin on Monday, also over the end of a year', () => {
    expect(bucketsOf({ from: '2027-01-03', to: '2027-01-05' }, SalesInterval.WEEK)).toEqual([
      { start: '2026-12-28', days: { from: '2027-01-03', to: '2027-01-03' } },
      { start: '2027-01-04', days: { from: '2027-01-04', to: '2027-01-05' } },
    ]);
  });

  it.each([
    [SalesInterval.MONTH, ['2025-11-01', '2025-12-01', '2026-01-01', '2026-02-01']],
    [SalesInterval.QUARTER, ['2025-10-01', '2026-01-01']],
    [SalesInterval.YEAR, ['2025-01-01', '2026-01-01']],
  ])('begin with the %s, and hold only days of the range', (interval, expected) => {
    const range = { from: '2025-11-15', to: '2026-02-28' };
    const buckets = bucketsOf(range, interval);
    expect(buckets.map(({ start }) => start)).toEqual(expected);
    expect(buckets[0]?.days.from).toBe(range.from);
    expect(buckets.at(-1)?.days.to).toBe(range.to);
  });
});

describe('a range', () => {
  it('may be one day, and ten years', () => {
    const range = { from: '2020-01-01', to: '2029-12-31' };
    expect(requireRange(range)).toEqual(range);
    expect(requireRange({ ...range, to: '2020-01-01' }).to).toBe('2020-01-01');
  });

  it.each([
    ['2020-01-02', '2020-01-01', 'before range.from'],
    ['2020-01-01', '2030-01-01', '3,653 days'],
  ])('may not go from %s to %s', (from, to, why) => {
    expect(() => requireRange({ from, to })).toThrow(why);
  });
});
