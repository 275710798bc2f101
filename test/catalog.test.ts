import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from 'pg';
import { runPrisma } from '../src/migrations/prisma-cli.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { readCatalog } from '../src/tenancy/isolation-audit.catalog.js';
import { createDatabase, createEmptyDatabase, type TestDatabase } from './support/database.js';

const ROOT = join(import.meta.dirname, '..');
const SCHEMA = 'prisma/schema.prisma';

const catalogOf = (url: string) => withAdminConnection(url, readCatalog);

describe('pitfall 25: the migrations', () => {
  let migrated: TestDatabase;
  let empty: TestDatabase;

  beforeAll(async () => {
    [migrated, empty] = await Promise.all([createDatabase(), createEmptyDatabase()]);
  });
  afterAll(() => Promise.all([migrated.drop(), empty.drop()]));

  it('lead to the state that schema.prisma and sql/ describe', async () => {
    await describeState(empty.ownerUrl);
    const described = await catalogOf(empty.ownerUrl);
    expect(Object.keys(described).length).toBeGreaterThan(100);
    expect(await catalogOf(migrated.ownerUrl)).toEqual(described);
  });

  it('lead there whoever migrates', async () => {
    const database = await createEmptyDatabase();
    try {
      const { code } = await runPrisma(['migrate', 'deploy'], database.superuserUrl);
      expect(code).toBe(0);
      expect(await catalogOf(database.ownerUrl)).toEqual(await catalogOf(migrated.ownerUrl));
    } finally {
      await database.drop();
    }
  });

  it('leave nothing for Prisma to add to reach schema.prisma', async () => {
    const to = ['--to-schema', SCHEMA, '--exit-code'];
    const replayed = await runPrisma(
      ['migrate', 'diff', '--from-migrations', 'prisma/migrations', ...to],
      migrated.ownerUrl,
    );
    expect(replayed).toEqual({ code: 0, message: '' });
    const deployed = await runPrisma(
      ['migrate', 'diff', '--from-config-datasource', ...to],
      migrated.ownerUrl,
    );
    expect(deployed).toEqual({ code: 0, message: '' });
  });
});

describe('the catalog that is compared', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  it.each([
    ['a column', 'ALTER TABLE tasks ADD COLUMN effort smallint', 'column public.tasks.effort'],
    [
      'a default',
      'ALTER TABLE tasks ALTER COLUMN priority SET DEFAULT 2',
      'column public.tasks.priority',
    ],
    [
      'an expression',
      'ALTER TABLE tasks DROP CONSTRAINT tasks_priority_range, ADD CONSTRAINT tasks_priority_range CHECK (priority < 9)',
      'constraint public.tasks.tasks_priority_range',
    ],
    ['an index', 'DROP INDEX tasks_org_id_title_id_idx', 'index public.tasks_org_id_title_id_idx'],
    [
      'a policy',
      'ALTER POLICY tenant_isolation ON tasks TO PUBLIC',
      'policy public.tasks.tenant_isolation',
    ],
    ['a flag', 'ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY', 'table public.tasks'],
    ['a grant', 'GRANT TRUNCATE ON tasks TO rowhouse_app', 'table public.tasks'],
    [
      'a grant on a column',
      'GRANT SELECT (name) ON organizations TO rowhouse_directory',
      'column public.organizations.name',
    ],
    ['an owner', 'ALTER TABLE users OWNER TO rowhouse_backup', 'table public.users'],
    [
      'a function',
      'ALTER FUNCTION tenancy.current_org() IMMUTABLE',
      'function tenancy.current_org()',
    ],
    [
      'a trigger',
      `CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
       CREATE TRIGGER noop AFTER INSERT ON tasks EXECUTE FUNCTION noop()`,
      'trigger public.tasks.noop',
    ],
    ['a view', 'CREATE VIEW v AS SELECT 1 AS one', 'view public.v'],
    ['a sequence', 'CREATE SEQUENCE s', 'sequence public.s'],
    ['a type', "CREATE TYPE mood AS ENUM ('good')", 'type public.mood'],
    [
      'a default privilege',
      'ALTER DEFAULT PRIVILEGES FOR ROLE rowhouse_owner GRANT SELECT ON TABLES TO rowhouse_app',
      'default privileges of rowhouse_owner in all schemas on r',
    ],
    ['a schema privilege', 'GRANT CREATE ON SCHEMA public TO PUBLIC', 'schema public'],
    [
      'a large-object function',
      'GRANT EXECUTE ON FUNCTION pg_catalog.lo_unlink(oid) TO PUBLIC',
      'large-object function lo_unlink(oid)',
    ],
  ])('shows the change of %s', async (_, sql, object) => {
    await withAdminConnection(database.superuserUrl, async (client) => {
      const before = await readCatalog(client);
      await client.query('BEGIN');
      await client.query(sql);
      const after = await readCatalog(client);
      await client.query('ROLLBACK');
      expect(after[object]).not.toEqual(before[object]);
      expect(await readCatalog(client)).toEqual(before);
    });
  });
});

