import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { auditIsolation, SERVING_ROLE } from '../src/tenancy/isolation-audit.js';
import { newWord } from './support/attacks/made-up-values.js';
import { furnish } from './support/attacks/twin-rows.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import {
  createOrganization,
  openTenancy,
  type SeededOrganization,
} from './support/organizations.js';
import { type TenantTable, tenantTables } from './support/tenant-tables.js';

/**
 * The pitfalls that the catalog shows. Each is made first, to see what it opens and that the audit sees
 * it; then the product is seen to have none.
 */

let database: TestDatabase;
let acme: SeededOrganization;
let globex: SeededOrganization;
let tables: TenantTable[];

beforeAll(async () => {
  database = await createDatabase();
  const tenancy = openTenancy(database);
  [acme, globex] = [await createOrganization(tenancy), await createOrganization(tenancy)];
  await tenancy.withTenant(globex.tenant, 'write', async ({ prisma }) => {
    await prisma.task.create({ data: { projectId: globex.projectId, title: 'theirs' } });
  });
  await tenancy.close();
  tables = await asSuperuser(tenantTables);
});

afterAll(() => database.drop());

const asSuperuser = <T>(work: (client: pg.Client) => Promise<T>) =>
  withAdminConnection(database.superuserUrl, work);
const asApp = <T>(work: (client: pg.Client) => Promise<T>) =>
  withAdminConnection(database.appUrl, work);

