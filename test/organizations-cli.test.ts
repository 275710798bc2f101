import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from 'pg';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { type Api, type Organization, startApi } from './support/api.js';
import { newWord } from './support/attacks/made-up-values.js';
import { furnish, rowsOf } from './support/attacks/twin-rows.js';
import { buildProduct, type Outcome, runProduct, temporaryFolder } from './support/product.js';
import { sell } from './support/sold-order.js';
import { createStockedProduct } from './support/stocked-product.js';
import { type TenantTable, tenantTables } from './support/tenant-tables.js';
import { answerOnTerminal } from './support/terminal.js';

const TIMEOUT = 60_000;
const VIEWER = '{ viewer { id } }';
const EVENTS = '{ auditEvents(first: 100) { nodes { kind actorId details } } }';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let api: Api;
let acme: Organization;
let globex: Organization;

beforeAll(async () => {
  await buildProduct();
  folder = await temporaryFolder();
}, TIMEOUT);
afterAll(() => folder[Symbol.asyncDispose]());

beforeEach(async () => {
  api = await startApi();
  [acme, globex] = [await api.createOrganization('acme'), await api.createOrganization('globex')];
}, TIMEOUT);
afterEach(() => api.close());

/** `npm run organizations -- …` on the database of the API, by a user who has no terminal. */
function run(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const { ownerUrl, appUrl } = api.database;
  const urls = { MIGRATION_DATABASE_URL: ownerUrl, DATABASE_URL: appUrl };
  return runProduct('cli/organizations.js', args, { cwd: folder.path, env: { ...urls, ...env } });
}

const asSuperuser = <T>(work: (client: Client) => Promise<T>) =>
  withAdminConnection(api.database.superuserUrl, work);

const query = (sql: string, values: unknown[] = []) =>
  asSuperuser(async (client) => (await client.query(sql, values)).rows);

const setDue = ({ tenant }: Organization, due: string) =>
  query(`UPDATE organizations SET deletion_due_at = ${due} WHERE id = $1`, [tenant.orgId]);

const slugs = async () =>
  (await query('SELECT slug FROM organizations ORDER BY slug')).map(({ slug }) => slug);

/** The organization's person can use a new session. */
async function signedInAgain({ tenant, owner }: Organization) {
  const { accessToken } = await api.app.identity.sessions.open({
    orgId: tenant.orgId,
    userId: owner.uuid,
  });
  return (text: string) => api.send(text, {}, { authorization: `Bearer ${accessToken}` });
}

describe('organizations list', () => {
  it(
    'shows every organization and its state',
    async () => {
      await api.createOrganization('initech');
      await query(
        "UPDATE organizations SET suspended_at = '2026-01-02T03:04:05Z' WHERE slug = 'globex'",
      );
      await setDue(acme, "'2026-01-02T03:04:05Z'");
      const { stdout, stderr, code } = await run(['list']);
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      expect(stdout).toContain(`Organizations of database ${api.database.name} at 127.0.0.1:`);
      expect(stdout).toMatch(/^ {2}acme +org_\w+ +to be erased since 2026-01-02T03:04Z$/m);
      expect(stdout).toMatch(/^ {2}globex +org_\w+ +suspended since 2026-01-02T03:04Z$/m);
      expect(stdout).toMatch(/^ {2}initech +org_\w+ +active$/m);
      expect(stdout).toContain('3 organizations, 1 suspended, 1 to be erased.');
      await setDue(acme, "'2099-01-02T03:04:05Z'");
      expect((await run(['list'])).stdout).toMatch(/acme .* goes at 2099-01-02T03:04Z$/m);
    },
    TIMEOUT,
  );

  it(
    'is not for the role that serves requests',
    async () => {
      const { stdout, stderr, code } = await run(['list'], { MIGRATION_DATABASE_URL: '' });
      expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
      expect(stderr).toMatch(/The role rowhouse_app may not do this .* MIGRATION_DATABASE_URL/);
    },
    TIMEOUT,
  );
});