describe('the tables', () => {
  const A = '0193a000-0000-7000-8000-00000000000a';
  const B = '0193b000-0000-7000-8000-00000000000b';
  const id = (org: string, n: number) => org.slice(0, -2) + String(n).padStart(2, '0');
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createDatabase();
    await withAdminConnection(database.superuserUrl, async (client) => {
      for (const [org, slug] of [
        [A, 'alpha'],
        [B, 'beta'],
      ] as const) {
        await client.query(`
          INSERT INTO organizations (id, name, slug) VALUES ('${org}', '${slug}', '${slug}');
          INSERT INTO users (org_id, id, email, name, password_hash)
            VALUES ('${org}', '${id(org, 1)}', 'ann@example.com', 'Ann', '-');
          INSERT INTO projects (org_id, id, owner_id, name)
            VALUES ('${org}', '${id(org, 2)}', '${id(org, 1)}', 'Painting houses');
          INSERT INTO tasks (org_id, id, project_id, assignee_id, title, deleted_at)
            VALUES ('${org}', '${id(org, 3)}', '${id(org, 2)}', '${id(org, 1)}', 'Mix the paint', NULL),
                   ('${org}', '${id(org, 4)}', '${id(org, 2)}', NULL, 'Buy brushes', now());
        `);
      }
    });
  });
  afterAll(() => database.drop());

  it('give a new row the organization of the context', async () => {
    await asApp(A, async (client) => {
      const { rows } = await client.query(
        `INSERT INTO tasks (id, project_id, title) VALUES ('${id(A, 9)}', '${id(A, 2)}', 'New') RETURNING *`,
      );
      expect(rows[0]).toMatchObject({
        org_id: A,
        description: '',
        status: 'pending',
        completed: false,
        priority: 0,
        version: 1,
        search: "'new':1A",
      });
    });
  });

  it.each([
    ['a project of another organization', `UPDATE tasks SET project_id = '${id(B, 2)}'`],
    ['an assignee of another organization', `UPDATE tasks SET assignee_id = '${id(B, 1)}'`],
  ])('refuse a task with %s', async (_, sql) => {
    await asApp(A, async (client) => {
      await expect(client.query(sql)).rejects.toMatchObject({ code: '23503' });
    });
  });

  it('refuse to remove who is still needed', async () => {
    for (const table of ['users', 'projects']) {
      await asApp(A, async (client) => {
        await expect(client.query(`DELETE FROM ${table}`)).rejects.toMatchObject({ code: '23503' });
      });
    }
  });

  it.each([
    ['users', "email = 'Ann@example.com'"],
    ['users', "email = ''"],
    ['users', `email = repeat('a', 255)`],
    ['users', "name = ''"],
    ['users', "role = 'root'"],
    ['organizations', "slug = 'Alpha'"],
    ['organizations', "slug = 'al--pha'"],
    ['organizations', "slug = '-alpha'"],
    ['organizations', `slug = repeat('a', 64)`],
    ['organizations', `name = repeat('a', 121)`],
    ['projects', `name = repeat('a', 121)`],
    ['projects', `description = repeat('a', 10001)`],
    ['projects', 'version = 0'],
    ['tasks', "title = ''"],
    ['tasks', `title = repeat('a', 201)`],
    ['tasks', `description = repeat('a', 10001)`],
    ['tasks', 'priority = 5'],
    ['tasks', 'priority = -1'],
    ['tasks', "status = 'done'"],
    ['tasks', 'completed = true'],
    ['tasks', "status = 'completed'"],
    ['tasks', 'version = 0'],
  ])('refuse %s with %s', async (table, assignment) => {
    await asApp(A, async (client) => {
      await expect(client.query(`UPDATE ${table} SET ${assignment}`)).rejects.toMatchObject({
        code: '23514',
      });
    });
  });

  it('take the longest values', async () => {
    await asApp(A, async (client) => {
      await client.query(
        `UPDATE tasks SET title = repeat('ä', 200), description = repeat('ab ', 3333) || 'c'`,
      );
      await client.query(`UPDATE users SET email = repeat('a', 254), name = repeat('ä', 120)`);
      await client.query(
        `UPDATE organizations SET slug = repeat('a', 31) || '-' || repeat('1', 31)`,
      );
    });
  });

  it('tell the id of an organization by its slug, without a context', async () => {
    await withAdminConnection(database.appUrl, async (client) => {
      const find = async (slug: string) =>
        (await client.query('SELECT tenancy.find_organization($1) AS id', [slug])).rows[0].id;
      expect(await find('beta')).toBe(B);
      expect(await find('gamma')).toBeNull();
      expect((await client.query('SELECT * FROM organizations')).rows).toEqual([]);
    });
  });

  it('tell which organizations have mail to be sent now, and no more of it, without a context', async () => {
    const due = async () =>
      withAdminConnection(database.appUrl, async (client) => {
        const find = 'SELECT * FROM outbox.organizations_with_due_mail($1)';
        const { rows } = await client.query(find, ['00000000-0000-0000-0000-000000000000']);
        const { rows: behind } = await client.query(find, [
          rows[0]?.organizations_with_due_mail ?? A,
        ]);
        expect((await client.query('SELECT * FROM outgoing_mails')).rows).toEqual([]);
        return [rows, behind].map((each) => each.map((row) => row.organizations_with_due_mail));
      });
    expect(await due()).toEqual([[], []]);
    await withAdminConnection(database.superuserUrl, async (client) => {
      for (const [org, moment] of [
        [A, '-1 s'],
        [A, '-1 s'],
        [B, '-1 s'],
        [B, '1 h'],
      ]) {
        await client.query(
          'INSERT INTO outgoing_mails (org_id, id, next_attempt_at) VALUES ($1, gen_random_uuid(), now() + $2::interval)',
          [org, moment],
        );
      }
    });
    expect(await due()).toEqual([[A, B].sort(), [[A, B].sort()[1]]]);
    await withAdminConnection(database.superuserUrl, async (client) => {
      await client.query(
        "UPDATE outgoing_mails SET next_attempt_at = now() + interval '1 h' WHERE org_id = $1",
        [A],
      );
    });
    expect(await due()).toEqual([[B], []]);
    await withAdminConnection(database.superuserUrl, (client) =>
      client.query('DELETE FROM outgoing_mails'),
    );
  });

  it('tell which organizations have orders of before that nobody has paid, and no more of them', async () => {
    const NOBODY = '00000000-0000-0000-0000-000000000000';
    const unpaid = (after: string, age: string) =>
      withAdminConnection(database.appUrl, async (client) => {
        const { rows } = await client.query(
          'SELECT id FROM unpaid_orders.organizations_with_unpaid_orders($1, now() - $2::interval) AS id',
          [after, age],
        );
        expect((await client.query('SELECT * FROM orders')).rows).toEqual([]);
        return rows.map(({ id }) => id);
      });
    const asSuperuser = (text: string) =>
      withAdminConnection(database.superuserUrl, (client) => client.query(text));
    expect(await unpaid(NOBODY, '1 h')).toEqual([]);
    // Whose they are does not matter here.
    await asSuperuser(`SET session_replication_role = replica;
      INSERT INTO orders (org_id, id, number, owner_id, status, currency, total_amount, email, shipping_address, placed_at, cancelled_at)
      SELECT org_id, gen_random_uuid(), number, gen_random_uuid(), status, 'EUR', 1, 'a@example.com', '{}', now() - age,
        CASE status WHEN 'cancelled' THEN now() END
      FROM (VALUES
        ('${A}'::uuid, 1, 'pending', interval '3 h'), ('${A}', 2, 'pending', '9 h'), ('${A}', 3, 'cancelled', '99 h'),
        ('${B}', 1, 'pending', '5 h'), ('${B}', 2, 'pending', '1 h')
      ) AS t (org_id, number, status, age)`);
    const both = [A, B].sort();
    expect(await unpaid(NOBODY, '2 h')).toEqual(both);
    expect(await unpaid(both[0] as string, '2 h')).toEqual([both[1]]);
    expect(await unpaid(NOBODY, '8 h')).toEqual([A]);
    expect(await unpaid(NOBODY, '10 h')).toEqual([]);
    await asSuperuser('SET session_replication_role = replica; DELETE FROM orders');
  });

  it('tell which organizations want something of a payment provider now, and no more of it', async () => {
    const NOBODY = '00000000-0000-0000-0000-000000000000';
    const due = (after: string) =>
      withAdminConnection(database.appUrl, async (client) => {
        const { rows } = await client.query(
          'SELECT id FROM payment_outbox.organizations_with_due_commands($1) AS id',
          [after],
        );
        expect((await client.query('SELECT * FROM payment_commands')).rows).toEqual([]);
        return rows.map(({ id }) => id);
      });
    const asSuperuser = (text: string) =>
      withAdminConnection(database.superuserUrl, (client) => client.query(text));
    expect(await due(NOBODY)).toEqual([]);
    // What a command is of does not matter here.
    await asSuperuser(`SET session_replication_role = replica;
      INSERT INTO payment_commands (org_id, id, payment_id, kind, next_attempt_at)
      SELECT org_id, gen_random_uuid(), gen_random_uuid(), 'capture', now() + moment
      FROM unnest(ARRAY['${A}', '${A}', '${B}']::uuid[], ARRAY['-1 s', '-1 s', '-1 s']::interval[]) AS t (org_id, moment)`);
    const both = [A, B].sort();
    expect(await due(NOBODY)).toEqual(both);
    expect(await due(both[0] as string)).toEqual([both[1]]);
    await asSuperuser(
      `UPDATE payment_commands SET next_attempt_at = now() + interval '1 h' WHERE org_id = '${A}'`,
    );
    expect(await due(NOBODY)).toEqual([B]);
    await asSuperuser('DELETE FROM payment_commands');
  });

  it('show their owner nothing, though it is a member of the directory', async () => {
    await withAdminConnection(database.ownerUrl, async (client) => {
      for (const table of ['organizations', 'users', 'projects', 'tasks', 'outgoing_mails']) {
        expect((await client.query(`SELECT * FROM ${table}`)).rows).toEqual([]);
      }
    });
  });

  it('show the backup everything, and let it change nothing', async () => {
    await withAdminConnection(database.backupUrl, async (client) => {
      expect((await client.query('SELECT count(*)::int AS n FROM tasks')).rows[0].n).toBe(4);
      expect((await client.query('SELECT * FROM _prisma_migrations')).rows).not.toEqual([]);
      await expect(client.query('DELETE FROM tasks')).rejects.toMatchObject({ code: '42501' });
    });
  });

  it('go with their organization in one statement, and leave the others', async () => {
    await asApp(A, async (client) => {
      const deleted = await client.query('DELETE FROM organizations');
      expect(deleted.rowCount).toBe(1);
      await client.query('RESET ROLE');
      for (const [table, left] of [
        ['users', 1],
        ['projects', 1],
        ['tasks', 2],
      ] as const) {
        const { rows } = await client.query(`SELECT org_id FROM ${table}`);
        expect(rows).toEqual(Array(left).fill({ org_id: B }));
      }
    });
  });

  /** Acts as the serving role of one organization, and takes everything back. */
  async function asApp(org: string, work: (client: Client) => Promise<void>) {
    await withAdminConnection(database.superuserUrl, async (client) => {
      await client.query(
        `BEGIN; SET LOCAL app.current_org = '${org}'; SET LOCAL ROLE rowhouse_app`,
      );
      await work(client);
      await client.query('ROLLBACK');
    });
  }
});

/** Builds a database as sql/README.md says. */
async function describeState(url: string): Promise<void> {
  const directory = join(ROOT, 'sql');
  const files = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  expect(files.map((name) => name.slice(0, 2))).toEqual('10 20 30 40 50 60 70 75 80'.split(' '));
  const parts = await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')));
  parts.splice(3, 0, await tablesOfPrisma(url));
  parts.splice(2, 0, 'SET LOCAL ROLE rowhouse_owner');
  await withAdminConnection(url, async (client) => {
    await client.query('BEGIN');
    for (const part of parts) await client.query(part);
    await client.query('COMMIT');
  });
}

async function tablesOfPrisma(url: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'rowhouse-catalog-'));
  try {
    const file = join(directory, 'tables.sql');
    const diff = ['migrate', 'diff', '--from-empty', '--to-schema', SCHEMA, '--script'];
    const { code, message } = await runPrisma([...diff, '--output', file], url);
    expect({ code, message }).toEqual({ code: 0, message: '' });
    return await readFile(file, 'utf8');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
