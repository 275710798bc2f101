import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { deployMigrations, rollbackMigrations } from '../src/migrations/index.js';
import { runPrisma } from '../src/migrations/prisma-cli.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { type Catalog, readCatalog } from '../src/tenancy/isolation-audit.catalog.js';
import { auditIsolation } from '../src/tenancy/isolation-audit.js';
import { testCluster } from './support/cluster.js';
import { createDatabase, createEmptyDatabase, type TestDatabase } from './support/database.js';

const ROOT = join(import.meta.dirname, '..');
const MIGRATIONS = join(ROOT, 'prisma', 'migrations');
const TIMEOUT = 60_000;

const catalogOf = (url: string) => withAdminConnection(url, readCatalog);

const query = (url: string, sql: string) =>
  withAdminConnection(url, async (client) => (await client.query(sql)).rows);

async function migrationNames(): Promise<string[]> {
  const entries = await readdir(MIGRATIONS, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

describe('the migrations', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createEmptyDatabase();
  });
  afterEach(() => database.drop());

  it.each(['ownerUrl', 'superuserUrl'] as const)(
    'go up, down to nothing, and up again to the same (%s)',
    async (role) => {
      const url = database[role];
      const nothing = await catalogOf(url);

      const names = await deployMigrations({ url });
      expect(names).toEqual(await migrationNames());
      const everything = await catalogOf(url);

      expect(await rollbackMigrations({ url, count: names.length })).toEqual([...names].reverse());
      expect(await catalogOf(url)).toEqual({
        ...nothing,
        // What was closed to everybody is not opened again.
        database: nothing.database?.replace('PUBLIC=CONNECT,TEMPORARY', 'PUBLIC=CONNECT'),
      });
      expect(await query(url, 'SELECT * FROM _prisma_migrations')).toEqual([]);

      expect(await deployMigrations({ url })).toEqual(names);
      expect(await catalogOf(url)).toEqual(everything);
      expect(await auditAsApp(database)).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'go down and up one by one',
    async () => {
      const url = database.ownerUrl;
      const names = await deployMigrations({ url });
      const states = new Map<string, Catalog>();
      for (const name of [...names].reverse()) {
        states.set(name, await catalogOf(url));
        expect(await rollbackMigrations({ url, count: 1 })).toEqual([name]);
      }
      for (const name of names) {
        await applyOne(url, name);
        expect(await catalogOf(url)).toEqual(states.get(name));
        await rollbackMigrations({ url, count: 1 });
        await applyOne(url, name);
        expect(await catalogOf(url)).toEqual(states.get(name));
      }
    },
    TIMEOUT,
  );

  it(
    'survive `prisma migrate reset`, which leaves the schema tenancy behind',
    async () => {
      for (const url of [database.ownerUrl, database.superuserUrl]) {
        await deployMigrations({ url });
        expect(await runPrisma(['migrate', 'reset', '--force'], url)).toMatchObject({ code: 0 });
        expect(await auditAsApp(database)).toEqual([]);
      }
      const names = await migrationNames();
      await rollbackMigrations({ url: database.superuserUrl, count: names.length });
      expect(await deployMigrations({ url: database.superuserUrl })).toEqual(names);
    },
    TIMEOUT,
  );

  it('have each a way down', async () => {
    for (const name of await migrationNames()) {
      expect(await readdir(join(MIGRATIONS, name))).toEqual(['down.sql', 'migration.sql']);
    }
  });
});

