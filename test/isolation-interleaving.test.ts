import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { decodeId, tryDecodeId } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { commerceFaults } from './support/commerce-faults.js';
import { eventually } from './support/eventually.js';
import {
  foreignIds,
  halfKept,
  lostOrDoubledUnits,
  lostOrPhantomWrites,
  unexplainedVersions,
  writesThat,
} from './support/interleaving/aftermath.js';
import { Interleaving } from './support/interleaving/interleaving.js';
import type { OperationKind } from './support/interleaving/operation.js';
import {
  heldByBackends,
  revealSettings,
  settingsLeft,
} from './support/interleaving/pooled-connections.js';
import { Random } from './support/interleaving/random.js';
import { createShoppers, nameOf, staffOf } from './support/interleaving/reader.js';
import { openShop } from './support/interleaving/shop.js';
import {
  type OwnedRow,
  ownersOfIds,
  type StoredRow,
  storedRows,
  strayOrders,
  strayTexts,
  unitsByOwner,
} from './support/interleaving/stored-rows.js';
import { WEIGHTS, Workload } from './support/interleaving/workload.js';
import { type ProxiedApi, startProxiedApi } from './support/proxied-api.js';
import { recomputedSales, storedSales } from './support/recomputed-sales.js';

const OPERATIONS = 6_500;

/** Words that no other text has in it. */
const ORGANIZATIONS = ['quokka', 'narwhal', 'axolotl', 'pangolin', 'okapi'];

/** Short waits, so that they are over; statements get longer than a busy machine needs for one. */
const POOL = {
  size: 2,
  waitLimitMs: 600,
  statementTimeoutMs: 1_500,
  idleInTransactionTimeoutMs: 5_000,
};

/** Whoever loses the database while asking is soon followed by somebody else. */
const PACE = {
  ...{ pollMs: 200, answerLimitMs: 1_000, leaseMs: 2_500 },
  ...{ firstRetryMs: 50, longestRetryMs: 200, askAgainMs: 1_000 },
};

/**
 * What the clients do, and what is done to them; when each of it happens is up to the machine. Another one
 * looks further: `INTERLEAVING_SEED=$RANDOM npm test -- test/isolation-interleaving.test.ts`
 */
const SEED = Number(process.env.INTERLEAVING_SEED ?? 20_261_121);

let api: ProxiedApi;
let workloads: Workload[];
let interleaving: Interleaving;
let rows: StoredRow[];

// A rejection or an exception that nobody handles, here or in the API, fails this file: Jest sees to it.
beforeAll(async () => {
  api = await startProxiedApi(POOL, { pace: PACE });
  await revealSettings(api.witness.database);
  workloads = await Promise.all(ORGANIZATIONS.map(createWorkload));
  for (const workload of workloads) workload.faces(workloads.filter((other) => other !== workload));
  await withAdminConnection(api.witness.database.superuserUrl, async (admin) => {
    interleaving = await Interleaving.of(api, workloads, admin);
    api.app.paying.start();
    await interleaving.run(OPERATIONS, new Random(SEED));
    await untilNobodyIsAsked(admin);
  });
  await api.app.paying.stop(5_000);
  // Also what nobody waited for: clients that gave up leave operations that run to their end.
  await eventually(atRest, 'every connection is back in the pool');
  rows = await storedRows(api.witness.database);
  for (const row of rows) interleaving.history.observe(row);
  console.log(summary());
}, 240_000);

afterAll(async () => {
  interleaving?.close();
  await api?.close();
});

async function createWorkload(slug: string): Promise<Workload> {
  const organization = await api.witness.createOrganization(slug);
  const { id: steady } = await organization.createProject(`${slug} steady`);
  const { id: changing } = await organization.createProject(`${slug} changing`);
  const title = `${slug} to begin with`;
  const [contended = '', ...tasks] = await organization.createTasks(
    steady,
    Array(6).fill({ title }),
  );
  const shoppers = await createShoppers(api.witness, organization, ORGANIZATIONS);
  const shop = await openShop(organization, shoppers);
  const staff = staffOf(organization, ORGANIZATIONS);
  const workload = new Workload(organization, staff, shop, steady, contended);
  for (const id of [changing, ...tasks]) workload.learn({ id, version: 1, deletedAt: null });
  return workload;
}

/** Until all that was wanted of the payment provider is done; what a slow card does takes some seconds. */
async function untilNobodyIsAsked(admin: pg.Client): Promise<void> {
  const deadline = performance.now() + 30_000;
  const waiting = 'SELECT FROM payment_commands WHERE done_at IS NULL LIMIT 1';
  while ((await admin.query(waiting)).rows.length > 0) {
    if (performance.now() > deadline) throw new Error('The payment provider is still asked.');
    await sleep(50);
  }
}

function atRest(): boolean {
  const { size, idle, waiting } = api.app.tenancy.poolFigures;
  return idle === size && waiting === 0;
}

/** What a buyer has in mind, and asks for as their own, or others as somebody else's, that is none of theirs. */
function remembered(owners: ReadonlyMap<string, OwnedRow>): string[] {
  return workloads.flatMap(({ shop }) =>
    shop.buyers.flatMap((buyer) =>
      shop
        .memoryOf(buyer)
        .ids.filter((id) => owners.get(tryDecodeId(id)?.uuid ?? '')?.ownerId !== buyer.ownerId)
        .map((id) => `${nameOf(buyer)} has ${id} in mind`),
    ),
  );
}

function figures() {
  const { counts, faults, history } = interleaving;
  return {
    ...counts,
    ...faults.counts,
    acknowledged: writesThat(history, 'acknowledged'),
    refused: writesThat(history, 'refused'),
    unknown: writesThat(history, 'unknown'),
    conflicts: history.codes.get('VERSION_CONFLICT') ?? 0,
  };
}

