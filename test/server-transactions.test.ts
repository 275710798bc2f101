import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type { RequestContext } from '../src/identity/index.js';
import {
  HandleRevokedError,
  query,
  type Tenancy,
  type TenantTransaction,
  withAdminConnection,
} from '../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import { makeSchema, startServer, type TestServer } from './support/graphql-server.js';
import {
  createOrganization,
  openTenancy,
  type SeededOrganization,
} from './support/organizations.js';

/** A loader as features write them: what it has read it keeps. */
class ProjectNames {
  static made = 0;
  #names: Promise<string[]> | undefined;

  constructor(private readonly ctx: RequestContext) {
    ProjectNames.made++;
  }

  all(): Promise<string[]> {
    this.#names ??= namesIn(this.ctx.tx);
    return this.#names;
  }
}

const namesIn = async (tx: TenantTransaction) =>
  (await tx.execute(query.selectFrom('projects').select('name').orderBy('id').compile())).map(
    ({ name }) => name,
  );

const insert = async ({ caller, tx }: RequestContext, name: string) => {
  await tx.prisma.project.create({ data: { name, ownerId: caller?.userId ?? '' } });
  return { name };
};

const divideByZero = (tx: TenantTransaction) => tx.execute(sql`SELECT 1 / 0`.compile(query));
const sleepInDatabase = (tx: TenantTransaction, seconds: number) =>
  tx.execute(sql`SELECT pg_sleep(${seconds})`.compile(query));