describe('rows that were there before', () => {
  const ORG = '0193a000-0000-7000-8000-00000000000a';
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createDatabase();
    const names = await migrationNames();
    const backfill = names.indexOf('20261012084500_backfill_task_status');
    await rollbackMigrations({ url: database.ownerUrl, count: names.length - backfill });
    await query(
      database.superuserUrl,
      `INSERT INTO organizations (id, name, slug) VALUES ('${ORG}', 'Old', 'old');
       INSERT INTO users (org_id, id, email, name, password_hash)
         VALUES ('${ORG}', '${ORG}', 'ann@example.com', 'Ann', '-');
       INSERT INTO projects (org_id, id, owner_id, name, updated_at)
         VALUES ('${ORG}', '${ORG}', '${ORG}', 'Houses', '2026-01-01T00:00:00Z');
       INSERT INTO tasks (org_id, id, project_id, title, completed, updated_at, deleted_at)
         SELECT '${ORG}', gen_random_uuid(), '${ORG}', 'Task ' || n, n % 3 = 0, '2026-01-01T00:00:00Z',
                CASE WHEN n % 10 = 0 THEN now() END
         FROM generate_series(1, 300) AS n;`,
    );
  }, TIMEOUT);
  afterAll(() => database.drop());

  it(
    'get their status from what they were, unseen by the forced policies, and stay as they are else',
    async () => {
      await deployMigrations({ url: database.ownerUrl });
      expect(
        await query(
          database.superuserUrl,
          `SELECT status, completed, version, updated_at, count(*)::int AS tasks,
             bool_and(search @@ to_tsquery('english', 'tasks')) AS found
           FROM tasks GROUP BY 1, 2, 3, 4 ORDER BY 1`,
        ),
      ).toEqual([
        {
          status: 'completed',
          completed: true,
          version: 1,
          updated_at: new Date('2026-01-01T00:00:00Z'),
          tasks: 100,
          found: true,
        },
        {
          status: 'pending',
          completed: false,
          version: 1,
          updated_at: new Date('2026-01-01T00:00:00Z'),
          tasks: 200,
          found: true,
        },
      ]);
      expect(await auditAsApp(database)).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'keep their status when it is rolled back and brought in again',
    async () => {
      const url = database.ownerUrl;
      await query(
        database.superuserUrl,
        "UPDATE tasks SET status = 'in_progress' WHERE title = 'Task 1'",
      );
      // Back to where a status may be missing: the program of that time writes only `completed`.
      const names = await migrationNames();
      const back = names.indexOf('20261012084500_backfill_task_status');
      await rollbackMigrations({ url, count: names.length - back });
      await query(
        database.superuserUrl,
        "UPDATE tasks SET completed = true WHERE title = 'Task 2'",
      );
      await deployMigrations({ url });
      expect(
        await query(
          database.superuserUrl,
          "SELECT title, status FROM tasks WHERE title IN ('Task 1', 'Task 2', 'Task 3') ORDER BY title",
        ),
      ).toEqual([
        { title: 'Task 1', status: 'in_progress' },
        { title: 'Task 2', status: 'completed' },
        { title: 'Task 3', status: 'completed' },
      ]);
    },
    TIMEOUT,
  );

  it(
    'of orders say that they were counted, where they were paid',
    async () => {
      const url = database.ownerUrl;
      const names = await migrationNames();
      const marking = names.indexOf('20261124101000_mark_counted_orders');
      await rollbackMigrations({ url, count: names.length - marking });
      await query(
        database.superuserUrl,
        `INSERT INTO orders (org_id, id, number, owner_id, status, paid_at, currency, total_amount, email, shipping_address)
         SELECT '${ORG}', gen_random_uuid(), n, '${ORG}', CASE n WHEN 1 THEN 'pending' ELSE 'paid' END,
           CASE n WHEN 1 THEN NULL ELSE now() END, 'EUR', 100, 'ann@example.com', '{}'
         FROM generate_series(1, 2) AS n`,
      );
      await deployMigrations({ url });
      expect(
        await query(
          database.superuserUrl,
          'SELECT status, sales_counted FROM orders ORDER BY number',
        ),
      ).toEqual([
        { status: 'pending', sales_counted: false },
        { status: 'paid', sales_counted: true },
      ]);
    },
    TIMEOUT,
  );

  it('make the backfill fail, and leave all as it was, when policies would hide them', async () => {
    const script = await readFile(
      join(MIGRATIONS, '20261012084500_backfill_task_status', 'migration.sql'),
      'utf8',
    );
    const forgetful = script.replace('ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY;', '');
    expect(forgetful).not.toBe(script);
    await withAdminConnection(database.ownerUrl, async (client) => {
      await expect(client.query(forgetful)).rejects.toThrow('row-level security hides the tasks');
    });
    const catalog = await catalogOf(database.ownerUrl);
    expect(catalog['table public.tasks']).toContain('FORCE ROW LEVEL SECURITY');
  });
});

