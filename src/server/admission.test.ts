import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Desk,
  names,
  pass,
  settled,
  turnOfTheEventLoop,
} from '../../test/support/admission-desk.js';

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
