import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Desk, names, pass, settled, WAIT_LIMIT_MS } from '../../test/support/admission-desk.js';

/** A quarter of the wait limit. */
const SHORT_LIMIT_MS = 250;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});

afterEach(() => {
  jest.useRealTimers();
});

describe('waiting', () => {
  it('ends at the limit, for each by itself', async () => {
    const desk = new Desk(1);
    desk.ask('a1');
    await settled();
    desk.ask('a2');
    await pass(WAIT_LIMIT_MS / 2);
    desk.askAll('a3', 'b1');
    await pass(WAIT_LIMIT_MS / 2 - 1);
    expect(desk.refused).toEqual([]);
    await pass(1);
    expect(desk.refused).toEqual(['a2']);
    await pass(WAIT_LIMIT_MS / 2);
    expect(desk.refused).toEqual(['a2', 'a3', 'b1']);
    await desk.endAll();
    expect(desk.begun).toEqual(['a1']);
    expect(desk.admission.figures).toMatchObject({ running: 0, waiting: 0, shed: 3 });
  });

  it('is for the whole limit in a burst', async () => {
    const desk = new Desk(1);
    await pass(WAIT_LIMIT_MS * 5);
    desk.askAll(...names('a', 10));
    await pass(WAIT_LIMIT_MS - 1);
    await desk.endAll();
    expect(desk.begun).toEqual(names('a', 10));
  });

  it('is for a quarter of it once somebody has been waiting for that long without a break', async () => {
    const desk = await overloaded();
    desk.askAll('b old', 'a old', 'a old too');
    await pass(SHORT_LIMIT_MS - 1);
    desk.askAll('a new', 'b new');
    await pass(2);
    await desk.endAll();
    expect(desk.refused.sort()).toEqual(['a 5', 'a 5 too', 'a old', 'a old too', 'b old']);
    expect(desk.begun.slice(-2).sort()).toEqual(['a new', 'b new']);
  });

  it('is for the whole limit again once nobody has been waiting', async () => {
    const desk = await overloaded();
    await desk.endAll();
    desk.refused.length = 0;
    desk.askAll(...names('a', 10));
    await pass(WAIT_LIMIT_MS - 1);
    await desk.endAll();
    expect(desk.refused).toEqual([]);
  });

  it('is for the whole limit where no more wait than may run', async () => {
    const desk = new Desk(2);
    desk.askAll('a runs', 'a runs too', 'a0', 'a1');
    for (let round = 2; round < 10; round++) {
      await pass(SHORT_LIMIT_MS + 50);
      await desk.end(desk.begun.at(-2) as string);
      desk.ask(`a${round}`);
    }
    expect(desk.refused).toEqual([]);
    expect(desk.begun).toHaveLength(10);
  });

  /** Somebody has been waiting for longer than the limit, who came just now. */
  async function overloaded(): Promise<Desk> {
    const desk = new Desk(1);
    desk.askAll('a runs', 'a 0', 'a 0 too');
    for (let quarter = 1; quarter <= 5; quarter++) {
      await pass(SHORT_LIMIT_MS - 10);
      desk.askAll(`a ${quarter}`, `a ${quarter} too`);
      await desk.end(desk.begun.at(-1) as string);
      await desk.end(desk.begun.at(-1) as string);
    }
    expect(desk.refused).toEqual([]);
    return desk;
  }
});

