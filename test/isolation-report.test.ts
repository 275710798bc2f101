import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CHECK_DESCRIPTIONS } from '../src/cli/isolation-report/checks.js';
import { readAttacks } from '../src/cli/isolation-report/read/evidence.reader.js';
import { readCommit } from '../src/cli/isolation-report/read/product-version.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { enableSeal, ISOLATION_CHECKS, sealKeyId } from '../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import {
  buildProduct,
  type Outcome,
  ROOT,
  runProduct,
  temporaryFolder,
} from './support/product.js';

const TIMEOUT = 60_000;
const KEY = 'the seal key of these tests, of more than 32 bytes';

let database: TestDatabase;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(buildProduct, TIMEOUT);
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** `npm run audit:isolation -- …` in the test's folder, with the URLs of a server in production. */
function audit(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const urls = { MIGRATION_DATABASE_URL: database.ownerUrl, DATABASE_URL: database.appUrl };
  return runProduct('cli/audit-isolation.js', args, { cwd: folder.path, env: { ...urls, ...env } });
}

const inFolder = (...path: string[]) => join(folder.path, ...path);
const evidence = (file: string) => inFolder('.rowhouse', 'isolation', file);

interface Written {
  markdown: string;
  html: string;
  /** What a browser shows of the HTML, without its structure. */
  text: string;
}

async function written(...directory: string[]): Promise<Written> {
  const path = inFolder(...(directory.length > 0 ? directory : ['.rowhouse', 'isolation']));
  const markdown = await readFile(join(path, 'isolation-report.md'), 'utf8');
  const html = await readFile(join(path, 'isolation-report.html'), 'utf8');
  return { markdown, html, text: textOf(html) };
}

/** Makes the report into the default folder. */
async function report(env: Record<string, string> = {}): Promise<Written & { outcome: Outcome }> {
  const outcome = await audit(['--report'], env);
  return { outcome, ...(await written()) };
}

async function writeEvidence(file: string, content: unknown): Promise<void> {
  await mkdir(evidence('.'), { recursive: true });
  await writeFile(evidence(file), typeof content === 'string' ? content : JSON.stringify(content));
}

const sql = (text: string, url = database.superuserUrl) =>
  withAdminConnection(url, (client) => client.query(text));

