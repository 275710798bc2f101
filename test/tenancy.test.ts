import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { ConnectionPool } from '../src/tenancy/connection-pool.js';
import {
  DatabaseError,
  HandleRevokedError,
  query,
  type Tenancy,
  type TenantTransaction,
} from '../src/tenancy/index.js';
import { RequestTransaction } from '../src/tenancy/request-transaction.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import {
  createOrganization,
  openTenancy,
  poolSettings,
  type SeededOrganization,
  silent,
} from './support/organizations.js';
import { TcpProxy } from './support/tcp-proxy.js';

let database: TestDatabase;
let tenancy: Tenancy;
let acme: SeededOrganization;
let globex: SeededOrganization;

beforeAll(async () => {
  database = await createDatabase();
  tenancy = openTenancy(database);
  acme = await createOrganization(tenancy, 'acme');
  globex = await createOrganization(tenancy, 'globex');
});

afterAll(async () => {
  await tenancy?.close();
  await database?.drop();
});

const projectNames = (tx: TenantTransaction) =>
  tx
    .execute(query.selectFrom('projects').select('name').orderBy('name').compile())
    .then((rows) => rows.map(({ name }) => name));

const renameProject = (tx: TenantTransaction, id: string, name: string) =>
  tx.prisma.project.updateMany({ where: { id }, data: { name } });

const fail = (tx: TenantTransaction) => tx.execute(sql`SELECT 1 / 0`.compile(query));

const sleepInDatabase = (tx: TenantTransaction, seconds: number) =>
  tx.execute(sql`SELECT pg_sleep(${seconds})`.compile(query));

/** A fresh organization, for tests that write. */
const org = () => createOrganization(tenancy);

const write = <T>(who: SeededOrganization, work: (tx: TenantTransaction) => Promise<T>) =>
  tenancy.withTenant(who.tenant, 'write', work);

const read = <T>(who: SeededOrganization, work: (tx: TenantTransaction) => Promise<T>) =>
  tenancy.withTenant(who.tenant, 'read', work);

