import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { eventually } from './support/eventually.js';
import {
  foreignIds,
  halfKept,
  lostOrPhantomWrites,
  ownersOfIds,
  type StoredRow,
  storedRows,
  strayTexts,
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
import { WEIGHTS, Workload } from './support/interleaving/workload.js';
import { type ProxiedApi, startProxiedApi } from './support/proxied-api.js';

const OPERATIONS = 5_000;

/** Words that no other text has in it. */
const ORGANIZATIONS = ['quokka', 'narwhal', 'axolotl', 'pangolin', 'okapi'];

/** Short waits, so that they are over; statements get longer than a busy machine needs for one. */
const POOL = {
  size: 2,
  waitLimitMs: 600,
  statementTimeoutMs: 1_500,
  idleInTransactionTimeoutMs: 5_000,
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
  api = await startProxiedApi(POOL);
  await revealSettings(api.witness.database);
  workloads = await Promise.all(ORGANIZATIONS.map(createWorkload));
  for (const workload of workloads) workload.faces(workloads.filter((other) => other !== workload));
  await withAdminConnection(api.witness.database.superuserUrl, async (admin) => {
    interleaving = await Interleaving.of(api, workloads, admin);
    await interleaving.run(OPERATIONS, new Random(SEED));
  });
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
  const workload = new Workload(organization, steady, contended);
  for (const id of [changing, ...tasks]) workload.learn({ id, version: 1, deletedAt: null });
  return workload;
}

function atRest(): boolean {
  const { size, idle, waiting } = api.app.tenancy.poolFigures;
  return idle === size && waiting === 0;
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
    `${f.conflicts} version conflicts, ${f.samples} samples of the pool; INTERLEAVING_SEED=${SEED}`,
  ].join(', ');
}

describe('5,000 operations of 5 organizations on a pool of 2, with faults', () => {
  it('show no organization a row, an id or a cursor of another', async () => {
    const owners = await ownersOfIds(api.witness.database);
    expect(foreignIds(interleaving.history, owners)).toEqual([]);
    expect(await strayTexts(api.witness.database)).toEqual([]);
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
  });
});
