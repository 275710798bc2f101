import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { unauthenticated } from '../src/shared/errors.js';
import {
  Foresight,
  type Precondition,
  query,
  type Tenancy,
  type TenantTransaction,
  withAdminConnection,
} from '../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import {
  createOrganization,
  openTenancy,
  type SeededOrganization,
} from './support/organizations.js';
import { statementsOf } from './support/statements.js';
import { TcpProxy } from './support/tcp-proxy.js';

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

const REFUSAL = 'You have been signed out.';

/** Where the statement tells the preconditions of the tests from everything else. */
const MARK = 'asked_first';

/** Holds while acme has a user of this name. */
const whileNamed = (name: string): Precondition => ({
  statement: {
    sql: `SELECT id AS ${MARK} FROM users WHERE org_id = $1 AND name = $2`,
    parameters: [acme.orgId, name],
    name: `test.${MARK}`,
  },
  refusal: () => unauthenticated(REFUSAL),
});
const holding = () => whileNamed('acme');
const broken = () => whileNamed('somebody else');

type Work<T> = (tx: TenantTransaction) => Promise<T>;

const names = async (tx: TenantTransaction) => {
  const rows = await tx.execute(query.selectFrom('projects').select('name').compile());
  return rows.map(({ name }) => name);
};
const rename = (tx: TenantTransaction, name: string) =>
  tx.execute(sql`UPDATE projects SET name = ${name}`.compile(query));
const renameByPrisma = (tx: TenantTransaction, name: string) =>
  tx.prisma.project.updateMany({ data: { name } });

/** What is in the database, whoever may see it. */
const stored = (slug = 'acme') =>
  withAdminConnection(database.superuserUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'SELECT projects.name FROM projects JOIN organizations ON organizations.id = org_id WHERE slug = $1',
      [slug],
    );
    return rows.map(({ name }) => name);
  });

const outcomesOf = async (attempts: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(attempts)).map((result) =>
    result.status === 'rejected' ? result.reason.message : 'done',
  );

const refused = { code: 'UNAUTHENTICATED', message: REFUSAL };

beforeEach(async () => {
  await tenancy.withTenant(acme.tenant, 'write', (tx) => rename(tx, 'acme'));
});

describe('a transaction whose precondition holds', () => {
  it('asks for it once, behind the context and before its first statement, in one packet', async () => {
    let behindFirst: readonly string[] = [];
    const all = await statementsOf((sent) =>
      tenancy.withTenant(
        acme.tenant,
        'write',
        async (tx) => {
          const first = names(tx);
          await Promise.resolve();
          await first;
          behindFirst = [...sent];
          await names(tx);
          await rename(tx, 'renamed');
        },
        { precondition: holding() },
      ),
    );
    expect(behindFirst).toHaveLength(3);
    expect(behindFirst[0]).toMatch(/^BEGIN/);
    expect(behindFirst[1]).toContain(MARK);
    expect(all.filter((text) => text.includes(MARK))).toHaveLength(1);
    expect(all.at(-1)).toBe('COMMIT');
    expect(await stored()).toEqual(['renamed']);
  });

  it('does not ask where nothing is sent', async () => {
    const nothing = () =>
      tenancy.withTenant(acme.tenant, 'write', async () => 1, { precondition: broken() });
    expect(await statementsOf(nothing)).toEqual([]);
    expect(await nothing()).toBe(1);
  });

  it('goes on when it ceases to hold after it was asked', async () => {
    const others = openTenancy(database);
    await tenancy.withTenant(
      acme.tenant,
      'write',
      async (tx) => {
        await names(tx);
        await others.withTenant(acme.tenant, 'write', (other) =>
          other.prisma.user.updateMany({ data: { name: 'gone' } }),
        );
        await rename(tx, 'renamed');
      },
      { precondition: holding() },
    );
    await others.withTenant(acme.tenant, 'write', (other) =>
      other.prisma.user.updateMany({ data: { name: 'acme' } }),
    );
    await others.close();
    expect(await stored()).toEqual(['renamed']);
  });
});