/** Ends every connection of the serving role, as a failover would. */
const endAllConnections = () =>
  withAdminConnection(database.superuserUrl, (client) =>
    client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = $1 AND usename = 'rowhouse_app'`,
      [database.name],
    ),
  );

let late: Promise<unknown> = Promise.resolve();
let letItRun: () => void = () => undefined;

const schema = makeSchema(
  `type Query {
     projects: [String!] again: [String!] changed: String insert: Written
     strict: Strict isolation: [String!]
   }
   type Strict { fails: String! outlives: String }
   type Mutation {
     insert(name: String): Written
     insertThenFail(name: String): Written
     insertThenSqlError(name: String): Written
     insertThenLoseConnection(name: String): Written
     insertSlowly(names: [String!]!, seconds: Float): Written
     sqlError: Written
     anonymous: String
     needsTransaction: String
   }
   type Written { name: String names: [String!] broken: String fails: String! }`,
  {
    Query: {
      projects: (_root, _args, ctx) => ctx.use(ProjectNames).all(),
      again: (_root, _args, ctx) => ctx.use(ProjectNames).all(),
      insert: (_root, _args, ctx) => insert(ctx, 'written by a query'),
      strict: () => ({}),
      isolation: async (_root, _args, { tx }) => {
        const before = await namesIn(tx);
        await tenancy.withTenant(tx.tenant, 'write', (other) =>
          other.prisma.project.create({
            data: { name: 'in between', ownerId: tx.tenant.userId ?? '' },
          }),
        );
        const after = await namesIn(tx);
        return [before.join(), after.join()];
      },
    },
    Strict: {
      fails: () => Promise.reject(new Error('at once')),
      outlives: (_root, _args, { tx }) => {
        const released = new Promise<void>((resolve) => {
          letItRun = resolve;
        });
        late = released.then(() => namesIn(tx));
        return late;
      },
    },
    Mutation: {
      insert: (_root, { name }, ctx) => insert(ctx, name),
      insertThenFail: async (_root, { name }, ctx) => {
        await insert(ctx, name);
        throw new Error('after writing');
      },
      insertThenSqlError: async (_root, { name }, ctx) => {
        await insert(ctx, name);
        await divideByZero(ctx.tx);
      },
      insertThenLoseConnection: async (_root, { name }, ctx) => {
        const written = await insert(ctx, name);
        await endAllConnections();
        return written;
      },
      insertSlowly: async (_root, { names, seconds }, ctx) => {
        for (const name of names) {
          await insert(ctx, name);
          await sleepInDatabase(ctx.tx, seconds);
        }
        return {};
      },
      sqlError: (_root, _args, { tx }) => divideByZero(tx),
      anonymous: (_root, _args, { caller }) => (caller ? 'somebody' : 'nobody'),
      needsTransaction: (_root, _args, { tx }) => tx.tenant.orgId,
    },
    Written: {
      names: (_root, _args, ctx) => ctx.use(ProjectNames).all(),
      broken: (_root, _args, { tx }) => divideByZero(tx),
      fails: () => {
        throw new Error('a sub-field that must have a value');
      },
    },
  },
);

let database: TestDatabase;
let tenancy: Tenancy;
let server: TestServer;

beforeAll(async () => {
  database = await createDatabase();
  tenancy = openTenancy(database);
  server = await startServer({ schema, tenancy });
});

afterAll(async () => {
  await server?.close();
  await tenancy?.close();
  await database?.drop();
});

const org = () => createOrganization(tenancy);

/** The projects that an organization has besides the one that it began with. */
const kept = async ({ tenant }: SeededOrganization) =>
  (await tenancy.withTenant(tenant, 'read', namesIn)).slice(1);

/** Nobody holds a connection, and every one is fit for the next request. */
async function expectPoolAtRest() {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { size, idle, waiting } = tenancy.poolFigures;
    if (size === idle && waiting === 0) return;
    await sleep(20);
  }
  expect(tenancy.poolFigures).toEqual('at rest');
}

describe('the root fields of a mutation', () => {
  it('stand alone: a later SQL error loses nothing of an earlier field', async () => {
    const acme = await org();
    const answer = await server.query(
      'mutation { insert(name: "one") { name } sqlError { name } third: insert(name: "three") { name } }',
      { as: acme.tenant },
    );
    expect(answer).toMatchObject({
      status: 200,
      data: { insert: { name: 'one' }, sqlError: null, third: { name: 'three' } },
      errors: [{ path: ['sqlError'], extensions: { code: 'INTERNAL' } }],
    });
    expect(await kept(acme)).toEqual(['one', 'three']);
  });

  it('stand alone: one that fails loses its own writes and no other', async () => {
    const acme = await org();
    const answer = await server.query(
      `mutation {
         a: insertThenSqlError(name: "a") { name }
         b: insert(name: "b") { name }
         c: insertThenFail(name: "c") { name }
         d: insert(name: "d") { name }
         e: insertThenSqlError(name: "e") { name }
       }`,
      { as: acme.tenant },
    );
    expect(answer.errors?.map(({ path }) => path)).toEqual([['a'], ['c'], ['e']]);
    expect(await kept(acme)).toEqual(['b', 'd']);
  });

  it('stand alone in fragments as well', async () => {
    const acme = await org();
    const answer = await server.query(
      `mutation { ...both }
       fragment both on Mutation { insert(name: "one") { name } insertThenSqlError(name: "two") { name } }`,
      { as: acme.tenant },
    );
    expect(answer.data).toEqual({ insert: { name: 'one' }, insertThenSqlError: null });
    expect(await kept(acme)).toEqual(['one']);
  });

  it('never meet 25P02, in the answer or in the log', async () => {
    const acme = await org();
    await server.query(
      `mutation { sqlError { name } a: sqlError { name } insert(name: "x") { broken also: broken names } }`,
      { as: acme.tenant },
    );
    expect(JSON.stringify(server.log)).not.toContain('25P02');
    expect(await kept(acme)).toEqual(['x']);
  });

  it('keep their writes when a sub-field cannot be read', async () => {
    const acme = await org();
    const answer = await server.query(
      `mutation { a: insert(name: "a") { name broken } b: insert(name: "b") { fails } c: insert(name: "c") { names } }`,
      { as: acme.tenant },
    );
    expect(answer.status).toBe(200);
    expect(answer.data).toMatchObject({ a: { name: 'a', broken: null }, b: null });
    expect(answer.data.c.names.slice(1)).toEqual(['a', 'b', 'c']);
    expect(await kept(acme)).toEqual(['a', 'b', 'c']);
  });

  it('lose everything when the only one fails after writing', async () => {
    const acme = await org();
    for (const field of ['insertThenFail', 'insertThenSqlError']) {
      const answer = await server.query(`mutation { ${field}(name: "x") { name } }`, {
        as: acme.tenant,
      });
      expect(answer).toMatchObject({ status: 500, data: null });
    }
    expect(await kept(acme)).toEqual([]);
  });

  it('read nothing that was loaded before a sibling wrote', async () => {
    const acme = await org();
    const answer = await server.query(
      'mutation { a: insert(name: "a") { names } b: insert(name: "b") { names more: names } }',
      { as: acme.tenant },
    );
    expect(answer.data.a.names.slice(1)).toEqual(['a']);
    expect(answer.data.b.names.slice(1)).toEqual(['a', 'b']);
  });

  it('run without a transaction for who is not signed in', async () => {
    const answer = await server.query('mutation { anonymous needsTransaction }');
    expect(answer).toMatchObject({
      status: 200,
      data: { anonymous: 'nobody', needsTransaction: null },
      errors: [{ path: ['needsTransaction'], extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });
});

describe('a query', () => {
  it('cannot write', async () => {
    const acme = await org();
    const answer = await server.query('{ insert { name } }', { as: acme.tenant });
    expect(answer).toMatchObject({ status: 500, errors: [{ extensions: { code: 'INTERNAL' } }] });
    expect(await kept(acme)).toEqual([]);
  });

  it('sees one snapshot, whatever is committed meanwhile', async () => {
    const acme = await org();
    const { data } = await server.query('{ isolation }', { as: acme.tenant });
    expect(data.isolation[0]).toBe(data.isolation[1]);
    expect(await kept(acme)).toEqual(['in between']);
  });

  it('shares one instance of each loader, made anew for each request', async () => {
    const acme = await org();
    const before = ProjectNames.made;
    await server.query('{ projects again more: projects }', { as: acme.tenant });
    expect(ProjectNames.made - before).toBe(1);
    await server.query('{ projects }', { as: acme.tenant });
    expect(ProjectNames.made - before).toBe(2);
  });

  it('takes no connection when it reads nothing', async () => {
    const fresh = openTenancy(database);
    const other = await startServer({ schema, tenancy: fresh });
    const acme = await org();
    await other.query('{ __typename __schema { queryType { name } } }', { as: acme.tenant });
    expect(fresh.poolFigures.size).toBe(0);
    await other.close();
    await fresh.close();
  });

  it('whose resolver outlives the answer is told so, and nobody else notices', async () => {
    const acme = await org();
    const globex = await org();
    const answer = await server.query('{ again strict { outlives fails } }', {
      as: acme.tenant,
    });
    expect(answer).toMatchObject({ status: 200, data: { strict: null } });
    const others = Array.from({ length: 20 }, () =>
      server.query('{ projects }', { as: globex.tenant }),
    );
    letItRun();
    await expect(late).rejects.toBeInstanceOf(HandleRevokedError);
    for (const other of await Promise.all(others)) expect(other.data.projects).toHaveLength(1);
    await expectPoolAtRest();
  });
});

describe('a commit that cannot be made', () => {
  it('takes the whole answer back, with 503', async () => {
    const acme = await org();
    const answer = await server.query(
      'mutation { insert(name: "one") { name } insertThenLoseConnection(name: "two") { name } }',
      { as: acme.tenant },
    );
    expect(answer).toMatchObject({
      status: 503,
      data: null,
      errors: [{ extensions: { code: 'UNAVAILABLE', retryable: false } }],
    });
    expect(answer.errors).toHaveLength(1);
    expect(answer.headers.get('retry-after')).toBeNull();
    expect(await kept(acme)).toEqual([]);
    await expectPoolAtRest();
  });
});

describe('a client that hangs up', () => {
  it.each([10, 60, 120, 180])(
    'after %d ms of a mutation leaves all of it or nothing',
    async (afterMs) => {
      const acme = await org();
      const hangUp = new AbortController();
      const asking = server.query(
        'mutation { insertSlowly(names: ["a", "b", "c"], seconds: 0.05) { name } }',
        { as: acme.tenant, signal: hangUp.signal },
      );
      setTimeout(() => hangUp.abort(), afterMs);
      await asking.catch(() => undefined);
      await expectPoolAtRest();
      // What arrived at all runs to its end.
      expect([[], ['a', 'b', 'c']]).toContainEqual(await kept(acme));
    },
  );

  it('leaves nothing behind, many times over', async () => {
    const acme = await org();
    await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const signal = AbortSignal.timeout(5 + index * 5);
        const names = `["${index}-a", "${index}-b"]`;
        const document = `mutation { insertSlowly(names: ${names}, seconds: 0.01) { name } }`;
        await server.query(document, { as: acme.tenant, signal }).catch(() => undefined);
      }),
    );
    await sleep(50);
    await expectPoolAtRest();
    const names = await kept(acme);
    for (let index = 0; index < 30; index++) {
      const written = names.filter((name) => name.startsWith(`${index}-`)).length;
      expect([0, 2]).toContain(written);
    }
    expect((await server.query('{ projects }', { as: acme.tenant })).status).toBe(200);
  });
});