describe('organizations lift-secret', () => {
  it(
    'lets people in without the secret that their organization requires',
    async () => {
      const { tenant } = acme;
      await query('UPDATE organizations SET require_tenant_secret = true WHERE id = $1', [
        tenant.orgId,
      ]);
      expect((await (await signedInAgain(acme))(VIEWER)).status).toBe(401);
      const lifted = await run(['lift-secret', 'acme']);
      expect(lifted).toMatchObject({ code: 0, stderr: '' });
      expect(lifted.stdout).toMatch(/^acme requires no tenant secret any more/);
      expect((await (await signedInAgain(acme))(VIEWER)).status).toBe(200);
      expect((await run(['lift-secret', 'acme'])).stdout).toBe(
        'Nothing to do: acme requires no tenant secret.\n',
      );
    },
    TIMEOUT,
  );
});

describe('organizations rebuild-sales', () => {
  it(
    'sums up the sales anew, by the days of another time zone where one is given',
    async () => {
      const productId = await createStockedProduct(api, acme);
      await sell(api, acme, { at: '2026-05-01T23:00Z', items: [{ productId }] });
      const dayOf = async () => {
        const rows = await query("SELECT string_agg(day::text, ' ') AS days FROM daily_sales");
        return rows[0].days;
      };
      expect(await dayOf()).toBe('2026-05-01');
      const moved = await run(['rebuild-sales', 'acme', '--time-zone', 'Europe/Berlin']);
      expect(moved).toMatchObject({ code: 0, stderr: '' });
      expect(moved.stdout).toBe('Summed up the sales of acme anew by the days of Europe/Berlin.\n');
      expect(await dayOf()).toBe('2026-05-02');
      await query('DELETE FROM daily_sales');
      const again = await run(['rebuild-sales', 'acme']);
      expect(again.stdout).toBe('Summed up the sales of acme anew.\n');
      expect(await dayOf()).toBe('2026-05-02');
      const wrong = await run(['rebuild-sales', 'acme', '--time-zone', 'Mars/Olympus']);
      expect(wrong).toMatchObject({ code: 2, stdout: '' });
      expect(wrong.stderr).toContain('such as Europe/Berlin');
    },
    TIMEOUT,
  );
});

describe('organizations suspend and resume', () => {
  it(
    'shut an organization at once, and open it again',
    async () => {
      const suspended = await run(['suspend', 'acme', '--reason', 'unpaid since May', '--yes']);
      expect(suspended).toMatchObject({ code: 0, stderr: '' });
      expect(suspended.stdout).toBe(
        'Suspended acme; 4 sessions ended. To let people in again: npm run organizations -- resume acme\n',
      );
      for (const role of ['owner', 'viewer'] as const) {
        expect((await acme[role].fail(VIEWER)).extensions).toEqual({ code: 'UNAUTHENTICATED' });
      }
      await expect(signedInAgain(acme)).rejects.toThrow('This account is gone or disabled.');
      expect((await globex.owner.send(VIEWER)).errors).toBeUndefined();
      expect((await run(['suspend', 'acme', '--reason', 'x', '-y'])).stdout).toBe(
        'Nothing to do: acme is suspended already.\n',
      );

      const resumed = await run(['resume', 'acme']);
      expect(resumed).toMatchObject({ code: 0, stdout: 'Resumed acme: people sign in again.\n' });
      const { data } = await (await signedInAgain(acme))(EVENTS);
      expect(data.auditEvents.nodes).toEqual([
        { kind: 'ORGANIZATION_RESUMED', actorId: null, details: {} },
        {
          kind: 'ORGANIZATION_SUSPENDED',
          actorId: null,
          details: { reason: 'unpaid since May' },
        },
      ]);
      expect((await run(['resume', 'acme'])).stdout).toBe(
        'Nothing to do: acme is not suspended.\n',
      );
    },
    TIMEOUT,
  );

  it(
    'ask before, and change nothing without a yes',
    async () => {
      const { stderr, code } = await run(['suspend', 'acme', '--reason', 'unpaid']);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^Suspend acme in database .*\?.*\n.*Add --yes/);
      expect((await acme.owner.send(VIEWER)).errors).toBeUndefined();
    },
    TIMEOUT,
  );

  it(
    'say what they do not understand',
    async () => {
      const outcomes = [
        await run(['suspend', 'acme', '-y']),
        await run(['suspend', 'acme', '-y', '--reason', ' ']),
        await run(['resume']),
        await run(['erase']),
        await run(['erase', 'acme', '--due']),
        await run(['erase', '--due', '--now']),
        await run([]),
      ];
      expect(outcomes.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2, 2, 2]);
      expect(outcomes[3]?.stderr).toContain('name one organization, or say --due');
      const unknown = await run(['suspend', 'acmee', '-y', '--reason', 'unpaid']);
      expect(unknown).toMatchObject({ code: 1, stdout: '' });
      expect(unknown.stderr).toContain('There is no organization acmee in database');
      expect(await run(['--help'])).toMatchObject({ code: 0, stderr: '' });
    },
    TIMEOUT,
  );
});