function summary(): string {
  const { operations, aborted, terminated, cut, cutCommits, timedOut, turnedAway, ...f } =
    figures();
  return [
    `interleaving: ${operations} operations, ${aborted} aborted, ${terminated} backends terminated`,
    `${cut} times all connections and ${cutCommits} commits cut, ${timedOut} statements timed out`,
    `${turnedAway} turned away by a full pool, ${f.lost} told of a lost connection`,
    `writes: ${f.acknowledged} acknowledged, ${f.refused} refused, ${f.unknown} unknown`,
    `${rows.filter(({ table }) => table === 'orders').length} orders placed`,
    `${f.conflicts} version conflicts, ${f.samples} samples of the pool; INTERLEAVING_SEED=${SEED}`,
  ].join(', ');
}

describe('6,500 operations of 5 organizations on a pool of 2, with faults', () => {
  it('show nobody a row, an id or a cursor of another organization, or of another shopper', async () => {
    const owners = await ownersOfIds(api.witness.database);
    expect(foreignIds(interleaving.history, owners)).toEqual([]);
    expect(remembered(owners)).toEqual([]);
    expect(await strayTexts(api.witness.database)).toEqual([]);
    const shoppers = workloads.flatMap(({ shop }) => shop.buyers);
    const words = Object.fromEntries(shoppers.map(({ ownerId, word }) => [ownerId, word]));
    expect(await strayOrders(api.witness.database, words)).toEqual([]);
  });

  it('are answered without contradiction, and with nothing but documented errors', () => {
    expect(interleaving.history.faults).toEqual([]);
    expect(interleaving.history.codes.get('INTERNAL')).toBeUndefined();
  });

  it('keep every write that was acknowledged, once, and none that was refused', () => {
    expect(lostOrPhantomWrites(interleaving.history, rows)).toEqual([]);
    expect(unexplainedVersions(interleaving.history, rows)).toEqual([]);
  });

  it('keep all of a unit or nothing where the outcome is unknown', () => {
    expect(halfKept(interleaving.history, rows)).toEqual([]);
  });

  it('take stock once for what was ordered, number orders without a gap, and count what was paid', async () => {
    const { database } = api.witness;
    for (const { organization } of workloads) {
      const { orgId } = organization.tenant;
      const faults = withAdminConnection(database.superuserUrl, (client) =>
        commerceFaults(client, orgId),
      );
      expect(await faults).toEqual([]);
      const { stockDiscrepancies } = await organization.member.ask(
        '{ stockDiscrepancies { product { id } } }',
      );
      expect(stockDiscrepancies).toEqual([]);
      expect(await storedSales(database, orgId)).toEqual(
        await recomputedSales(database, orgId, 'UTC'),
      );
    }
  });

  it('lose no unit that was put into a cart, and double none', async () => {
    for (const { shop } of workloads) {
      const units = await unitsByOwner(api.witness.database, decodeId('prod', shop.counted, 'id'));
      for (const shopper of shop.buyers) {
        expect(lostOrDoubledUnits(interleaving.history, shopper, units)).toEqual([]);
      }
    }
  });

  it('leave no setting, transaction or lock on a connection, then or later', async () => {
    expect(interleaving.settingsFound).toEqual([]);
    expect(await settingsLeft(api.app.tenancy)).toEqual([]);
    // A backend whose connection was cut takes a moment to notice.
    const released = async () => (await heldByBackends(api.witness.database)).length === 0;
    await eventually(released, 'every backend is idle and holds nothing').catch(() => undefined);
    expect(await heldByBackends(api.witness.database)).toEqual([]);
  });

  it('leave a server that answers as before', async () => {
    const { size, limit, waiting } = api.app.tenancy.poolFigures;
    expect(size).toBeLessThanOrEqual(limit);
    expect(waiting).toBe(0);
    expect((await fetch(`${api.url}/health/ready`)).status).toBe(200);
    for (const { organization, marker } of workloads) {
      const alive = rows.filter((row) => row.organization === marker && row.deletedAt === null);
      const answer = await api.send(
        organization.viewer,
        '{ tasks { totalCount } projects { totalCount } }',
      );
      expect(answer.data).toEqual({
        tasks: { totalCount: alive.filter(({ table }) => table === 'tasks').length },
        projects: { totalCount: alive.filter(({ table }) => table === 'projects').length },
      });
    }
  });

  it('were as mixed as they were meant to be', () => {
    const { acknowledged, refused, unknown, conflicts, ...faults } = figures();
    for (const kind of Object.keys(WEIGHTS)) {
      expect(interleaving.kinds.get(kind as OperationKind)).toBeGreaterThan(30);
    }
    expect(faults.operations).toBeGreaterThanOrEqual(OPERATIONS);
    expect(acknowledged).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(300);
    expect(unknown).toBeGreaterThan(50);
    expect(conflicts).toBeGreaterThan(30);
    expect(faults.aborted).toBeGreaterThan(150);
    expect(faults.terminated).toBeGreaterThan(15);
    expect(faults.cut).toBeGreaterThan(5);
    expect(faults.cutCommits).toBeGreaterThan(10);
    expect(faults.lost).toBeGreaterThan(5);
    expect(faults.timedOut).toBeGreaterThan(2);
    expect(faults.turnedAway).toBeGreaterThan(15);
    expect(faults.samples).toBeGreaterThan(10);
    const orders = rows.filter(({ table }) => table === 'orders');
    expect(orders.length).toBeGreaterThan(50);
    for (const moment of ['paidAt', 'shippedAt', 'cancelledAt', 'refundedAt']) {
      expect(orders.filter((order) => order[moment] !== null).length).toBeGreaterThan(1);
    }
  });
});
