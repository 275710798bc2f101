import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import type { AdmissionSettings } from '../config/environment.js';
import { Admission, type Client, SERVER_BUSY } from './admission.js';

const WAIT_LIMIT_MS = 1_000;
/** A quarter of it. */
const SHORT_LIMIT_MS = 250;

/** Operations that run until the test ends them, and what became of every one that was asked for. */
class Desk {
  readonly log: Record<string, unknown>[] = [];
  readonly admission: Admission;
  /** Names of operations, in the order in which they began. */
  readonly begun: string[] = [];
  readonly refused: string[] = [];
  readonly ended: string[] = [];
  readonly #ends = new Map<string, () => void>();

  constructor(limit: number, settings: Partial<AdmissionSettings> = {}) {
    const logger = pino({ level: 'warn' }, { write: (line) => this.log.push(JSON.parse(line)) });
    const all = { waitingOperations: 100, waitLimitMs: WAIT_LIMIT_MS, ...settings };
    this.admission = new Admission(all, limit, logger);
  }

  /** @param name its first letter is the organization; `-` stands for nobody */
  ask(name: string, bytes = 0, client: Client = new EventEmitter()): void {
    const applicant = { organization: organizationOf(name), bytes };
    const operation = () => {
      this.begun.push(name);
      return new Promise<void>((resolve) => this.#ends.set(name, resolve));
    };
    this.admission.run(applicant, client, operation).then(
      () => this.ended.push(name),
      (error) => {
        expect(error).toBe(SERVER_BUSY);
        this.refused.push(name);
      },
    );
  }

  askAll(...names: string[]): void {
    for (const name of names) this.ask(name);
  }

  isOpenTo(name: string): boolean {
    return this.admission.hasRoomFor({ organization: organizationOf(name), bytes: 0 });
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    this.#ends.delete(name);
    await settled();
  }

  /** Ends whatever runs, and what begins then, until nothing does. */
  async endAll(): Promise<void> {
    for (let [name] = this.#ends.keys(); name; [name] = this.#ends.keys()) await this.end(name);
  }
}

const organizationOf = (name: string) => (name.startsWith('-') ? null : (name[0] as string));

/** As many turns of the event loop as operations may need to begin, in no time. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await turnOfTheEventLoop();
}

const turnOfTheEventLoop = () => new Promise((resolve) => setImmediate(resolve));

async function pass(milliseconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(milliseconds);
  await settled();
}

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});

afterEach(() => {
  jest.useRealTimers();
});

describe('the slots', () => {
  it('are as many as there may be; the next operation begins when one has ended', async () => {
    const desk = new Desk(2);
    desk.askAll('a1', 'b1', 'c1');
    await settled();
    expect(desk.begun).toEqual(['a1', 'b1']);
    expect(desk.admission.figures).toEqual({ limit: 2, running: 2, waiting: 1, shed: 0 });
    await desk.end('a1');
    expect(desk.begun).toEqual(['a1', 'b1', 'c1']);
    await desk.endAll();
    expect(desk.admission.figures).toEqual({ limit: 2, running: 0, waiting: 0, shed: 0 });
  });

  it('are taken one in each turn of the event loop', async () => {
    const desk = new Desk(3);
    desk.askAll('a1', 'b1', 'c1');
    const begun: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      await turnOfTheEventLoop();
      begun.push(desk.begun.length);
    }
    expect(begun).toEqual([1, 2, 3]);
  });

  it('are free again after an operation that failed', async () => {
    const desk = new Desk(1);
    const failing = desk.admission.run(
      { organization: 'a', bytes: 0 },
      new EventEmitter(),
      async () => {
        throw new TypeError('on purpose');
      },
    );
    const failed = expect(failing).rejects.toThrow('on purpose');
    desk.ask('a1');
    await settled();
    await failed;
    expect(desk.begun).toEqual(['a1']);
  });

  it('are never all taken by one organization, where there are five or more', async () => {
    const desk = new Desk(10);
    desk.askAll(...names('a', 20));
    await settled();
    expect(desk.begun).toHaveLength(8);
    desk.askAll('b1', '-1');
    await settled();
    expect(desk.begun.slice(8)).toEqual(['b1', '-1']);
  });

  it('are taken by one organization up to two in five while there are others', async () => {
    const desk = new Desk(10, { waitLimitMs: 60_000 });
    desk.ask('b1');
    await settled();
    await desk.end('b1');
    desk.askAll(...names('a', 20));
    await settled();
    expect(desk.begun).toEqual(['b1', ...names('a', 4)]);
    // Others are those of the last second.
    await pass(600);
    desk.ask('-1');
    await settled();
    await desk.end('-1');
    await pass(600);
    expect(desk.begun).toEqual(['b1', ...names('a', 4), '-1']);
    await pass(1_000);
    expect(desk.begun).toEqual(['b1', ...names('a', 4), '-1', ...names('a', 8).slice(4)]);
  });
});

describe('the order', () => {
  it('goes round the organizations, each in its own order', async () => {
    const desk = new Desk(1);
    desk.askAll('a0', ...names('a', 4), ...names('b', 2), 'c1', ...names('-', 2));
    await settled();
    await desk.endAll();
    expect(desk.begun).toEqual(['a0', 'b1', 'c1', '-1', 'a1', 'b2', '-2', 'a2', 'a3', 'a4']);
  });

  it('gives as many slots to those whose operations take long as to others, not more', async () => {
    const desk = new Desk(4);
    desk.askAll(...names('a', 4));
    await settled();
    desk.askAll(...names('a more ', 4), ...names('b', 10));
    // Of `a` two operations end and two do not; those of `b` end at once.
    await desk.end('a1');
    await desk.end('a2');
    expect(desk.begun.slice(4)).toEqual(['b1', 'b2']);
    for (const name of names('b', 8)) await desk.end(name);
    expect(desk.begun.slice(4)).toEqual(names('b', 10));
  });

  it('does not depend on how much another organization has waiting', async () => {
    const desk = new Desk(1);
    desk.askAll(...names('a', 50));
    await settled();
    desk.ask('b1');
    await desk.end('a1');
    await desk.end('a2');
    expect(desk.begun).toEqual(['a1', 'a2', 'b1']);
  });
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

describe('a client that hangs up', () => {
  it('leaves the line, and its operation does not begin', async () => {
    const desk = new Desk(1, { waitingOperations: 1 });
    const client = new EventEmitter();
    desk.ask('a1');
    await settled();
    desk.ask('a2', 0, client);
    expect(desk.isOpenTo('a')).toBe(false);
    client.emit('close');
    expect(desk.isOpenTo('a')).toBe(true);
    await desk.endAll();
    expect(desk.begun).toEqual(['a1']);
    // Nobody turned it away.
    expect(desk.admission.figures).toMatchObject({ running: 0, waiting: 0, shed: 1 });
  });

  it('does not disturb what runs, which keeps its slot until it ends', async () => {
    const desk = new Desk(1);
    const client = new EventEmitter();
    desk.ask('a1', 0, client);
    desk.ask('a2');
    await settled();
    client.emit('close');
    await settled();
    expect(desk.begun).toEqual(['a1']);
    await desk.end('a1');
    expect(desk.ended).toEqual(['a1']);
    expect(desk.begun).toEqual(['a1', 'a2']);
  });

  it('is not listened to any more once its operation has begun', async () => {
    const desk = new Desk(1);
    const client = new EventEmitter();
    desk.ask('a1', 0, client);
    expect(client.listenerCount('close')).toBe(1);
    await settled();
    expect(client.listenerCount('close')).toBe(0);
  });
});

describe('the end', () => {
  it('has come when nothing runs or waits', async () => {
    const desk = new Desk(1);
    await desk.admission.ended();
    desk.askAll('a1', 'a2');
    await settled();
    let hasEnded = false;
    void desk.admission.ended().then(() => {
      hasEnded = true;
    });
    await desk.end('a1');
    expect(hasEnded).toBe(false);
    await desk.end('a2');
    expect(hasEnded).toBe(true);
  });

  it('has not come while one runs, though none waits', async () => {
    const desk = new Desk(1);
    desk.ask('a1');
    await settled();
    const endedAfter = desk.admission.ended().then(() => desk.ended);
    await desk.end('a1');
    expect(await endedAfter).toEqual(['a1']);
    desk.ask('a2');
    await settled();
    let hasEnded = false;
    void desk.admission.ended().then(() => {
      hasEnded = true;
    });
    await settled();
    expect(hasEnded).toBe(false);
  });

  it('is not waited for once everything has been abandoned', async () => {
    const desk = new Desk(1);
    desk.ask('a1');
    await settled();
    const ended = desk.admission.ended();
    desk.admission.abandon();
    await ended;
    await desk.admission.ended();
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
