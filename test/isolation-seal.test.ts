import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type pg from 'pg';
import { ContextSeal } from '../src/tenancy/context-seal.js';
import {
  auditIsolation,
  disableSeal,
  enableSeal,
  prepareSeal,
  query,
  readSealState,
  rotateSeal,
  SERVING_ROLE,
  type Tenancy,
  type Tenant,
  type TenantTransaction,
  withAdminConnection,
} from '../src/tenancy/index.js';
import { type Api, startApi } from './support/api.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import { eventually } from './support/eventually.js';
import {
  createOrganization,
  openTenancy,
  type SeededOrganization,
} from './support/organizations.js';
import { tenantTables } from './support/tenant-tables.js';

const KEY = 'the key of these tests, of more than 32 bytes';
const OTHER_KEY = 'another key of the tests, longer than one block of SHA-256 is: 64 bytes';

let database: TestDatabase;
let acme: SeededOrganization;
let globex: SeededOrganization;

const asOwner = <T>(work: (client: pg.Client) => Promise<T>) =>
  withAdminConnection(database.ownerUrl, work);
const asApp = <T>(work: (client: pg.Client) => Promise<T>) =>
  withAdminConnection(database.appUrl, work);

beforeAll(async () => {
  database = await createDatabase();
  const tenancy = openTenancy(database);
  [acme, globex] = [await createOrganization(tenancy), await createOrganization(tenancy)];
  await tenancy.close();
});

afterAll(() => database.drop());

/** Every test begins with a database that is sealed with KEY and knows no other. */
beforeEach(() =>
  asOwner(async (client) => {
    await disableSeal(client);
    await client.query('SET ROLE rowhouse_owner; DELETE FROM tenant_seal.keys; RESET ROLE');
    await enableSeal(client, KEY);
  }),
);

async function withTenancy<T>(
  sealKey: string | undefined,
  work: (tenancy: Tenancy) => Promise<T>,
): Promise<T> {
  const tenancy = openTenancy(database, { sealKey, size: 1 });
  try {
    return await work(tenancy);
  } finally {
    await tenancy.close();
  }
}

/** How somebody who never heard of parameters would look projects up, and then all tasks. */
async function searchUnsafely(tx: TenantTransaction, name: string): Promise<string[]> {
  const text = `SELECT name FROM projects WHERE name = '${name}'`;
  const found = await tx.execute<{ name: string }>(sql.raw<{ name: string }>(text).compile(query));
  const users = await tx.execute(query.selectFrom('users').select('name').compile());
  return namesIn([...(found ?? []), ...users]);
}

/** What an attacker types into that search field to see the rows of another organization. */
const INJECTIONS: [how: string, text: (orgId: string) => string][] = [
  ['SET LOCAL', (orgId) => `'; SET LOCAL app.current_org = '${orgId}' --`],
  ['SET', (orgId) => `'; SET app.current_org = '${orgId}' --`],
  [
    'set_config within the statement itself',
    (orgId) =>
      `' UNION ALL SELECT set_config('app.current_org', '${orgId}', true) UNION ALL SELECT name FROM projects --`,
  ],
  [
    'set_config, with the seal that was there',
    (orgId) =>
      `' UNION ALL SELECT set_config('app.current_org', '${orgId}', true) || set_config('app.tenant_seal', current_setting('app.tenant_seal', true), true) UNION ALL SELECT name FROM projects --`,
  ],
];

const namesIn = (rows: { name: string }[]) => rows.map(({ name }) => name);

/** The projects that the serving role sees in a context and with a seal that somebody made up. */
async function projectsSeen(
  client: pg.Client,
  { orgId, userId }: Tenant,
  seal: string,
): Promise<string[]> {
  await client.query('BEGIN');
  const set =
    "SELECT set_config('app.current_org', $1, true), set_config('app.current_user_id', $2, true), set_config('app.tenant_seal', $3, true)";
  await client.query(set, [orgId, userId ?? '', seal]);
  const { rows } = await client.query<{ name: string }>('SELECT name FROM projects');
  await client.query('ROLLBACK');
  return namesIn(rows);
}

