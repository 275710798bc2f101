import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readMigrationFiles } from '../src/migrations/migration-files.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { readCatalog } from '../src/tenancy/isolation-audit.catalog.js';
import { urlOf } from './support/cluster.js';
import { createDatabase, createEmptyDatabase, type TestDatabase } from './support/database.js';
import {
  buildProduct,
  copyProduct,
  type Outcome,
  runProduct,
  temporaryFolder,
} from './support/product.js';
import { answerOnTerminal } from './support/terminal.js';

const TIMEOUT = 60_000;
const MIGRATIONS = (await readMigrationFiles()).map(({ name }) => name);
const LAST = MIGRATIONS.at(-1) as string;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let database: TestDatabase;

beforeAll(async () => {
  await buildProduct();
  folder = await temporaryFolder();
}, TIMEOUT);
afterAll(() => folder[Symbol.asyncDispose]());
afterEach(() => database.drop());

/** `npm run db -- …` on the test's database, by a user who has no terminal. */
function db(args: string[], env: Record<string, string> = {}, root?: string): Promise<Outcome> {
  const urls = { MIGRATION_DATABASE_URL: database.ownerUrl, DATABASE_URL: database.appUrl };
  const options = {
    cwd: folder.path,
    env: { ...urls, ...env },
    ...(root !== undefined && { root }),
  };
  return runProduct('cli/db.js', args, options);
}

async function rows(sql: string, url = database.superuserUrl): Promise<Record<string, unknown>[]> {
  return withAdminConnection(url, async (client) => (await client.query(sql)).rows);
}

const catalog = () => withAdminConnection(database.superuserUrl, readCatalog);

const organizations = async () =>
  (await rows('SELECT slug FROM organizations ORDER BY slug')).map(({ slug }) => slug);