/** Breaks the database, runs `work`, and takes both back. `as` begins to act as a role. */
function broken(
  sql: string,
  work: (client: pg.Client, as: (role: string) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  return asSuperuser(async (client) => {
    await client.query('BEGIN');
    await client.query(sql);
    await work(client, (role) =>
      client.query(
        `SET LOCAL SESSION AUTHORIZATION ${role}; SET LOCAL app.current_org = '${acme.orgId}'`,
      ),
    );
    await client.query('ROLLBACK');
  });
}

/** What the audit finds, as `check object`. */
async function found(client: pg.Client): Promise<string[]> {
  const findings = await auditIsolation(client, { servingRole: SERVING_ROLE });
  return findings.map(({ check, object }) => `${check} ${object}`).sort();
}

async function count(client: pg.Client, from: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${from}`,
  );
  return rows[0]?.count as number;
}

/** Whether the clean database passes, and a query of the catalog for the fault answers nothing. */
async function expectNone(query: string): Promise<void> {
  await asSuperuser(async (client) => {
    expect((await client.query(query)).rows).toEqual([]);
    expect(await found(client)).toEqual([]);
  });
}

const OURS = "nspname !~ '^pg_' AND nspname <> 'information_schema'";

describe('pitfall 1: row-level security that is enabled and not forced', () => {
  it('shows the owner everything, and the audit says so', async () => {
    await broken('ALTER TABLE projects NO FORCE ROW LEVEL SECURITY', async (client, as) => {
      expect(await found(client)).toEqual(['rls-not-forced public.projects']);
      await as('rowhouse_owner');
      expect(await count(client, 'projects')).toBe(2);
    });
  });

  it('is nowhere: every table is forced, and shows its owner nothing', async () => {
    expect(tables.length).toBeGreaterThanOrEqual(4);
    await expectNone(
      `SELECT relname FROM pg_class WHERE relname IN (${tables.map(({ name }) => `'${name}'`)})
        AND relnamespace = 'public'::regnamespace AND NOT (relrowsecurity AND relforcerowsecurity)`,
    );
    await withAdminConnection(database.ownerUrl, async (client) => {
      for (const { name } of tables)
        expect({ name, rows: await count(client, name) }).toEqual({ name, rows: 0 });
    });
  });
});

describe('pitfall 2: a role that no policy holds serves requests', () => {
  it.each([
    ['a superuser', 'ALTER ROLE $role SUPERUSER', 'serving-role-superuser', /NOSUPERUSER/],
    [
      'a role with BYPASSRLS',
      'ALTER ROLE $role BYPASSRLS',
      'serving-role-bypasses-rls',
      /NOBYPASSRLS/,
    ],
    [
      'a member of the owner',
      'GRANT rowhouse_owner TO $role',
      'serving-role-member',
      /REVOKE rowhouse_owner/,
    ],
    [
      'the owner of a table',
      'ALTER TABLE tasks OWNER TO $role',
      'serving-role-owns',
      /REASSIGN OWNED/,
    ],
  ])('is refused, with the remedy: %s', async (_what, sql, check, remedy) => {
    const role = 'rowhouse_pitfall_2';
    const create = `CREATE ROLE ${role} LOGIN IN ROLE rowhouse_app; ${sql.replace('$role', role)}`;
    await broken(create, async (client) => {
      const findings = await auditIsolation(client, { servingRole: role });
      const finding = findings.find((each) => each.check === check);
      expect(finding).toMatchObject({ object: role, remedy: expect.stringMatching(remedy) });
      expect(finding?.problem).toContain(role);
    });
  });

  it.each(['superuserUrl', 'ownerUrl', 'backupUrl'] as const)(
    'is refused at boot: %s',
    async (url) => {
      const tenancy = openTenancy(database, { url: database[url] });
      const findings = await tenancy.audit().finally(() => tenancy.close());
      const { username } = new URL(database[url]);
      expect(findings).toContainEqual(expect.objectContaining({ pitfall: 2, object: username }));
    },
  );
});

describe('pitfall 4: a policy function that PostgreSQL may compute once', () => {
  const ROWS = 'SELECT org_id FROM projects';

  /** Which organizations one prepared statement shows, when it is used by each in turn. */
  async function seenInTurn(client: pg.Client): Promise<unknown[]> {
    await client.query(`SET LOCAL plan_cache_mode = force_generic_plan; PREPARE seen AS ${ROWS}`);
    const seen: unknown[] = [];
    for (const { orgId } of [acme, globex]) {
      await client.query(`SET LOCAL app.current_org = '${orgId}'`);
      seen.push((await client.query('EXECUTE seen')).rows);
    }
    return seen;
  }

  it('hands one organization the rows of another when it is IMMUTABLE, and the audit says so', async () => {
    await broken('ALTER FUNCTION tenancy.current_org() IMMUTABLE', async (client, as) => {
      expect(await found(client)).toContain('function-immutable tenancy.current_org()');
      await as(SERVING_ROLE);
      expect(await seenInTurn(client)).toEqual([
        [{ org_id: acme.orgId }],
        [{ org_id: acme.orgId }],
      ]);
    });
  });

  it('hands each its own as it is', async () => {
    await broken('', async (client, as) => {
      await as(SERVING_ROLE);
      expect(await seenInTurn(client)).toEqual([
        [{ org_id: acme.orgId }],
        [{ org_id: globex.orgId }],
      ]);
    });
  });

  it('shows a function rows of others when it calls itself LEAKPROOF, and the audit says so', async () => {
    const tell = `CREATE FUNCTION tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 LEAKPROOF
      AS $$ BEGIN RAISE NOTICE 'told %', $1; RETURN true; END $$`;
    await broken(tell, async (client, as) => {
      expect(await found(client)).toEqual(['function-leakproof public.tell(text)']);
      const told: unknown[] = [];
      client.on('notice', ({ message }) => told.push(message));
      await as(SERVING_ROLE);
      // An index that begins with the organization would narrow the rows before anything is asked of them.
      await client.query('SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off');
      await client.query('SELECT name FROM projects WHERE tell(name)');
      expect(told).toContain(`told ${globex.slug}`);
    });
  });

  it('is nowhere', async () => {
    await expectNone(
      `SELECT proname FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
        WHERE ${OURS} AND (proleakproof OR provolatile = 'i')`,
    );
  });
});

describe('pitfall 5: a key between or within tenant tables without the organization', () => {
  const SINGLE_KEY = `CREATE UNIQUE INDEX single ON projects (id);
    ALTER TABLE tasks DROP CONSTRAINT tasks_org_id_project_id_fkey,
      ADD CONSTRAINT single FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE`;

  it('lets a row point at another organization, and the audit says so', async () => {
    await broken(SINGLE_KEY, async (client, as) => {
      expect(await found(client)).toEqual([
        'foreign-key-without-tenant public.tasks.single',
        'key-without-tenant public.single',
      ]);
      await as(SERVING_ROLE);
      const pointing = client.query(
        'INSERT INTO tasks (org_id, id, project_id, title, updated_at) VALUES ($1, $2, $3, $4, now())',
        [acme.orgId, newUuid(), globex.projectId, 'mine'],
      );
      expect((await pointing).rowCount).toBe(1);
    });
  });

  it('tells what another organization has, and the audit says so', async () => {
    await broken('CREATE UNIQUE INDEX emails ON users (email)', async (client, as) => {
      expect(await found(client)).toEqual(['key-without-tenant public.emails']);
      await as(SERVING_ROLE);
      const taken = client.query(
        "INSERT INTO users SELECT * FROM jsonb_populate_record(NULL::users, (SELECT to_jsonb(u) FROM users u LIMIT 1) || jsonb_build_object('id', $1::text, 'email', $2::text))",
        [newUuid(), `${globex.slug}@example.com`],
      );
      await expect(taken).rejects.toMatchObject({ code: '23505' });
    });
  });

  it('is nowhere, but for the slug in the sign-in form', async () => {
    await expectNone(
      `SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
        WHERE relnamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f') AND relname <> 'organizations'
          AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1] AND attname = 'org_id')
          AND relname NOT LIKE '\\_prisma%'`,
    );
  });
});

describe('pitfall 9: permissive policies, which are joined by OR', () => {
  it('open a table when there are two, and the audit says so', async () => {
    const second =
      'CREATE POLICY published ON projects FOR SELECT TO rowhouse_app USING (deleted_at IS NULL)';
    await broken(second, async (client, as) => {
      expect(await found(client)).toEqual(['policy-multiple public.projects']);
      await as(SERVING_ROLE);
      expect(await count(client, 'projects')).toBe(2);
    });
  });

  it('are one for each table and the serving role', async () => {
    await asSuperuser(async (client) => {
      const { rows } = await client.query(
        `SELECT tablename AS name, count(*)::int AS policies FROM pg_policies
          WHERE permissive = 'PERMISSIVE' AND roles && ARRAY['rowhouse_app', 'public']::name[]
          GROUP BY 1 ORDER BY 1`,
      );
      expect(rows).toEqual(tables.map(({ name }) => ({ name, policies: 1 })));
    });
  });
});

describe('pitfall 10: functions that run with the rights of their owner', () => {
  it('look over every wall when that is a role which bypasses, and the audit says so', async () => {
    const everything = `CREATE FUNCTION everything() RETURNS SETOF projects LANGUAGE sql SECURITY DEFINER
      AS 'SELECT * FROM projects'`;
    await broken(everything, async (client, as) => {
      expect(await found(client)).toEqual([
        'security-definer-owner public.everything()',
        'security-definer-search-path public.everything()',
        'security-definer-unknown public.everything()',
      ]);
      await as(SERVING_ROLE);
      expect(await count(client, 'everything()')).toBe(2);
    });
  });

  it('are the known few, with a pinned search_path and an owner whom policies hold', async () => {
    await asSuperuser(async (client) => {
      const { rows } = await client.query(
        `SELECT pronamespace::regnamespace || '.' || proname AS name, rolname AS owner, proconfig AS settings
           FROM pg_proc JOIN pg_roles ON pg_roles.oid = proowner JOIN pg_namespace ON pg_namespace.oid = pronamespace
          WHERE prosecdef AND ${OURS} ORDER BY 1`,
      );
      const settings = ['search_path=pg_catalog, pg_temp'];
      expect(rows).toEqual([
        { name: 'outbox.organizations_with_due_mail', owner: 'rowhouse_directory', settings },
        { name: 'outbox.organizations_with_old_mail', owner: 'rowhouse_directory', settings },
        {
          name: 'payment_outbox.organizations_with_due_commands',
          owner: 'rowhouse_directory',
          settings,
        },
        { name: 'tenancy.find_organization', owner: 'rowhouse_directory', settings },
        { name: 'tenant_directory.list_organizations', owner: 'rowhouse_directory', settings },
        { name: 'tenant_seal.verified_org', owner: 'rowhouse_owner', settings },
        {
          name: 'unpaid_orders.organizations_with_unpaid_orders',
          owner: 'rowhouse_directory',
          settings,
        },
      ]);
    });
  });
});

describe('pitfall 11: views', () => {
  it('read as their owner, past every policy, and the audit says so', async () => {
    const view =
      'CREATE VIEW shown AS SELECT * FROM projects; GRANT SELECT ON shown TO rowhouse_app';
    await broken(view, async (client, as) => {
      expect(await found(client)).toEqual(['view-without-security-invoker public.shown']);
      await as(SERVING_ROLE);
      expect(await count(client, 'shown')).toBe(2);
    });
  });

  it('that are materialized have no policies, and the audit says so', async () => {
    const view =
      'CREATE MATERIALIZED VIEW kept AS SELECT * FROM projects; GRANT SELECT ON kept TO rowhouse_app';
    await broken(view, async (client, as) => {
      expect(await found(client)).toEqual(['materialized-view-readable public.kept']);
      await as(SERVING_ROLE);
      expect(await count(client, 'kept')).toBe(2);
    });
  });

  it('are none', async () => {
    await expectNone(
      `SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE ${OURS} AND relkind IN ('v', 'm', 'f')`,
    );
  });
});

describe('pitfall 12: grants on partitions', () => {
  it('let requests past the policies of the parent, and the audit says so', async () => {
    const partitions = `
      CREATE TABLE events (org_id uuid NOT NULL, id uuid NOT NULL, PRIMARY KEY (org_id, id)) PARTITION BY HASH (org_id);
      CREATE TABLE events_0 PARTITION OF events FOR VALUES WITH (MODULUS 1, REMAINDER 0);
      ALTER TABLE events ENABLE ROW LEVEL SECURITY;
      ALTER TABLE events FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant_isolation ON events TO rowhouse_app
        USING (org_id = tenancy.current_org()) WITH CHECK (org_id = tenancy.current_org());
      INSERT INTO events VALUES ('${globex.orgId}', '${newUuid()}');
      GRANT SELECT ON events, events_0 TO rowhouse_app`;
    await broken(partitions, async (client, as) => {
      expect(await found(client)).toEqual(['partition-privilege public.events_0']);
      await as(SERVING_ROLE);
      expect(await count(client, 'events')).toBe(0);
      expect(await count(client, 'events_0')).toBe(1);
    });
  });

  it('are none', () =>
    expectNone(
      `SELECT relname FROM pg_class WHERE relispartition AND relkind IN ('r', 'p')
        AND has_table_privilege('rowhouse_app', oid, 'SELECT, INSERT, UPDATE, DELETE')`,
    ));
});

describe('pitfall 13: rights beyond those on rows', () => {
  it('empty the tables of all when one of them is TRUNCATE, and the audit says so', async () => {
    await broken('GRANT TRUNCATE ON tasks TO rowhouse_app', async (client, as) => {
      expect(await found(client)).toEqual(['table-privilege public.tasks']);
      await as(SERVING_ROLE);
      await client.query('TRUNCATE tasks');
      await client.query('RESET SESSION AUTHORIZATION');
      expect(await count(client, 'tasks')).toBe(0);
    });
  });

  it.each([
    ['TRUNCATE', 'TRUNCATE tasks'],
    [
      'TRIGGER',
      'CREATE TRIGGER t BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
    ],
    ['temporary tables', 'CREATE TEMPORARY TABLE kept AS SELECT 1'],
    ['tables', 'CREATE TABLE kept (id int)'],
    ['schemas', 'CREATE SCHEMA kept'],
    ['sequences', 'CREATE SEQUENCE public.kept'],
    ['functions', 'CREATE FUNCTION public.kept() RETURNS int LANGUAGE sql RETURN 1'],
    ['large objects', 'SELECT lo_from_bytea(0, $$kept$$)'],
    ['another role', 'SET ROLE rowhouse_owner'],
    ['another session', 'SET SESSION AUTHORIZATION rowhouse_owner'],
    ['policies', 'ALTER POLICY tenant_isolation ON tasks USING (true)'],
    ['row-level security', 'ALTER TABLE tasks DISABLE ROW LEVEL SECURITY'],
    ['files', "SELECT pg_read_file('PG_VERSION')"],
    ['programs', "COPY (SELECT 1) TO PROGRAM 'cat'"],
  ])('are not the serving role’s: %s (42501)', async (_right, statement) => {
    await asApp((client) =>
      expect(client.query(statement)).rejects.toMatchObject({ code: '42501' }),
    );
  });

  it('are none on any table or sequence', () =>
    expectNone(
      `SELECT relname, privilege FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace,
         unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
        WHERE ${OURS} AND relkind IN ('r', 'p') AND has_table_privilege('rowhouse_app', pg_class.oid, privilege)
       UNION ALL
       SELECT relname, 'USAGE' FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE ${OURS} AND CASE relkind WHEN 'S' THEN has_sequence_privilege('rowhouse_app', pg_class.oid, 'USAGE, SELECT, UPDATE') END`,
    ));
});

describe('pitfall 14: what a new table, or one that is not the product’s, shows requests', () => {
  it('is everything where default privileges open it, and the audit says so', async () => {
    const opened = `ALTER DEFAULT PRIVILEGES FOR ROLE rowhouse_owner GRANT SELECT ON TABLES TO rowhouse_app;
      SET LOCAL ROLE rowhouse_owner; CREATE TABLE notes AS SELECT 'theirs' AS body; RESET ROLE`;
    await broken(opened, async (client, as) => {
      expect(await found(client)).toContain('default-privileges tables of rowhouse_owner');
      await as(SERVING_ROLE);
      expect(await count(client, 'notes')).toBe(1);
    });
  });

  it('is nothing: a new table is closed until its migration opens it', async () => {
    const made =
      "SET LOCAL ROLE rowhouse_owner; CREATE TABLE notes AS SELECT 'theirs' AS body; RESET ROLE";
    await broken(made, async (client, as) => {
      await as(SERVING_ROLE);
      await expect(count(client, 'notes')).rejects.toMatchObject({ code: '42501' });
    });
  });

  it.each(['_prisma_migrations', 'pg_authid', 'pg_statistic', 'tenant_seal.keys'])(
    'is nothing of %s',
    (table) =>
      asApp((client) => expect(count(client, table)).rejects.toMatchObject({ code: '42501' })),
  );
});

describe('pitfall 16: a dump', () => {
  /** With rows in every table. */
  let full: TestDatabase;

  beforeAll(async () => {
    full = await createDatabase();
    const tenancy = openTenancy(full);
    const { orgId } = await createOrganization(tenancy);
    await tenancy.close();
    await withAdminConnection(full.superuserUrl, (client) =>
      furnish(client, tables, orgId, { word: newWord() }),
    );
  });

  afterAll(() => full.drop());

  /** How many rows of each table a role would dump. */
  const dump = async (url: string) => {
    const sizes: Record<string, number> = {};
    await withAdminConnection(url, async (client) => {
      // The default: rows are hidden in silence. With `off`, who does not bypass policies is refused.
      await client.query('SET row_security = on');
      for (const { name } of tables) sizes[name] = await count(client, `ONLY ${name}`);
    });
    return sizes;
  };

  it('by the owner, whom the policies hold, succeeds with no rows', async () => {
    expect(Object.values(await dump(full.ownerUrl))).toEqual(tables.map(() => 0));
  });

  it('by the backup role has every row', async () => {
    const sizes = await dump(full.backupUrl);
    expect(sizes).toEqual(await dump(full.superuserUrl));
    expect(Object.values(sizes).every((size) => size > 0)).toBe(true);
  });

  it('by pg_dump as the backup role has every row, where the program is at hand', async () => {
    const run = promisify(execFile);
    const program = await run('pg_dump', ['--version']).catch(() => undefined);
    const server = await asSuperuser(
      async (client) => (await client.query('SHOW server_version')).rows[0].server_version,
    );
    // pg_dump refuses servers that are newer than itself.
    if (
      !program ||
      Number.parseInt(/\d+/.exec(program.stdout)?.[0] ?? '0', 10) < Number.parseInt(server, 10)
    )
      return;
    const { stdout } = await run('pg_dump', ['--data-only', '--inserts', full.backupUrl]);
    const sizes = await dump(full.superuserUrl);
    for (const { name } of tables) {
      const inserts = stdout.match(new RegExp(`^INSERT INTO public\\.${name} `, 'gm'));
      expect(inserts?.length).toBe(sizes[name]);
    }
  });
});

describe('pitfall 25: a database that has drifted from its source', () => {
  it.each([
    [
      'a policy',
      'ALTER POLICY tenant_isolation ON tasks USING (true)',
      'policy-drift public.tasks',
    ],
    ['a missing policy', 'DROP POLICY tenant_isolation ON tasks', 'policy-missing public.tasks'],
    [
      'the context',
      "CREATE OR REPLACE FUNCTION tenancy.current_org() RETURNS uuid LANGUAGE sql STABLE RETURN nullif(current_setting('app.org', true), '')::uuid",
      'function-drift tenancy.current_org()',
    ],
  ])('is found by the audit: %s', async (_what, sql, finding) => {
    await broken(sql, async (client) => expect(await found(client)).toContain(finding));
  });
});

it('every pitfall from 1 to 30 has a test whose name says so', async () => {
  const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith('.test.ts'));
  const texts = await Promise.all(
    files.map((file) => readFile(join(import.meta.dirname, file), 'utf8')),
  );
  const named = new Set(
    [...texts.join('\n').matchAll(/^\s*(?:describe|it)(?:\.each)?\(?.*?'pitfall (\d+): /gm)].map(
      ([, number]) => Number(number),
    ),
  );
  const missing = Array.from({ length: 30 }, (_, index) => index + 1).filter(
    (number) => !named.has(number),
  );
  expect(missing).toEqual([]);
});