async function backendOf(client: pg.Client) {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return { pid: rows[0]?.pid as number, clockOffsetMs: 0 };
}

describe('pitfall 29: a context forged through injected SQL', () => {
  const attack = (sealKey: string | undefined, text: (orgId: string) => string) =>
    withTenancy(sealKey, (tenancy) =>
      tenancy.withTenant(acme.tenant, 'read', (tx) => searchUnsafely(tx, text(globex.orgId))),
    );

  it.each(INJECTIONS)('shows the rows of others where nothing is sealed: %s', async (_, text) => {
    await asOwner(disableSeal);
    expect(await attack(undefined, text)).toContain(globex.slug);
  });

  it.each(INJECTIONS)('shows nothing where the context is sealed: %s', async (_, text) => {
    const seen = await attack(KEY, text);
    expect(seen.filter((name) => name !== globex.orgId && !name.startsWith(globex.orgId))).toEqual(
      [],
    );
  });

  it('writes nothing where the context is sealed', async () => {
    const written = withTenancy(KEY, (tenancy) =>
      tenancy.withTenant(acme.tenant, 'write', (tx) =>
        searchUnsafely(
          tx,
          `'; SET LOCAL app.current_org = '${globex.orgId}'; INSERT INTO users (org_id, id, email, name, role, password_hash, updated_at) VALUES ('${globex.orgId}', gen_random_uuid(), 'x@example.com', 'x', 'owner', 'x', now()) --`,
        ),
      ),
    );
    await expect(written).rejects.toMatchObject({ sqlState: '42501' });
  });

  it('leaves the organization itself all that it has', async () => {
    const names = await withTenancy(KEY, (tenancy) =>
      tenancy.withTenant(acme.tenant, 'write', async (tx) => {
        await tx.prisma.project.updateMany({ data: { description: 'sealed' } });
        return tx.execute(
          query.selectFrom('projects').select('name').where('description', '=', 'sealed').compile(),
        );
      }),
    );
    expect(names).toHaveLength(1);
  });
});