describe('organizations erase', () => {
  it(
    'erases what is due, and nothing else',
    async () => {
      expect((await run(['erase', '--due', '-y'])).stdout).toMatch(/^Nothing to do/);
      await setDue(acme, "now() + interval '1 minute'");
      await setDue(globex, "now() - interval '1 minute'");
      const { stdout, stderr, code } = await run(['erase', '--due', '--yes']);
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      expect(stdout).toMatch(/^Erased globex \(org_\w+\) from database /);
      expect(stdout).toMatch(/^ {2}public\.users +4 +0$/m);
      expect(stdout).toMatch(/in all \d+ tables that the catalog has .* nothing is left of it\.$/m);
      expect(stdout).toMatch(/^Not looked at: dumps/m);
      expect(await slugs()).toEqual(['acme']);
      expect((await globex.owner.send(VIEWER)).errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
    },
    TIMEOUT,
  );

  it(
    'wants it said when nobody has asked for it, or it is too early',
    async () => {
      const unasked = await run(['erase', 'acme', '--yes']);
      expect(unasked).toMatchObject({ code: 1, stdout: '' });
      expect(unasked.stderr).toMatch(/^acme is not to be deleted: .*Add --now/);
      await setDue(acme, "'2099-01-02T03:04:05Z'");
      expect((await run(['erase', 'acme', '--yes'])).stderr).toMatch(
        /^acme can still be kept by its owners, until 2099-01-02T03:04Z. Add --now/,
      );
      expect((await run(['erase', 'acme', '--now'])).stderr).toContain('Add --yes');
      expect(await slugs()).toEqual(['acme', 'globex']);
      expect((await run(['erase', 'acme', '--now', '--yes'])).code).toBe(0);
      expect(await slugs()).toEqual(['globex']);
    },
    TIMEOUT,
  );

  // Other systems' `script` takes other options.
  (process.platform === 'linux' ? it : it.skip)(
    'shows on a terminal what will go, and asks',
    async () => {
      const { ownerUrl, appUrl } = api.database;
      const asked = (answer: string) =>
        answerOnTerminal('cli/organizations.js', ['erase', 'acme', '--now'], answer, {
          cwd: folder.path,
          env: { MIGRATION_DATABASE_URL: ownerUrl, DATABASE_URL: appUrl },
        });
      const no = await asked('n');
      expect(no).toMatch(/public\.users +4\r\n/);
      expect(no).toContain('Erase acme and all of this for good? [y/N]');
      expect(no).toContain('Nothing was changed.');
      expect(await slugs()).toEqual(['acme', 'globex']);
      expect(await asked('y')).toContain('Erased acme');
      expect(await slugs()).toEqual(['globex']);
    },
    TIMEOUT,
  );

  it(
    'leaves no trace of the organization in any column of the database, and every row of the others',
    async () => {
      const words = [newWord(), newWord()];
      const tables = await asSuperuser(async (client) => {
        const all = await tenantTables(client);
        for (const [index, { tenant }] of [acme, globex].entries()) {
          const faults = await furnish(client, all, tenant.orgId, { word: words[index] as string });
          expect(faults).toEqual([]);
        }
        return all;
      });
      const [before, others] = [await rowsPerTable(tables, acme), await allRows(tables, globex)];
      expect(Object.values(before).every((rows) => rows > 0)).toBe(true);
      const emails = await query('SELECT email FROM users WHERE org_id = $1', [acme.tenant.orgId]);
      const traces = [
        acme.tenant.orgId,
        acme.tenant.orgId.replaceAll('-', ''),
        words[0] as string,
        ...emails.map(({ email }) => email as string),
      ];
      expect((await columnsWith(traces)).length).toBeGreaterThan(tables.length);

      const { stdout, code } = await run(['erase', 'acme', '--now', '--yes']);
      expect(code).toBe(0);
      for (const [table, rows] of Object.entries(before)) {
        expect(stdout).toMatch(new RegExp(`^ {2}public\\.${table} +${rows} +0$`, 'm'));
      }
      expect(await columnsWith(traces)).toEqual([]);
      expect(await allRows(tables, globex)).toEqual(others);
    },
    TIMEOUT,
  );

  it(
    'erases nothing, and fails, when a table would keep rows',
    async () => {
      await query(`CREATE TABLE leftovers (org_id uuid NOT NULL, note text);
        ALTER TABLE leftovers ENABLE ROW LEVEL SECURITY; ALTER TABLE leftovers FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant_isolation ON leftovers FOR ALL TO rowhouse_app
          USING (org_id = tenancy.current_org()) WITH CHECK (org_id = tenancy.current_org());
        GRANT SELECT ON leftovers TO rowhouse_app;
        INSERT INTO leftovers SELECT id, slug FROM organizations`);
      await setDue(acme, 'now()');
      await setDue(globex, 'now()');
      await query("DELETE FROM leftovers WHERE note = 'globex'");
      const { stdout, stderr, code } = await run(['erase', '--due', '--yes']);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^acme was NOT erased.*\n\n {2}public\.leftovers {2}1\n\n.*CASCADE/);
      expect(stdout).toContain('Erased globex');
      expect(stdout).not.toContain('Erased acme');
      expect(await slugs()).toEqual(['acme']);
      const [users] = await query('SELECT count(*)::int AS users FROM users');
      expect(users).toEqual({ users: 4 });
    },
    TIMEOUT,
  );

  it(
    'fails when a table cannot be looked into',
    async () => {
      await query(
        `CREATE TABLE dark (org_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE)`,
      );
      const { stderr, code } = await run(['erase', 'acme', '--now', '--yes']);
      expect(code).toBe(1);
      expect(stderr).toContain('permission denied for table dark');
      expect(await slugs()).toEqual(['acme', 'globex']);
    },
    TIMEOUT,
  );

  it(
    'works in a sealed database, with its key alone',
    async () => {
      const env = { TENANT_SEAL_KEY: 'the key of a test, which has more than 32 bytes' };
      const { ownerUrl, appUrl } = api.database;
      const urls = { MIGRATION_DATABASE_URL: ownerUrl, DATABASE_URL: appUrl };
      const sealed = await runProduct('cli/db.js', ['seal', 'enable'], {
        cwd: folder.path,
        env: { ...urls, ...env },
      });
      expect(sealed.code).toBe(0);
      const other = { TENANT_SEAL_KEY: 'another key of a test, of more than 32 bytes' };
      for (const wrong of [{}, other]) {
        const refused = await run(['erase', 'acme', '--now', '--yes'], wrong);
        expect(refused).toMatchObject({ code: 1, stdout: '' });
        expect(refused.stderr).toContain('TENANT_SEAL_KEY');
      }
      expect(await slugs()).toEqual(['acme', 'globex']);
      const { stdout, code } = await run(['erase', 'acme', '--now', '--yes'], env);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^ {2}public\.users +4 +0$/m);
      expect(await slugs()).toEqual(['globex']);
    },
    TIMEOUT,
  );
});