describe('a transaction whose precondition does not hold', () => {
  const STATEMENTS: [what: string, send: Work<unknown>][] = [
    ['SQL that reads', names],
    ['SQL that writes', (tx) => rename(tx, 'late')],
    ['Prisma that reads', (tx) => tx.prisma.project.findMany()],
    ['Prisma that writes', (tx) => renameByPrisma(tx, 'late')],
    [
      'a nested write of Prisma',
      (tx) =>
        tx.prisma.user.create({
          data: {
            email: 'late@example.com',
            name: 'late',
            passwordHash: 'none',
            ownedProjects: { create: { name: 'late' } },
          },
        }),
    ],
    ['SQL that fails', (tx) => tx.execute(sql`SELECT 1 / 0`.compile(query))],
  ];

  describe.each(['read', 'write'] as const)('to %s', (access) => {
    it.each(STATEMENTS)('refuses %s', async (_what, send) => {
      const attempt = tenancy.withTenant(acme.tenant, access, send, { precondition: broken() });
      await expect(attempt).rejects.toThrow();
      await expect(attempt).rejects.toMatchObject(_what === 'SQL that fails' ? {} : refused);
      expect(await stored()).toEqual(['acme']);
      // The next one on the same connection.
      expect(await tenancy.withTenant(acme.tenant, 'read', names)).toEqual(['acme']);
      expect(tenancy.poolFigures).toMatchObject({ size: 1, idle: 1 });
    });
  });

  it('refuses all that are sent together, and sends none behind them', async () => {
    let outcomes: string[][] = [];
    const statements = await statementsOf(async () => {
      const attempt = tenancy.withTenant(
        acme.tenant,
        'write',
        async (tx) => {
          outcomes = [
            await outcomesOf([names(tx), rename(tx, 'late'), renameByPrisma(tx, 'late')]),
            await outcomesOf([rename(tx, 'later'), renameByPrisma(tx, 'later')]),
          ];
        },
        { precondition: broken() },
      );
      await expect(attempt).rejects.toMatchObject(refused);
    });
    expect(outcomes).toEqual([
      [REFUSAL, REFUSAL, REFUSAL],
      [REFUSAL, REFUSAL],
    ]);
    expect(statements).not.toContain('COMMIT');
    expect(statements.filter((text) => text.startsWith('UPDATE')).length).toBeLessThanOrEqual(2);
    expect(statements.at(-1)).toBe('ROLLBACK');
    expect(await stored()).toEqual(['acme']);
  });

  it('cannot be committed by work that keeps quiet about it', async () => {
    const attempt = tenancy.withTenant(
      acme.tenant,
      'write',
      async (tx) => {
        await rename(tx, 'late').catch(() => undefined);
        return 'done';
      },
      { precondition: broken() },
    );
    await expect(attempt).rejects.toMatchObject(refused);
    expect(await stored()).toEqual(['acme']);
  });

  it.each([
    ['that is alone', true],
    ['among others', false],
  ])('keeps nothing of a unit %s', async (_what, alone) => {
    const outcomes: string[][] = [];
    const attempt = tenancy.withTenant(
      acme.tenant,
      'write',
      async (tx) => {
        const unit = () => tx.unit(() => rename(tx, 'late'), { alone });
        outcomes.push(await outcomesOf([unit()]));
        outcomes.push(await outcomesOf([names(tx)]));
        if (!alone) outcomes.push(await outcomesOf([unit()]));
      },
      { precondition: broken() },
    );
    // Whoever runs units has told of each that it failed, and the rest is nothing.
    await attempt.catch((error) => expect(error).toMatchObject(refused));
    for (const outcome of outcomes) expect(outcome).toEqual([REFUSAL]);
    expect(await stored()).toEqual(['acme']);
    expect(await tenancy.withTenant(acme.tenant, 'read', names)).toEqual(['acme']);
  });

  it('is refused also where the precondition cannot be asked', async () => {
    const impossible: Precondition = {
      statement: { sql: 'SELECT 1 / 0', parameters: [] },
      refusal: () => unauthenticated(REFUSAL),
    };
    for (const access of ['read', 'write'] as const) {
      const attempt = tenancy.withTenant(
        acme.tenant,
        access,
        async (tx) => {
          const found = await names(tx).catch((error) => error);
          await rename(tx, 'late').catch(() => undefined);
          if (found instanceof Error) throw found;
          return found;
        },
        { precondition: impossible },
      );
      await expect(attempt).rejects.toThrow('division by zero');
    }
    expect(await stored()).toEqual(['acme']);
  });

  it("is told by the organization's own rows alone", async () => {
    // The row that it asks for is acme's, and there for everybody else to name.
    const attempt = tenancy.withTenant(globex.tenant, 'read', names, { precondition: holding() });
    await expect(attempt).rejects.toMatchObject(refused);
  });
});