describe('a seal opens nothing', () => {
  const seal = new ContextSeal(KEY);

  it('when it is forged, with another key or with none', async () => {
    await asApp(async (client) => {
      const backend = await backendOf(client);
      const real = seal.make(globex.tenant, backend);
      const [keyId, expiry, proof = ''] = real.split('.');
      const forged = [
        new ContextSeal(OTHER_KEY).make(globex.tenant, backend),
        `${keyId}.${expiry}.${'0'.repeat(64)}`,
        `${keyId}.${expiry}.`,
        `${keyId}.9999999999.${proof}`,
        `${keyId}.${expiry}.${proof.slice(0, -1)}`,
        `${keyId}.${expiry}.${proof.toUpperCase()}`,
        `unknown.${expiry}.${proof}`,
        seal.make({ ...globex.tenant, userId: null }, backend),
      ];
      for (const each of forged) {
        expect({ each, seen: await projectsSeen(client, globex.tenant, each) }).toEqual({
          each,
          seen: [],
        });
      }
      expect(await projectsSeen(client, globex.tenant, real)).toHaveLength(1);
    });
  });

  it('and raises no error, whatever stands in its place', async () => {
    await asApp(async (client) => {
      const nonsense = [
        '',
        '.',
        '..',
        '...',
        'x',
        'x.y.z',
        "'",
        '\\',
        '{}',
        ' . . ',
        '9'.repeat(10_000),
        '.99999999999.',
        'é.é.é',
      ];
      for (const each of nonsense)
        expect(await projectsSeen(client, globex.tenant, each)).toEqual([]);
    });
  });

  it('when it was made for another organization or another user', async () => {
    await asApp(async (client) => {
      const ours = seal.make(acme.tenant, await backendOf(client));
      expect(await projectsSeen(client, globex.tenant, ours)).toEqual([]);
      expect(await projectsSeen(client, { ...acme.tenant, userId: globex.userId }, ours)).toEqual(
        [],
      );
      expect(await projectsSeen(client, acme.tenant, ours)).toHaveLength(1);
    });
  });

  it('when it is replayed on another connection', async () => {
    await asApp((one) =>
      asApp(async (other) => {
        const taken = seal.make(globex.tenant, await backendOf(one));
        expect(await projectsSeen(one, globex.tenant, taken)).toHaveLength(1);
        expect(await projectsSeen(other, globex.tenant, taken)).toEqual([]);
      }),
    );
  });

  it('when it has expired, but holds as long as the transaction that it opened', async () => {
    await asApp(async (client) => {
      const backend = await backendOf(client);
      const late = (seconds: number) =>
        seal.make(globex.tenant, { ...backend, clockOffsetMs: -seconds * 1_000 });
      expect(await projectsSeen(client, globex.tenant, late(61))).toEqual([]);
      expect(await projectsSeen(client, globex.tenant, late(57))).toHaveLength(1);
      // Expires within the transaction.
      await client.query(
        `BEGIN; SET LOCAL app.current_org = '${globex.orgId}'; SET LOCAL app.current_user_id = '${globex.userId}'; SET LOCAL app.tenant_seal = '${late(58.5)}'`,
      );
      await client.query('SELECT pg_sleep(2.5)');
      expect((await client.query('SELECT FROM projects')).rowCount).toBe(1);
      await client.query('ROLLBACK');
    });
  });

  it('when its key is none of the database’s, nor one that was retired', async () => {
    await asOwner((client) => rotateSeal(client, OTHER_KEY, 0));
    await asApp(async (client) => {
      const backend = await backendOf(client);
      expect(await projectsSeen(client, globex.tenant, seal.make(globex.tenant, backend))).toEqual(
        [],
      );
      const valid = new ContextSeal(OTHER_KEY).make(globex.tenant, backend);
      expect(await projectsSeen(client, globex.tenant, valid)).toHaveLength(1);
    });
  });
});

