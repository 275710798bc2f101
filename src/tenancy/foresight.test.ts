import { describe, expect, it } from '@jest/globals';
import { Foresight } from './foresight.js';

/** A foresight that has seen reads of so many rounds, one after the other. */
function after(...rounds: number[]): Foresight {
  const foresight = new Foresight();
  for (const each of rounds) foresight.learn(each);
  return foresight;
}

describe('foresight', () => {
  it('knows nothing before it has seen the same three times', () => {
    expect(after().lastRound).toBeUndefined();
    expect(after(2, 2).lastRound).toBeUndefined();
    expect(after(2, 2, 2).lastRound).toBe(2);
  });

  it('begins anew when a read ends elsewhere', () => {
    expect(after(1, 1, 1, 1, 2).lastRound).toBeUndefined();
    expect(after(1, 1, 2, 2, 2).lastRound).toBe(2);
    expect(after(1, 2, 1, 2, 1, 2, 1, 2).lastRound).toBeUndefined();
  });

  it('wants to see more after each mistake', () => {
    const foresight = after(1, 1, 1);
    foresight.wasWrong();
    for (let time = 0; time < 11; time++) foresight.learn(1);
    expect(foresight.lastRound).toBeUndefined();
    foresight.learn(1);
    expect(foresight.lastRound).toBe(1);
  });
});