const allRows = (tables: TenantTable[], { tenant }: Organization) =>
  asSuperuser(async (client) => {
    const rows: Record<string, unknown[]> = {};
    for (const table of tables) rows[table.name] = await rowsOf(client, table, tenant.orgId);
    return rows;
  });

const rowsPerTable = async (tables: TenantTable[], organization: Organization) => {
  const rows = Object.entries(await allRows(tables, organization));
  return Object.fromEntries(rows.map(([name, all]) => [name, all.length]));
};

/** Every column of every table in which one of these texts stands, whoever's row it is. */
const columnsWith = (texts: string[]) =>
  asSuperuser(async (client) => {
    const { rows: columns } = await client.query<{ table: string; column: string }>(
      `SELECT format('%I.%I', nspname, relname) AS table, quote_ident(attname) AS column
       FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
       JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
       WHERE relkind IN ('r', 'm', 'p') AND nspname !~ '^pg_' AND nspname <> 'information_schema'`,
    );
    const found: string[] = [];
    for (const { table, column } of columns) {
      const { rowCount } = await client.query(
        `SELECT FROM ${table} WHERE EXISTS (
           SELECT FROM unnest($1::text[]) AS text WHERE strpos(lower(${column}::text), lower(text)) > 0) LIMIT 1`,
        [texts],
      );
      if (rowCount) found.push(`${table}.${column}`);
    }
    return found;
  });
