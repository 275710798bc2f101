import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay, setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEmbeddedPostgres } from '../src/embedded-postgres/index.js';
import { deployMigrations } from '../src/migrations/index.js';
import { readMigrationFiles } from '../src/migrations/migration-files.js';
import { customerNamed, DEMO_PASSWORD, seedDemo } from '../src/seed/index.js';
import { keptTokenSecret, waitForDatabase } from '../src/start/index.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { Tenancy } from '../src/tenancy/index.js';
import { urlOf } from './support/cluster.js';
import { createDatabase, createEmptyDatabase, type TestDatabase } from './support/database.js';
import { openTenancy, poolSettings, silent } from './support/organizations.js';
import {
  buildProduct,
  type Outcome,
  ROOT,
  type Running,
  runProduct,
  startProduct,
  temporaryFolder,
  untilPrinted,
  watch,
} from './support/product.js';

const TIMEOUT = 60_000;
const SECRET = 'a secret of the tests, of more than 32 bytes';

type Folder = Awaited<ReturnType<typeof temporaryFolder>>;

interface Served {
  running: Running;
  /** Without a path. */
  url: string;
  /** What the welcome gives to be sent along, for Demo Org and Test Corp. */
  tokens: string[];
  stop(signal?: NodeJS.Signals): Promise<Outcome>;
}

