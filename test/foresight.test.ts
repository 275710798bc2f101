import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { Foresight, query, type Tenancy, type TenantTransaction } from '../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import {
  createOrganization,
  openTenancy,
  type SeededOrganization,
} from './support/organizations.js';
import { statementsOf } from './support/statements.js';

let database: TestDatabase;
let tenancy: Tenancy;
let acme: SeededOrganization;
let globex: SeededOrganization;

beforeAll(async () => {
  database = await createDatabase();
  tenancy = openTenancy(database, { size: 1 });
  acme = await createOrganization(tenancy, 'acme');
  globex = await createOrganization(tenancy, 'globex');
});

afterAll(async () => {
  await tenancy?.close();
  await database?.drop();
});

const names = async (tx: TenantTransaction) => {
  const rows = await tx.execute(query.selectFrom('projects').select('name').compile());
  return rows.map(({ name }) => name);
};

const slugs = async (tx: TenantTransaction) => {
  const rows = await tx.execute(query.selectFrom('organizations').select('slug').compile());
  return rows.map(({ slug }) => slug);
};

type Work<T> = (tx: TenantTransaction) => Promise<T>;

const read = <T>(foresight: Foresight, work: Work<T>, who = acme) =>
  tenancy.withTenantAgain(who.tenant, foresight, work);

/** A foresight that expects `work` to end as it always has. */
async function knowing(work: Work<unknown>): Promise<Foresight> {
  const foresight = new Foresight();
  for (let time = 0; time < 3; time++) await read(foresight, work);
  return foresight;
}

describe('a read that comes again', () => {
  it('sends COMMIT along with its last statements', async () => {
    const foresight = await knowing(names);
    expect(foresight.lastRound).toBe(1);
    let behind: readonly string[] = [];
    const all = await statementsOf((sent) =>
      read(foresight, async (tx) => {
        expect(await names(tx)).toEqual(['acme']);
        behind = [...sent];
      }),
    );
    expect(behind.at(-1)).toBe('COMMIT');
    expect(behind).toHaveLength(3);
    expect(all).toEqual(behind);
  });

  it('takes the statements that are sent together for one round', async () => {
    const work: Work<unknown> = async (tx) => {
      await Promise.all([names(tx), slugs(tx)]);
      return names(tx);
    };
    const foresight = await knowing(work);
    expect(foresight.lastRound).toBe(2);
    expect(await read(foresight, work)).toEqual(['acme']);
  });

  it('serves another organization just as well', async () => {
    const foresight = await knowing(names);
    expect(await read(foresight, names, globex)).toEqual(['globex']);
    expect(await read(foresight, names, acme)).toEqual(['acme']);
  });

  it('is ended when its work is done, where it took fewer rounds than expected', async () => {
    const twice: Work<unknown> = async (tx) => [await names(tx), await slugs(tx)];
    const foresight = await knowing(twice);
    const statements = await statementsOf(() => read(foresight, names));
    expect(statements.filter((text) => text === 'COMMIT')).toHaveLength(1);
    expect(foresight.lastRound).toBeUndefined();
  });

  it('opens no transaction where it sends nothing', async () => {
    const foresight = await knowing(names);
    expect(await statementsOf(() => read(foresight, async () => 'nothing'))).toEqual([]);
  });
});

describe('a read that goes on behind its expected end', () => {
  const goesOn: Work<unknown> = async (tx) => [await names(tx), await slugs(tx)];

  it('is run again, and answers from one snapshot', async () => {
    const foresight = await knowing(names);
    let runs = 0;
    const renamed: Work<unknown> = async (tx) => {
      runs++;
      const before = await names(tx);
      const others = openTenancy(database);
      await others.withTenant(acme.tenant, 'write', (other) =>
        other.execute(sql`UPDATE projects SET name = ${`acme ${runs}`}`.compile(query)),
      );
      await others.close();
      return [before, await names(tx)];
    };
    const [before, after] = (await read(foresight, renamed)) as string[][];
    expect(runs).toBe(2);
    expect(before).toEqual(['acme 1']);
    expect(after).toEqual(before);
    await tenancy.withTenant(acme.tenant, 'write', (tx) =>
      tx.execute(sql`UPDATE projects SET name = 'acme'`.compile(query)),
    );
  });

  it('sends no statement behind the COMMIT of its transaction', async () => {
    const foresight = await knowing(names);
    const statements = await statementsOf(() => read(foresight, goesOn));
    const kinds = statements.map((text) => /^\w+/.exec(text)?.[0].toUpperCase());
    expect(kinds).toEqual(['BEGIN', 'SELECT', 'COMMIT', 'BEGIN', 'SELECT', 'SELECT', 'COMMIT']);
  });

  it('is run again also where the work keeps quiet about it', async () => {
    const foresight = await knowing(names);
    const work: Work<unknown> = async (tx) => {
      await names(tx);
      return slugs(tx).catch(() => 'nothing');
    };
    expect(await read(foresight, work)).toEqual(['acme']);
  });

  it('is expected to end there no more', async () => {
    const foresight = await knowing(names);
    await read(foresight, goesOn);
    expect(foresight.lastRound).toBeUndefined();
  });

  it('is run again when it goes on with Prisma', async () => {
    const foresight = await knowing(names);
    const work: Work<unknown> = async (tx) => {
      await names(tx);
      return tx.prisma.user.count();
    };
    expect(await read(foresight, work)).toBe(1);
  });
});

describe('where its end is expected, a read', () => {
  it('that uses Prisma gets all of its rows', async () => {
    const work: Work<unknown> = (tx) => tx.prisma.project.findMany();
    const foresight = await knowing(work);
    expect(foresight.lastRound).toBeDefined();
    expect(await read(foresight, work)).toHaveLength(1);
  });

  it('that uses Prisma for the first time on its connection gets all of its rows', async () => {
    const work: Work<unknown> = (tx) => tx.prisma.project.findMany();
    const foresight = await knowing(work);
    const others = openTenancy(database);
    expect(await others.withTenantAgain(acme.tenant, foresight, work)).toHaveLength(1);
    await others.close();
  });

  it('that lets Prisma wait for more of the same gets all of its rows', async () => {
    const work: Work<unknown> = (tx) =>
      tx.prisma.user.findUnique({ where: { orgId_id: { orgId: acme.orgId, id: acme.userId } } });
    const foresight = await knowing(work);
    expect(await read(foresight, work)).toMatchObject({ name: 'acme' });
  });

  it('fails with what its statement fails with, and leaves the connection clean', async () => {
    const foresight = await knowing(names);
    const failing: Work<unknown> = (tx) => tx.execute(sql`SELECT 1 / 0`.compile(query));
    await expect(read(foresight, failing)).rejects.toThrow('division by zero');
    expect(await read(foresight, names)).toEqual(['acme']);
    expect(tenancy.poolFigures).toMatchObject({ size: 1, idle: 1 });
  });

  it('fails with what the work throws behind it', async () => {
    const foresight = await knowing(names);
    const throwing: Work<unknown> = async (tx) => {
      await names(tx);
      throw new RangeError('of the work');
    };
    await expect(read(foresight, throwing)).rejects.toThrow('of the work');
    expect(await read(foresight, names)).toEqual(['acme']);
  });

  it('whose connection has died is begun anew on another', async () => {
    const foresight = await knowing(names);
    await tenancy
      .withTenant(acme.tenant, 'read', (tx) =>
        tx.execute(sql`SELECT pg_terminate_backend(pg_backend_pid())`.compile(query)),
      )
      .catch(() => undefined);
    expect(await read(foresight, names)).toEqual(['acme']);
  });
});