describe('db deploy and db status', () => {
  beforeEach(async () => {
    database = await createEmptyDatabase();
  });

  it(
    'apply what is pending, and say what is applied',
    async () => {
      const before = await db(['status']);
      expect(before.stdout).toContain(`Migrations of database ${database.name} at 127.0.0.1:`);
      expect(before.stdout).toMatch(/ {2}pending {2}20260907090000_init\n/);
      expect(before.stdout).toMatch(/(\d+) migrations, \1 pending\./);

      const deployed = await db(['deploy']);
      expect(deployed).toMatchObject({ code: 0, stderr: '' });
      expect(deployed.stdout).toContain(`applied ${LAST}`);
      expect(deployed.stdout).toMatch(/\d+ migrations applied/);

      const after = await db(['status']);
      expect(after.stdout).toMatch(
        new RegExp(`  applied  ${LAST} +\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\dZ\n`),
      );
      expect(after.stdout).toMatch(/\d+ migrations, 0 pending\./);
    },
    TIMEOUT,
  );

  it(
    'do nothing, and do not start Prisma, when nothing is pending',
    async () => {
      await database.drop();
      database = await createDatabase();
      const again = await db(['deploy']);
      expect(again.stdout).toBe(
        `Nothing to do: database ${database.name} at ${new URL(database.ownerUrl).host} is up to date.\n`,
      );
      expect(again.code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'create the database when there is none and the role may',
    async () => {
      await database.drop();
      const { stdout, code } = await db(['deploy']);
      expect(stdout).toMatch(/\d+ migrations applied/);
      expect(code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'fail in one paragraph, without a stack trace',
    async () => {
      const wrong = (change: (url: URL) => void) => {
        const url = new URL(database.ownerUrl);
        change(url);
        return db(['status'], { MIGRATION_DATABASE_URL: url.href });
      };
      const nowhere = await wrong((url) => {
        url.port = '1';
      });
      expect(nowhere.stderr).toMatch(
        /^PostgreSQL cannot be reached at 127\.0\.0\.1:1 \(ECONNREFUSED\)/,
      );
      const password = await wrong((url) => {
        url.password = 'wrong';
      });
      expect(password.stderr).toMatch(
        /does not let rowhouse_owner in: password authentication failed/,
      );
      const name = await wrong((url) => {
        url.pathname = '/nothing_here';
      });
      expect(name.stderr).toMatch(/^There is no database nothing_here at /);
      const role = await db(['deploy'], { MIGRATION_DATABASE_URL: database.appUrl });
      expect(role.stderr).toContain('permission denied for schema public');
      const text = await db(['status'], { MIGRATION_DATABASE_URL: 'localhost' });
      expect(text.stderr).toContain('MIGRATION_DATABASE_URL has something that is no URL');

      const all = [nowhere, password, name, role, text];
      expect(all.map(({ code }) => code)).toEqual([1, 1, 1, 1, 1]);
      for (const { stderr } of all) {
        expect(stderr).not.toMatch(/^ +at /m);
        expect(stderr).not.toContain(new URL(database.ownerUrl).password);
      }
    },
    TIMEOUT,
  );

  it(
    'tell the serving role which URL a migration needs',
    async () => {
      await database.drop();
      database = await createDatabase();
      const { stderr, code } = await db(['status'], { MIGRATION_DATABASE_URL: '' });
      expect(stderr).toMatch(/The role rowhouse_app may not .* MIGRATION_DATABASE_URL/);
      expect(code).toBe(1);
    },
    TIMEOUT,
  );

  it(
    'answer what they do not understand with exit code 2',
    async () => {
      const outcomes = [
        await db(['depoly']),
        await db(['rollback', 'all']),
        await db(['seed', '--scale']),
        await db([]),
      ];
      expect(outcomes.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
      expect(outcomes[0]?.stderr).toContain('(Did you mean deploy?)');
      expect(await db(['--help'])).toMatchObject({ code: 0, stderr: '' });
    },
    TIMEOUT,
  );
});

describe('a migration that fails', () => {
  const BAD = '20270101000000_bad';
  let product: Awaited<ReturnType<typeof temporaryFolder>>;

  beforeEach(async () => {
    database = await createDatabase();
    product = await temporaryFolder();
    await copyProduct(product.path);
  });
  afterEach(() => product[Symbol.asyncDispose]());

  const write = async (file: string, sql: string, name = BAD) => {
    const path = join(product.path, 'prisma', 'migrations', name);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, file), sql);
  };
  const deploy = (...options: string[]) => db(['deploy', ...options], {}, product.path);
  const rollback = (...options: string[]) =>
    db(['rollback', '--yes', ...options], {}, product.path);

  it(
    'is named, with what PostgreSQL said and the way forward, which works',
    async () => {
      await write(
        'migration.sql',
        'CREATE TABLE half ();\nALTER TABLE tasks ADD COLUMN colour text;\nSELECT nope;\n',
      );
      const before = await catalog();
      const failed = await deploy();
      expect(failed.code).toBe(1);
      expect(failed.stderr).toContain(
        `Migration ${BAD} failed.\n\n  ERROR: column "nope" does not exist`,
      );
      expect(failed.stderr).toContain('Nothing of it was applied: PostgreSQL has rolled it back.');
      expect(failed.stderr).toContain('npm run db -- deploy --retry');
      expect(failed.stderr).toContain(`npx prisma migrate resolve --rolled-back ${BAD}`);
      expect(failed.stderr).not.toMatch(/^ +at |sql_schema_connector/m);
      expect(await catalog()).toEqual(before);

      expect((await db(['status'], {}, product.path)).stdout).toMatch(
        new RegExp(`failed +${BAD} +nothing of it is there`),
      );
      expect((await deploy()).stderr).toBe(failed.stderr);
      expect((await rollback()).stderr).toContain(`Migration ${BAD} has failed`);

      await write('migration.sql', 'ALTER TABLE tasks ADD COLUMN colour text;\n');
      const mended = await deploy('--retry');
      expect(mended.stdout).toContain(`${BAD} had failed and is tried anew.`);
      expect(mended.stdout).toContain('1 migration applied');
      expect(mended.code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'can be given up by deleting its folder',
    async () => {
      await write('migration.sql', 'SELECT nope;');
      await deploy();
      await rm(join(product.path, 'prisma', 'migrations', BAD), { recursive: true });
      expect((await deploy()).stderr).toContain(
        `prisma/migrations/${BAD} is gone. To go on without it:`,
      );
      const { stdout, code } = await deploy('--retry');
      expect(stdout).toContain('Nothing to do');
      expect(code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'is told apart when it commits in its middle',
    async () => {
      await write('migration.sql', 'BEGIN; CREATE TABLE half (); COMMIT;\nSELECT nope;\n');
      const { stderr } = await deploy();
      expect(stderr).toContain('ends its transaction by itself, so a part of it may be there');
      expect(stderr).not.toContain('Nothing of it was applied');
    },
    TIMEOUT,
  );

  it(
    'on the way back leaves its migration as it is, and those before it taken back',
    async () => {
      await write('migration.sql', 'CREATE TABLE first ();', '20270101000000_first');
      await write('down.sql', 'DROP TABLE first; SELECT nope;', '20270101000000_first');
      await write('migration.sql', 'CREATE TABLE second ();', '20270102000000_second');
      await write('down.sql', 'DROP TABLE second;', '20270102000000_second');
      await deploy();
      const { stdout, stderr, code } = await rollback('3');
      expect(stdout).toContain('took back 20270102000000_second');
      expect(stderr).toContain(
        '20270101000000_first/down.sql failed, and 20270101000000_first is as it was:\n\n  column "nope"',
      );
      expect(code).toBe(1);
      expect(
        await rows(
          "SELECT to_regclass('first') IS NOT NULL AS first, to_regclass('second') AS second",
        ),
      ).toEqual([{ first: true, second: null }]);
      expect((await db(['status'], {}, product.path)).stdout).toMatch(
        /applied +20270101000000_first.*\n +pending +20270102000000_second/,
      );
    },
    TIMEOUT,
  );

  it(
    'cannot be taken back without its down.sql',
    async () => {
      await write('migration.sql', 'CREATE TABLE one_way ();');
      await deploy();
      const { stderr, code } = await rollback('2');
      expect(stderr).toContain(`no way back through:\n\n  prisma/migrations/${BAD}/down.sql`);
      expect(code).toBe(1);
      expect(await rows("SELECT to_regclass('one_way') IS NOT NULL AS stands")).toEqual([
        { stands: true },
      ]);
    },
    TIMEOUT,
  );

  it(
    'cannot be taken back by a down.sql that ends the transaction',
    async () => {
      await write('migration.sql', 'CREATE TABLE one_way ();');
      await write('down.sql', 'DROP TABLE one_way; COMMIT;');
      await deploy();
      expect((await rollback()).stderr).toContain('it ends the transaction by itself');
    },
    TIMEOUT,
  );

  it(
    'is not what a changed or a missing file is',
    async () => {
      await write('migration.sql', 'SELECT 1;', '20270101000000_changed');
      await write('migration.sql', 'SELECT 2;', '20270102000000_gone');
      await deploy();
      await write('migration.sql', 'SELECT 1; -- and more', '20270101000000_changed');
      await rm(join(product.path, 'prisma', 'migrations', '20270102000000_gone'), {
        recursive: true,
      });
      const { stdout } = await db(['status'], {}, product.path);
      expect(stdout).toMatch(
        / {2}changed +20270101000000_changed +migration.sql is not what was applied\n/,
      );
      expect(stdout).toMatch(/ {2}missing-on-disk +20270102000000_gone +applied, but/);
      const deployed = await deploy();
      expect(deployed.stdout).toContain('20270101000000_changed was changed after it was applied');
      expect(deployed.stdout).toContain('Nothing to do');
    },
    TIMEOUT,
  );
});

describe('what would lose data', () => {
  beforeEach(async () => {
    database = await createDatabase();
  });

  it(
    'is refused where nobody can be asked',
    async () => {
      const before = await catalog();
      for (const command of ['rollback', 'reset', 'fresh']) {
        const { stderr, code } = await db([command]);
        expect(stderr).toContain('Add --yes');
        expect(code).toBe(1);
      }
      expect(await catalog()).toEqual(before);
    },
    TIMEOUT,
  );

  it(
    'is refused in production, and seeding with it, unless forced',
    async () => {
      const production = { NODE_ENV: 'production' };
      for (const command of [['reset', '--yes'], ['fresh', '--yes'], ['seed']]) {
        const { stderr, code } = await db(command, production);
        expect(stderr).toMatch(/^NODE_ENV is production, and this .*Add --force/);
        expect(code).toBe(1);
      }
      expect((await db(['reset', '--yes', '--force'], production)).code).toBe(0);
    },
    TIMEOUT,
  );

  it('never means the embedded server in production', async () => {
    const { stderr, code } = await db(['deploy'], {
      NODE_ENV: 'production',
      MIGRATION_DATABASE_URL: '',
      DATABASE_URL: '',
    });
    expect(stderr).toContain('Neither MIGRATION_DATABASE_URL nor DATABASE_URL is set');
    expect(code).toBe(1);
  });

  // Other systems' `script` takes other options.
  (process.platform === 'linux' ? it : it.skip)(
    'is asked for on a terminal',
    async () => {
      const asked = async (answer: string) => {
        return answerOnTerminal('cli/db.js', ['rollback'], answer, {
          cwd: folder.path,
          env: { MIGRATION_DATABASE_URL: database.ownerUrl },
        });
      };
      const no = await asked('n');
      expect(no).toContain(`${LAST}\r\n\r\nGo on? [y/N]`);
      expect(no).toContain('Nothing was changed.');
      expect(await asked('')).toContain('Nothing was changed.');
      expect(await asked('\u0004')).toContain('Nothing was changed.');
      expect(await asked('y')).toContain(`took back ${LAST}`);
    },
    TIMEOUT,
  );

  it(
    'happens with --yes: reset leaves a migrated database without data, fresh one with demo data',
    async () => {
      const migrated = await catalog();
      await rows(`CREATE SCHEMA stray; CREATE TABLE stray.thing (); CREATE TYPE mood AS ENUM ('good');
      CREATE TABLE extra (mood mood); CREATE DOMAIN word AS text; CREATE SEQUENCE ticket;
      CREATE TYPE pair AS (a int, b mood); CREATE FUNCTION cheer(pair) RETURNS int LANGUAGE sql RETURN 1; CREATE VIEW seen AS SELECT * FROM extra;
      CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql RETURN n * 2;
      GRANT ALL ON SCHEMA stray TO rowhouse_owner;
      ALTER SCHEMA stray OWNER TO rowhouse_owner; ALTER TABLE extra OWNER TO rowhouse_owner;
      ALTER VIEW seen OWNER TO rowhouse_owner; ALTER TYPE mood OWNER TO rowhouse_owner;
      ALTER FUNCTION twice OWNER TO rowhouse_owner; ALTER FUNCTION cheer OWNER TO rowhouse_owner;
      ALTER TYPE pair OWNER TO rowhouse_owner; ALTER DOMAIN word OWNER TO rowhouse_owner;
      ALTER SEQUENCE ticket OWNER TO rowhouse_owner`);
      const fresh = await db(['fresh', '--yes']);
      expect(fresh).toMatchObject({ code: 0, stderr: '' });
      expect(fresh.stdout).toContain(
        'Made Demo Org and Test Corp. Every demo account has the password rowhouse-demo',
      );
      expect(await organizations()).toEqual(['demo', 'test']);
      expect(await catalog()).toEqual(migrated);

      expect((await db(['reset', '--yes'])).code).toBe(0);
      expect(await organizations()).toEqual([]);
      expect(await catalog()).toEqual(migrated);
    },
    TIMEOUT,
  );

  it(
    'is taken back one by one with rollback',
    async () => {
      const one = await db(['rollback', '--yes']);
      expect(one.stdout).toBe(
        `  took back ${LAST}\n1 migration taken back from database ${database.name} at ${new URL(database.ownerUrl).host}.\n`,
      );
      expect((await db(['rollback', '100', '-y'])).stdout).toContain(
        `${MIGRATIONS.length - 1} migrations taken back`,
      );
      expect((await db(['rollback', '-y'])).stdout).toContain(
        'Nothing to do: no migration is applied',
      );
      expect(await rows("SELECT to_regclass('organizations') AS organizations")).toEqual([
        { organizations: null },
      ]);
    },
    TIMEOUT,
  );
});

describe('db seal', () => {
  const KEY = 'the first key of a test, which has more than 32 bytes';
  const NEW_KEY = 'the second key of a test, which has more than 32 bytes';
  const seal = (args: string[], key?: string) =>
    db(['seal', ...args], key === undefined ? {} : { TENANT_SEAL_KEY: key });

  beforeEach(async () => {
    database = await createDatabase();
  });

  it(
    'seals every table, shows it, and takes it back',
    async () => {
      expect((await seal(['status'])).stdout).toContain(
        'is not sealed: no table asks for a seal.\nIt accepts no key.\n',
      );
      const prepared = await seal(['enable', '--prepare'], KEY);
      expect(prepared.stdout).toMatch(
        /is not sealed: no table asks for a seal\.\nIt accepts:\n\n {2}[0-9a-f]{8} +since \S+Z +in use +your TENANT_SEAL_KEY\n/,
      );
      const enabled = await seal(['enable'], KEY);
      expect(enabled).toMatchObject({ code: 0, stderr: '' });
      expect(enabled.stdout).toMatch(/is sealed: all of its \d+ tables ask for a seal\.\n/);
      expect((await seal(['enable'], KEY)).stdout).toBe(enabled.stdout);
      expect((await db(['seed'], { TENANT_SEAL_KEY: KEY })).stdout).toContain('Made Demo Org');

      const asked = await seal(['disable']);
      expect(asked.stderr).toContain('Believe any organization that SQL sets in');
      expect((await seal(['disable', '--yes'])).stdout).toContain('is not sealed');
    },
    TIMEOUT,
  );

  it(
    'says what is missing',
    async () => {
      const refused = await seal(['enable']);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toContain('TENANT_SEAL_KEY is not set. Make one with');
      expect((await seal(['rotate'], KEY)).stderr).toContain('npm run db -- seal enable');
      await seal(['enable'], KEY);
      expect((await seal(['enable'], NEW_KEY)).stderr).toContain('npm run db -- seal rotate');
      expect((await db(['seed'])).stderr).toContain('is sealed: set TENANT_SEAL_KEY');
      await rows('DROP POLICY tenant_seal ON tasks');
      expect((await seal(['status'], KEY)).stdout).toContain(
        'is sealed in part: public.tasks will believe anybody. Run: npm run db -- seal enable',
      );
      expect((await db(['deploy'])).stdout).toContain('Sealed, as the others are: public.tasks.');
      expect((await seal(['status'], KEY)).stdout).toMatch(/is sealed: all of its \d+ tables/);
    },
    TIMEOUT,
  );

  it(
    'changes the key while the one before is still accepted',
    async () => {
      await seal(['enable'], KEY);
      const rotated = await seal(['rotate', '--grace', '1.5'], NEW_KEY);
      expect(rotated.stdout).toMatch(
        / until \S+Z *\n {2}[0-9a-f]{8} .* in use +your TENANT_SEAL_KEY/,
      );
      expect((await seal(['status'], KEY)).stdout).toMatch(/ until \S+Z +your TENANT_SEAL_KEY/);
      const atOnce = await seal(['rotate', '--grace', '0'], NEW_KEY);
      expect(atOnce.stdout.match(/since/g)).toHaveLength(1);
      expect((await seal(['rotate', '--grace', 'soon'], NEW_KEY)).stderr).toContain(
        'It takes a number of hours',
      );
    },
    TIMEOUT,
  );

  it(
    'comes back after everything was dropped',
    async () => {
      const unknown = await db(['seed'], { TENANT_SEAL_KEY: KEY });
      expect(unknown.stderr).toContain('does not accept the seal of this server: TENANT_SEAL_KEY');
      await seal(['enable'], KEY);
      const fresh = await db(['fresh', '--yes'], { TENANT_SEAL_KEY: KEY });
      expect(fresh.stdout).toContain('Sealed again, with your TENANT_SEAL_KEY.\nMade Demo Org');
      expect((await db(['reset', '--yes'])).stdout).toContain('It was sealed and is not any more.');
    },
    TIMEOUT,
  );

  it(
    'keeps a migration that would lose it from being taken back',
    async () => {
      await seal(['enable'], KEY);
      const sealed = MIGRATIONS.indexOf('20261121090000_add_tenant_seal');
      const refused = await db(['rollback', String(MIGRATIONS.length - sealed), '--yes']);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/tenant_seal/);
    },
    TIMEOUT,
  );
});

describe('db seed', () => {
  it(
    'fills a database once',
    async () => {
      database = await createDatabase();
      expect((await db(['seed'])).stdout).toContain('Made Demo Org and Test Corp.');
      expect((await db(['seed'])).stdout).toContain('Nothing to do');
      expect(await organizations()).toEqual(['demo', 'test']);
    },
    TIMEOUT,
  );

  it(
    'makes load data, shows how far it is, and refuses sizes that nobody means',
    async () => {
      database = await createDatabase();
      const { stdout, code } = await db(['seed', '--scale', '4x250']);
      expect(stdout).toMatch(/^Made 4 organizations with 1,000 tasks in \d+\.\d s\.\n/m);
      expect(stdout).toContain('Statistics for the planner are up to date.');
      expect(code).toBe(0);
      expect(await rows('SELECT count(*)::int AS tasks FROM tasks')).toEqual([{ tasks: 1000 }]);
      expect((await db(['seed', '--scale', '5x250'])).stdout).toMatch(
        /4 organizations of this name were there and stay as they are\.\nMade 1 organization with 250 tasks/,
      );
      const refused = await db(['seed', '--scale', 'many']);
      expect(refused.stderr).toMatch(/^"many" is no size\. Write ORGANIZATIONSxTASKS/);
      expect(refused.code).toBe(1);
    },
    TIMEOUT,
  );

  it(
    'says what it needs',
    async () => {
      database = await createEmptyDatabase();
      const unmigrated = await db(['seed']);
      expect(unmigrated.stderr).toMatch(
        /is not migrated \(.*\)\. Run "npm run db -- deploy" first\./,
      );
      const noRole = await db(['seed'], { DATABASE_URL: '' });
      expect(noRole.stderr).toMatch(
        /^Seeding writes as the role that serves requests.*set DATABASE_URL/,
      );
      await db(['deploy']);
      const owner = await db(['seed'], { DATABASE_URL: database.ownerUrl });
      expect(owner.stderr).toMatch(
        /The role rowhouse_owner may not .*DATABASE_URL with rowhouse_app/,
      );
      expect([unmigrated, noRole, owner].map(({ code }) => code)).toEqual([1, 1, 1]);
    },
    TIMEOUT,
  );
});

describe('audit:isolation', () => {
  const audit = (env: Record<string, string>) =>
    runProduct('cli/audit-isolation.js', [], { cwd: folder.path, env });

  it(
    'says that all is well, or what is not and how to mend it',
    async () => {
      database = await createDatabase();
      const well = await audit({ DATABASE_URL: database.appUrl });
      expect(well.stdout).toMatch(
        /^All is well in database .*: rowhouse_app reaches \d+ tables only through forced/,
      );
      expect(well.code).toBe(0);
      const wellAsOwner = await audit({ MIGRATION_DATABASE_URL: database.ownerUrl });
      expect(wellAsOwner).toMatchObject({ stdout: well.stdout, code: 0 });

      await rows('ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY', database.ownerUrl);
      const found = await audit({ DATABASE_URL: database.appUrl });
      expect(found.stdout).toMatch(
        /^CHECK +OBJECT +PROBLEM +REMEDY\nrls-not-forced +public\.tasks +/,
      );
      expect(found.stdout).toContain('1 finding in database');
      expect(found.code).toBe(1);

      const superuser = await audit({ DATABASE_URL: database.superuserUrl });
      expect(superuser.stdout).toContain('serving-role-superuser');
      expect(superuser.code).toBe(1);
      // Without the serving role's URL it looks for that role, with the eyes of the owner.
      const asOwner = await audit({ MIGRATION_DATABASE_URL: database.ownerUrl });
      expect(asOwner.stdout).toBe(found.stdout);
      expect(asOwner.code).toBe(1);
      const nowhere = await audit({ DATABASE_URL: urlOf(database.appUrl, 'nothing_here') });
      expect(nowhere.stderr).toMatch(/^There is no database nothing_here/);
      expect(nowhere.code).toBe(1);
    },
    TIMEOUT,
  );
});
