import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createEmptyDatabase } from './support/database.js';

const ROOT = join(import.meta.dirname, '..');
const ENGINE = join(ROOT, 'prisma', 'schema-engine', 'schema-engine.mjs');
const TIMEOUT = 60_000;

const SCHEMA = `
generator client {
  provider = "prisma-client"
  output   = "../generated"
}
datasource db {
  provider = "postgresql"
}
model Note {
  id   Int    @id
  body String
  @@map("note")
}
model Probe {
  setting String @id
  @@map("probe")
}
`;

const FIRST_MIGRATION = `
CREATE TABLE note (id integer NOT NULL, body text NOT NULL, CONSTRAINT note_pkey PRIMARY KEY (id));
CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE mark text := '!;';
BEGIN
  NEW.body := NEW.body || mark;
  RETURN NEW;
END
$$;
CREATE TRIGGER shout BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION shout();
`;

// What SET LOCAL says holds until the end of the transaction: the probe tells whether the statements share one.
const SECOND_MIGRATION = `
DO $$ BEGIN EXECUTE format('SET LOCAL ROLE %I', current_user); END $$;
SET LOCAL app.probe = 'kept';
CREATE TABLE probe (setting text NOT NULL, CONSTRAINT probe_pkey PRIMARY KEY (setting));
INSERT INTO probe VALUES (current_setting('app.probe'));
`;

