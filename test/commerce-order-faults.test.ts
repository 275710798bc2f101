import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Organization } from './support/api.js';
import { eventually } from './support/eventually.js';
import { orderInput, PLACE_ORDER } from './support/filled-cart.js';
import {
  asSuperuser,
  expectAllOrNothing,
  expectOneOrder,
  openShop,
  settled,
} from './support/order-truth.js';
import { type ProxiedApi, startProxiedApi, type TimedAnswer } from './support/proxied-api.js';
import type { CutMoment } from './support/tcp-proxy.js';

let api: ProxiedApi;
let acme: Organization;

beforeAll(async () => {
  // One connection, so that statements can be counted.
  api = await startProxiedApi({ size: 1, waitLimitMs: 5_000, statementTimeoutMs: 5_000 });
  acme = await api.witness.createOrganization('acme');
});

afterAll(() => api?.close());

const place = (input: object) => api.send(acme.viewer, PLACE_ORDER, { input });

const shop = () => openShop(api.witness, acme);

/** Ends the backend at the other end of a connection, as an administrator or a crash does. */
const terminate = async (port: number) => {
  await asSuperuser(
    api.witness.database,
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = $1',
    [port],
  );
};

const isUnknown = ({ errors }: TimedAnswer) =>
  errors?.[0].extensions.retryable === false &&
  errors[0].message.includes('may or may not have been kept');

describe('when the answer to COMMIT is lost', () => {
  it.each([
    ['before it arrives', 'nothing'],
    ['after it was answered', 'all'],
  ] as const)(
    '%s, the client asks again with the same key and has one order',
    async (moment, kept) => {
      const shopped = await shop();
      const input = orderInput();
      const cut = api.proxy.cutAt('COMMIT\0', moment);
      const answer = await place(input);
      await cut;
      expect(isUnknown(answer)).toBe(true);
      await settled(api.witness.database);
      expect(await expectAllOrNothing(shopped)).toBe(kept);
      await expectOneOrder(shopped, () => place(input));
    },
  );

  it('and the client asks again before it is known: the second waits for the first', async () => {
    const shopped = await shop();
    const input = orderInput();
    const stalled = api.proxy.stallAt('COMMIT\0');
    const first = place(input);
    await stalled;
    const second = acme.viewer.send(PLACE_ORDER, { input });
    await eventually(async () => {
      const rows = await asSuperuser(
        api.witness.database,
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      return rows.length === 1;
    }, 'the second waits');
    api.proxy.resume();
    expect((await first).errors).toBeUndefined();
    expect((await second).data).toEqual((await first).data);
    expect(await expectAllOrNothing(shopped)).toBe('all');
  });
});

describe('whenever the server or its backend dies under placeOrder', () => {
  /** How many statements it takes. */
  let statements: number;

  beforeAll(async () => {
    // What is read once is read by then.
    await shop();
    expect((await place(orderInput())).errors).toBeUndefined();
    await shop();
    const counted = api.proxy.countStatements();
    expect((await place(orderInput())).errors).toBeUndefined();
    statements = counted();
  });

  const MOMENTS: [string, CutMoment, ((port: number) => Promise<void>) | undefined][] = [
    ['the connection is lost before a statement arrives', 'before it arrives', undefined],
    ['the backend is ended before a statement arrives', 'before it arrives', terminate],
    ['the connection is lost after a statement', 'after it was answered', undefined],
    ['the backend is ended after a statement', 'after it was answered', terminate],
  ];

  it.each(MOMENTS)(
    '%s: all of the order is there or nothing, and the same key gives one order',
    async (_what, moment, end) => {
      const outcomes: string[] = [];
      for (let nth = 1; nth <= statements; nth++) {
        const shopped = await shop();
        const input = orderInput();
        const cut = api.proxy.cutAtStatement(nth, moment, { end });
        const answer = await place(input);
        await cut;
        await settled(api.witness.database);
        const kept = await expectAllOrNothing(shopped);
        // Who was told that it is there has it; who was not looks, or asks again.
        if (answer.errors) expect(answer.errors[0].extensions.code).toBe('UNAVAILABLE');
        else expect(kept).toBe('all');
        outcomes.push(answer.errors ? kept : 'answered');
        await expectOneOrder(shopped, () => place(input));
      }
      // Before anything was answered it is begun anew; then it fails, and at the end it may be kept.
      const last = moment === 'before it arrives' ? 'nothing' : 'all';
      expect(outcomes).toHaveLength(statements);
      expect(outcomes[0]).toBe('answered');
      expect(outcomes.at(-2)).toBe('nothing');
      expect(outcomes.at(-1)).toBe(last);
    },
    120_000,
  );

  it('which are more than 20 points', () => {
    expect(statements * 2).toBeGreaterThanOrEqual(20);
  });
});
