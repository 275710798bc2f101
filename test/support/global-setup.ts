import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import nodeModule from 'node:module';
import { freemem, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { TestCluster } from './cluster.js';

const ROOT = resolve(import.meta.dirname, '..', '..');
const PREFIX = 'rowhouse-test-';
const MEMORY_FOLDER = '/dev/shm';
const MEMORY_NEEDED_BYTES = 4 * 1024 ** 3;

/** The server as the teardown needs it. */
interface Running {
  stop(): Promise<void>;
  /** The last resort, when the process is already exiting and nothing can be awaited. */
  stopAtExit(): void;
}

declare global {
  var rowhouseTestTeardown: (() => Promise<void>) | undefined;
}

/**
 * Makes the one PostgreSQL server that all test files share, with a migrated template database in it:
 * the cluster of TEST_DATABASE_URL (a superuser's URL), or an embedded one that lives as long as the run.
 */
export default async function globalSetup(): Promise<void> {
  resolveSourcesOfTypeScript();
  const given = process.env.TEST_DATABASE_URL;
  const run = randomBytes(4).toString('hex');
  const preparing = given ? useCluster(given, run) : startCluster();
  stopWhateverHappens(preparing);
  try {
    const { superuserUrl, passwords } = await preparing;
    const template = `rowhouse_template_${run}`;
    const privileges = await createTemplate(template, superuserUrl, passwords.owner);
    const cluster: TestCluster = { run, superuserUrl, passwords, template, privileges };
    process.env.ROWHOUSE_TEST_CLUSTER = JSON.stringify(cluster);
  } catch (error) {
    // Jest does not run the teardown of a setup that failed.
    await globalThis.rowhouseTestTeardown?.();
    throw error;
  }
}

type Prepared = Pick<TestCluster, 'superuserUrl' | 'passwords'> & { running: Running };

async function startCluster(): Promise<Prepared> {
  const { readEmbeddedPostgres, startEmbeddedPostgres } = await import(
    '../../src/embedded-postgres/index.js'
  );
  await removeLeftovers(readEmbeddedPostgres);
  const directory = await mkdtemp(join(await fastestFolder(), `${PREFIX}${process.pid}-`));
  const removeDirectory = () => rm(directory, { recursive: true, force: true });
  // Run by root, the server is another user's process and has to get in; its files are closed.
  await chmod(directory, 0o755);
  const server = await startEmbeddedPostgres({
    directory,
    durable: false,
    settings: { max_connections: '300' },
  }).catch(async (error: unknown) => {
    await removeDirectory();
    throw error;
  });
  const state = await readEmbeddedPostgres(directory);
  const pid = state?.pid;
  const passwordIn = (url: string) => decodeURIComponent(new URL(url).password);
  return {
    superuserUrl: server.superuserUrl,
    passwords: {
      owner: passwordIn(server.ownerUrl),
      app: passwordIn(server.appUrl),
      backup: passwordIn(state?.backupUrl ?? ''),
    },
    running: {
      async stop() {
        await server.stop();
        await removeDirectory();
      },
      stopAtExit() {
        if (typeof pid === 'number') process.kill(pid, 'SIGQUIT');
        rmSync(directory, { recursive: true, force: true });
      },
    },
  };
}

async function useCluster(superuserUrl: string, run: string): Promise<Prepared> {
  const { prepareRoles } = await import('../../src/embedded-postgres/index.js');
  const { withAdminConnection } = await import('../../src/tenancy/admin-connection.js');
  // The same for every run on this cluster: runs at the same time must not change them for each other.
  const password = (role: string) =>
    createHash('sha256').update(`${role} ${superuserUrl}`).digest('base64url');
  const passwords = {
    owner: password('owner'),
    app: password('app'),
    backup: password('backup'),
  };
  await withAdminConnection(superuserUrl, async (client) => {
    const { rows } = await client.query('SHOW is_superuser');
    if (rows[0]?.is_superuser !== 'on') {
      throw new Error(
        'TEST_DATABASE_URL must name a superuser: the tests make roles and databases.',
      );
    }
    await prepareRoles(client, passwords);
  });
  return {
    superuserUrl,
    passwords,
    running: {
      stop: () =>
        withAdminConnection(superuserUrl, async (client) => {
          const { rows } = await client.query<{ datname: string }>(
            "SELECT datname FROM pg_database WHERE datname ~ ('^rowhouse_(test|template)_' || $1)",
            [run],
          );
          for (const { datname } of rows) {
            await client.query(`ALTER DATABASE ${datname} IS_TEMPLATE false`);
            await client.query(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`);
          }
        }),
      stopAtExit: () => undefined,
    },
  };
}

/** @returns the statements that give a clone the privileges of the template */
async function createTemplate(
  template: string,
  superuserUrl: string,
  ownerPassword: string,
): Promise<string> {
  const { restrictLargeObjects } = await import('../../src/embedded-postgres/index.js');
  const { withAdminConnection } = await import('../../src/tenancy/admin-connection.js');
  const { urlOf } = await import('./cluster.js');
  await withAdminConnection(superuserUrl, async (client) => {
    await client.query(`CREATE DATABASE ${template} OWNER rowhouse_owner TEMPLATE template0`);
  });
  await withAdminConnection(urlOf(superuserUrl, template), restrictLargeObjects);
  const owner = { name: 'rowhouse_owner', password: ownerPassword };
  await migrate(urlOf(superuserUrl, template, owner));
  return withAdminConnection(superuserUrl, async (client) => {
    await client.query(`ALTER DATABASE ${template} IS_TEMPLATE true ALLOW_CONNECTIONS false`);
    const { rows } = await client.query<{ statement: string }>(
      `SELECT format('GRANT %s ON DATABASE $database TO %s', privilege_type,
                CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END) AS statement
         FROM pg_database, aclexplode(datacl) WHERE datname = $1`,
      [template],
    );
    if (rows.length === 0) return '';
    const revoke = 'REVOKE ALL ON DATABASE $database FROM PUBLIC';
    return [revoke, ...rows.map(({ statement }) => statement)].join('; ');
  });
}

async function migrate(url: string): Promise<void> {
  const cli = join(ROOT, 'node_modules', 'prisma', 'build', 'index.js');
  try {
    await promisify(execFile)(process.execPath, [cli, 'migrate', 'deploy'], {
      cwd: ROOT,
      env: { ...process.env, MIGRATION_DATABASE_URL: url, CHECKPOINT_DISABLE: '1' },
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`prisma migrate deploy failed:\n${stdout ?? ''}${stderr ?? ''}`, {
      cause: error,
    });
  }
}

/** Ctrl-C, a signal from CI and a crash of jest itself: none leaves a server behind. */
function stopWhateverHappens(preparing: Promise<Prepared>): void {
  const interrupted = (signal: 'SIGINT' | 'SIGTERM') => {
    const exit = () => process.exit(signal === 'SIGINT' ? 130 : 143);
    globalThis.rowhouseTestTeardown?.().then(exit, exit);
  };
  let atExit = (): void => undefined;
  preparing.then(
    ({ running }) => {
      atExit = () => running.stopAtExit();
      process.once('exit', atExit);
    },
    () => undefined,
  );
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  const stop = async () => {
    // A setup that failed has left nothing to stop.
    const prepared = await preparing.catch(() => undefined);
    await prepared?.running.stop();
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
    process.off('exit', atExit);
  };
  let stopping: Promise<void> | undefined;
  globalThis.rowhouseTestTeardown = () => {
    stopping ??= stop();
    return stopping;
  };
}

/**
 * Memory, where there is plenty: each database is 300 files, which a disk takes 20 times as long to make
 * (measured: 8 against 200 ms).
 */
async function fastestFolder(): Promise<string> {
  const memory = await statfs(MEMORY_FOLDER).catch(() => undefined);
  const free = memory === undefined ? 0 : Math.min(memory.bavail * memory.bsize, freemem());
  return free > MEMORY_NEEDED_BYTES ? MEMORY_FOLDER : tmpdir();
}

/** Servers of runs that were killed outright. */
async function removeLeftovers(
  read: (directory: string) => Promise<{ pid: number | null } | undefined>,
): Promise<void> {
  const listings = [tmpdir(), MEMORY_FOLDER].map(async (folder) =>
    (await readdir(folder).catch(() => [])).map((name) => join(folder, name)),
  );
  for (const directory of (await Promise.all(listings)).flat()) {
    const owner = Number(/rowhouse-test-(\d+)-\w+$/.exec(directory)?.[1]);
    if (!Number.isInteger(owner) || isAlive(owner)) continue;
    const pid = (await read(directory).catch(() => undefined))?.pid;
    if (typeof pid === 'number') process.kill(pid, 'SIGQUIT');
    // Another user's, or one that is still closing: the next run tries again.
    await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Sources import './x.js', as Node sees them after the build. Jest maps that to './x.ts' for the test
 * files, but loads this file by Node's own means, which have to learn it here.
 */
function resolveSourcesOfTypeScript(): void {
  const isSource = (specifier: string, parent: string | undefined) =>
    /^\.{1,2}\/.*\.js$/.test(specifier) && parent?.endsWith('.ts') === true;
  const { registerHooks } = nodeModule as typeof nodeModule & Partial<SynchronousHooks>;
  if (registerHooks) {
    registerHooks({
      resolve: (specifier, context, next) =>
        isSource(specifier, context.parentURL)
          ? next(specifier.replace(/\.js$/, '.ts'), context)
          : next(specifier, context),
    });
    return;
  }
  // Before Node 22.15 this is the only way; it is the one that every TypeScript loader takes.
  const commonJs = nodeModule as unknown as CommonJsLoader;
  const resolveFilename = commonJs._resolveFilename;
  commonJs._resolveFilename = (specifier, parent, ...rest) =>
    resolveFilename(
      isSource(specifier, parent?.filename) ? specifier.replace(/\.js$/, '.ts') : specifier,
      parent,
      ...rest,
    );
}

type Resolve = (
  specifier: string,
  context: { parentURL?: string },
  next: (specifier: string, context: object) => unknown,
) => unknown;

/** Not yet in the type definitions of Node 20. */
interface SynchronousHooks {
  registerHooks(hooks: { resolve: Resolve }): void;
}

interface CommonJsLoader {
  _resolveFilename(
    specifier: string,
    parent: { filename?: string } | undefined,
    ...rest: unknown[]
  ): string;
}