/** Starts the product in a folder, on any free port, and waits until it serves. */
async function serve(cwd: string, env: Record<string, string> = {}): Promise<Served> {
  const running = startProduct('main.js', [], { cwd, env: { PORT: '0', ...env } });
  await untilPrinted(running, /Try it|Rowhouse is ready[\s\S]*\n\n$|"listening"/);
  const stdout = running.stdout();
  return {
    running,
    url: /http:\/\/[\d.]+:\d+/.exec(stdout)?.[0] ?? '',
    tokens: [...stdout.matchAll(/^ {2}Authorization: Bearer (\S+)$/gm)].map(
      ([, token]) => token ?? '',
    ),
    stop(signal = 'SIGTERM') {
      running.child.kill(signal);
      return running.ended;
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field.
type Answer = any;

function ask(url: string, query: string, token?: string): Promise<Answer> {
  return askWith(url, query, token ? { authorization: `Bearer ${token}` } : {});
}

async function askWith(
  url: string,
  query: string,
  headers: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

const VIEWER = '{ viewer { email } }';

async function createDemoDatabase(): Promise<TestDatabase> {
  const database = await createDatabase();
  const tenancy = openTenancy(database);
  await seedDemo(tenancy);
  await tenancy.close();
  return database;
}

async function isServerRunning(cwd: string): Promise<boolean> {
  const state = await readEmbeddedPostgres(join(cwd, '.rowhouse'));
  return typeof state?.pid === 'number';
}

beforeAll(buildProduct, TIMEOUT);

describe('npm start without a database', () => {
  let folder: Folder;
  let first: { stdout: string; tokens: string[] };

  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it(
    'brings everything that is needed, says what takes a while, and prints what works as it stands',
    async () => {
      const served = await serve(folder.path);
      first = { stdout: served.running.stdout(), tokens: served.tokens };
      expect(first.stdout).toMatch(
        /^Creating a PostgreSQL 18\.\d data directory in .* … \d+\.\d s$/m,
      );
      const { length } = await readMigrationFiles();
      expect(first.stdout).toMatch(
        new RegExp(`^Applying the pending migrations \\(${length}\\) … \\d+\\.\\d s$`, 'm'),
      );
      expect(first.stdout).toMatch(/^Making the demo organizations … \d+\.\d s$/m);
      expect(first.stdout).toContain(`API      ${served.url}/graphql`);
      expect(first.stdout).toContain(`Sandbox  ${served.url}/`);
      expect(first.stdout).toContain(`Demo accounts, all with the password ${DEMO_PASSWORD}`);
      expect(served.running.stderr()).toBe('');

      const [demo, test] = served.tokens;
      expect(await ask(served.url, VIEWER, demo)).toMatchObject({
        data: { viewer: { email: 'admin@demo.com' } },
      });
      expect(await ask(served.url, VIEWER, test)).toMatchObject({
        data: { viewer: { email: 'admin@test.com' } },
      });
      for (const [email, organization] of [
        ['admin@demo.com', 'demo'],
        ['user@demo.com', 'demo'],
        ['admin@test.com', 'test'],
        [customerNamed(0).email, 'demo'],
      ]) {
        expect(first.stdout).toMatch(new RegExp(`${email} .*organization: ${organization}`));
        const input = `{ organization: "${organization}", email: "${email}", password: "${DEMO_PASSWORD}" }`;
        const { data } = await ask(
          served.url,
          `mutation { signIn(input: ${input}) { accessToken } }`,
        );
        expect(await ask(served.url, VIEWER, data.signIn.accessToken)).toMatchObject({
          data: { viewer: { email } },
        });
      }

      const key = /^ {2}x-publishable-key: (\S+)$/m.exec(first.stdout)?.[1] ?? '';
      const catalog = '{ products(filter: { active: true }) { totalCount } }';
      const { data } = await askWith(served.url, catalog, { 'x-publishable-key': key });
      expect(data.products.totalCount).toBeGreaterThan(200);

      const line = /^ {2}(curl .*)$/m.exec(first.stdout)?.[1] ?? '';
      const { stdout } = await promisify(execFile)('bash', ['-c', line]);
      const nodes = [
        { name: 'MVP Project', taskCounts: { total: 32, overdue: expect.any(Number) } },
        { name: 'Feature X', taskCounts: { total: 16, overdue: expect.any(Number) } },
      ];
      expect(JSON.parse(stdout)).toMatchObject({
        data: { viewer: { name: 'Alex Admin' }, projects: { nodes } },
      });
      await served.stop();
    },
    TIMEOUT,
  );

  it(
    'answers within 5 seconds when it starts again, quietly, and keeps data and tokens',
    async () => {
      const before = performance.now();
      const served = await serve(folder.path);
      const { data } = await ask(
        served.url,
        '{ viewer { email } tasks { totalCount } }',
        first.tokens[0],
      );
      expect(performance.now() - before).toBeLessThan(5_000);
      expect(data).toEqual({ viewer: { email: 'admin@demo.com' }, tasks: { totalCount: 48 } });
      expect(served.running.stdout()).toMatch(
        /^Starting PostgreSQL … \d+\.\d s\n\nRowhouse is ready, after/,
      );
      const secret = await stat(join(folder.path, '.rowhouse', 'jwt-secret'));
      expect(secret.mode & 0o777).toBe(0o600);
      await served.stop();
    },
    TIMEOUT,
  );

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'stops API and PostgreSQL on %s',
    async (signal) => {
      const served = await serve(folder.path);
      expect(await isServerRunning(folder.path)).toBe(true);
      const outcome = await served.stop(signal);
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expect(outcome.stdout).toMatch(/\nStopping … \d+\.\d s\n$/);
      expect(await isServerRunning(folder.path)).toBe(false);
      await expect(fetch(served.url)).rejects.toThrow();
    },
    TIMEOUT,
  );

  it(
    'takes the two signals of one Ctrl-C under npm for one',
    async () => {
      const served = await serve(folder.path);
      process.kill(-(served.running.child.pid as number), 'SIGINT');
      served.running.child.kill('SIGINT');
      expect(await served.running.ended).toMatchObject({ code: 0 });
      expect(await isServerRunning(folder.path)).toBe(false);
    },
    TIMEOUT,
  );

  it(
    'stops at once when it is told again, and starts from there',
    async () => {
      const served = await serve(folder.path);
      // A request that never ends keeps the server from stopping until its deadline.
      const { port } = new URL(served.url);
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(
        'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
      );
      await delay(100);
      served.running.child.kill('SIGTERM');
      await delay(700);
      expect(served.running.child.exitCode).toBeNull();
      expect(await served.stop('SIGTERM')).toMatchObject({ code: 1 });
      socket.destroy();
      await (await serve(folder.path)).stop();
      expect(await isServerRunning(folder.path)).toBe(false);
    },
    TIMEOUT,
  );

  it(
    'starts after kill -9',
    async () => {
      const killed = await serve(folder.path);
      await killed.stop('SIGKILL');
      expect(await isServerRunning(folder.path)).toBe(true);
      const served = await serve(folder.path);
      expect(await ask(served.url, VIEWER, first.tokens[0])).toMatchObject({
        data: { viewer: {} },
      });
      expect(served.running.stdout()).toMatch(/^\nRowhouse is ready/);
      await served.stop();
      expect(await isServerRunning(folder.path)).toBe(false);
    },
    TIMEOUT,
  );

  // Windows has no such shells, and tells no process of its parent's end.
  (process.platform === 'win32' ? it.skip : it)(
    'ends with npm, whose shell passes SIGTERM on to nobody',
    async () => {
      const main = join(ROOT, 'dist', 'main.js');
      const shell = watch(
        spawn('sh', ['-c', `'${process.execPath}' '${main}'; true`], {
          cwd: folder.path,
          env: { PATH: process.env.PATH, PORT: '0', npm_lifecycle_event: 'start' },
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      );
      await untilPrinted(shell, /Try it/);
      shell.child.kill('SIGTERM');
      // Ends only once both hold its output no longer.
      expect((await shell.ended).stdout).toMatch(/\nStopping … \d+\.\d s\n$/);
      expect(await isServerRunning(folder.path)).toBe(false);
    },
    TIMEOUT,
  );

  it(
    'names the port that is taken, and leaves who has it alone',
    async () => {
      const served = await serve(folder.path);
      const { port } = new URL(served.url);
      const second = await runProduct('main.js', [], { cwd: folder.path, env: { PORT: port } });
      expect(second.code).toBe(1);
      expect(second.stderr).toContain(`port ${port}`);
      expect(second.stderr).toContain('set PORT');
      expect(second.stderr).not.toMatch(/^ +at /m);
      expect(await ask(served.url, VIEWER, served.tokens[0])).toMatchObject({
        data: { viewer: {} },
      });
      await served.stop();
    },
    TIMEOUT,
  );

  it(
    'shares its PostgreSQL with npm run db, which starts and stops one when there is none',
    async () => {
      const db = () => runProduct('cli/db.js', ['status'], { cwd: folder.path });
      const alone = await db();
      expect(alone.stdout).toMatch(/^Starting PostgreSQL …\n[\s\S]*\d+ migrations, 0 pending\.\n$/);
      expect(await isServerRunning(folder.path)).toBe(false);

      const served = await serve(folder.path);
      expect((await db()).stdout).toMatch(
        /^Migrations of database rowhouse[\s\S]*\d+ migrations, 0 pending\.\n$/,
      );
      expect(await ask(served.url, VIEWER, served.tokens[0])).toMatchObject({
        data: { viewer: {} },
      });
      await served.stop();
    },
    TIMEOUT,
  );

  it(
    'fills only a database that holds nothing else',
    async () => {
      const served = await serve(folder.path);
      const state = await readEmbeddedPostgres(join(folder.path, '.rowhouse'));
      const superuserUrl = urlOf(state?.superuserUrl ?? '', 'rowhouse');
      const change = (text: string) =>
        withAdminConnection(superuserUrl, (superuser) => superuser.query(text));
      await change("UPDATE organizations SET slug = 'ours', name = 'Ours' WHERE slug = 'demo'");
      await served.stop();
      const again = await serve(folder.path);
      expect(again.running.stdout()).not.toContain('Making the demo organizations');
      expect(again.running.stdout()).not.toContain('admin@demo.com');
      expect(again.tokens).toHaveLength(1);
      await again.stop();
    },
    TIMEOUT,
  );
});

describe('a first start that is interrupted', () => {
  it.each([/Applying the pending/, /Making the demo/])(
    'by kill -9 at "%s" is completed by the next one',
    async (step) => {
      await using folder = await temporaryFolder();
      const killed = startProduct('main.js', [], { cwd: folder.path, env: { PORT: '0' } });
      await untilPrinted(killed, step);
      // In the middle of it, and with all that it has started, but for PostgreSQL itself.
      await delay(step.source.includes('pending') ? 1_000 : 20);
      process.kill(-(killed.child.pid as number), 'SIGKILL');
      await killed.ended;
      const served = await serve(folder.path);
      const { data } = await ask(served.url, '{ tasks { totalCount } }', served.tokens[0]);
      expect(data).toEqual({ tasks: { totalCount: 48 } });
      expect(served.tokens).toHaveLength(2);
      await served.stop();
    },
    TIMEOUT,
  );

  it(
    'by SIGTERM leaves no PostgreSQL behind',
    async () => {
      await using folder = await temporaryFolder();
      const running = startProduct('main.js', [], { cwd: folder.path, env: { PORT: '0' } });
      await untilPrinted(running, /Applying the pending/);
      running.child.kill('SIGTERM');
      expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
      expect(await isServerRunning(folder.path)).toBe(false);
    },
    TIMEOUT,
  );
});

describe('npm start with DATABASE_URL', () => {
  let folder: Folder;
  let database: TestDatabase;

  beforeAll(async () => {
    [folder, database] = await Promise.all([temporaryFolder(), createDemoDatabase()]);
  });
  afterAll(async () => {
    await database.drop();
    await folder[Symbol.asyncDispose]();
  });

  it(
    'serves from that database and starts no other',
    async () => {
      const served = await serve(folder.path, { DATABASE_URL: database.appUrl });
      expect(served.running.stdout()).toMatch(/^\nRowhouse is ready/);
      expect(await ask(served.url, VIEWER, served.tokens[1])).toMatchObject({
        data: { viewer: { email: 'admin@test.com' } },
      });
      expect(existsSync(join(folder.path, '.rowhouse', 'postgres'))).toBe(false);
      expect(await served.stop()).toMatchObject({ code: 0 });
    },
    TIMEOUT,
  );

  it(
    'reads it from .env, too',
    async () => {
      await using other = await temporaryFolder();
      await writeFile(
        join(other.path, '.env'),
        `DATABASE_URL=${database.appUrl}\nJWT_SECRET=${SECRET}\nPORT=1\n`,
      );
      const served = await serve(other.path, { PORT: '0' });
      expect(served.tokens).toHaveLength(2);
      expect(existsSync(join(other.path, '.rowhouse'))).toBe(false);
      await served.stop();
    },
    TIMEOUT,
  );

  it(
    'neither migrates nor seeds it: it says what is missing',
    async () => {
      const empty = await createEmptyDatabase();
      try {
        const urls = { DATABASE_URL: empty.appUrl, MIGRATION_DATABASE_URL: empty.ownerUrl };
        const unmigrated = await runProduct('main.js', [], { cwd: folder.path, env: urls });
        expect(unmigrated.stderr).toMatch(
          /^\nThe database \S+ at \S+ is not migrated \(.*\)\. Run "npm run db -- deploy" first\.\n$/,
        );
        expect(unmigrated.code).toBe(1);

        await deployMigrations({ url: empty.ownerUrl });
        const served = await serve(folder.path, urls);
        expect(served.running.stdout()).not.toContain('Demo accounts');
        await served.stop();
        const rolledBack = await runProduct('cli/db.js', ['rollback', '--yes'], {
          cwd: folder.path,
          env: urls,
        });
        expect(rolledBack.code).toBe(0);
        const behind = await serve(folder.path, urls);
        expect(behind.running.stdout()).toContain(
          '1 migration not applied yet: npm run db -- deploy',
        );
        await behind.stop();
      } finally {
        await empty.drop();
      }
    },
    TIMEOUT,
  );

  it(
    'refuses to serve as a role that row-level security does not hold, and says how to mend it',
    async () => {
      for (const url of [database.superuserUrl, database.ownerUrl]) {
        const { stderr, code } = await runProduct('main.js', [], {
          cwd: folder.path,
          env: { DATABASE_URL: url },
        });
        expect(stderr).toMatch(
          /^\nNothing is served, because the database does not keep organizations apart:\n\n {2}serving-role/,
        );
        expect(stderr).toMatch(/\n {4}Remedy: .*rowhouse_app/);
        expect(code).toBe(1);
      }
    },
    TIMEOUT,
  );

  it(
    'refuses to serve from a table without its wall',
    async () => {
      const open = await createDatabase();
      try {
        await withAdminConnection(open.ownerUrl, (owner) =>
          owner.query('ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY'),
        );
        const { stderr, code } = await runProduct('main.js', [], {
          cwd: folder.path,
          env: { DATABASE_URL: open.appUrl },
        });
        expect(stderr).toMatch(/rls-not-forced: public\.tasks\n {4}.*\n {4}Remedy: ALTER TABLE/);
        expect(code).toBe(1);
      } finally {
        await open.drop();
      }
    },
    TIMEOUT,
  );

  it(
    'does not wait for what no waiting changes',
    async () => {
      const wrong = new URL(database.appUrl);
      wrong.password = 'wrong';
      const { stderr, code } = await runProduct('main.js', [], {
        cwd: folder.path,
        env: { DATABASE_URL: wrong.href },
      });
      expect(stderr).toMatch(
        /^\nPostgreSQL at \S+ does not let rowhouse_app in: password authentication failed/,
      );
      expect(code).toBe(1);
    },
    TIMEOUT,
  );

  it(
    'waits for a database that is not there yet',
    async () => {
      const door = createServer((client) => {
        const { hostname, port } = new URL(database.appUrl);
        const server = connect(Number(port), hostname);
        client.pipe(server).pipe(client);
        for (const socket of [client, server]) socket.on('error', () => client.destroy());
      });
      const port = await new Promise<number>((resolve) => {
        door.listen(0, '127.0.0.1', () => resolve((door.address() as { port: number }).port));
      });
      await new Promise((resolve) => door.close(resolve));
      const url = new URL(database.appUrl);
      url.port = String(port);
      const running = startProduct('main.js', [], {
        cwd: folder.path,
        env: { PORT: '0', DATABASE_URL: url.href },
      });
      await untilPrinted(
        running,
        /PostgreSQL cannot be reached at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)\..* Trying for 30 seconds …/,
      );
      door.listen(port, '127.0.0.1');
      await untilPrinted(running, /PostgreSQL answers\.[\s\S]*Rowhouse is ready/);
      running.child.kill('SIGTERM');
      expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
      await new Promise((resolve) => door.close(resolve));
    },
    TIMEOUT,
  );

  it('does not wait for ever', async () => {
    const url = 'postgres://rowhouse_app:secret@127.0.0.1:1/rowhouse';
    const tenancy = new Tenancy({ ...poolSettings(database), url }, silent);
    const said: string[] = [];
    const report = {
      progress: (text: string) => said.push(text),
      failure: () => undefined,
      finish: () => undefined,
    };
    await expect(waitForDatabase(tenancy, url, report, 400)).rejects.toThrow(
      'PostgreSQL cannot be reached at 127.0.0.1:1 (ECONNREFUSED). Is it running, and is the address right?',
    );
    expect(said).toEqual([expect.stringMatching(/Trying for 0\.4 seconds …$/)]);
    await tenancy.close();
  });
});

describe('settings', () => {
  it('that cannot be taken are named all at once, without a stack trace', async () => {
    await using folder = await temporaryFolder();
    const env = { PORT: 'http', DATABASE_URL: 'mysql://x', NODE_ENV: 'production' };
    const { stderr, code } = await runProduct('main.js', [], { cwd: folder.path, env });
    expect(stderr).toContain('PORT has "http"');
    expect(stderr).toContain('DATABASE_URL has a mysql:// URL');
    expect(stderr).toContain('JWT_SECRET is not set');
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(1);
    expect(existsSync(join(folder.path, '.rowhouse'))).toBe(false);
  });
});

describe('production', () => {
  let folder: Folder;
  let database: TestDatabase;
  const production = (url: string) => ({
    NODE_ENV: 'production',
    DATABASE_URL: url,
    JWT_SECRET: SECRET,
    HOST: '127.0.0.1',
    PORT: '0',
  });

  beforeAll(async () => {
    [folder, database] = await Promise.all([temporaryFolder(), createDemoDatabase()]);
  });
  afterAll(async () => {
    await database.drop();
    await folder[Symbol.asyncDispose]();
  });

  it(
    'prints JSON lines, no demo account and no token, and writes no file',
    async () => {
      const served = await serve(folder.path, production(database.appUrl));
      expect(await (await fetch(`${served.url}/health/ready`)).json()).toMatchObject({
        status: 'ready',
      });
      await ask(served.url, '{ __typename }');
      const { stdout, stderr, code } = await served.stop();
      expect(stderr).toBe('');
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines.map(({ msg }) => msg)).toEqual(
        expect.arrayContaining(['listening', 'request', 'Stopping …']),
      );
      expect(stdout).not.toMatch(/demo|Bearer/i);
      expect(code).toBe(0);
      expect(existsSync(join(folder.path, '.rowhouse'))).toBe(false);
    },
    TIMEOUT,
  );

  it(
    'reports what keeps it from serving as JSON, with the remedy',
    async () => {
      const { stdout, code } = await runProduct('main.js', [], {
        cwd: folder.path,
        env: production(database.superuserUrl),
      });
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines.map(({ level, finding, msg }) => [level, finding?.check ?? msg])).toEqual([
        [60, 'serving-role-superuser'],
        [60, expect.stringContaining('Nothing is served')],
      ]);
      expect(lines[0].finding.remedy).toContain('rowhouse_app');
      expect(code).toBe(1);
    },
    TIMEOUT,
  );
});

describe('the secret for tokens', () => {
  it('is the same for all who ask for it at once', async () => {
    await using folder = await temporaryFolder();
    const directory = join(folder.path, 'deep', '.rowhouse');
    const askLater = async (_: unknown, turns: number) => {
      // Each begins a turn later, so that all steps of one meet all steps of another.
      for (let turn = 0; turn < turns; turn += 1) await turnOfTheLoop();
      return await keptTokenSecret(directory);
    };
    const secrets = await Promise.all(Array.from({ length: 40 }, askLater));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]).toHaveLength(64);
    expect(await readdir(directory)).toEqual(['jwt-secret']);
  });

  it('is made again when its file was cut short', async () => {
    await using folder = await temporaryFolder();
    const directory = join(folder.path, 'deep', '.rowhouse');
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'jwt-secret'), 'short');
    const made = await keptTokenSecret(directory);
    expect(made).toHaveLength(64);
    expect(await keptTokenSecret(directory)).toBe(made);
    expect(await readFile(join(directory, 'jwt-secret'), 'utf8')).toBe(`${made}\n`);
  });
});