describe('a read that comes again, and whose end is foreseen,', () => {
  const read = <T>(foresight: Foresight, work: Work<T>, precondition: Precondition) =>
    tenancy.withTenantAgain(acme.tenant, foresight, work, { precondition });

  async function knowing(work: Work<unknown>): Promise<Foresight> {
    const foresight = new Foresight();
    for (let time = 0; time < 3; time++) await read(foresight, work, holding());
    return foresight;
  }

  it('takes no round more for its precondition', async () => {
    const foresight = await knowing(names);
    expect(foresight.lastRound).toBe(1);
    const sent = await statementsOf(() => read(foresight, names, holding()));
    expect(sent.map((text) => /BEGIN|COMMIT|asked_first|projects/.exec(text)?.[0])).toEqual([
      'BEGIN',
      MARK,
      'projects',
      'COMMIT',
    ]);
  });

  it('is refused, and as right about its end afterwards as before', async () => {
    const foresight = await knowing(names);
    for (let time = 0; time < 3; time++) {
      await expect(read(foresight, names, broken())).rejects.toMatchObject(refused);
      expect(foresight.lastRound).toBe(1);
      expect(await read(foresight, names, holding())).toEqual(['acme']);
    }
    expect(tenancy.poolFigures).toMatchObject({ size: 1, idle: 1 });
  });

  it('learns nothing from being refused', async () => {
    const foresight = new Foresight();
    for (let time = 0; time < 5; time++) {
      await expect(read(foresight, names, broken())).rejects.toMatchObject(refused);
    }
    expect(foresight.lastRound).toBeUndefined();
  });

  it('asks again when it went on behind that end', async () => {
    const foresight = await knowing(names);
    const goesOn: Work<unknown> = async (tx) => [await names(tx), await names(tx)];
    const sent = await statementsOf(() => read(foresight, goesOn, holding()));
    expect(sent.filter((text) => text.includes(MARK))).toHaveLength(2);
    const again = await knowing(names);
    await expect(read(again, goesOn, broken())).rejects.toMatchObject(refused);
  });

  it('gives no row to work that keeps quiet about the refusal', async () => {
    const foresight = await knowing(names);
    const seen: unknown[] = [];
    const quiet: Work<void> = async (tx) => {
      seen.push(await names(tx).catch(() => 'nothing'));
      seen.push(await names(tx).catch(() => 'nothing'));
    };
    await read(foresight, quiet, broken());
    expect(seen).toEqual(['nothing', 'nothing']);
  });
});

describe('a connection that is lost while the precondition is asked', () => {
  let proxy: TcpProxy;
  let proxied: Tenancy;

  beforeAll(async () => {
    proxy = await TcpProxy.inFrontOf(database.appUrl);
    proxied = openTenancy(database, { size: 1, url: proxy.through(database.appUrl) });
  });

  afterAll(async () => {
    await proxied?.close();
    await proxy?.close();
  });

  describe.each(['before it arrives', 'after it was answered'] as const)('%s', (moment) => {
    it('is replaced, and the precondition asked on the next one', async () => {
      const cut = proxy.cutAt(MARK, moment);
      const write = proxied.withTenant(
        acme.tenant,
        'write',
        async (tx) => {
          await rename(tx, 'renamed');
          return names(tx);
        },
        // Named by nobody, so that its text is on the wire each time.
        {
          precondition: {
            ...holding(),
            statement: { ...holding().statement, name: `${MARK}.${moment}` },
          },
        },
      );
      await cut;
      expect(await write).toEqual(['renamed']);
      expect(await stored()).toEqual(['renamed']);
    });

    it('does not make it hold', async () => {
      const cut = proxy.cutAt(MARK, moment);
      const statement = { ...broken().statement, name: `${MARK}.broken.${moment}` };
      const precondition = { ...broken(), statement };
      const write = proxied.withTenant(acme.tenant, 'write', (tx) => rename(tx, 'late'), {
        precondition,
      });
      const outcome = expect(write).rejects.toMatchObject(refused);
      await cut;
      await outcome;
      expect(await stored()).toEqual(['acme']);
    });
  });

  it('counts for what holds when it is asked again', async () => {
    const others = openTenancy(database);
    const setName = (name: string) =>
      others.withTenant(acme.tenant, 'write', (tx) =>
        tx.prisma.user.updateMany({ data: { name } }),
      );
    const cut = proxy.stallAt(MARK);
    const statement = { ...holding().statement, name: `${MARK}.again` };
    const foresight = new Foresight();
    const read = proxied.withTenantAgain(acme.tenant, foresight, names, {
      precondition: { ...holding(), statement },
    });
    const outcome = expect(read).rejects.toMatchObject(refused);
    await cut;
    await setName('gone');
    proxy.cut();
    proxy.resume();
    await outcome;
    await setName('acme');
    await others.close();
  });
});
