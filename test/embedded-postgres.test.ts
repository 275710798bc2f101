import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { transformFile } from '@swc/core';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  readEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../src/embedded-postgres/index.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';

/** Half of what a start of the whole product may take; `postgres` alone takes a tenth of it. */
const SECOND_START_LIMIT_MS = 2_500;
const asRoot = process.getuid?.() === 0 ? it : it.skip;
const onUnix = process.platform === 'win32' ? it.skip : it;

let folder: string;
/** Shared by the tests, each of which leaves it whole and stopped: making one takes most of a second. */
let directory: string;
const running: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowhouse-embedded-'));
  await chmod(folder, 0o755);
  directory = join(folder, '.rowhouse');
  await compileSources(join(folder, 'compiled'));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the first start', () => {
  it('makes roles that cannot leave row-level security, and the one that dumps', async () => {
    const { superuserUrl } = await start();
    const roles = await query(
      superuserUrl,
      `SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreatedb
         FROM pg_roles WHERE rolname LIKE 'rowhouse%' ORDER BY rolname`,
    );
    const plain = { rolcanlogin: true, rolsuper: false, rolbypassrls: false, rolcreatedb: false };
    expect(roles).toEqual([
      { ...plain, rolname: 'rowhouse_app' },
      { ...plain, rolname: 'rowhouse_backup', rolbypassrls: true },
      { ...plain, rolname: 'rowhouse_directory', rolcanlogin: false },
      { ...plain, rolname: 'rowhouse_owner', rolcreatedb: true },
      { ...plain, rolname: 'rowhouse_shopper', rolcanlogin: false },
    ]);
  });

  it('gives each role a URL to the database rowhouse, which the owner owns', async () => {
    const { ownerUrl, appUrl } = await start();
    const who = `SELECT current_user AS role, current_database() AS database,
      pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = current_database()`;
    const database = { database: 'rowhouse', owner: 'rowhouse_owner' };
    expect(await query(ownerUrl, who)).toEqual([{ ...database, role: 'rowhouse_owner' }]);
    expect(await query(appUrl, who)).toEqual([{ ...database, role: 'rowhouse_app' }]);
    const backupUrl = (await readEmbeddedPostgres(directory))?.backupUrl ?? '';
    expect(await query(backupUrl, who)).toEqual([{ ...database, role: 'rowhouse_backup' }]);
  });

  it('lets the owner hand a function to rowhouse_directory', async () => {
    const { ownerUrl } = await start();
    await withAdminConnection(ownerUrl, async (client) => {
      await client.query('BEGIN');
      await client.query(
        'CREATE SCHEMA handed; GRANT CREATE ON SCHEMA handed TO rowhouse_directory',
      );
      await client.query('CREATE FUNCTION handed.f() RETURNS int LANGUAGE sql RETURN 1');
      await client.query('ALTER FUNCTION handed.f() OWNER TO rowhouse_directory');
      await client.query('ROLLBACK');
    });
  });

  it('closes large objects, which know no row-level security, to the application', async () => {
    const { appUrl } = await start();
    await expect(query(appUrl, 'SELECT lo_create(0)')).rejects.toMatchObject({ code: '42501' });
  });

  it('sorts and classifies text the same on every machine', async () => {
    const { ownerUrl } = await start();
    const [database] = await query(
      ownerUrl,
      `SELECT pg_encoding_to_char(encoding) AS encoding, datlocprovider AS provider,
              datlocale AS locale, current_setting('timezone') AS timezone,
              upper('straße é') AS upper
         FROM pg_database WHERE datname = current_database()`,
    );
    expect(database).toEqual({
      encoding: 'UTF8',
      provider: 'b',
      locale: 'C.UTF-8',
      timezone: 'UTC',
      upper: 'STRAßE É',
    });
  });

  it('is moved to the place of a data directory only when it is whole', async () => {
    await rename(join(directory, 'postgres'), join(folder, 'kept'));
    try {
      const child = spawnStart(directory);
      await until(async () => (await readdir(directory)).some((name) => name.includes('.init-')));
      await kill(child);
      expect(await readdir(directory)).not.toContain('postgres');
      await (await start()).stop();
      expect((await readdir(directory)).filter((name) => name.includes('.init-'))).toEqual([]);
    } finally {
      await rm(join(directory, 'postgres'), { recursive: true, force: true });
      await rename(join(folder, 'kept'), join(directory, 'postgres'));
    }
  });
});