describe('a migration that fails', () => {
  const BAD = '20991231235959_bad';
  let project: string;
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createDatabase();
    project = await mkdtemp(join(tmpdir(), 'rowhouse-migrations-'));
    await mkdir(join(project, 'prisma'));
    await cp(join(ROOT, 'prisma.config.ts'), join(project, 'prisma.config.ts'));
    await cp(join(ROOT, 'package.json'), join(project, 'package.json'));
    await cp(join(ROOT, 'prisma', 'schema.prisma'), join(project, 'prisma', 'schema.prisma'));
    await cp(MIGRATIONS, join(project, 'prisma', 'migrations'), { recursive: true });
    await symlink(
      join(ROOT, 'prisma', 'schema-engine'),
      join(project, 'prisma', 'schema-engine'),
      'junction',
    );
    await symlink(join(ROOT, 'node_modules'), join(project, 'node_modules'), 'junction');
  });
  afterAll(async () => {
    await database.drop();
    await rm(project, { recursive: true, force: true });
  });

  it(
    'leaves nothing half-applied, says which one it is, and lets deployment go on once it is mended',
    async () => {
      const before = await catalogOf(database.ownerUrl);
      await writeMigration(`
        SET LOCAL ROLE rowhouse_owner;
        CREATE TABLE notes (org_id uuid);
        ALTER TABLE tasks DROP COLUMN search;
        ALTER TABLE tasks ADD CONSTRAINT impossible CHECK (titel <> '');
      `);
      const failed = await prisma('migrate', 'deploy');
      expect(failed.code).toBe(1);
      expect(failed.output).toContain(BAD);
      expect(failed.output).toContain('column "titel" does not exist');
      expect(await catalogOf(database.ownerUrl)).toEqual(before);

      const again = await prisma('migrate', 'deploy');
      expect(again.code).toBe(1);
      expect(again.output).toContain('P3009');
      expect(again.output).toContain(BAD);

      expect((await prisma('migrate', 'resolve', '--rolled-back', BAD)).code).toBe(0);
      await writeMigration(`
        SET LOCAL ROLE rowhouse_owner;
        ALTER TABLE tasks ADD CONSTRAINT titled CHECK (title <> '');
      `);
      expect((await prisma('migrate', 'deploy')).code).toBe(0);
      expect(await catalogOf(database.ownerUrl)).toEqual({
        ...before,
        'constraint public.tasks.titled': "CHECK ((title <> ''::text))",
      });
    },
    TIMEOUT,
  );

  async function writeMigration(sql: string) {
    const folder = join(project, 'prisma', 'migrations', BAD);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'migration.sql'), sql);
  }

  function prisma(...args: string[]): Promise<{ code: number | null; output: string }> {
    const cli = join(ROOT, 'node_modules', 'prisma', 'build', 'index.js');
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: project,
      env: {
        ...process.env,
        MIGRATION_DATABASE_URL: database.ownerUrl,
        CHECKPOINT_DISABLE: '1',
        NO_COLOR: '1',
      },
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, output }));
    });
  }
});

