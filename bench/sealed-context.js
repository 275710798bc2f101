/**
 * What the sealed context costs: the same server over the same rows, once without and once with a seal,
 * measured in turns. Prints the median throughput of each and their ratio, and on Linux the same for the
 * processor time that server and PostgreSQL spend on a request, which a busy machine disturbs less.
 *
 *   npm run bench:seal [-- rounds [seconds]]
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '../dist/embedded-postgres/index.js';
import { createIdentity } from '../dist/identity/index.js';
import { deployMigrations } from '../dist/migrations/index.js';
import { seedLoad } from '../dist/seed/index.js';
import { systemClock } from '../dist/shared/clock.js';
import { encodeId } from '../dist/shared/ids.js';
import { createLogger } from '../dist/shared/logger.js';
import { enableSeal, Tenancy, withAdminConnection } from '../dist/tenancy/index.js';

// Many short rounds: what else the machine does then meets both alike.
const ROUNDS = Number(process.argv[2] ?? 80);
const SECONDS = Number(process.argv[3] ?? 0.4);
const CONNECTIONS = 16;
const ORGANIZATIONS = 20;
const SEAL_KEY = randomBytes(32).toString('base64');
const JWT_SECRET = randomBytes(32).toString('base64');

const WORKLOADS = {
  'point read': 'query ($id: ID!) { project(id: $id) { id name version } }',
  'nested list':
    'query ($id: ID!) { project(id: $id) { id } projects(first: 20) { nodes { name owner { name } tasks(first: 5) { nodes { title assignee { name } } } } } }',
};

const directory = await mkdtemp(join(tmpdir(), 'rowhouse-bench-'));
const children = [];
const postgres = await startEmbeddedPostgres({ directory, durable: false });
try {
  await measure();
} finally {
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(children.map((child) => new Promise((ended) => child.once('exit', ended))));
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
}

async function measure() {
  const callers = await prepareRows();
  const servers = {
    unsealed: await startServer('rowhouse', {}),
    sealed: await startServer('sealed', { TENANT_SEAL_KEY: SEAL_KEY }),
  };
  for (const [workload, query] of Object.entries(WORKLOADS)) {
    const results = { unsealed: [], sealed: [] };
    for (const server of Object.values(servers)) await load(server, query, callers, 1);
    for (let round = 0; round < ROUNDS; round++) {
      const names = Object.keys(servers);
      // Who goes first changes, so that neither always has the warmer machine.
      for (const name of round % 2 === 0 ? names : names.reverse()) {
        results[name].push(await load(servers[name], query, callers, SECONDS));
      }
    }
    compare(`${workload}, requests a second`, results, ({ throughput }) => throughput);
    if (process.platform === 'linux') {
      compare(`${workload}, microseconds of processor time`, results, ({ cpu }) => cpu);
    }
  }
}

function compare(what, { unsealed, sealed }, figure) {
  const ratios = sealed.map((each, round) => figure(each) / figure(unsealed[round]));
  const middle = (results) => Math.round(median(results.map(figure)));
  console.log(
    `${what}: ${middle(unsealed)}, sealed ${middle(sealed)}; ratio ${median(ratios).toFixed(3)} ` +
      `(quartiles ${quantile(ratios, 0.25).toFixed(3)} to ${quantile(ratios, 0.75).toFixed(3)}, ${ROUNDS} rounds)`,
  );
}

/** Two databases with the same rows, the second one sealed; who may ask for which project. */
async function prepareRows() {
  await deployMigrations({ url: postgres.ownerUrl, onProgress: () => undefined });
  const settings = {
    url: postgres.appUrl,
    size: 4,
    waitLimitMs: 5_000,
    statementTimeoutMs: 60_000,
    idleInTransactionTimeoutMs: 60_000,
  };
  const tenancy = new Tenancy(settings, createLogger({ level: 'silent' }));
  await seedLoad(tenancy, {
    scale: { organizations: ORGANIZATIONS, tasks: 500 },
    onProgress: () => undefined,
  });
  const callers = await makeCallers(tenancy);
  await tenancy.close();
  await withAdminConnection(inDatabase(postgres.superuserUrl, 'postgres'), (client) =>
    client.query('CREATE DATABASE sealed TEMPLATE rowhouse OWNER rowhouse_owner'),
  );
  for (const database of ['rowhouse', 'sealed']) {
    await withAdminConnection(inDatabase(postgres.superuserUrl, database), async (client) => {
      await client.query('REVOKE TEMPORARY ON DATABASE '.concat(database, ' FROM PUBLIC'));
      if (database === 'sealed') await enableSeal(client, SEAL_KEY);
      await client.query('ANALYZE');
    });
  }
  return callers;
}

async function makeCallers(tenancy) {
  const tokens = {
    secret: JWT_SECRET,
    issuer: 'rowhouse',
    audience: 'rowhouse-api',
    lifetimeSeconds: 3_600,
  };
  const { accessTokens } = createIdentity(tenancy, tokens, systemClock);
  const { rows } = await withAdminConnection(
    inDatabase(postgres.superuserUrl, 'rowhouse'),
    (client) => client.query('SELECT org_id, owner_id, id FROM projects'),
  );
  return Promise.all(
    rows.map(async ({ org_id: orgId, owner_id: userId, id }) => ({
      id: encodeId('proj', id),
      token: (await accessTokens.issue({ orgId, userId, role: 'owner' })).token,
    })),
  );
}

async function startServer(database, env) {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const child = spawn(process.execPath, ['dist/main.js'], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'error',
      DATABASE_URL: inDatabase(postgres.appUrl, database),
      JWT_SECRET,
      ...env,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  children.push(child);
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The server over ${database} ended.`);
    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
    if (ready?.ok) return { url: `http://127.0.0.1:${port}/graphql`, pid: child.pid, database };
    await sleep(100);
  }
}

/** @returns requests a second, and processor time for each in microseconds */
async function load({ url, pid, database }, query, callers, seconds) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const end = performance.now() + seconds * 1_000;
  let done = 0;
  const client = async () => {
    while (performance.now() < end) {
      const { id, token } = callers[Math.floor(Math.random() * callers.length)];
      const answer = await post(url, token, JSON.stringify({ query, variables: { id } }), agent);
      if (!answer.includes(`"id":"${id}"`)) throw new Error(`An unexpected answer: ${answer}`);
      done++;
    }
  };
  const cpuBefore = await processorTime(pid, database);
  const began = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  agent.destroy();
  const throughput = done / ((performance.now() - began) / 1_000);
  return { throughput, cpu: ((await processorTime(pid, database)) - cpuBefore) / done };
}

/** What the server and its backends have used so far, in microseconds. */
async function processorTime(pid, database) {
  if (process.platform !== 'linux') return 0;
  const { rows } = await withAdminConnection(
    inDatabase(postgres.superuserUrl, 'postgres'),
    (client) =>
      client.query(
        "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND application_name = 'rowhouse'",
        [database],
      ),
  );
  let nanoseconds = 0;
  for (const each of [pid, ...rows.map((row) => row.pid)]) {
    for (const task of await readdir(`/proc/${each}/task`)) {
      const schedule = await readFile(`/proc/${each}/task/${task}/schedstat`, 'utf8').catch(
        () => '0',
      );
      nanoseconds += Number(schedule.split(' ')[0]);
    }
  }
  return nanoseconds / 1_000;
}

function post(url, token, body, agent) {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      authorization: `Bearer ${token}`,
    };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function inDatabase(url, database) {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

function median(values) {
  return quantile(values, 0.5);
}

function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