describe('the Prisma CLI', () => {
  let project: string;
  let database: Awaited<ReturnType<typeof createEmptyDatabase>>;

  beforeEach(async () => {
    database = await createEmptyDatabase();
    project = await mkdtemp(join(tmpdir(), 'rowhouse-prisma-cli-'));
    await cp(join(ROOT, 'prisma.config.ts'), join(project, 'prisma.config.ts'));
    await symlink(join(ROOT, 'node_modules'), join(project, 'node_modules'));
    await mkdir(join(project, 'prisma'));
    await symlink(dirname(ENGINE), join(project, 'prisma', 'schema-engine'));
    await writeFile(join(project, 'package.json'), '{ "type": "module" }');
    await writeFile(join(project, 'prisma', 'schema.prisma'), SCHEMA);
    await writeMigration('20260101000000_note', FIRST_MIGRATION);
    await writeMigration('20260102000000_probe', SECOND_MIGRATION);
    await writeFile(
      join(project, 'prisma', 'migrations', 'migration_lock.toml'),
      'provider = "postgresql"\n',
    );
  });

  afterEach(async () => {
    await database.drop();
    await rm(project, { recursive: true, force: true });
  });

  it(
    'generates the client without a database URL and without a download',
    async () => {
      const { code, output } = await prisma(['generate'], { DATABASE_URL: '' });
      expect(output).toContain('Generated Prisma Client');
      expect(code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'names the WebAssembly engine unless a native one is installed',
    async () => {
      const engines = await readdir(join(ROOT, 'node_modules', '@prisma', 'engines'));
      const native = engines.some((file) => file.startsWith('schema-engine-'));
      const { output } = await prisma(['version'], { PRISMA_SCHEMA_ENGINE_BINARY: '' });
      expect(output).toMatch(native ? /Schema Engine.*schema-engine-cli/ : /schema-engine-wasm/);
    },
    TIMEOUT,
  );

  it(
    'deploys every statement of a migration in one transaction, once',
    async () => {
      expect((await prisma(['migrate', 'status'])).code).toBe(1);

      const deployed = await prisma(['migrate', 'deploy']);
      expect(deployed.output).toContain('All migrations have been successfully applied.');
      expect(deployed.code).toBe(0);
      expect(await query('INSERT INTO note VALUES (1, $$hello$$) RETURNING body')).toEqual([
        { body: 'hello!;' },
      ]);
      expect(await query('SELECT setting FROM probe')).toEqual([{ setting: 'kept' }]);

      const again = await prisma(['migrate', 'deploy']);
      expect(again.output).toContain('No pending migrations to apply.');
      const status = await prisma(['migrate', 'status']);
      expect(status.output).toContain('Database schema is up to date!');
      expect(status.code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'creates the database where there is none',
    async () => {
      await database.drop();
      const { code, output } = await prisma(['migrate', 'deploy']);
      expect(output).toMatch(/PostgreSQL database \w+ created/);
      expect(code).toBe(0);
      expect(await appliedMigrations()).toHaveLength(2);
    },
    TIMEOUT,
  );

  it(
    'applies nothing twice when two deployments start at the same moment',
    async () => {
      await writeMigration('20260103000000_slow', 'CREATE TABLE slow (); SELECT pg_sleep(1);');
      const both = await Promise.all([
        prisma(['migrate', 'deploy']),
        prisma(['migrate', 'deploy']),
      ]);
      expect(both.map(({ code }) => code)).toEqual([0, 0]);
      expect(await appliedMigrations()).toEqual([
        '20260101000000_note',
        '20260102000000_probe',
        '20260103000000_slow',
      ]);
    },
    TIMEOUT,
  );

  it(
    'names the migration that failed, rolls it back and resumes after resolve',
    async () => {
      await writeMigration('20260103000000_bad', 'CREATE TABLE lost ();\nSELECT nope FROM note;');
      const failed = await prisma(['migrate', 'deploy']);
      expect(failed.output).toContain('P3018');
      expect(failed.output).toContain('Migration name: 20260103000000_bad');
      expect(failed.output).toContain('Database error code: 42703');
      expect(failed.output).toContain('ERROR: column "nope" does not exist');
      expect(failed.output).toContain('  2 SELECT nope FROM note;');
      expect(failed.code).toBe(1);
      expect(await query(`SELECT to_regclass('lost') AS lost`)).toEqual([{ lost: null }]);
      const [row] = await query('SELECT logs FROM _prisma_migrations WHERE finished_at IS NULL');
      expect(row?.logs).toContain('column "nope" does not exist');

      const blocked = await prisma(['migrate', 'deploy']);
      expect(blocked.output).toContain('P3009');
      expect(blocked.code).toBe(1);

      await prisma(['migrate', 'resolve', '--rolled-back', '20260103000000_bad']);
      await writeMigration('20260103000000_bad', 'CREATE TABLE found ();');
      expect((await prisma(['migrate', 'deploy'])).code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'fails a migration that leaves a transaction open',
    async () => {
      await writeMigration('20260103000000_open', 'BEGIN; CREATE TABLE half ();');
      const { code, output } = await prisma(['migrate', 'deploy']);
      expect(output).toContain('does not end with COMMIT');
      expect(code).toBe(1);
      expect(await appliedMigrations()).not.toContain('20260103000000_open');
    },
    TIMEOUT,
  );

  it(
    'cancels and rolls back what runs when it is interrupted',
    async () => {
      await writeMigration('20260103000000_slow', 'CREATE TABLE slow (); SELECT pg_sleep(60);');
      const running = start(['migrate', 'deploy']);
      await until(async () => (await sleepers()) === 1);
      // Like Ctrl-C: to the CLI and to its engine.
      process.kill(-(running.child.pid as number), 'SIGINT');
      await running.result;
      await until(async () => (await sleepers()) === 0);
      expect(await query(`SELECT to_regclass('slow') AS slow`)).toEqual([{ slow: null }]);
    },
    TIMEOUT,
  );

  it(
    'compares migrations and schema in a shadow database, and removes it',
    async () => {
      const migrations = ['--from-migrations', 'prisma/migrations'];
      const diff = ['migrate', 'diff', ...migrations, '--to-schema', 'prisma/schema.prisma'];
      const same = await prisma([...diff, '--exit-code']);
      expect(same.output).toContain('No difference detected.');
      expect(same.code).toBe(0);

      await writeMigration('20260103000000_extra', 'CREATE TABLE extra (id int PRIMARY KEY);');
      const different = await prisma([...diff, '--exit-code', '--script']);
      expect(different.output).toContain('DROP TABLE "extra"');
      expect(different.code).toBe(2);

      const refused = await prisma(diff, { SHADOW_DATABASE_URL: database.ownerUrl });
      expect(refused.output).toContain('leads to the same database');
      expect(refused.code).toBe(1);
      await until(async () => (await shadowDatabases()) === 0);
    },
    TIMEOUT,
  );

  it(
    'makes a migration from a changed schema, but drops no data unless a person is there to ask',
    async () => {
      await prisma(['migrate', 'deploy']);
      const changed = SCHEMA.replace('body String', 'body String\n  done Boolean @default(false)');
      await writeFile(join(project, 'prisma', 'schema.prisma'), changed);
      const added = await prisma(['migrate', 'dev', '--name', 'add_done']);
      expect(added.code).toBe(0);
      expect(await query('INSERT INTO note VALUES (1, $$hello$$) RETURNING done')).toEqual([
        { done: false },
      ]);

      await writeFile(join(project, 'prisma', 'schema.prisma'), SCHEMA);
      const refused = await prisma(['migrate', 'dev', '--name', 'remove_done']);
      expect(refused.output).toContain('non-interactive');
      expect(refused.code).toBe(1);
      await until(async () => (await shadowDatabases()) === 0);
    },
    TIMEOUT,
  );

  it(
    'resets the database',
    async () => {
      await prisma(['migrate', 'deploy']);
      await query('INSERT INTO note VALUES (1, $$gone$$)');
      const { code, output } = await prisma(['migrate', 'reset', '--force']);
      expect(output).toContain('Database reset successful');
      expect(code).toBe(0);
      expect(await query('SELECT * FROM note')).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'says why it cannot connect',
    async () => {
      const wrongPassword = new URL(database.ownerUrl);
      wrongPassword.password = 'wrong';
      const denied = await prisma(['migrate', 'deploy'], { DATABASE_URL: wrongPassword.href });
      expect(denied.output).toContain('P1000');

      const nowhere = new URL(database.ownerUrl);
      nowhere.port = '1';
      const unreachable = await prisma(['migrate', 'status'], { DATABASE_URL: nowhere.href });
      expect(unreachable.output).toContain('P1001');
      expect([denied.code, unreachable.code]).toEqual([1, 1]);
    },
    TIMEOUT,
  );

  it(
    'says what to do without a URL, and with a development server that is not running',
    async () => {
      const noUrl = await prisma(['migrate', 'deploy'], { DATABASE_URL: '' });
      expect(noUrl.output).toContain('set MIGRATION_DATABASE_URL or DATABASE_URL');
      expect(noUrl.output).toContain('`npm start`');
      expect(noUrl.code).toBe(1);

      await mkdir(join(project, '.rowhouse'));
      const ownerUrl = 'postgresql://rowhouse_owner:secret@127.0.0.1:1/rowhouse';
      await writeFile(join(project, '.rowhouse', 'postgres.json'), JSON.stringify({ ownerUrl }));
      const stopped = await prisma(['migrate', 'deploy'], { DATABASE_URL: '' });
      expect(stopped.output).toContain('development server of this folder is not running');
      expect(stopped.code).toBe(1);
    },
    TIMEOUT,
  );

  it(
    'reads the URL from .env and from the development server, in this order after the environment',
    async () => {
      const unreachable = 'postgresql://rowhouse_owner:secret@127.0.0.1:1/rowhouse';
      await mkdir(join(project, '.rowhouse'));
      const state = JSON.stringify({ ownerUrl: database.ownerUrl });
      await writeFile(join(project, '.rowhouse', 'postgres.json'), state);
      const fromServer = await prisma(['migrate', 'deploy'], { DATABASE_URL: '' });
      expect(fromServer.code).toBe(0);

      await writeFile(join(project, '.env'), `MIGRATION_DATABASE_URL=${unreachable}\n`);
      const fromFile = await prisma(['migrate', 'status'], { DATABASE_URL: '' });
      expect(fromFile.output).toContain('127.0.0.1:1');

      const fromEnvironment = await prisma(['migrate', 'status'], {
        MIGRATION_DATABASE_URL: database.ownerUrl,
      });
      expect(fromEnvironment.output).toContain('Database schema is up to date!');
    },
    TIMEOUT,
  );

  async function writeMigration(name: string, sql: string) {
    const folder = join(project, 'prisma', 'migrations', name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'migration.sql'), sql);
  }

  function prisma(args: string[], environment?: Record<string, string>) {
    return start(args, environment).result;
  }

  /** In an environment of its own, so that nothing of the developer's reaches it. */
  function start(args: string[], environment: Record<string, string> = {}) {
    const child = spawn(join(ROOT, 'node_modules', '.bin', 'prisma'), args, {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a process group of its own, to interrupt
      env: {
        HOME: project,
        PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
        NO_COLOR: '1',
        PRISMA_ENGINES_MIRROR: 'http://127.0.0.1:1', // a download would fail
        PRISMA_SCHEMA_ENGINE_BINARY: ENGINE,
        DATABASE_URL: database.ownerUrl,
        ...environment,
      },
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    const result = new Promise<{ code: number | null; output: string }>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, output }));
    });
    return { child, result };
  }

  async function query(sql: string, url = database.ownerUrl) {
    const client = new pg.Client(url);
    await client.connect();
    try {
      return (await client.query(sql)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  async function appliedMigrations() {
    const rows = await query(
      'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY started_at',
    );
    return rows.map((row) => row.migration_name);
  }

  function sleepers() {
    return count(`pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`);
  }

  /** Of all test files that share the server; each is there for a moment only. */
  function shadowDatabases() {
    return count(`pg_database WHERE datname LIKE 'prisma_migrate_shadow_db_%'`);
  }

  async function count(rows: string) {
    const sql = `SELECT count(*)::integer AS count FROM ${rows}`;
    const [row] = await query(sql, database.superuserUrl);
    return row?.count;
  }

  async function until(condition: () => Promise<boolean>) {
    while (!(await condition())) await delay(50);
  }
});
