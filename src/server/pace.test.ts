import { describe, expect, it } from '@jest/globals';
import { Pace } from './pace.js';

/** Turns that come one every so many milliseconds, from a moment on. */
function take(pace: Pace, { from, every, turns }: Record<'from' | 'every' | 'turns', number>) {
  for (let turn = 1; turn <= turns; turn++) pace.noteTurn(from + turn * every, from);
}

describe('the pace', () => {
  it('is unknown before it has been seen for a while', () => {
    const pace = new Pace();
    take(pace, { from: 0, every: 5, turns: 19 });
    expect(pace.within(1_000)).toBe(Number.POSITIVE_INFINITY);
    pace.noteTurn(100, 0);
    expect(pace.within(1_000)).toBeCloseTo(200);
  });

  it('is not seen while nobody waits for long', () => {
    const pace = new Pace();
    for (let burst = 0; burst < 20; burst++) {
      take(pace, { from: burst * 200, every: 5, turns: 10 });
    }
    expect(pace.within(1_000)).toBe(Number.POSITIVE_INFINITY);
  });

  it('follows what it sees, step by step', () => {
    const pace = new Pace();
    take(pace, { from: 0, every: 5, turns: 20 });
    for (let turn = 1; turn <= 10; turn++) pace.noteTurn(100 + turn * 10, 0);
    expect(pace.within(1_000)).toBeCloseTo(200 - 0.3 * 100);
  });

  it('is unknown again when nobody has been waiting for a second', () => {
    const pace = new Pace();
    take(pace, { from: 0, every: 5, turns: 20 });
    pace.noteTurn(1_050, 1_045);
    expect(pace.within(1_000)).toBeCloseTo(200);
    pace.noteTurn(3_000, 2_995);
    expect(pace.within(1_000)).toBe(Number.POSITIVE_INFINITY);
  });
});