describe('who can connect', () => {
  it('needs a password', async () => {
    const { appUrl } = await start();
    const wrong = new URL(appUrl);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('must be on this machine, through the loopback interface', async () => {
    const { superuserUrl, port } = await start();
    const settings = await query(
      superuserUrl,
      `SELECT name, setting FROM pg_settings
        WHERE name IN ('listen_addresses', 'unix_socket_directories', 'password_encryption')
        ORDER BY name`,
    );
    expect(settings.map(({ setting }) => setting)).toEqual(['127.0.0.1', 'scram-sha-256', '']);
    const other = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === 'IPv4' && !address.internal);
    if (other === undefined) return;
    const outside = superuserUrl.replace(`127.0.0.1:${port}`, `${other.address}:${port}`);
    await expect(query(outside, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  onUnix('finds the passwords in a file that only its user can read', async () => {
    await start();
    expect((await stat(join(directory, 'postgres.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'postgres'))).mode & 0o777).toBe(0o700);
  });
});

describe('stop', () => {
  it('leaves no process, and says so in the state', async () => {
    const server = await start();
    const pid = (await readEmbeddedPostgres(directory))?.pid ?? 0;
    expect(isAlive(pid)).toBe(true);
    await server.stop();
    expect(isAlive(pid)).toBe(false);
    expect(await readEmbeddedPostgres(directory)).toMatchObject({ pid: null, port: server.port });
  });

  it('does not wait for open transactions', async () => {
    const server = await start();
    const interrupted = query(server.ownerUrl, 'SELECT pg_sleep(60)').catch(
      (error: { code?: string }) => error.code,
    );
    await sleep(100);
    await server.stop();
    expect(await interrupted).toBe('57P01');
  });

  it('leaves the server to another process that uses it, whose stop is the last', async () => {
    const first = await start();
    const second = await start();
    expect([first.reused, second.reused]).toEqual([false, true]);
    const pid = (await readEmbeddedPostgres(directory))?.pid ?? 0;
    await first.stop();
    expect(await query(second.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.stop();
    expect(isAlive(pid)).toBe(false);
  });
});

describe('a later start', () => {
  it('keeps port, passwords and data, and is fast', async () => {
    const first = await start({ durable: true });
    await query(first.ownerUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const began = performance.now();
    const second = await start({ durable: true });
    expect(performance.now() - began).toBeLessThan(SECOND_START_LIMIT_MS);
    expect(second.ownerUrl).toBe(first.ownerUrl);
    expect(await query(second.ownerUrl, 'TABLE kept')).toEqual([{ answer: 42 }]);
    await query(second.ownerUrl, 'DROP TABLE kept');
  });

  it('takes another port when somebody else has it, and keeps that one', async () => {
    const { port } = await startAndStop();
    const rival = createServer().listen(port, '127.0.0.1');
    const messages: string[] = [];
    const moved = await start({ onProgress: (message) => messages.push(message) });
    rival.close();
    expect(moved.port).not.toBe(port);
    expect(messages.join()).toContain(`Port ${port} is taken`);
    expect(await query(moved.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await moved.stop();
    expect((await startAndStop()).port).toBe(moved.port);
  });

  it('passes its settings to the server', async () => {
    const { superuserUrl } = await start({ settings: { max_connections: '37' } });
    expect(await query(superuserUrl, 'SHOW max_connections')).toEqual([{ max_connections: '37' }]);
  });

  it('at the same moment as another one shares its server', async () => {
    const servers = await Promise.all([start(), start(), start()]);
    expect(new Set(servers.map(({ port }) => port)).size).toBe(1);
    expect(servers.filter(({ reused }) => !reused)).toHaveLength(1);
  });

  it('refuses data of another major version, and names both', async () => {
    await startAndStop();
    const versionFile = join(directory, 'postgres', 'PG_VERSION');
    await writeFile(versionFile, '17\n');
    try {
      await expect(start()).rejects.toMatchObject({
        fault: 'VERSION_MISMATCH',
        message: expect.stringMatching(/made by PostgreSQL 17.*version 18\./s),
      });
    } finally {
      await writeFile(versionFile, '18\n');
    }
    await startAndStop();
  });

  it('says so when the passwords are lost, and works again when they are restored', async () => {
    await startAndStop();
    const file = join(directory, 'postgres.json');
    const state = await readFile(file, 'utf8');
    for (const [broken, words] of [
      [undefined, /is gone/],
      ['{"port":', /cannot be read/],
      [state.replace(/postgres:[^@]*@/, 'postgres:other@'), /does not hold the password/],
    ] as const) {
      await (broken === undefined ? rm(file) : writeFile(file, broken));
      const failure = expect(start()).rejects;
      await failure.toMatchObject({
        fault: 'CREDENTIALS_LOST',
        message: expect.stringMatching(words),
      });
    }
    await writeFile(file, state);
    await startAndStop();
  });

  it('sets a half-made data directory aside and deletes nothing', async () => {
    const half = join(folder, 'half');
    await mkdir(join(half, 'postgres', 'base'), { recursive: true });
    await writeFile(join(half, 'postgres', 'PG_VERSION'), '18\n');
    const server = await start({ directory: half });
    expect(await query(server.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const aside = (await readdir(half)).find((name) => name.startsWith('postgres.broken-'));
    expect(await readdir(join(half, aside ?? ''))).toEqual(['PG_VERSION', 'base']);
  });

  it('is not held up by a left-over postmaster.pid whose id is another program by now', async () => {
    const { port } = await startAndStop();
    const data = join(directory, 'postgres');
    const left = [process.pid, data, 1_700_000_000, port, '', '127.0.0.1', '1 1', 'starting', ''];
    await writeFile(join(data, 'postmaster.pid'), left.join('\n'));
    expect((await startAndStop()).reused).toBe(false);
  });
});

describe('after kill -9', () => {
  it('of the process that started it, a start adopts the server and stops it at the end', async () => {
    const child = spawnStart(directory);
    const { pid, port } = await whenStarted(child);
    await kill(child);
    expect(isAlive(pid)).toBe(true);
    const server = await start();
    expect(server).toMatchObject({ reused: true, port });
    await server.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('of that process and the server, a start recovers what was committed', async () => {
    const child = spawnStart(directory);
    const { pid, ownerUrl } = await whenStarted(child);
    await query(ownerUrl, 'CREATE TABLE survived AS SELECT 42 AS answer');
    process.kill(pid, 'SIGKILL');
    await kill(child);
    const server = await start();
    expect(server.reused).toBe(false);
    expect(await query(server.ownerUrl, 'TABLE survived')).toEqual([{ answer: 42 }]);
    await query(server.ownerUrl, 'DROP TABLE survived');
  });

  it('of the server alone, a start at once waits for its children to end', async () => {
    const lost = await start();
    const connected = query(lost.ownerUrl, 'SELECT pg_sleep(60)').catch(() => 'cut off');
    await sleep(50);
    process.kill((await readEmbeddedPostgres(directory))?.pid ?? 0, 'SIGKILL');
    const server = await start();
    expect(await connected).toBe('cut off');
    expect(await query(server.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  onUnix('a Ctrl-C in the terminal does not reach the server', async () => {
    const child = spawnStart(directory, { detached: true });
    const { pid, appUrl } = await whenStarted(child);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    await ended(child);
    expect(isAlive(pid)).toBe(true);
    expect(await query(appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await startAndStop();
    expect(isAlive(pid)).toBe(false);
  });
});

describe('as root', () => {
  asRoot('runs as somebody else, also below a folder that only root can enter', async () => {
    const closed = await mkdtemp(join(tmpdir(), 'rowhouse-closed-'));
    try {
      const server = await startEmbeddedPostgres({ directory: join(closed, '.rowhouse') });
      running.push(server);
      const pid = (await readEmbeddedPostgres(join(closed, '.rowhouse')))?.pid ?? 0;
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      expect(/^Uid:\t(\d+)/m.exec(status)?.[1]).not.toBe('0');
      expect(await query(server.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await server.stop();
    } finally {
      await rm(closed, { recursive: true, force: true });
    }
  });
});

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ directory, durable: false, ...options });
  running.push(server);
  return server;
}

async function startAndStop(): Promise<EmbeddedPostgres> {
  const server = await start();
  await server.stop();
  return server;
}

function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  return withAdminConnection(url, async (client) => (await client.query(sql)).rows);
}

/** A zombie is not alive; some containers keep those whose parent was killed. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5);
}

/** A process of its own that starts the server and then stays until it is killed. */
function spawnStart(at: string, options: { detached?: boolean } = {}): ChildProcess {
  const script = `
    import { startEmbeddedPostgres } from './embedded-postgres/index.js';
    const server = await startEmbeddedPostgres({ directory: ${JSON.stringify(at)} });
    console.log(JSON.stringify(server));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: join(folder, 'compiled'),
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  });
  children.push(child);
  return child;
}

async function whenStarted(child: ChildProcess): Promise<EmbeddedPostgres & { pid: number }> {
  const printed = await new Promise<string>((resolvePrinted, reject) => {
    child.stdout?.once('data', (chunk: Buffer) => resolvePrinted(chunk.toString()));
    child.once('exit', (code) => reject(new Error(`The child ended with ${code}.`)));
  });
  const pid = (await readEmbeddedPostgres(directory))?.pid ?? 0;
  return { ...(JSON.parse(printed) as EmbeddedPostgres), pid };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolveEnded) => {
    if (child.exitCode !== null || child.signalCode !== null) resolveEnded();
    else child.once('exit', () => resolveEnded());
  });
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended(child);
}

/** Processes of their own cannot use jest's transformation; this makes what the build would make. */
async function compileSources(target: string): Promise<void> {
  const root = resolve(import.meta.dirname, '..');
  const jsc = { parser: { syntax: 'typescript' }, target: 'es2022' } as const;
  for (const part of ['embedded-postgres', 'tenancy']) {
    await mkdir(join(target, part), { recursive: true });
    for (const name of await readdir(join(root, 'src', part))) {
      if (!/^[\w.-]+(?<!\.test)\.ts$/.test(name)) continue;
      const { code } = await transformFile(join(root, 'src', part, name), { jsc, swcrc: false });
      await writeFile(join(target, part, name.replace(/\.ts$/, '.js')), code);
    }
  }
  await writeFile(join(target, 'package.json'), '{ "type": "module" }');
  await symlink(join(root, 'node_modules'), join(target, 'node_modules'), 'junction');
}