describe('the roles', () => {
  // Roles belong to the cluster, where other tests use the real ones: the same script, other names.
  let prefix: string;
  let databases: TestDatabase[];
  let init: string;

  beforeEach(async () => {
    databases = await Promise.all([1, 2, 3, 4].map(() => createEmptyDatabase()));
    prefix = `probe_${(databases[0] as TestDatabase).name.slice(-12)}_`;
    const [first] = await migrationNames();
    const script = await readFile(join(MIGRATIONS, first as string, 'migration.sql'), 'utf8');
    init = script.replaceAll('rowhouse_', prefix);
  });
  afterEach(async () => {
    await Promise.all(databases.map((database) => database.drop()));
    await withAdminConnection(testCluster().superuserUrl, async (client) => {
      // The operator last: what it has granted goes with the roles that it has granted.
      for (const role of ['owner', 'app', 'backup', 'directory', 'stranger', 'operator']) {
        await client.query(`DROP ROLE IF EXISTS ${prefix}${role}`);
      }
    });
  });

  it('are created once when several databases are migrated at the same moment', async () => {
    const results = await Promise.allSettled(
      databases.map(({ superuserUrl }) => query(superuserUrl, init)),
    );
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
    const [any] = databases as [TestDatabase];
    expect(
      await query(
        any.superuserUrl,
        `SELECT replace(rolname, '${prefix}', '') AS name, rolcanlogin AS login, rolbypassrls AS bypass,
           rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication AS more
         FROM pg_roles WHERE starts_with(rolname, '${prefix}') ORDER BY 1`,
      ),
    ).toEqual([
      { name: 'app', login: true, bypass: false, more: false },
      { name: 'backup', login: true, bypass: true, more: false },
      { name: 'directory', login: false, bypass: false, more: false },
      { name: 'owner', login: true, bypass: false, more: false },
    ]);
  });

  it('are created by a user with CREATEROLE who owns the database, as on a managed service', async () => {
    const [database] = databases as [TestDatabase];
    const { superuserUrl, name } = database;
    const operator = `${prefix}operator`;
    await query(
      superuserUrl,
      `CREATE ROLE ${operator} LOGIN CREATEROLE; ALTER DATABASE ${name} OWNER TO ${operator}`,
    );
    const notices: string[] = [];
    await actingAs(superuserUrl, operator, init, notices);

    expect(
      await query(
        superuserUrl,
        `SELECT DISTINCT relowner::regrole::text AS owner FROM pg_class WHERE relnamespace = 'public'::regnamespace`,
      ),
    ).toEqual([{ owner: `${prefix}owner` }]);
    expect(notices.join('\n')).toContain(`${prefix}backup cannot dump yet`);
    // What an operator of that kind can't mend, or needn't, is all that is missing.
    const [backup] = await query(
      superuserUrl,
      `SELECT rolbypassrls FROM pg_roles WHERE rolname = '${prefix}backup'`,
    );
    expect(backup).toEqual({ rolbypassrls: false });
  });

  it('let the owner migrate without further rights once an operator has prepared them', async () => {
    const [database, other] = databases as [TestDatabase, TestDatabase];
    await query(other.superuserUrl, init);
    const { superuserUrl, name } = database;
    const owner = `${prefix}owner`;
    await query(superuserUrl, `ALTER DATABASE ${name} OWNER TO CURRENT_USER`);

    await expect(actingAs(superuserUrl, owner, init)).rejects.toMatchObject({
      message: expect.stringContaining('may not create a schema in this database'),
      hint: `Run as the owner of the database: GRANT CONNECT, CREATE ON DATABASE ${name} TO ${owner};`,
    });
    await query(
      superuserUrl,
      `GRANT CONNECT, CREATE ON DATABASE ${name} TO ${owner}; GRANT USAGE, CREATE ON SCHEMA public TO ${owner}`,
    );
    await actingAs(superuserUrl, owner, init);
  });

  it('are asked for, when they are missing and the user may not create them', async () => {
    const [{ superuserUrl }] = databases as [TestDatabase];
    await query(superuserUrl, `CREATE ROLE ${prefix}stranger LOGIN`);
    await expect(actingAs(superuserUrl, `${prefix}stranger`, init)).rejects.toMatchObject({
      code: '42501',
      hint: expect.stringContaining('sql/10-roles.sql'),
    });
  });

  /** As if `role` had logged in: SET ROLE would leave a superuser as the session's user. */
  function actingAs(url: string, role: string, sql: string, notices: string[] = []) {
    return withAdminConnection(url, async (client) => {
      client.on('notice', ({ message }) => notices.push(message ?? ''));
      await client.query(`SET SESSION AUTHORIZATION ${role}`);
      await client.query(sql);
    });
  }
});

function auditAsApp({ appUrl }: TestDatabase) {
  return withAdminConnection(appUrl, (client) => auditIsolation(client));
}

/** Applies one migration and no later ones, which Prisma does not offer. */
async function applyOne(url: string, name: string): Promise<void> {
  await query(url, await readFile(join(MIGRATIONS, name, 'migration.sql'), 'utf8'));
  await query(
    url,
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
     VALUES (gen_random_uuid(), '', '${name}', now(), 1)`,
  );
}