describe('the keys', () => {
  it('cannot be read or changed by the role that serves requests', async () => {
    await asApp(async (client) => {
      for (const statement of [
        'SELECT id FROM tenant_seal.keys',
        'SELECT count(*) FROM tenant_seal.keys',
        'DELETE FROM tenant_seal.keys',
        'TRUNCATE tenant_seal.keys',
        "INSERT INTO tenant_seal.keys VALUES ('mine', '', '')",
        'COPY tenant_seal.keys TO STDOUT',
        'CREATE FUNCTION tenant_seal.mine() RETURNS int LANGUAGE sql RETURN 1',
        'ALTER FUNCTION tenant_seal.verified_org() RESET ALL',
        'DROP POLICY tenant_seal ON projects',
      ]) {
        await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
      }
    });
  });

  it('are in no answer of the catalog that the role can see', async () => {
    const { innerPad } = new ContextSeal(KEY).verifier();
    await asApp(async (client) => {
      const { rows } = await client.query(
        "SELECT most_common_vals::text AS vals, histogram_bounds::text AS bounds FROM pg_stats WHERE schemaname = 'tenant_seal'",
      );
      expect(JSON.stringify(rows)).not.toContain(innerPad.toString('hex'));
      expect(rows).toEqual([]);
    });
  });

  it('are replaced without a moment in which a server is refused', async () => {
    const names = (tenancy: Tenancy) =>
      tenancy.withTenant(acme.tenant, 'read', (tx) => tx.prisma.project.count());
    await withTenancy(KEY, (old) =>
      withTenancy(OTHER_KEY, async (young) => {
        expect(await names(old)).toBe(1);
        const { keys } = await asOwner((client) => rotateSeal(client, OTHER_KEY, 3_600));
        expect(keys.map(({ retiresAt }) => retiresAt !== null)).toEqual([true, false]);
        expect([await names(old), await names(young)]).toEqual([1, 1]);
      }),
    );
  });

  it('that were retired make a server say UNAVAILABLE, and never that there is nothing', async () => {
    await asOwner((client) => rotateSeal(client, OTHER_KEY, 0));
    await withTenancy(KEY, async (tenancy) => {
      const count = tenancy.withTenant(acme.tenant, 'read', (tx) => tx.prisma.project.count());
      await expect(count).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        cause: { message: expect.stringContaining('TENANT_SEAL_KEY') },
      });
      await expect(tenancy.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    });
  });

  it('are replaced only by rotation, and only by another one', async () => {
    await asOwner(async (client) => {
      await expect(enableSeal(client, OTHER_KEY)).rejects.toThrow('npm run db -- seal rotate');
      await expect(rotateSeal(client, KEY, 0)).rejects.toThrow('to the new one');
      await client.query('SET ROLE rowhouse_owner; DELETE FROM tenant_seal.keys; RESET ROLE');
      await expect(rotateSeal(client, KEY, 0)).rejects.toThrow('npm run db -- seal enable');
    });
  });

  it('can be made known before any table asks for a seal', async () => {
    await asOwner(async (client) => {
      await disableSeal(client);
      await client.query('SET ROLE rowhouse_owner; DELETE FROM tenant_seal.keys; RESET ROLE');
      expect(await prepareSeal(client, KEY)).toMatchObject({
        sealed: [],
        keys: [{ retiresAt: null }],
      });
    });
    // Servers that have the key, and those that do not have it yet.
    for (const key of [KEY, undefined]) {
      await withTenancy(key, async (tenancy) => {
        expect(await tenancy.audit()).toEqual([]);
        expect(
          await tenancy.withTenant(acme.tenant, 'read', ({ prisma }) => prisma.project.count()),
        ).toBe(1);
      });
    }
  });
});

describe('the audit of a sealed database', () => {
  it('finds nothing where every tenant table asks for a seal', async () => {
    const state = await asOwner(readSealState);
    const tables = await withAdminConnection(database.superuserUrl, tenantTables);
    expect(state.sealed).toEqual(tables.map(({ name }) => `public.${name}`));
    expect(state.unsealed).toEqual([]);
    await withTenancy(KEY, async (tenancy) => expect(await tenancy.audit()).toEqual([]));
  });

  it.each([
    [
      'a table without the policy',
      'DROP POLICY tenant_seal ON tasks',
      'seal-policy-missing public.tasks',
    ],
    [
      'a policy that believes anybody',
      'ALTER POLICY tenant_seal ON tasks USING (true)',
      'seal-policy-drift public.tasks',
    ],
    [
      'a policy that lets anything be written',
      'ALTER POLICY tenant_seal ON tasks WITH CHECK (true)',
      'seal-policy-drift public.tasks',
    ],
    [
      'a policy that widens instead of narrows',
      'DROP POLICY tenant_seal ON tasks; CREATE POLICY tenant_seal ON tasks TO rowhouse_app USING (org_id = (SELECT tenant_seal.verified_org())) WITH CHECK (org_id = (SELECT tenant_seal.verified_org()))',
      'seal-policy-drift public.tasks',
    ],
    [
      'a policy for other roles',
      'ALTER POLICY tenant_seal ON tasks TO rowhouse_backup',
      'seal-policy-drift public.tasks',
    ],
  ])('finds %s, and knows the remedy', async (_what, breakage, finding) => {
    await withAdminConnection(database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query(breakage);
      const found = await auditIsolation(client, { servingRole: SERVING_ROLE });
      expect(found.map(({ check, object }) => `${check} ${object}`)).toContain(finding);
      for (const { remedy } of found) await client.query(remedy);
      expect(await auditIsolation(client, { servingRole: SERVING_ROLE })).toEqual([]);
      await client.query('ROLLBACK');
    });
  });

  it('refuses a server without the key, and one with another', async () => {
    const checks = (key: string | undefined) =>
      withTenancy(key, async (tenancy) => (await tenancy.audit()).map(({ check }) => check));
    expect(await checks(undefined)).toEqual(['seal-key-missing']);
    expect(await checks(OTHER_KEY)).toEqual(['seal-not-accepted']);
  });
});

