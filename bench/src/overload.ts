/**
 * How the product behaves when more is asked of it than it can answer:
 * `node bench/run.js overload [point-read | nested-list]`
 *
 * First four times the rate that it sustains, from many organizations; then one organization that asks for
 * ten times as much as another. Prints what was answered, turned away and how long that took.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Call } from './calls.ts';
import type { Cleanup } from './cleanup.ts';
import { buildData, type Data, type Organization, QUICK_SCALE } from './data.ts';
import { DatabaseServer } from './database.ts';
import { UsageError } from './options.ts';
import type { LoadPlan, Outcome } from './overload-load.ts';
import { withAdminConnection } from './product.ts';
import { RunningServer } from './running-server.ts';
import { rowhouse } from './servers/rowhouse/index.ts';

const POOL_SIZE = 10;
const CLIENTS = 16;
const OVERLOAD = 4;
const OVERLOAD_SECONDS = 10;
const NOISE = 10;
const NOISE_SECONDS = 8;
const ROUNDS = 3;
const WINDOW_MS = 100;
/** For arrivals that wait for nobody; as many as may wait in the server and some more. */
const CONNECTIONS = 1_200;

const ERRANDS = ['point-read', 'nested-list'] as const;
type Errand = (typeof ERRANDS)[number];

interface Figures {
  readonly rate: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * @param args which errands; both without any
 * @throws UsageError for a word that is none
 */
export async function runOverload(args: readonly string[], cleanup: Cleanup): Promise<boolean> {
  const unknown = args.find((arg) => !ERRANDS.includes(arg as Errand));
  if (unknown !== undefined) {
    throw new UsageError(`overload: "${unknown}" is none of ${ERRANDS.join(', ')}.`);
  }
  await overload(args.length > 0 ? (args as readonly Errand[]) : ERRANDS, cleanup);
  return true;
}

async function overload(errands: readonly Errand[], cleanup: Cleanup) {
  const directory = await mkdtemp(join(tmpdir(), 'rowhouse-overload-'));
  cleanup.add(() => rm(directory, { recursive: true, force: true }));
  const database = await DatabaseServer.start(directory);
  cleanup.add(() => database.stop());
  await database.migrate();
  const data = await withAdminConnection(database.main.adminUrl, (client) =>
    buildData(client, QUICK_SCALE),
  );
  for (const errand of errands) await measure(database, data, errand, cleanup);
}

async function measure(
  database: DatabaseServer,
  data: Data,
  errand: Errand,
  cleanup: Cleanup,
): Promise<void> {
  const server = await RunningServer.start(
    rowhouse,
    { database: database.main, poolSize: POOL_SIZE, nodeArgs: [] },
    () => undefined,
  );
  cleanup.add(() => server.stop());
  try {
    const port = Number(new URL(server.origin).port);
    const everyone = await requestsOf(data.organizations, errand);
    const closed = (seconds: number) =>
      load({ port, requests: everyone, clients: CLIENTS, connections: CLIENTS, rate: 0, seconds });
    await closed(5);
    console.log(`\n${errand}: ${CLIENTS} clients, pool of ${POOL_SIZE}`);
    for (let round = 0; round < ROUNDS; round++) {
      const sustained = answered(await closed(4), 4).rate;
      await fourTimes(server, port, everyone, sustained);
      await sleep(1_000);
    }
    const [quiet, noisy] = data.organizations as [Organization, Organization];
    for (const share of [0.05, 0.1, 0.2]) {
      for (let round = 0; round < ROUNDS; round++) {
        const sustained = answered(await closed(3), 3).rate;
        await noisyNeighbour(port, errand, quiet, noisy, sustained, share);
        await sleep(1_000);
      }
    }
  } finally {
    await server.stop();
  }
}

async function fourTimes(
  server: RunningServer,
  port: number,
  requests: readonly string[],
  sustained: number,
): Promise<void> {
  const before = server.residentMemory();
  let memory = 0;
  const sampling = setInterval(() => {
    memory = Math.max(memory, server.residentMemory());
  }, WINDOW_MS);
  const seconds = OVERLOAD_SECONDS;
  const [over, after] = await Promise.all([
    load({
      port,
      requests,
      clients: 0,
      connections: CONNECTIONS,
      rate: sustained * OVERLOAD,
      seconds,
    }),
    sleep(seconds * 1_000).then(() =>
      load({ port, requests, clients: 0, connections: CLIENTS, rate: sustained / 2, seconds: 6 }),
    ),
  ]);
  clearInterval(sampling);
  const began = over.reduce(
    (first, { sentAt }) => Math.min(first, sentAt),
    Number.POSITIVE_INFINITY,
  );
  const good = answered(over, seconds);
  const late = answered(
    over.filter(({ sentAt }) => sentAt > began + 4_000),
    seconds - 4,
  );
  const shed = figures(
    over.filter(({ status }) => status === 503),
    seconds,
  );
  const other = over.filter(({ status }) => status !== 200 && status !== 503).length;
  const ended = began + seconds * 1_000;
  const lastTrouble = after
    .filter(({ status, milliseconds }) => status !== 200 || milliseconds > 250)
    .reduce((last, { sentAt, milliseconds }) => Math.max(last, sentAt + milliseconds), ended);
  console.log(
    `  ${OVERLOAD} x: sustained ${n(sustained)}/s, offered ${n(over.length / seconds)}/s, answered ${n(good.rate)}/s ` +
      `(${(good.rate / sustained).toFixed(2)}; after 4 s ${(late.rate / sustained).toFixed(2)}), ` +
      `p50 ${n(good.p50)} p95 ${n(good.p95)} max ${n(good.max)} ms (after 4 s p50 ${n(late.p50)} p95 ${n(late.p95)}); ` +
      `shed ${n(shed.rate)}/s, p50 ${n(shed.p50)} p99 ${n(shed.p99)} max ${n(shed.max)} ms; other ${other}; ` +
      `memory ${n(before / 2 ** 20)} → ${n(memory / 2 ** 20)} MiB; ` +
      `recovered after ${n(lastTrouble - ended)} ms`,
  );
}

async function noisyNeighbour(
  port: number,
  errand: Errand,
  quiet: Organization,
  noisy: Organization,
  sustained: number,
  share: number,
): Promise<void> {
  const rate = sustained * share;
  const seconds = NOISE_SECONDS;
  const quietRequests = await requestsOf([quiet], errand);
  const noisyRequests = await requestsOf([noisy], errand);
  const ask = () =>
    load({ port, requests: quietRequests, clients: 0, connections: CLIENTS, rate, seconds });
  const noise = (factor: number) =>
    load({
      port,
      requests: noisyRequests,
      clients: 0,
      connections: CONNECTIONS,
      rate: rate * factor,
      seconds,
    });
  const alone = answered(await ask(), seconds);
  const both = await Promise.all([ask(), noise(NOISE)]);
  const beside = answered(both[0], seconds);
  const loud = answered(both[1], seconds);
  const refused = both[0].filter(({ status }) => status !== 200).length;
  console.log(
    `  neighbour: quiet at ${n(rate)}/s (${share} of ${n(sustained)}/s), p50 ${n(alone.p50)} p95 ${n(alone.p95)} ms alone, ` +
      `p50 ${n(beside.p50)} p95 ${n(beside.p95)} ms beside ${n(both[1].length / seconds)}/s ` +
      `(${n(loud.rate)}/s answered, p95 ${n(loud.p95)} ms): p95 x ${(beside.p95 / alone.p95).toFixed(2)}, ` +
      `p50 x ${(beside.p50 / alone.p50).toFixed(2)}; ${refused} of ${both[0].length} turned away`,
  );
}

/** One request of each user for each project, as they go over the wire. */
async function requestsOf(organizations: readonly Organization[], kind: Errand): Promise<string[]> {
  const calls = organizations.flatMap(({ id: orgId, userIds, projectIds }) =>
    projectIds.map((projectId, index): Call => {
      const caller = { orgId, userId: userIds[index % userIds.length] as string };
      return kind === 'point-read' ? { kind, caller, projectId } : { kind, caller };
    }),
  );
  const requests = await Promise.all(calls.map((call) => rowhouse.request(call)));
  return shuffled(requests).map(({ method, path, headers, body = '' }) => {
    const lines = Object.entries({ host: 'localhost', 'content-length': body.length, ...headers });
    return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
  });
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

function load(plan: LoadPlan): Promise<Outcome[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./overload-load.ts', import.meta.url), { workerData: plan });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

function answered(outcomes: readonly Outcome[], seconds: number): Figures {
  return figures(
    outcomes.filter(({ status }) => status === 200),
    seconds,
  );
}

function figures(outcomes: readonly Outcome[], seconds: number): Figures {
  const times = outcomes.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const at = (part: number) =>
    times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  return {
    rate: outcomes.length / seconds,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
  };
}

function n(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