describe('a report on a database that is as it should be', () => {
  beforeAll(async () => {
    database = await createDatabase();
  }, TIMEOUT);
  afterAll(() => database.drop());

  it(
    'is written only when it is asked for',
    async () => {
      const without = await audit([]);
      expect(without).toMatchObject({ code: 0, stderr: '' });
      expect(await readdir(folder.path)).toEqual([]);

      const { outcome } = await report();
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expect(outcome.stdout.startsWith(without.stdout)).toBe(true);
      expect(outcome.stdout).toContain('.rowhouse/isolation/isolation-report.html');
      expect((await readdir(evidence('.'))).sort()).toEqual([
        'isolation-report.html',
        'isolation-report.md',
      ]);
    },
    TIMEOUT,
  );

  it(
    'goes into the folder that was named, over the former one',
    async () => {
      await mkdir(inFolder('for', 'auditor'), { recursive: true });
      await writeFile(inFolder('for', 'auditor', 'isolation-report.md'), 'the former one');
      expect((await audit(['--report', 'for/auditor'])).code).toBe(0);
      expect((await written('for', 'auditor')).markdown).toMatch(/^# Isolation of organizations\n/);
      expect(await readdir(inFolder('for', 'auditor'))).toHaveLength(2);
    },
    TIMEOUT,
  );

  it(
    'says first that all checks passed, and of which database and versions',
    async () => {
      const { markdown, text } = await report();
      const { rows } = await sql("SELECT current_setting('server_version') AS version");
      const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
      for (const said of [markdown, text]) {
        expect(said.slice(0, 400)).toMatch(/All \d+ checks passed/);
        expect(said).toContain(`${database.name} at ${new URL(database.appUrl).host}`);
        expect(said).toContain(rows[0].version);
        expect(said).toContain(process.versions.node);
        expect(said).toContain(version);
        expect(said).toMatch(/\d+ migrations applied, the last of them `?\d{14}_\w+/);
        expect(said).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/);
      }
    },
    TIMEOUT,
  );

  it(
    'lists all checks, tables, policies, roles, grants and functions',
    async () => {
      const { markdown, text } = await report();
      for (const said of [markdown, text]) {
        for (const check of ISOLATION_CHECKS) {
          expect(said).toContain(check);
          expect(said).toContain(CHECK_DESCRIPTIONS[check].requirement);
        }
        for (const table of ['organizations', 'users', 'projects', 'tasks']) {
          expect(said).toContain(
            `CREATE POLICY tenant_isolation ON public.${table}\n  AS PERMISSIVE FOR ALL TO rowhouse_app`,
          );
        }
        expect(said).toContain(
          'FOREIGN KEY (org_id, project_id) REFERENCES public.projects(org_id, id)',
        );
        expect(said).toContain('makes dumps: reads every row, writes none');
        expect(said).toContain('SELECT (id, slug, suspended_at, deletion_due_at)');
        expect(said).toContain("SET search_path TO 'pg_catalog', 'pg_temp'");
        expect(said).toContain('WHERE organizations.slug = find_organization.slug');
      }
      expect(markdown).toMatch(
        /\| `public\.tasks` \| `org_id` \| ✓ enabled \| ✓ forced \| 1 \| ✓ (\d) of \1 \|/,
      );
      expect(markdown).toMatch(
        /\| `public\.tasks` \| `rowhouse_app` \| `DELETE`, `INSERT`, `SELECT`, `UPDATE` \|/,
      );
    },
    TIMEOUT,
  );

  it(
    'says what the serving role alone may not see',
    async () => {
      const { markdown, outcome } = await report({ MIGRATION_DATABASE_URL: '' });
      expect(outcome.code).toBe(0);
      expect(markdown).toContain('| Migrations | not seen: rowhouse_app may not read it |');
      expect(markdown).toContain('The ids of the keys of the seal: rowhouse_app may not read it.');
    },
    TIMEOUT,
  );

  it(
    'takes nothing from another database that the owner’s URL leads to, or from none',
    async () => {
      const other = await createDatabase();
      try {
        const elsewhere = await report({ MIGRATION_DATABASE_URL: other.ownerUrl });
        expect(elsewhere.markdown).toContain(
          'not seen: MIGRATION_DATABASE_URL leads to another database',
        );
        expect(elsewhere.outcome.code).toBe(0);
      } finally {
        await other.drop();
      }
      const nowhere = new URL(database.ownerUrl);
      nowhere.port = '1';
      const { markdown, outcome } = await report({ MIGRATION_DATABASE_URL: nowhere.href });
      expect(markdown).toMatch(/not seen: PostgreSQL cannot be reached at 127\.0\.0\.1:1/);
      expect(outcome.code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'tells checks that the operator accepts from those that passed',
    async () => {
      const { markdown } = await report({ ALLOW_LARGE_OBJECT_FUNCTIONS: 'true' });
      expect(markdown).toMatch(/– accepted: [^|]+\| 13 \| `large-object-functions` \|/);
      expect(markdown).toContain('1 accepted by the operator');
    },
    TIMEOUT,
  );

  it(
    'is refused in one sentence where it cannot be written',
    async () => {
      await writeFile(inFolder('file'), '');
      const { code, stderr } = await audit(['--report', 'file/below']);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^The report cannot be written into file\/below \(ENOTDIR\)\. Name a folder that you may write into/,
      );
      expect(stderr).not.toMatch(/^ +at /m);

      await mkdir(inFolder('taken', 'isolation-report.html'), { recursive: true });
      expect((await audit(['--report', 'taken'])).stderr).toMatch(/cannot be written into taken/);
      const left = await readdir(inFolder('taken'));
      expect(left.filter((name) => /\d+$/.test(name))).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'is one accessible page that runs and fetches nothing',
    async () => {
      const { html } = await report();
      expect(html).toContain(
        `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
      );
      expectWellFormed(html);
    },
    TIMEOUT,
  );
});

describe('a report on a database that is broken', () => {
  beforeEach(async () => {
    database = await createDatabase();
  });
  afterEach(() => database.drop());

  it(
    'begins with the findings, and how to mend them',
    async () => {
      await sql('ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY', database.ownerUrl);
      const { outcome, markdown, html, text } = await report();
      expect(outcome.code).toBe(1);
      expect(outcome.stdout).toContain('1 finding in database');
      for (const said of [markdown, text]) {
        expect(said.slice(0, 200)).toContain('1 finding');
        expect(said).toContain('Row-level security does not hold the owner of public.tasks.');
        expect(said).toContain('ALTER TABLE public.tasks FORCE ROW LEVEL SECURITY;');
        expect(said).not.toMatch(/All \d+ checks passed/);
      }
      expect(markdown).toContain('✗ failed | 1 | `rls-not-forced` |');
      expect(markdown).toContain('✗ not forced on the owner');
      expectWellFormed(html);
    },
    TIMEOUT,
  );

  it(
    'does not say that checks of the serving role passed when there is none that could serve',
    async () => {
      const { outcome, markdown } = await report({ DATABASE_URL: database.superuserUrl });
      expect(outcome.code).toBe(1);
      expect(markdown).toContain('✗ failed | 2 | `serving-role-superuser` |');
      expect(markdown).toMatch(/– not made here: says nothing [^|]+\| 13 \| `table-privilege` \|/);
      expect(markdown).toContain('✓ passed | 1 | `rls-not-forced` |');
    },
    TIMEOUT,
  );

  it(
    'shows whatever stands in the catalog as text',
    async () => {
      const table = '<script>alert("1")</script>';
      const condition = `note <> '& <b> | \\| \`x\`'`;
      await sql(`
        CREATE TABLE "<script>alert(""1"")</script>" (org_id uuid NOT NULL, note text, PRIMARY KEY (org_id, note));
        CREATE POLICY "a|b & *c* \u202e" ON "<script>alert(""1"")</script>" USING (${condition});
        CREATE FUNCTION public.broken() RETURNS int LANGUAGE sql SECURITY DEFINER
          AS 'SELECT 1 /* \`\`\`\` </code></pre><img src=x> & */';
      `);
      const { html, text, markdown } = await report();
      expect(html).not.toMatch(/<script|<img|<b>/);
      expect(text).toContain(table.replaceAll('"', '""'));
      expect(text).toContain(condition);
      expect(text).toContain('</code></pre><img src=x> & */');
      expect(text).toContain('a|b & *c* [U+202E]');
      expectWellFormed(html);

      expect(markdown.replaceAll(/(`+)[^`][\s\S]*?\1/g, '')).not.toMatch(/<(?!br|code|\/code)/);
      expect(markdown).toContain("'& <b> | \\| `x`'");
      expect(markdown).toMatch(/^`````sql\n[\s\S]*?````[\s\S]*?\n`````$/m);
      expectTables(markdown);
    },
    TIMEOUT,
  );
});

describe('a report on a sealed database', () => {
  beforeEach(async () => {
    database = await createDatabase();
    await withAdminConnection(database.ownerUrl, (client) => enableSeal(client, KEY));
  });
  afterEach(() => database.drop());

  it(
    'names keys by their ids, and holds neither keys nor passwords',
    async () => {
      const { rows } = await sql(
        `SELECT encode(inner_pad, 'hex') AS a, encode(outer_pad, 'hex') AS b,
                encode(inner_pad, 'base64') AS c, encode(outer_pad, 'base64') AS d FROM tenant_seal.keys`,
      );
      const passwords = [database.ownerUrl, database.appUrl].map((url) => new URL(url).password);
      const secrets = [KEY, ...Object.values(rows[0] as Record<string, string>), ...passwords];
      const both = await report({ TENANT_SEAL_KEY: KEY });
      expect(both.outcome.code).toBe(0);
      const asOwner = await report({ DATABASE_URL: '', TENANT_SEAL_KEY: KEY });
      for (const { markdown, html } of [both, asOwner]) {
        for (const said of [markdown, html]) {
          expect(said).toMatch(/All \d+ tables ask for the proof\./);
          expect(said).toContain(sealKeyId(KEY));
          for (const secret of secrets) expect(said).not.toContain(secret.slice(0, 40));
        }
      }
      const alone = await report({ MIGRATION_DATABASE_URL: '' });
      expect(alone.markdown).toMatch(/All \d+ tables ask for the proof\./);
      expect(alone.markdown).not.toContain(sealKeyId(KEY));
      expect(alone.markdown).toContain(
        'Which keys the database accepts was not seen: rowhouse_app',
      );
    },
    TIMEOUT,
  );

  it(
    'says which tables do not ask for the proof',
    async () => {
      await sql('DROP POLICY tenant_seal ON tasks');
      const { markdown, outcome } = await report();
      expect(markdown).toContain('These tables do not ask for the proof: `public.tasks`');
      expect(outcome.code).toBe(1);
    },
    TIMEOUT,
  );
});

describe('what the tests have left behind', () => {
  const ATTACKS = {
    madeAt: '2026-11-20T08:30:00.000Z',
    postgres: '17.9',
    attacks: 4321,
    byKind: { 'GraphQL id': 4300, 'SQL | SELECT': 21 },
    breaches: [],
    tables: ['projects', 'tasks'],
    fields: ['Query.task', 'Mutation.deleteTask'],
  };
  const DEFECTS = {
    madeAt: '2026-11-20T09:00:00.000Z',
    postgres: '17.9',
    killed: 2,
    total: 2,
    defects: [
      {
        name: 'the policy of tasks is gone',
        sort: 'database',
        killedBy: ['policy-missing', 'SQL', 'GraphQL id', 'more'],
      },
      { name: 'a handle outlives its request', sort: 'code', killedBy: ['tenancy.test.ts'] },
    ],
  };

  beforeAll(async () => {
    database = await createDatabase();
  }, TIMEOUT);
  afterAll(() => database.drop());

  it(
    'is said to be missing when nothing was run',
    async () => {
      const { markdown, text } = await report();
      for (const said of [markdown, text]) {
        expect(said.match(/[Nn]ot run on this machine/g)).toHaveLength(4);
        expect(said).toMatch(/To run it here: `?npm test\b/);
        expect(said).toMatch(/To run it here: `?npm run test:defects/);
      }
    },
    TIMEOUT,
  );

  it(
    'is told with its date and server, which are not those of the database',
    async () => {
      await writeEvidence('attacks.json', ATTACKS);
      await writeEvidence('defects.json', DEFECTS);
      const { markdown, text } = await report();
      for (const said of [markdown, text]) {
        expect(said).toContain('None of 4,321 attacks succeeded');
        expect(said).toContain('to 2 tables and through 2 fields of the API');
        expect(said).toMatch(
          /Made on 2026-11-20 08:30 UTC by `?npm test`? on PostgreSQL 17\.9, in scratch/,
        );
        expect(said).toContain('not in the database of this report');
        expect(said).toContain('Mutation.deleteTask');
        expect(said).toContain('All 2 defects were noticed');
        expect(said).toContain('the policy of tasks is gone');
        expect(said).toContain('and 1 more');
      }
      expectTables(markdown);
    },
    TIMEOUT,
  );

  it(
    'is not glossed over when something got through',
    async () => {
      await writeEvidence('attacks.json', {
        ...ATTACKS,
        breaches: ['Query.task: <b>their</b> row'],
      });
      await writeEvidence('defects.json', {
        ...DEFECTS,
        total: 3,
        defects: [...DEFECTS.defects, { name: 'nobody noticed', sort: 'code', killedBy: [] }],
      });
      const { markdown, html, text, outcome } = await report();
      for (const said of [markdown, text]) {
        expect(said).toContain('1 breach in 4,321');
        expect(said).toContain('Query.task: <b>their</b> row');
        expect(said).toContain('1 of 3 went unnoticed');
      }
      expectWellFormed(html);
      // The exit code is about this database.
      expect(outcome.code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'is said to be unreadable, and why, when it is malformed or of another format',
    async () => {
      const { madeAt, ...undated } = ATTACKS;
      const { tables, ...former } = ATTACKS;
      const cases: [unknown, string][] = [
        ['{"attacks": 12', 'it is not JSON'],
        ['', 'it is not JSON'],
        ['null', 'the file is no object'],
        [[], 'the file is no object'],
        [undated, '"madeAt" is no text'],
        [{ ...ATTACKS, madeAt: 'yesterday' }, '"madeAt" is no date'],
        [{ ...ATTACKS, attacks: '4321' }, '"attacks" is no whole number'],
        [{ ...ATTACKS, byKind: { id: -1 } }, '"byKind" is no list of whole numbers'],
        [{ ...ATTACKS, breaches: 0 }, '"breaches" is no list'],
        [former, '"tables" is no list'],
      ];
      for (const [content, why] of cases) {
        await writeEvidence('attacks.json', content);
        expect(await readAttacks(evidence('attacks.json'))).toMatchObject({ why });
      }
      await writeEvidence('defects.json', { ...DEFECTS, killed: 3, total: 3 });
      const { outcome, text } = await report();
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expect(text).toContain('.rowhouse/isolation/attacks.json, but "tables" is no list.');
      expect(text).toContain('but its totals are not those of its list.');
    },
    TIMEOUT,
  );
});

describe('a check', () => {
  it('is described with the pitfall that its finding names', async () => {
    const directory = join(ROOT, 'src', 'tenancy');
    const files = (await readdir(directory)).filter((name) =>
      /^(isolation-audit|seal-)/.test(name),
    );
    const source = (
      await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')))
    ).join('\n');
    const inSource = ISOLATION_CHECKS.map((check) => [
      check,
      Number(new RegExp(`'${check}'[^,]*,\\s*(?:pitfall: )?(\\d+)\\b`).exec(source)?.[1]),
    ]);
    expect(inSource).toEqual(
      ISOLATION_CHECKS.map((check) => [check, CHECK_DESCRIPTIONS[check].pitfall]),
    );
  });
});

describe('the commit', () => {
  const COMMIT = '0123456789abcdef0123456789abcdef01234567';
  const files = async (entries: Record<string, string>) => {
    for (const [name, text] of Object.entries(entries)) {
      await mkdir(join(inFolder(name), '..'), { recursive: true });
      await writeFile(inFolder(name), text);
    }
  };

  it('is found in a branch, a packed branch, a worktree, or by itself', async () => {
    expect(await readCommit(inFolder('none'))).toBeUndefined();
    await files({
      'loose/.git/HEAD': 'ref: refs/heads/main\n',
      'loose/.git/refs/heads/main': `${COMMIT}\n`,
      'packed/.git/HEAD': 'ref: refs/heads/main\n',
      'packed/.git/packed-refs': `# pack-refs\n${'f'.repeat(40)} refs/heads/other\n${COMMIT} refs/heads/main\n`,
      'detached/.git/HEAD': `${COMMIT}\n`,
      'tree/.git': 'gitdir: ../loose/.git/worktrees/tree\n',
      'loose/.git/worktrees/tree/HEAD': 'ref: refs/heads/main\n',
      'loose/.git/worktrees/tree/commondir': '../..\n',
      'unborn/.git/HEAD': 'ref: refs/heads/main\n',
    });
    for (const kind of ['loose', 'packed', 'detached', 'tree']) {
      expect(await readCommit(inFolder(kind))).toBe(COMMIT);
    }
    expect(await readCommit(inFolder('unborn'))).toBeUndefined();
  });
});

interface Tag {
  name: string;
  attributes: string;
}

const VOID = new Set(['meta', '!doctype']);

/** All opening tags, in order. Throws when one is not closed where it should be. */
function tagsOf(html: string): Tag[] {
  const open: string[] = [];
  const tags: Tag[] = [];
  for (const [tag, close, name = '', attributes = ''] of html.matchAll(/<(\/?)([!\w]+)([^>]*)>/g)) {
    if (close === '') {
      tags.push({ name, attributes });
      if (!VOID.has(name)) open.push(name);
    } else if (open.pop() !== name) throw new Error(`Not expected here: ${tag}`);
  }
  if (open.length > 0) throw new Error(`Not closed: ${open.join(', ')}`);
  return tags;
}

function textOf(html: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'" };
  const body = html.slice(html.indexOf('<body>'));
  return body
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(lt|gt|amp|quot|#39);/g, (_, name: string) => entities[name] ?? '');
}

/** What holds for every report: structure, headings, tables, links, and nothing from elsewhere. */
function expectWellFormed(html: string): void {
  const tags = tagsOf(html);
  const named = (name: string) => tags.filter((tag) => tag.name === name);
  expect(named('html')[0]?.attributes).toBe(' lang="en"');
  expect(named('h1')).toHaveLength(1);
  const levels = tags.flatMap(({ name }) => (/^h\d$/.test(name) ? [Number(name[1])] : []));
  expect(levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)).toEqual([]);

  expect(named('caption')).toHaveLength(named('table').length);
  expect(named('th').every(({ attributes }) => /^ scope="(col|row)"$/.test(attributes))).toBe(true);
  expect(html.match(/<div class="scroll"[^>]*tabindex="0"><table>/g)).toHaveLength(
    named('table').length,
  );

  const ids = tags.flatMap(({ attributes }) => / id="([^"]*)"/.exec(attributes)?.[1] ?? []);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { attributes } of named('a')) {
    expect(ids).toContain(/^ href="#([^"]*)"$/.exec(attributes)?.[1]);
  }
  expect(tags.filter(({ name }) => /^(script|img|link|iframe|object)$/.test(name))).toEqual([]);
  expect(tags.filter(({ attributes }) => / (src|on\w+|style)=/.test(attributes))).toEqual([]);
  expect(html).not.toMatch(/url\(|@import/);
}

/** Every row of a table has as many cells as its head, as GitHub counts them. */
function expectTables(markdown: string): void {
  const cells = (line: string) => line.replaceAll(/\\./g, '').split('|').length;
  const blocks = markdown.split('\n\n').filter((block) => /^\|.*\|\n\| --- /.test(block));
  expect(blocks.length).toBeGreaterThan(10);
  for (const block of blocks) {
    const counts = new Set(block.split('\n').map(cells));
    expect({ block, counts: [...counts] }).toEqual({ block, counts: [expect.any(Number)] });
  }
}