describe('a tenant transaction', () => {
  it('shows a query that names no organization only the rows of its own', async () => {
    expect(await read(acme, projectNames)).toEqual(['acme']);
    expect(await read(globex, projectNames)).toEqual(['globex']);
  });

  it('shows Prisma, asked for everything, only the rows of its own', async () => {
    const users = await read(globex, (tx) => tx.prisma.user.findMany());
    expect(users.map(({ email }) => email)).toEqual(['globex@example.com']);
  });

  it('takes no connection before the first statement', async () => {
    const lazy = openTenancy(database);
    await lazy.withTenant(acme.tenant, 'read', async () => undefined);
    expect(lazy.poolFigures).toEqual({ limit: 4, size: 0, idle: 0, waiting: 0 });
    await lazy.close();
  });

  it('refuses to write in a read, also through Prisma', async () => {
    const attempt = read(acme, (tx) => renameProject(tx, acme.projectId, 'changed'));
    await expect(attempt).rejects.toMatchObject({ sqlState: '25006' });
  });

  it('sees one snapshot throughout a read', async () => {
    const initech = await org();
    const [before, after] = await read(initech, async (tx) => {
      const first = await projectNames(tx);
      await write(initech, (other) => renameProject(other, initech.projectId, 'renamed'));
      return [first, await projectNames(tx)];
    });
    expect(after).toEqual(before);
    expect(await read(initech, projectNames)).toEqual(['renamed']);
  });

  it('has committed when it resolves, and has rolled back when its work rejects', async () => {
    const initech = await org();
    await write(initech, (tx) => renameProject(tx, initech.projectId, 'kept'));
    const failing = write(initech, async (tx) => {
      await renameProject(tx, initech.projectId, 'lost');
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await read(initech, projectNames)).toEqual(['kept']);
  });

  it('does not report success when a failed statement was swallowed', async () => {
    const initech = await org();
    const attempt = write(initech, async (tx) => {
      await renameProject(tx, initech.projectId, 'lost');
      await fail(tx).catch(() => undefined);
      return 'fine';
    });
    await expect(attempt).rejects.toMatchObject({ sqlState: '22012' });
    expect(await read(initech, projectNames)).not.toContain('lost');
  });

  it('puts the organization into rows whose writer did not name it', async () => {
    const row = await write(acme, (tx) =>
      tx.prisma.project.create({ data: { name: 'zebra', ownerId: acme.userId } }),
    );
    expect(row.orgId).toBe(acme.orgId);
    await write(acme, (tx) => tx.prisma.project.deleteMany({ where: { name: 'zebra' } }));
  });

  it('refuses an organization that is not a UUID before any statement', async () => {
    const orgId = "x'; DROP TABLE tasks; --";
    const attempt = tenancy.withTenant({ orgId, userId: null }, 'read', projectNames);
    await expect(attempt).rejects.toThrow('not a UUID');
  });

  it('refuses a user that is not a UUID before any statement', async () => {
    const userId = `'; SET LOCAL app.current_org = '${globex.orgId}`;
    const attempt = tenancy.withTenant({ orgId: acme.orgId, userId }, 'read', projectNames);
    await expect(attempt).rejects.toThrow('not a UUID');
  });

  it('takes nobody for the user where a machine acts, whatever the session says', async () => {
    const pool = new ConnectionPool(poolSettings(database, { size: 1 }), silent);
    const connection = await pool.acquire();
    await connection.client.query(`SET app.current_user_id = '${globex.userId}'`);
    pool.release(connection);
    const tx = new RequestTransaction(pool, { orgId: acme.orgId, userId: null }, 'read');
    const user = await tx.execute(sql`SELECT tenancy.current_user_id() AS id`.compile(query));
    await tx.commit();
    await pool.close();
    expect(user).toEqual([{ id: null }]);
  });

  it('turns the transactions of Prisma into savepoints of its own', async () => {
    const initech = await org();
    await write(initech, async ({ prisma }) => {
      await prisma.project.create({
        data: {
          name: 'nested',
          ownerId: initech.userId,
          tasks: { create: [{ title: 'one' }, { title: 'two' }] },
        },
      });
      const unknownAssignee = prisma.project.create({
        data: {
          name: 'half',
          ownerId: initech.userId,
          tasks: { create: [{ title: 'fine' }, { title: 'bad', assigneeId: newUuid() }] },
        },
      });
      await expect(unknownAssignee).rejects.toMatchObject({ sqlState: '23503' });
    }).catch((error) => expect(error).toMatchObject({ sqlState: '23503' }));
    expect(await read(initech, (tx) => tx.prisma.task.count())).toBe(0);
  });

  it('refuses a transaction inside the transaction', async () => {
    const attempt = write(acme, (tx) => tx.prisma.$transaction((inner) => inner.user.findMany()));
    await expect(attempt).rejects.toThrow('open already');
  });

  it('survives that Prisma does not find what it was told to', async () => {
    const initech = await org();
    await write(initech, async (tx) => {
      const missing = tx.prisma.task.findFirstOrThrow();
      await expect(missing).rejects.toThrow('No record was found');
      await renameProject(tx, initech.projectId, 'kept');
    });
    expect(await read(initech, projectNames)).toEqual(['kept']);
  });
});

describe('the handle, once the transaction has ended', () => {
  const leak = async () => {
    let leaked: TenantTransaction | undefined;
    await read(acme, async (tx) => {
      leaked = tx;
      await projectNames(tx);
    });
    return leaked as TenantTransaction;
  };

  it('refuses statements', async () => {
    await expect(projectNames(await leak())).rejects.toBeInstanceOf(HandleRevokedError);
  });

  it('refuses Prisma, also a client and a query that were taken in time', async () => {
    let client: TenantTransaction['prisma'] | undefined;
    let pending: PromiseLike<unknown> | undefined;
    await read(acme, async (tx) => {
      client = tx.prisma;
      pending = client.project.findMany();
    });
    await expect(client?.project.findMany()).rejects.toBeInstanceOf(HandleRevokedError);
    await expect(Promise.resolve(pending)).rejects.toBeInstanceOf(HandleRevokedError);
  });

  it('was held open for statements that nobody awaited', async () => {
    let late: Promise<unknown> | undefined;
    await write(acme, async (tx) => {
      late = sleepInDatabase(tx, 0.05).then(() => 'finished');
    });
    await expect(late).resolves.toBe('finished');
  });

  it('was held open until the last statement of an operation that nobody awaited', async () => {
    const initech = await org();
    let late: PromiseLike<unknown> | undefined;
    await write(initech, async ({ prisma }) => {
      const tasks = { create: [{ title: 'one' }, { title: 'two' }] };
      late = prisma.project.create({ data: { name: 'late', ownerId: initech.userId, tasks } });
      void late.then(() => undefined);
    });
    await late;
    expect(await read(initech, (tx) => tx.prisma.task.count())).toBe(2);
  });
});

describe('a connection that goes back to the pool', () => {
  it.each([
    ['a commit', (tx: RequestTransaction) => projectNames(tx).then(() => tx.commit())],
    ['a rollback', (tx: RequestTransaction) => projectNames(tx).then(() => tx.rollback())],
    [
      'a failed statement',
      (tx: RequestTransaction) =>
        fail(tx)
          .catch(() => tx.commit())
          .catch(() => undefined),
    ],
  ])('has no organization left on it after %s', async (_name, end) => {
    const pool = new ConnectionPool(poolSettings(database, { size: 1 }), silent);
    await end(new RequestTransaction(pool, acme.tenant, 'write'));
    const connection = await pool.acquire();
    const { rows } = await connection.client.query(
      `SELECT current_setting('app.current_org', true) AS org,
              current_setting('app.current_user_id', true) AS user`,
    );
    pool.release(connection);
    await pool.close();
    expect(rows).toEqual([{ org: '', user: '' }]);
  });

  it('is closed when a transaction is still open on it', async () => {
    const pool = new ConnectionPool(poolSettings(database, { size: 1 }), silent);
    const connection = await pool.acquire();
    await connection.client.query('BEGIN');
    pool.release(connection);
    expect(pool.figures.size).toBe(0);
    await pool.close();
  });
});

describe('units', () => {
  const inUnits = (
    who: SeededOrganization,
    ...units: ((tx: TenantTransaction) => Promise<unknown>)[]
  ) =>
    write(who, async (tx) => {
      const outcomes: string[] = [];
      for (const unit of units) {
        await tx
          .unit(() => unit(tx), { alone: units.length === 1 })
          .then(
            () => outcomes.push('ok'),
            (error) => outcomes.push(error.sqlState ?? error.message),
          );
      }
      return outcomes;
    });

  const createTask = (title: string) => (tx: TenantTransaction) =>
    tx.prisma.project
      .findFirstOrThrow()
      .then(({ id }) => tx.prisma.task.create({ data: { title, projectId: id } }));

  const titles = (who: SeededOrganization) =>
    read(who, (tx) => tx.prisma.task.findMany({ orderBy: { title: 'asc' } })).then((tasks) =>
      tasks.map(({ title }) => title),
    );

  it('keep what the others wrote when one fails in the database', async () => {
    const initech = await org();
    const outcomes = await inUnits(initech, createTask('a'), fail, createTask('c'));
    expect(outcomes).toEqual(['ok', '22012', 'ok']);
    expect(await titles(initech)).toEqual(['a', 'c']);
  });

  it('undo all that a unit wrote before it failed', async () => {
    const initech = await org();
    const outcomes = await inUnits(
      initech,
      createTask('a'),
      async (tx) => {
        await createTask('b')(tx);
        throw new Error('refused');
      },
      createTask('c'),
    );
    expect(outcomes).toEqual(['ok', 'refused', 'ok']);
    expect(await titles(initech)).toEqual(['a', 'c']);
  });

  it('undo a lone unit that failed, without failing the transaction', async () => {
    const initech = await org();
    const outcomes = await inUnits(initech, async (tx) => {
      await createTask('a')(tx);
      throw new Error('refused');
    });
    expect(outcomes).toEqual(['refused']);
    expect(await titles(initech)).toEqual([]);
  });

  it('keep a write when a read behind it fails', async () => {
    const initech = await org();
    await write(initech, async (tx) => {
      await tx.unit(() => createTask('kept')(tx), { alone: true });
      await expect(fail(tx)).rejects.toMatchObject({ sqlState: '22012' });
    });
    expect(await titles(initech)).toEqual(['kept']);
  });

  it('go on after a read between them has failed', async () => {
    const initech = await org();
    await write(initech, async (tx) => {
      await tx.unit(() => createTask('a')(tx), { alone: false });
      await expect(fail(tx)).rejects.toMatchObject({ sqlState: '22012' });
      await tx.unit(() => createTask('b')(tx), { alone: false });
    });
    expect(await titles(initech)).toEqual(['a', 'b']);
  });

  it('keep the context when one is rolled back', async () => {
    const context = await write(acme, async (tx) => {
      await tx.unit(() => fail(tx), { alone: false }).catch(() => undefined);
      return tx.execute(sql<{ org: string }>`SELECT tenancy.current_org() AS org`.compile(query));
    });
    expect(context).toEqual([{ org: acme.orgId }]);
  });

  it('may fail without a statement and may do nothing at all', async () => {
    const initech = await org();
    const outcomes = await inUnits(
      initech,
      async () => {
        throw new Error('refused');
      },
      async () => undefined,
      createTask('a'),
    );
    expect(outcomes).toEqual(['refused', 'ok', 'ok']);
    expect(await titles(initech)).toEqual(['a']);
  });
});

describe('a statement that fails', () => {
  it('gives its siblings its own error, not that the transaction is aborted', async () => {
    const outcomes = await read(acme, (tx) =>
      Promise.allSettled([fail(tx), projectNames(tx), tx.prisma.user.findMany(), projectNames(tx)]),
    );
    const states = outcomes.map((outcome) =>
      outcome.status === 'rejected' ? (outcome.reason as DatabaseError).sqlState : outcome.status,
    );
    expect(states).toEqual(['22012', '22012', '22012', '22012']);
  });

  it('becomes UNAVAILABLE when it takes too long', async () => {
    const hasty = openTenancy(database, { statementTimeoutMs: 50 });
    const attempt = hasty.withTenant(acme.tenant, 'read', (tx) => sleepInDatabase(tx, 5));
    await expect(attempt).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await hasty.close();
  });

  it('names the constraint to the store and nothing to anybody else', async () => {
    const attempt = write(acme, (tx) =>
      tx.prisma.user.create({ data: { email: 'acme@example.com', name: 'x', passwordHash: 'x' } }),
    );
    await expect(attempt).rejects.toBeInstanceOf(DatabaseError);
    await expect(attempt).rejects.toMatchObject({
      sqlState: '23505',
      constraint: 'users_org_id_email_key',
    });
  });
});

describe('the pool', () => {
  it('turns who waits too long for a connection away with UNAVAILABLE, and recovers', async () => {
    // Long enough that a busy machine connects in time.
    const small = openTenancy(database, { size: 1, waitLimitMs: 1_000 });
    let figures: unknown;
    await small.withTenant(acme.tenant, 'read', async (tx) => {
      await projectNames(tx);
      const waiting = small.withTenant(globex.tenant, 'read', projectNames);
      figures = small.poolFigures;
      await expect(waiting).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        details: { retryable: true },
      });
    });
    expect(figures).toEqual({ limit: 1, size: 1, idle: 0, waiting: 1 });
    expect(await small.withTenant(globex.tenant, 'read', projectNames)).toEqual(['globex']);
    await small.close();
  });

  it('has closed when the database has let go of all its connections', async () => {
    await withAdminConnection(database.superuserUrl, async (watcher) => {
      const backend = (tx: TenantTransaction) =>
        tx.execute(
          sql<{ pid: number }>`SELECT pg_backend_pid() AS pid, pg_sleep(0.1)`.compile(query),
        );
      for (let turn = 0; turn < 5; turn++) {
        const own = openTenancy(database);
        const pids = await Promise.all(
          Array.from({ length: 4 }, () => own.withTenant(acme.tenant, 'read', backend)),
        );
        await own.close();
        const { rows } = await watcher.query(
          'SELECT pid FROM pg_stat_activity WHERE pid = ANY ($1)',
          [pids.flat().map(({ pid }) => pid)],
        );
        expect(new Set(pids.flat().map(({ pid }) => pid)).size).toBe(4);
        expect(rows).toEqual([]);
      }
    });
  });

  it('closes although the database says nothing any more', async () => {
    const proxy = await TcpProxy.inFrontOf(database.appUrl);
    const own = openTenancy(database, { url: proxy.through(database.appUrl) });
    await own.withTenant(acme.tenant, 'read', projectNames);
    proxy.stall();
    await own.close();
    expect(own.poolFigures).toMatchObject({ size: 0 });
    await proxy.goAway();
  });

  it('keeps organizations apart when few connections serve many of them', async () => {
    const small = openTenancy(database, { size: 2 });
    const both = [acme, globex];
    await Promise.all(
      Array.from({ length: 1_000 }, async (_, index) => {
        const who = both[index % 2] as SeededOrganization;
        const name = index % 2 === 0 ? 'acme' : 'globex';
        await small
          .withTenant(who.tenant, index % 3 === 0 ? 'write' : 'read', async (tx) => {
            expect(await projectNames(tx)).toEqual([name]);
            if (index % 5 === 0) throw new Error('abort');
            if (index % 7 === 0) await fail(tx).catch(() => undefined);
            else expect((await tx.prisma.project.findMany()).map((p) => p.name)).toEqual([name]);
          })
          .catch((error) => expect(['abort', 'division by zero']).toContain(error.message));
      }),
    );
    expect(small.poolFigures.waiting).toBe(0);
    await small.close();
  });

  const KILL = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = 'rowhouse_app'`;

  const killBackends = () =>
    withAdminConnection(database.superuserUrl, (client) => client.query(KILL));

  const killBackendsUnheard = () => {
    const script = `import pg from 'pg';
      const client = new pg.Client(process.env.URL);
      await client.connect();
      await client.query(process.env.KILL);
      await client.end();`;
    execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      env: { ...process.env, NODE_OPTIONS: '', URL: database.superuserUrl, KILL },
    });
  };

  it('begins anew on a fresh connection when a pooled one has died unnoticed', async () => {
    const own = openTenancy(database, { size: 2 });
    await Promise.all([
      own.withTenant(acme.tenant, 'read', projectNames),
      own.withTenant(acme.tenant, 'read', projectNames),
    ]);
    // While this process waits for another one, it cannot hear that its connections end.
    killBackendsUnheard();
    expect(own.poolFigures.idle).toBe(2);
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => own.withTenant(acme.tenant, 'write', projectNames)),
    );
    expect(answers).toEqual(Array.from({ length: 6 }, () => ['acme']));
    await own.close();
  });

  it('reports a connection that is lost midway as UNAVAILABLE and keeps nothing', async () => {
    const initech = await org();
    const attempt = write(initech, async (tx) => {
      await renameProject(tx, initech.projectId, 'lost');
      await killBackends();
      await renameProject(tx, initech.projectId, 'lost again');
    });
    await expect(attempt).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await read(initech, projectNames)).not.toContain('lost');
  });

  it('says that the outcome is unknown when the connection is lost while committing', async () => {
    const initech = await org();
    const attempt = write(initech, async (tx) => {
      await renameProject(tx, initech.projectId, 'unsure');
      await killBackends();
    });
    await expect(attempt).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('may or may not'),
    });
  });

  it('survives the end of every backend under load', async () => {
    const own = openTenancy(database, { size: 4 });
    let stop = false;
    const outcomes = { ok: 0, unavailable: 0 };
    const client = async () => {
      while (!stop) {
        await own
          .withTenant(acme.tenant, 'write', (tx) => projectNames(tx))
          .then(
            (names) => {
              expect(names).toEqual(['acme']);
              outcomes.ok++;
            },
            (error) => {
              expect(error).toMatchObject({ code: 'UNAVAILABLE' });
              outcomes.unavailable++;
            },
          );
      }
    };
    const clients = Array.from({ length: 8 }, client);
    for (let round = 0; round < 10; round++) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      await killBackends();
    }
    stop = true;
    await Promise.all(clients);
    expect(outcomes.ok).toBeGreaterThan(0);
    expect(own.poolFigures.waiting).toBe(0);
    await own.close();
  });
});

describe('finding an organization before anybody is signed in', () => {
  it('tells the id behind a slug and nothing about any other', async () => {
    expect(await tenancy.findOrganization('acme')).toBe(acme.orgId);
    expect(await tenancy.findOrganization('nowhere')).toBeNull();
  });

  it('leaves nothing set on the connection that it used', async () => {
    const own = await createDatabase();
    const lookups = openTenancy(own, { size: 1 });
    const { orgId } = await createOrganization(lookups, 'initech');
    // Tells what is set before it looks.
    await withAdminConnection(own.superuserUrl, (client) =>
      client.query(`CREATE OR REPLACE FUNCTION tenancy.find_organization(slug text) RETURNS uuid
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        AS $$ SELECT coalesce(nullif(current_setting('app.current_org', true), '')::uuid,
          (SELECT id FROM public.organizations WHERE organizations.slug = find_organization.slug)) $$`),
    );
    expect(await lookups.findOrganization('initech')).toBe(orgId);
    expect(await lookups.findOrganization('nowhere')).toBeNull();
    await lookups.close();
    await own.drop();
  });
});