describe('the product on a sealed database', () => {
  let api: Api;

  beforeAll(async () => {
    api = await startApi({
      pool: { size: 2, sealKey: KEY },
      prepare: ({ ownerUrl }) => withAdminConnection(ownerUrl, (client) => enableSeal(client, KEY)),
    });
  });
  afterAll(() => api?.close());

  it('answers as ever, also when a statement fails among others', async () => {
    const organization = await api.createOrganization();
    const { id } = await organization.createProject('project', 30);
    const answer = await organization.owner.send(
      `mutation ($p: ID!, $email: EmailAddress!) {
         a: createTask(input: { projectId: $p, title: "first" }) { title project { name } }
         b: createUser(input: { email: $email, name: "x", role: MEMBER, password: "a password of length" }) { id }
         c: createTask(input: { projectId: $p, title: "second" }) { title }
       }`,
      { p: id, email: organization.viewer.email },
    );
    expect(answer.data).toMatchObject({
      a: { project: { name: 'project' } },
      b: null,
      c: { title: 'second' },
    });
    expect(answer.errors).toMatchObject([{ extensions: { code: 'ALREADY_EXISTS' } }]);
    const { tasks } = await organization.viewer.ask('{ tasks { totalCount } }');
    expect(tasks.totalCount).toBe(32);
  });

  it('verifies the seal once per statement and table, however many rows there are', async () => {
    const organization = await api.createOrganization();
    for (let index = 0; index < 10; index++) await organization.createProject(`p${index}`, 10);
    const calls = () =>
      withAdminConnection(api.database.superuserUrl, async (client) => {
        const { rows } = await client.query<{ calls: string }>(
          "SELECT coalesce(sum(calls), 0) AS calls FROM pg_stat_user_functions WHERE funcname = 'verified_org'",
        );
        return Number(rows[0]?.calls);
      });
    await withAdminConnection(api.database.superuserUrl, (client) =>
      client.query(`ALTER DATABASE ${api.database.name} SET track_functions = 'all'`),
    );
    const tenancy = openTenancy(api.database, { size: 1, sealKey: KEY });
    try {
      const before = await calls();
      await tenancy.withTenant(organization.tenant, 'read', ({ prisma }) =>
        prisma.task.findMany({ take: 50, include: { project: true } }),
      );
      await tenancy.close();
      // The backend reports them when it ends, which nobody waits for.
      await eventually(async () => (await calls()) > before, 'the calls are reported');
      const made = (await calls()) - before;
      // Two statements on two tables, the check of the new connection, and one for foreign keys at most.
      expect(made).toBeLessThan(8);
    } finally {
      await tenancy.close();
    }
  });

  it('uses the index that begins with the organization, as without a seal', async () => {
    await withAdminConnection(api.database.superuserUrl, async (client) => {
      await client.query('SET enable_seqscan = off; SET ROLE rowhouse_app');
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        'EXPLAIN SELECT title FROM tasks WHERE org_id = gen_random_uuid() AND id = gen_random_uuid()'.replaceAll(
          'gen_random_uuid()',
          "'01890000-0000-7000-8000-000000000001'",
        ),
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toMatch(/Index Cond: .*org_id.*id = /);
      expect(plan).not.toMatch(/^\s+Filter:/m);
    });
  });
});
