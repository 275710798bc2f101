import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type pg from 'pg';
import { newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import {
  HandleRevokedError,
  lockName,
  query,
  type TenantTransaction,
  tryLockName,
} from '../src/tenancy/index.js';
import { APPEND_ONLY_TABLES } from '../src/tenancy/isolation-audit.expectation.js';
import { type Api, type Organization, startApi } from './support/api.js';
import { newWord } from './support/attacks/made-up-values.js';
import { furnish } from './support/attacks/twin-rows.js';
import { eventually } from './support/eventually.js';
import { openTenancy } from './support/organizations.js';
import { AnswerCheck } from './support/safe-answer.js';
import { statementsOf } from './support/statements.js';
import { anyRow, insert, type TenantTable, tenantTables } from './support/tenant-tables.js';

let api: Api;
let acme: Organization;
let globex: Organization;
let tables: TenantTable[];

beforeAll(async () => {
  api = await startApi({ pool: { size: 2 } });
  acme = await api.createOrganization('acme');
  globex = await api.createOrganization('globex');
  tables = await asSuperuser(tenantTables);
  for (const { slug, createProject, createPerson, tenant } of [acme, globex]) {
    await createProject(slug, 3);
    await createPerson([], slug);
    // A row of each organization in every table.
    const faults = await asSuperuser((client) =>
      furnish(client, tables, tenant.orgId, { word: newWord() }),
    );
    expect(faults).toEqual([]);
  }
});

afterAll(async () => {
  await api?.close();
});

const asSuperuser = <T>(work: (client: pg.Client) => Promise<T>) =>
  withAdminConnection(api.database.superuserUrl, work);

/** Work on one connection of the role that serves requests, without any code of the product. */
const asApp = <T>(work: (client: pg.Client) => Promise<T>) =>
  withAdminConnection(api.database.appUrl, work);

/** A transaction in the context of an organization, undone at the end. */
async function within<T>(client: pg.Client, orgId: string, work: () => Promise<T>): Promise<T> {
  await client.query(`BEGIN; SET LOCAL app.current_org = '${orgId}'`);
  try {
    return await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

/** Runs `work` and undoes it, also when it fails. */
async function undone<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query('SAVEPOINT undone');
  try {
    return await work();
  } finally {
    await client.query('ROLLBACK TO SAVEPOINT undone');
  }
}

/** Of what each organization counts for itself, another number: the other one has the same. */
const elsewhere = (value: unknown) => (typeof value === 'number' ? value + 1_000_000 : value);

const sqlState = (code: string) => expect.objectContaining({ code });

/** Expects that the statement changes no row of the table: there is none, or it is append-only (42501). */
async function expectNoneChanged(changing: Promise<pg.QueryResult>, name: string): Promise<void> {
  if (APPEND_ONLY_TABLES.includes(`public.${name}`)) {
    await expect(changing).rejects.toEqual(sqlState('42501'));
  } else {
    const { rowCount } = await changing;
    expect({ name, rowCount }).toEqual({ name, rowCount: 0 });
  }
}

it('finds every tenant table in the catalog', () => {
  expect(tables.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['organizations', 'projects', 'tasks', 'users']),
  );
});

describe('pitfall 3: without a context', () => {
  it.each([
    ['that was never set', 'SELECT 1'],
    ['that is empty', "SET app.current_org = ''"],
    ['that has ended', `BEGIN; SET LOCAL app.current_org = '${newUuid()}'; COMMIT`],
    ['of no organization', `SET app.current_org = '${newUuid()}'`],
  ])('%s every table shows no row, takes none and changes none', async (_what, prepare) => {
    const rows: Awaited<ReturnType<typeof anyRow>>[] = [];
    await asSuperuser(async (client) => {
      for (const table of tables) rows.push(await anyRow(client, table, acme.tenant.orgId));
    });
    await asApp(async (client) => {
      await client.query(prepare);
      for (const [index, table] of tables.entries()) {
        const { name, owner } = table;
        const { rows: seen } = await client.query(`SELECT count(*)::int AS count FROM ${name}`);
        expect({ name, seen }).toEqual({ name, seen: [{ count: 0 }] });
        await expectNoneChanged(client.query(`UPDATE ${name} SET ${owner} = ${owner}`), name);
        await expectNoneChanged(client.query(`DELETE FROM ${name}`), name);
        const row = { ...rows[index], id: newUuid() };
        await expect(insert(client, table, row)).rejects.toEqual(sqlState('42501'));
      }
    });
  });
});

describe('pitfall 6: a child that points at the parent of another organization', () => {
  it('is refused for every foreign key, on inserting and on updating (23503)', async () => {
    let keys = 0;
    for (const table of tables) {
      for (const { columns, table: parentName, keys: parentKeys } of table.references) {
        const parent = tables.find(({ name }) => name === parentName) as TenantTable;
        const [child, other, theirs] = await asSuperuser(async (client) => [
          await anyRow(client, table, acme.tenant.orgId),
          await anyRow(client, table, globex.tenant.orgId),
          await anyRow(client, parent, globex.tenant.orgId),
        ]);
        const pointing: Record<string, unknown> = {};
        for (const [index, column] of columns.entries()) {
          if (column !== table.owner) pointing[column] = theirs[parentKeys[index] as string];
        }
        expect(Object.keys(pointing)).not.toHaveLength(0);
        await asApp((client) =>
          within(client, acme.tenant.orgId, async () => {
            // What is unique is free here as another organization has it.
            const free = Object.fromEntries(
              table.uniques
                .flat()
                .filter((column) => !columns.includes(column))
                .map((column) => [column, elsewhere(other[column])]),
            );
            const row = { ...child, ...free, ...pointing, id: newUuid() };
            const inserted = undone(client, () => insert(client, table, row));
            await expect(inserted).rejects.toEqual(sqlState('23503'));
            const { name } = table;
            const set = Object.keys(pointing).map((column, index) => `${column} = $${index + 1}`);
            const updated = client.query(
              `UPDATE ${name} SET ${set} WHERE ctid = (SELECT ctid FROM ${name} LIMIT 1)`,
              Object.values(pointing),
            );
            const isAppendOnly = APPEND_ONLY_TABLES.includes(`public.${name}`);
            await expect(updated).rejects.toEqual(sqlState(isAppendOnly ? '42501' : '23503'));
          }),
        );
        keys++;
      }
    }
    expect(keys).toBeGreaterThanOrEqual(3);
  });
});

describe('pitfall 7: what is unique in one organization', () => {
  it('can be had in another, in every table', async () => {
    for (const table of tables.filter(({ owner }) => owner === 'org_id')) {
      // What belongs to a parent alone, and stays: it has no room, and no key of its own.
      const isAppendOnly = APPEND_ONLY_TABLES.includes(`public.${table.name}`);
      if (isAppendOnly && !table.columns.includes('id')) continue;
      const [ours, theirs] = await asSuperuser(async (client) => [
        await anyRow(client, table, acme.tenant.orgId),
        await anyRow(client, table, globex.tenant.orgId),
      ]);
      const pointers = table.references.flatMap(({ columns }) => columns);
      const unique = table.uniques.flat().filter((column) => !pointers.includes(column));
      const same = Object.fromEntries(unique.map((column) => [column, theirs[column]]));
      const { name } = table;
      const inserted = await asApp((client) =>
        within(client, acme.tenant.orgId, async () => {
          // Where each parent has one, or each organization counts for itself, ours makes room.
          const isTaken = unique.some(
            (column) => ours[column] !== null && ours[column] === theirs[column],
          );
          const isOnePerParent = table.uniques.some((key) =>
            key.every((column) => pointers.includes(column)),
          );
          if (isTaken || isOnePerParent || !table.columns.includes('id')) {
            await client.query(`DELETE FROM ${name}`);
          }
          return insert(client, table, { ...ours, ...same, org_id: acme.tenant.orgId });
        }),
      );
      expect({ name, inserted: inserted.rowCount }).toEqual({ name, inserted: 1 });
    }
  });

  it('is answered as if the other had nothing', async () => {
    const CREATE =
      'mutation ($in: CreateUserInput!) { createUser(input: $in) { email name role } }';
    const answer = async (email: string) => {
      const { status, text } = await acme.owner.send(CREATE, {
        in: { email, name: 'x', role: 'MEMBER', password: 'a password of length' },
      });
      return `${status} ${text.replaceAll(email, 'EMAIL')}`;
    };
    expect(await answer(globex.member.email)).toBe(await answer('nobody@example.com'));
  });
});

describe('pitfall 8: moving a row to another organization', () => {
  it('is refused in every table (42501), and theirs are not to be touched', async () => {
    for (const table of tables) {
      const { name, owner } = table;
      await asApp((client) =>
        within(client, acme.tenant.orgId, async () => {
          const away = undone(client, () =>
            client.query(`UPDATE ${name} SET ${owner} = $1`, [globex.tenant.orgId]),
          );
          await expect(away).rejects.toEqual(sqlState('42501'));
          const fetched = client.query(`UPDATE ${name} SET ${owner} = $1 WHERE ${owner} = $2`, [
            acme.tenant.orgId,
            globex.tenant.orgId,
          ]);
          await expectNoneChanged(fetched, name);
        }),
      );
    }
  });
});

describe('pitfall 15: COPY FROM', () => {
  it('is refused for every table (0A000), so bulk work inserts many rows at once', async () => {
    await asApp((client) =>
      within(client, acme.tenant.orgId, async () => {
        for (const { name } of tables) {
          const copied = undone(client, () => client.query(`COPY ${name} FROM STDIN`));
          await expect(copied).rejects.toEqual(sqlState('0A000'));
        }
      }),
    );
    const { id } = await acme.createProject('bulk');
    const statements = await statementsOf(() =>
      acme.createTasks(
        id,
        Array.from({ length: 500 }, () => ({})),
      ),
    );
    expect(statements.filter((text) => text.startsWith('INSERT'))).toHaveLength(1);
    expect(statements.filter((text) => /^COPY/i.test(text))).toEqual([]);
  });
});

describe('pitfall 17: a setting that stays on a pooled connection', () => {
  /** Lets a function that runs without a tenant, on a pooled connection, tell what is set there. */
  const setting = (own: Api) => own.app.tenancy.findOrganization('whatever');

  it('is empty after every way in which a request can end', async () => {
    const own = await startApi({ pool: { size: 1, statementTimeoutMs: 500 } });
    const { owner, viewer, createProject } = await own.createOrganization();
    const { taskIds } = await createProject('project', 1);
    await withAdminConnection(own.database.superuserUrl, (client) =>
      client.query(`
        CREATE OR REPLACE FUNCTION tenancy.find_organization(slug text) RETURNS uuid
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        AS $$ SELECT nullif(current_setting('app.current_org', true), '')::uuid $$;
        ALTER TABLE tasks ADD CHECK (title <> 'refuse me')`),
    );
    const COMPLETE = 'mutation ($id: ID!) { completeTask(input: { id: $id }) { id } }';
    const whileLocked = (work: (holder: pg.Client) => Promise<void>) =>
      withAdminConnection(own.database.superuserUrl, async (holder) => {
        await holder.query('BEGIN; SELECT FROM tasks FOR UPDATE');
        await work(holder);
      });
    const createTask = (title: string) =>
      `createTask(input: { projectId: $p, title: "${title}" }) { id }`;
    const project = { p: (await createProject()).id };
    const ends: [what: string, work: () => Promise<unknown>][] = [
      ['a query', () => viewer.ask('{ projects { nodes { name } } }')],
      ['a mutation', () => owner.ask(`mutation ($p: ID!) { ${createTask('x')} }`, project)],
      ['bad input', () => owner.fail(`mutation ($p: ID!) { ${createTask('')} }`, project)],
      [
        'a refusal by the database',
        () => owner.fail(`mutation ($p: ID!) { ${createTask('refuse me')} }`, project),
      ],
      [
        'a refused field among others',
        () =>
          owner.send(
            `mutation ($p: ID!) { a: ${createTask('x')} b: ${createTask('refuse me')} c: ${createTask('x')} }`,
            project,
          ),
      ],
      [
        'a statement that took too long',
        () => whileLocked(async () => void (await owner.fail(COMPLETE, { id: taskIds[0] }))),
      ],
      [
        'a client that hung up',
        () =>
          whileLocked(async (holder) => {
            const hungUp = new AbortController();
            const answer = fetch(`${own.url}/graphql`, {
              method: 'POST',
              headers: {
                'content-type': 'application/json',
                authorization: `Bearer ${owner.token}`,
              },
              body: JSON.stringify({ query: COMPLETE, variables: { id: taskIds[0] } }),
              signal: hungUp.signal,
            });
            await eventually(async () => {
              const { rows } = await holder.query(
                `SELECT FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'`,
              );
              return rows.length > 0;
            }, 'it is under way');
            hungUp.abort();
            await expect(answer).rejects.toThrow('aborted');
          }),
      ],
      [
        'work that throws',
        () =>
          own.app.tenancy
            .withTenant(acme.tenant, 'write', async (tx) => {
              await tx.prisma.task.count();
              throw new Error('thrown');
            })
            .catch(() => undefined),
      ],
    ];
    try {
      for (const [what, work] of ends) {
        await work();
        expect({ what, left: await setting(own) }).toEqual({ what, left: null });
        expect(own.app.tenancy.poolFigures.size).toBe(1);
      }
    } finally {
      await own.close();
    }
  });

  it('is made nowhere: the source has no SET of the context but SET LOCAL', async () => {
    const found: string[] = [];
    for (const [file, text] of await sources('src', '.ts')) {
      for (const [statement] of text.matchAll(
        /\bSET (?!LOCAL\b)[^;`']*app\.|set_config\([^)]*app\./gi,
      )) {
        found.push(`${file}: ${statement}`);
      }
    }
    expect(found).toEqual([]);
  });
});

describe('pitfall 18: ROLLBACK TO SAVEPOINT undoes a SET LOCAL behind the savepoint', () => {
  it('as PostgreSQL does it', async () => {
    const left = await asApp(async (client) => {
      await client.query(`BEGIN; SAVEPOINT a; SET LOCAL app.current_org = '${acme.tenant.orgId}'`);
      await client.query('ROLLBACK TO SAVEPOINT a');
      return client.query('SELECT tenancy.current_org() AS org');
    });
    expect(left.rows).toEqual([{ org: null }]);
  });

  it('so the context comes before the first savepoint, and holds after a rollback', async () => {
    let answer: Awaited<ReturnType<typeof acme.owner.send>> | undefined;
    const statements = await statementsOf(async () => {
      answer = await acme.owner.send(
        `mutation ($taken: EmailAddress!) {
           a: createUser(input: { email: $taken, name: "x", role: MEMBER, password: "a password of length" }) { id }
           b: createProject(input: { name: "after the rollback" }) { name owner { email } }
         }`,
        { taken: acme.viewer.email },
      );
    });
    const first = (pattern: RegExp) => statements.findIndex((text) => pattern.test(text));
    expect(first(/ROLLBACK TO SAVEPOINT/)).toBeGreaterThan(first(/SAVEPOINT/));
    expect(first(/SET LOCAL app\.current_org/)).toBeGreaterThanOrEqual(0);
    expect(first(/SET LOCAL app\.current_org/)).toBeLessThan(first(/SAVEPOINT/));
    expect(answer?.errors).toMatchObject([{ path: ['a'], extensions: { code: 'ALREADY_EXISTS' } }]);
    expect(answer?.data).toEqual({
      a: null,
      b: { name: 'after the rollback', owner: { email: acme.owner.email } },
    });
    const { projects } = await globex.viewer.ask('{ projects { nodes { name } } }');
    expect(projects.nodes).not.toContainEqual({ name: 'after the rollback' });
  });
});

describe('pitfall 19: one prepared statement, many organizations', () => {
  it.each(['auto', 'force_generic_plan'])(
    'shows each its own rows, a thousand times over (%s)',
    async (mode) => {
      await asApp(async (client) => {
        await client.query(`SET plan_cache_mode = ${mode}`);
        const text = tables
          .map(({ name, owner }) => `SELECT ${owner} AS org FROM ${name}`)
          .join(' UNION ALL ');
        const foreign: string[] = [];
        for (let round = 0; round < 1_000; round++) {
          const { orgId } = round % 2 === 0 ? acme.tenant : globex.tenant;
          await client.query(`BEGIN; SET LOCAL app.current_org = '${orgId}'`);
          const { rows } = await client.query<{ org: string }>({ name: 'all', text });
          await client.query('COMMIT');
          if (rows.length < tables.length) foreign.push(`round ${round} shows too little`);
          foreign.push(...rows.map(({ org }) => org).filter((org) => org !== orgId));
        }
        expect(foreign).toEqual([]);
        const { rows } = await client.query(
          "SELECT generic_plans > 900 AS generic FROM pg_prepared_statements WHERE name = 'all'",
        );
        expect(rows).toEqual([{ generic: true }]);
      });
    },
  );

  it('shows each its own rows through the statements of the product', async () => {
    const tenancy = openTenancy(api.database, { size: 1 });
    const names = (tx: TenantTransaction) =>
      tx.execute<{ orgId: string }>(
        sql<{ orgId: string }>`SELECT org_id AS "orgId" FROM tasks`.compile(query),
      );
    const foreign: string[] = [];
    for (let round = 0; round < 500; round++) {
      const { tenant } = round % 2 === 0 ? acme : globex;
      const rows = await tenancy.withTenant(tenant, 'read', names);
      expect(rows.length).toBeGreaterThan(0);
      foreign.push(...rows.map(({ orgId }) => orgId).filter((orgId) => orgId !== tenant.orgId));
    }
    await tenancy.close();
    expect(foreign).toEqual([]);
  });
});

describe('pitfall 20: statistics and activity', () => {
  it('show the serving role nothing of what the tables hold', async () => {
    await asSuperuser((client) => client.query('ANALYZE'));
    await asApp(async (client) => {
      const stats = await client.query("SELECT FROM pg_stats WHERE schemaname = 'public'");
      expect(stats.rowCount).toBe(0);
      const raw = client.query('SELECT FROM pg_statistic');
      await expect(raw).rejects.toEqual(sqlState('42501'));
    });
  });

  it('have nothing to show: what people write is in no statement, only in its parameters', async () => {
    const marked = (what: string) => `marker ${what}`;
    const { id } = await acme.createProject();
    const statements = await statementsOf(async () => {
      await acme.owner.ask(
        `mutation ($p: ID!, $email: EmailAddress!, $due: DateTime!) {
           a: createTask(input: { projectId: $p, title: "${marked('title')}", description: "${marked('text')}", dueAt: $due }) { id }
           b: createProject(input: { name: "${marked('name')}", description: "${marked('text')}" }) { id }
           c: createUser(input: { email: $email, name: "${marked('name')}", role: MEMBER, password: "${marked('password')}" }) { id }
         }`,
        { p: id, email: 'marker@example.com', due: '2031-07-08T09:10:11Z' },
      );
      const { search, projects, tasks } = await acme.viewer.ask(
        `query ($p: ID!, $due: DateTime!) {
           search(text: "${marked('title')}") { nodes { __typename } edges { cursor } }
           projects(filter: { text: "${marked('name')}" }) { totalCount edges { cursor } }
           tasks(filter: { projectId: $p, text: "${marked('text')}", dueAfter: $due, or: [{ text: "${marked('or')}" }, { not: { text: "${marked('not')}" } }] },
                 orderBy: { field: TITLE }) { totalCount edges { cursor } }
         }`,
        { p: id, due: '2031-07-08T09:10:11Z' },
      );
      expect([search, projects, tasks].every(({ edges }) => edges.length > 0)).toBe(true);
      await acme.viewer.ask(
        'query ($c: String) { tasks(orderBy: { field: TITLE }, after: $c) { totalCount nodes { id } } }',
        {
          c: tasks.edges[0].cursor,
        },
      );
      await api.send(
        `mutation { signIn(input: { organization: "${marked('slug')}", email: "${marked('email')}", password: "${marked('password')}" }) { accessToken } }`,
      );
    });
    expect(statements.length).toBeGreaterThan(20);
    expect(statements.filter((text) => /marker|2031-07-08|example\.com/i.test(text))).toEqual([]);
    const shown = await asApp((client) =>
      client.query(
        `SELECT query FROM pg_stat_activity
         WHERE datname = current_database() AND query ~* 'marker|2031-07-08'`,
      ),
    );
    expect(shown.rows.filter(({ query: text }) => !text.includes('pg_stat_activity'))).toEqual([]);
  });
});

describe('pitfall 21: the errors of the database', () => {
  it('never reach a client, whatever they say', async () => {
    const own = await startApi();
    const { owner, viewer, createProject } = await own.createOrganization();
    const { id } = await createProject('project', 1);
    await withAdminConnection(own.database.superuserUrl, (client) =>
      client.query(`
        ALTER TABLE tasks ADD CONSTRAINT secret_check CHECK (title <> 'check');
        CREATE UNIQUE INDEX secret_index ON tasks (org_id, title) WHERE title = 'unique';
        CREATE FUNCTION secret_function() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          CASE NEW.title
            WHEN 'raise' THEN RAISE 'secret message' USING DETAIL = 'secret detail', HINT = 'secret hint', COLUMN = 'secret_column';
            WHEN 'number' THEN NEW.priority := 'secret'::int;
            WHEN 'division' THEN NEW.priority := 1 / 0;
            WHEN 'null' THEN NEW.description := NULL;
            WHEN 'parent' THEN NEW.project_id := NEW.id;
            WHEN 'wall' THEN NEW.org_id := NEW.id;
            WHEN 'table' THEN EXECUTE 'SELECT * FROM secret_table';
            WHEN 'rights' THEN EXECUTE 'SELECT * FROM pg_authid';
            WHEN 'context' THEN EXECUTE 'SELECT ''secret''::uuid';
            ELSE NULL;
          END CASE;
          RETURN NEW;
        END $$;
        CREATE TRIGGER secret_trigger BEFORE INSERT ON tasks
          FOR EACH ROW EXECUTE FUNCTION secret_function()`),
    );
    const check = await AnswerCheck.of(own.database);
    const titles = [
      'check',
      'unique',
      'raise',
      'number',
      'division',
      'null',
      'parent',
      'wall',
      'table',
      'rights',
      'context',
    ];
    try {
      await owner.send(
        'mutation ($p: ID!) { createTask(input: { projectId: $p, title: "unique" }) { id } }',
        { p: id },
      );
      for (const title of titles) {
        const answer = await owner.send(
          'mutation ($in: CreateTaskInput!) { createTask(input: $in) { id } }',
          { in: { projectId: id, title } },
        );
        expect(answer.errors).toMatchObject([
          { extensions: { code: 'INTERNAL', incidentId: expect.any(String) } },
        ]);
        expect(check.faults(answer)).toEqual([]);
        expect(answer.text).not.toContain('secret');
      }
      await withAdminConnection(own.database.superuserUrl, (client) =>
        client.query('ALTER TABLE tasks RENAME COLUMN due_at TO secret_column'),
      );
      const answer = await viewer.send(
        '{ tasks { nodes { dueAt } } search(text: "x") { totalCount } }',
      );
      expect(answer.status).toBe(500);
      expect(check.faults(answer)).toEqual([]);
      expect(answer.text).not.toContain('secret');
    } finally {
      await own.close();
    }
  });
});

describe('pitfall 22: NOTIFY has no access control', () => {
  it('so nothing is announced: neither the database nor the source knows it', async () => {
    const functions = await asSuperuser((client) =>
      client.query(
        `SELECT proname FROM pg_proc WHERE prosrc ~* '\\mnotify\\M|pg_notify'
         AND pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`,
      ),
    );
    expect(functions.rows).toEqual([]);
    const using = [...(await sources('src', '.ts')), ...(await sources('sql', '.sql'))]
      .filter(([, text]) => /\bpg_notify\b|["'`;]\s*(UN)?(LISTEN|NOTIFY)\s/.test(text))
      .map(([file]) => file);
    expect(using).toEqual([]);
  });
});

describe('pitfall 23: advisory locks know no organizations', () => {
  it('so the keys of what serves requests are made of them, in one place', async () => {
    // Who migrates, or starts a server of their own, does it for all of the cluster.
    const ofCluster = /^src\/(migrations|embedded-postgres)\//;
    const using = (await sources('src', '.ts'))
      .filter(([file, text]) => !ofCluster.test(file) && /pg_(try_)?advisory/i.test(text))
      .map(([file]) => file);
    expect(using).toEqual(['src/tenancy/named-lock.ts']);
    const functions = await asSuperuser((client) =>
      client.query(
        `SELECT proname FROM pg_proc WHERE prosrc ~* 'pg_(try_)?advisory'
         AND pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`,
      ),
    );
    expect(functions.rows).toEqual([]);
  });

  it('so a name that one organization has locked is free in another, and taken in its own', async () => {
    const { tenancy } = api.app;
    const isFree = ({ tenant }: Organization) =>
      tenancy.withTenant(tenant, 'write', (tx) => tryLockName(tx, 'a name'));
    await tenancy.withTenant(acme.tenant, 'write', async (tx) => {
      await lockName(tx, 'a name');
      expect(await isFree(globex)).toBe(true);
      expect(await isFree(acme)).toBe(false);
    });
    expect(await isFree(acme)).toBe(true);
  });
});

describe('pitfall 24: the rows of a migration, under FORCE', () => {
  it('are none for the owner, without any error', async () => {
    await withAdminConnection(api.database.ownerUrl, async (client) => {
      for (const { name, owner } of tables) {
        const updated = await client.query(`UPDATE ${name} SET ${owner} = ${owner}`);
        expect({ name, updated: updated.rowCount }).toEqual({ name, updated: 0 });
      }
    });
  });

  it('are counted by every migration that changes some', async () => {
    const changing = (await sources(join('prisma', 'migrations'), 'migration.sql')).filter(
      ([, text]) => /^\s*(UPDATE|DELETE FROM|INSERT INTO|MERGE INTO)\b/im.test(text),
    );
    expect(changing.length).toBeGreaterThan(0);
    for (const [file, text] of changing) {
      expect({ file, counts: /GET DIAGNOSTICS \w+ = ROW_COUNT/.test(text) }).toEqual({
        file,
        counts: true,
      });
      expect({ file, refuses: text.includes('RAISE EXCEPTION') }).toEqual({ file, refuses: true });
    }
  });
});

describe('pitfall 26: the first error aborts the transaction (25P02)', () => {
  it('and its siblings are answered with the first error, or as if it had not been', async () => {
    const own = await startApi();
    const { owner, createProject } = await own.createOrganization();
    const { id } = await createProject('project', 1);
    const check = await AnswerCheck.of(own.database);
    try {
      await withAdminConnection(own.database.superuserUrl, (client) =>
        client.query('REVOKE SELECT ON projects FROM rowhouse_app'),
      );
      const read = await owner.send(
        '{ viewer { name projects { totalCount } } users { nodes { name assignedTasks { totalCount } } } projects { totalCount } tasks { nodes { project { name } } } }',
      );
      const incidents = new Set(read.errors?.map(({ extensions }) => extensions.incidentId));
      expect(incidents.size).toBe(1);
      expect(read.errors?.every(({ extensions }) => extensions.code === 'INTERNAL')).toBe(true);
      expect(check.faults(read)).toEqual([]);
      await withAdminConnection(own.database.superuserUrl, (client) =>
        client.query(
          `GRANT SELECT ON projects TO rowhouse_app;
           ALTER TABLE tasks ADD CHECK (title <> 'refuse me')`,
        ),
      );
      const createTask = (title: string) =>
        `createTask(input: { projectId: $p, title: "${title}" }) { title project { name } }`;
      const written = await owner.send(
        `mutation ($p: ID!) { a: ${createTask('a')} b: ${createTask('refuse me')} c: ${createTask('c')} }`,
        { p: id },
      );
      const task = (title: string) => ({ title, project: { name: 'project' } });
      expect(written.data).toEqual({ a: task('a'), b: null, c: task('c') });
      expect(written.errors).toMatchObject([{ path: ['b'], extensions: { code: 'INTERNAL' } }]);
      expect(check.faults(written)).toEqual([]);
    } finally {
      await own.close();
    }
  });
});

describe('pitfall 27: work that outlives its transaction', () => {
  it('gets a typed error, and never the connection that is somebody else’s by now', async () => {
    const tenancy = openTenancy(api.database, { size: 1 });
    const projects = (tx: TenantTransaction) =>
      tx.execute(query.selectFrom('projects').select('name').compile());
    let leaked: TenantTransaction | undefined;
    await tenancy.withTenant(acme.tenant, 'write', async (tx) => {
      leaked = tx;
      await projects(tx);
    });
    const handle = leaked as TenantTransaction;
    await tenancy.withTenant(globex.tenant, 'write', async (tx) => {
      await projects(tx);
      const late = [
        projects(handle),
        handle.prisma.task.findMany(),
        handle.prisma.task.deleteMany(),
        handle.unit(() => projects(handle), { alone: true }),
      ];
      for (const outcome of await Promise.allSettled(late)) {
        expect(outcome).toMatchObject({ status: 'rejected' });
        expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(HandleRevokedError);
      }
      expect(await projects(tx)).toContainEqual({ name: 'globex' });
      expect(await projects(tx)).not.toContainEqual({ name: 'acme' });
    });
    await tenancy.close();
  });
});

describe('pitfall 28: a connection that is lost while it is checked out', () => {
  it('does not end the process, whatever it was doing', async () => {
    const tenancy = openTenancy(api.database, { size: 3 });
    const pid = (tx: TenantTransaction) =>
      tx
        .execute(sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.compile(query))
        .then(([row]) => row?.pid as number);
    const end = (backend: number) =>
      asSuperuser((client) => client.query('SELECT pg_terminate_backend($1, 5000)', [backend]));
    const faults: unknown[] = [];
    const note = (fault: unknown) => faults.push(fault);
    process.on('uncaughtException', note);
    process.on('unhandledRejection', note);
    // Between two statements, where nobody waits for an answer.
    const between = tenancy.withTenant(acme.tenant, 'write', async (tx) => {
      await end(await pid(tx));
      await new Promise(setImmediate);
      return pid(tx);
    });
    await expect(between).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    // Under a statement.
    const under = tenancy.withTenant(acme.tenant, 'write', async (tx) => {
      const backend = await pid(tx);
      const sleeping = tx.execute(sql`SELECT pg_sleep(60)`.compile(query));
      await Promise.all([
        expect(sleeping).rejects.toMatchObject({ code: 'UNAVAILABLE' }),
        end(backend),
      ]);
      throw new Error('seen');
    });
    await expect(under).rejects.toThrow('seen');
    // Back in the pool.
    await end(await tenancy.withTenant(acme.tenant, 'read', pid));
    await eventually(() => tenancy.poolFigures.size === 0, 'the pool lets go of it');
    expect(await tenancy.withTenant(acme.tenant, 'read', pid)).toEqual(expect.any(Number));
    await tenancy.close();
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
    expect(faults).toEqual([]);
  });
});

describe('pitfall 30: two organizations on two connections', () => {
  it('never read each other in a thousand interleaved requests, some of them aborted', async () => {
    const [red, blue] = [await api.createOrganization('red'), await api.createOrganization('blue')];
    const both = [
      {
        name: 'red',
        other: 'blue',
        organization: red,
        project: (await red.createProject('red')).id,
      },
      {
        name: 'blue',
        other: 'red',
        organization: blue,
        project: (await blue.createProject('blue')).id,
      },
    ];
    const outcomes = { good: 0, failed: 0, aborted: 0 };
    const crossed: string[] = [];
    const request = async (index: number) => {
      const { name, other, organization, project } = both[index % 2] as (typeof both)[0];
      const abort = index % 7 === 0 ? new AbortController() : undefined;
      const response = fetch(`${api.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${organization.owner.token}`,
        },
        body: JSON.stringify({
          query: OPERATIONS[index % OPERATIONS.length],
          variables: { name, project },
        }),
        ...(abort && { signal: abort.signal }),
      });
      if (abort) setImmediate(() => abort.abort());
      try {
        const text = await (await response).text();
        if (text.includes(`"${other}`) || text.includes(`@${other}`)) crossed.push(text);
        if (text.includes('"errors"')) outcomes.failed++;
        else outcomes.good++;
      } catch {
        outcomes.aborted++;
      }
    };
    const OPERATIONS = [
      '{ projects { nodes { name owner { email } tasks { nodes { title } } } } }',
      'mutation ($name: String!, $project: ID!) { createTask(input: { projectId: $project, title: $name }) { title } }',
      '{ users { nodes { email } } organization { slug } search(text: "red or blue") { nodes { ... on Task { title } ... on Project { name } } } }',
      'mutation ($name: String!, $project: ID!) { a: createTask(input: { projectId: $project, title: $name }) { title } b: createTask(input: { projectId: $project, title: "" }) { title } }',
      '{ tasks(last: 20) { nodes { title project { name owner { email } } } totalCount } }',
    ];
    const indexes = Array.from({ length: 1_000 }, (_, index) => index).values();
    const client = async () => {
      for (const index of indexes) await request(index);
    };
    await Promise.all(Array.from({ length: 12 }, client));
    expect(crossed).toEqual([]);
    expect(outcomes.good).toBeGreaterThan(400);
    expect(outcomes.failed).toBeGreaterThan(100);
    expect(outcomes.aborted).toBeGreaterThan(50);
    const { idle, size, waiting } = api.app.tenancy.poolFigures;
    expect({ size: size <= 2, idle: idle === size, waiting }).toEqual({
      size: true,
      idle: true,
      waiting: 0,
    });
    const stray = await asSuperuser((client) =>
      client.query(
        `SELECT FROM tasks JOIN organizations ON organizations.id = org_id
         WHERE title IN ('red', 'blue') AND title <> slug`,
      ),
    );
    expect(stray.rowCount).toBe(0);
  });
});

/** Every file below a folder whose name ends so, with its text. */
async function sources(folder: string, ending: string): Promise<[file: string, text: string][]> {
  const root = join(import.meta.dirname, '..');
  const files = (await readdir(join(root, folder), { recursive: true })).filter(
    (file) => file.endsWith(ending) && !file.includes('generated'),
  );
  return Promise.all(
    files.map(async (file): Promise<[string, string]> => {
      const path = join(folder, file);
      return [path, await readFile(join(root, path), 'utf8')];
    }),
  );
}