describe('the door', () => {
  /** One operation after the other, 20 ms each: 40 of them within four fifths of the limit. */
  async function working(): Promise<Desk> {
    const desk = new Desk(1);
    desk.askAll('a runs', 'a waits');
    for (let round = 0; round < 20; round++) {
      await pass(20);
      desk.ask(`a ${round}`);
      await desk.end(desk.begun.at(-1) as string);
    }
    expect(desk.refused).toEqual([]);
    return desk;
  }

  /** Gets in line until the door is closed. */
  function fill(desk: Desk, organization: string): number {
    let asked = 0;
    while (asked < 90 && desk.isOpenTo(organization)) desk.ask(`${organization} in ${asked++}`);
    return asked;
  }

  it('is closed to who would not get a turn in time, going by the last ones', async () => {
    const desk = await working();
    fill(desk, 'a');
    const { waiting } = desk.admission.figures;
    expect(Math.abs(waiting - 40)).toBeLessThan(5);
    expect(desk.refused).toEqual([]);
    await desk.end(desk.begun.at(-1) as string);
    expect(desk.isOpenTo('a')).toBe(true);
  });

  it('is open to who has fewer waiting than a fair share of those turns', async () => {
    const desk = await working();
    fill(desk, 'a');
    expect(Math.abs(fill(desk, 'b') - 20)).toBeLessThan(4);
    expect(desk.isOpenTo('c')).toBe(true);
  });

  it('is open to everybody while nobody knows how fast turns come', async () => {
    const desk = new Desk(1);
    desk.askAll('a runs', ...names('a', 90));
    expect(desk.isOpenTo('a')).toBe(true);
  });
});

describe('the room', () => {
  it('never holds more than it may', async () => {
    const desk = new Desk(1, { waitingOperations: 5 });
    desk.ask('a0');
    await settled();
    for (const name of [...names('a', 20), ...names('b', 20), ...names('c', 20)]) {
      desk.ask(name);
      expect(desk.admission.figures.waiting).toBeLessThanOrEqual(5);
    }
    await settled();
    expect(desk.admission.figures).toMatchObject({ waiting: 5, shed: 55 });
  });

  it('is closed to who has taken a fair share of it, before a body is read', async () => {
    const desk = new Desk(1, { waitingOperations: 4 });
    desk.askAll('a0', ...names('a', 4));
    await settled();
    desk.ask('a5');
    expect(desk.isOpenTo('a')).toBe(false);
    expect(desk.isOpenTo('b')).toBe(true);
  });

  it('is for anybody as long as there is some', async () => {
    const desk = new Desk(1, { waitingOperations: 10 });
    desk.askAll('a0', ...names('a', 7), 'b1');
    await settled();
    expect(desk.isOpenTo('a')).toBe(true);
    expect(desk.refused).toEqual([]);
  });

  it('is made for who has less, by the longest line and its oldest', async () => {
    const desk = new Desk(1, { waitingOperations: 4 });
    desk.ask('a0');
    await settled();
    desk.askAll('b1', 'a1', 'a2', 'a3');
    desk.ask('b2');
    await settled();
    expect(desk.refused).toEqual(['a1']);
    desk.ask('b3');
    await settled();
    expect(desk.refused).toEqual(['a1', 'b3']);
    await desk.endAll();
    expect(desk.begun).toEqual(['a0', 'b1', 'a2', 'b2', 'a3']);
  });

  it('is taken by the length of bodies as well', async () => {
    const desk = new Desk(1, { waitingOperations: 10 });
    desk.ask('a0');
    await settled();
    for (const name of names('a', 5)) desk.ask(name, 200_000);
    await settled();
    expect(desk.refused).toEqual(['a3', 'a4', 'a5']);
    // Whatever its length, one that waits alone has room.
    const other = new Desk(1, { waitingOperations: 10 });
    other.askAll('a0');
    await settled();
    other.ask('a1', 100_000_000);
    await settled();
    expect(other.refused).toEqual([]);
  });
});

describe('the log', () => {
  it('tells once a second how many were turned away', async () => {
    const desk = new Desk(1, { waitingOperations: 1 });
    desk.askAll('a0');
    await settled();
    desk.askAll(...names('a', 4));
    await pass(1_001);
    desk.ask('a5');
    desk.ask('a6');
    const told = desk.log.map(({ msg, shed }) => [msg, shed]);
    expect(told).toEqual([
      ['requests are turned away', 1],
      ['requests are turned away', 3],
    ]);
  });
});
