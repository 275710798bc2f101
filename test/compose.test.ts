import { spawn } from 'node:child_process';
import { chmod, cp, mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { escapeLiteral } from 'pg';
import { parse } from 'yaml';
import { findFreePort } from '../src/embedded-postgres/free-port.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded-postgres/index.js';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import { type Catalog, readCatalog } from '../src/tenancy/isolation-audit.catalog.js';
import { auditIsolation } from '../src/tenancy/isolation-audit.js';
import { urlOf } from './support/cluster.js';
import { createDatabase } from './support/database.js';
import {
  buildProduct,
  ROOT,
  type Running,
  temporaryFolder,
  untilPrinted,
  watch,
} from './support/product.js';

/**
 * There is no Docker where these tests run. So what Docker would run is taken from docker-compose.yml and
 * the Dockerfile to the letter, and run here: the SQL that prepares the database on a cluster without any
 * role, the commands with their environment from a folder that holds what the image holds.
 */

const TIMEOUT = 60_000;
const API_PORT = '4000';

interface Service {
  image: string;
  build?: string;
  command?: string[];
  environment: Record<string, string>;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  ports?: string[];
  volumes?: string[];
}

interface Compose {
  services: Record<'postgres' | 'migrate' | 'api', Service>;
  volumes: Record<string, unknown>;
}

const SETTINGS = {
  POSTGRES_PASSWORD: 'superuser-secret',
  ROWHOUSE_OWNER_PASSWORD: 'owner-secret',
  ROWHOUSE_APP_PASSWORD: "app-secret'; quoted",
  JWT_SECRET: 'a secret of the tests, of more than 32 bytes',
};

/** Compose's interpolation, as far as the file uses it: `${NAME:?message}` and `${NAME:-default}`. */
function interpolate(text: string, settings: Record<string, string>): string {
  return text.replace(/\$\{(\w+):([?-])([^}]*)\}/g, (_, name: string, operator, rest: string) => {
    if (settings[name]) return settings[name];
    if (operator === '?') throw new Error(`required variable ${name} is missing a value: ${rest}`);
    return rest;
  });
}

async function readCompose(settings: Record<string, string> = SETTINGS): Promise<Compose> {
  const text = await readFile(join(ROOT, 'docker-compose.yml'), 'utf8');
  return parse(text, (_key, value) =>
    typeof value === 'string' ? interpolate(value, settings) : value,
  );
}

/** The instructions of the Dockerfile's last stage, in order. */
async function finalStage(): Promise<{ name: string; value: string }[]> {
  const text = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  const last = text.slice(text.lastIndexOf('\nFROM ') + 1);
  return [...last.matchAll(/^([A-Z]+) (.*)$/gm)].map(([, name = '', value = '']) => ({
    name,
    value,
  }));
}

/** A folder with what the image has in `/app`. */
async function layOutImage(target: string): Promise<void> {
  for (const { name, value } of await finalStage()) {
    if (name !== 'COPY') continue;
    const parts = value.replace('--from=build /app/', '').split(' ');
    const destination = parts.pop() as string;
    for (const source of parts) {
      const to = join(target, destination === './' ? source : destination);
      await mkdir(dirname(to), { recursive: true });
      if (source === 'node_modules') await symlink(join(ROOT, source), to, 'dir');
      else await cp(join(ROOT, source), to, { recursive: true });
    }
  }
}

/** What psql does with a script, by the driver: `\getenv`, `\i` and `:'variable'`. */
async function runPsqlScript(
  url: string,
  file: string,
  environment: Record<string, string>,
  mounts: Record<string, string>,
): Promise<void> {
  const variables = new Map<string, string>();
  const expand = async (path: string): Promise<string> => {
    const lines = (await readFile(path, 'utf8')).split('\n').map(async (line) => {
      const [, command, rest = ''] = /^\\(\w+) (.*)$/.exec(line) ?? [];
      if (command === undefined) {
        return line.replace(/:'(\w+)'/g, (_, name) => escapeLiteral(variables.get(name) ?? ''));
      }
      if (command === 'getenv') {
        const [variable = '', name = ''] = rest.split(' ');
        variables.set(variable, environment[name] ?? '');
        return '';
      }
      if (command !== 'i') throw new Error(`psql's \\${command} is not known here`);
      const [mount = ''] = Object.keys(mounts).filter((at) => rest.startsWith(`${at}/`));
      return expand(join(mounts[mount] ?? '', rest.slice(mount.length)));
    });
    return (await Promise.all(lines)).join('\n');
  };
  const script = await expand(file);
  await withAdminConnection(url, (superuser) => superuser.query(script));
}

/** `./sql:/sql:ro` as `{ '/sql': '<root>/sql' }`. */
function mountsOf({ volumes = [] }: Service): Record<string, string> {
  const entries = volumes.map((volume) => volume.split(':'));
  return Object.fromEntries(entries.map(([from = '', to = '']) => [to, join(ROOT, from)]));
}

describe('docker-compose.yml', () => {
  it('starts nothing without each secret, and says where it belongs', async () => {
    for (const name of Object.keys(SETTINGS)) {
      await expect(readCompose({ ...SETTINGS, [name]: '' })).rejects.toThrow(
        `required variable ${name} is missing a value: set it in .env`,
      );
    }
    const text = await readFile(join(ROOT, 'docker-compose.yml'), 'utf8');
    expect(text).not.toMatch(/(PASSWORD|SECRET):-./);
  });

  it('waits for a healthy database, and for the migrations, before it serves', async () => {
    const { services } = await readCompose();
    expect(services.migrate.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    expect(services.api.depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      migrate: { condition: 'service_completed_successfully' },
    });
    expect(services.postgres.image).toBe('postgres:18');
    expect(services.postgres.healthcheck?.test.slice(0, 3)).toEqual([
      'CMD',
      'pg_isready',
      '--host=127.0.0.1',
    ]);
  });

  it('keeps the data where PostgreSQL 18 of the image puts it, in a volume', async () => {
    const { services, volumes } = await readCompose();
    expect(services.postgres.volumes).toContain('postgres:/var/lib/postgresql');
    expect(Object.keys(volumes)).toEqual(['postgres']);
  });

  it('gives the API no other role than the serving one, and lets this machine alone reach it', async () => {
    const { services } = await readCompose();
    expect(Object.keys(services.api.environment)).not.toContain('MIGRATION_DATABASE_URL');
    expect(JSON.stringify(services.api)).not.toMatch(/owner|superuser-secret/);
    expect(services.api.ports).toEqual(['127.0.0.1:4000:4000']);
    expect(services.postgres.ports).toBeUndefined();
  });

  it('mounts files that exist', async () => {
    const { services } = await readCompose();
    for (const path of Object.values(mountsOf(services.postgres)).slice(1)) {
      expect((await stat(path)).mode & 0o004).toBe(0o004);
    }
  });
});

describe('the Dockerfile', () => {
  it('ends with Node itself as an ordinary user, with a health check, on Node 24', async () => {
    const stage = await finalStage();
    const instruction = (name: string) => stage.find((one) => one.name === name)?.value;
    expect(instruction('FROM')).toBe('node:24-slim');
    expect(instruction('USER')).toBe('node');
    expect(instruction('ENV')).toBe('NODE_ENV=production');
    expect(instruction('EXPOSE')).toBe(API_PORT);
    expect(JSON.parse(instruction('CMD') ?? '')).toEqual([
      'node',
      '--enable-source-maps',
      'dist/main.js',
    ]);
    const { services } = await readCompose();
    const [, ...check] = services.api.healthcheck?.test ?? [];
    expect(instruction('HEALTHCHECK')).toContain(
      `CMD ${JSON.stringify(check).replaceAll(',', ', ')}`,
    );
    expect(stage.findIndex(({ name }) => name === 'USER')).toBeGreaterThan(
      stage.findLastIndex(({ name }) => name === 'COPY'),
    );
  });

  it('copies only what is there and what .dockerignore lets through', async () => {
    const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
    const ignored = (await readFile(join(ROOT, '.dockerignore'), 'utf8')).split('\n');
    for (const [, list = ''] of dockerfile.matchAll(/^COPY (?!--from)(.*)$/gm)) {
      for (const source of list.split(' ').slice(0, -1)) {
        await stat(join(ROOT, source));
        expect(ignored).not.toContain(source.split('/')[0]);
      }
    }
    expect(ignored).toEqual(
      expect.arrayContaining([
        '.env',
        '.env.*',
        '.git',
        '.rowhouse',
        'node_modules',
        'src/tenancy/generated',
      ]),
    );
  });
});

/**
 * Without what differs between the server of the services, which is 18, and that of the tests, which
 * may be older: the owner of a table has the privilege MAINTAIN since 17.
 */
function comparable(catalog: Catalog | undefined): Catalog {
  const entries = Object.entries({ ...catalog, database: '' });
  return Object.fromEntries(
    entries.map(([name, text]) => [
      name,
      // Since 16 each membership says whether it is inherited; before, the role that is a member does.
      text
        .replace(',MAINTAIN', '')
        .replace('LOGIN INHERIT member of: rowhouse_shopper', 'LOGIN member of: rowhouse_shopper'),
    ]),
  );
}

describe('what the services run', () => {
  let compose: Compose;
  let image: Awaited<ReturnType<typeof temporaryFolder>>;
  let cluster: EmbeddedPostgres;
  let databaseUrl: string;
  const settings: Record<string, string> = { ...SETTINGS };

  beforeAll(async () => {
    [image] = await Promise.all([temporaryFolder(), buildProduct()]);
    // Where root runs the tests, the server is another user's process.
    await chmod(image.path, 0o755);
    await layOutImage(image.path);
    cluster = await startEmbeddedPostgres({
      directory: join(image.path, 'cluster'),
      durable: false,
    });
    databaseUrl = urlOf(cluster.superuserUrl, 'rowhouse');
    await makeLikeNew(cluster.superuserUrl);
    // A password with such characters needs encoding in a URL; the file asks for letters and digits.
    settings.ROWHOUSE_APP_PASSWORD = 'app-secret';
    compose = await readCompose(settings);
  }, TIMEOUT);
  afterAll(async () => {
    await cluster.stop();
    await image[Symbol.asyncDispose]();
  });

  /** The environment of a service, with the host and port where things are in this test. */
  function environmentOf(service: Service): Record<string, string> {
    const { port } = new URL(cluster.superuserUrl);
    return Object.fromEntries(
      Object.entries(service.environment).map(([name, value]) => [
        name,
        value.replace('@postgres:5432/', `@127.0.0.1:${port}/`),
      ]),
    );
  }

  function run(command: readonly string[], environment: Record<string, string>): Running {
    const [program = '', ...args] = command;
    return watch(
      spawn(program, args, {
        cwd: image.path,
        env: {
          PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
          HOME: image.path,
          ...environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }

  it('makes the roles, with the passwords that the services use', async () => {
    const script = Object.entries(mountsOf(compose.services.postgres)).find(([at]) =>
      at.startsWith('/docker-entrypoint-initdb.d/'),
    );
    const mounts = mountsOf(compose.services.postgres);
    // Even one that PostgreSQL would take for something else.
    const environment = {
      ...compose.services.postgres.environment,
      ROWHOUSE_APP_PASSWORD: SETTINGS.ROWHOUSE_APP_PASSWORD,
    };
    await runPsqlScript(databaseUrl, script?.[1] ?? '', environment, mounts);
    const quoted = urlOf(databaseUrl, 'rowhouse', {
      name: 'rowhouse_app',
      password: encodeURIComponent(SETTINGS.ROWHOUSE_APP_PASSWORD),
    });
    await withAdminConnection(quoted, (app) => app.query('SELECT 1'));
    // The container runs it once; here, again with the password of the URLs.
    await runPsqlScript(
      databaseUrl,
      script?.[1] ?? '',
      compose.services.postgres.environment,
      mounts,
    );
    const roles = await withAdminConnection(databaseUrl, async (superuser) => {
      const { rows } = await superuser.query(
        `SELECT rolname AS name, rolcanlogin AS login, rolsuper OR rolcreaterole OR rolreplication AS powerful,
           rolbypassrls AS bypasses FROM pg_roles WHERE rolname ~ '^rowhouse' ORDER BY 1`,
      );
      return rows;
    });
    expect(roles).toEqual([
      { name: 'rowhouse_app', login: true, powerful: false, bypasses: false },
      { name: 'rowhouse_backup', login: true, powerful: false, bypasses: true },
      { name: 'rowhouse_directory', login: false, powerful: false, bypasses: false },
      { name: 'rowhouse_owner', login: true, powerful: false, bypasses: false },
      { name: 'rowhouse_shopper', login: false, powerful: false, bypasses: false },
    ]);
  });

  it(
    'migrates to the catalog that every other way leads to',
    async () => {
      const { code, stdout, stderr } = await run(
        compose.services.migrate.command ?? [],
        environmentOf(compose.services.migrate),
      ).ended;
      expect(`${stdout}${stderr}`).toContain('All migrations have been successfully applied.');
      expect(code).toBe(0);
      const usual = await createDatabase();
      try {
        const [here, there] = await Promise.all(
          [databaseUrl, usual.superuserUrl].map((url) => withAdminConnection(url, readCatalog)),
        );
        // The owner of the database is the image's superuser, which changes its privileges and nothing else.
        expect(comparable(here)).toEqual(comparable(there));
      } finally {
        await usual.drop();
      }
    },
    TIMEOUT,
  );

  it(
    'serves, is healthy, passes the audit and ends with SIGTERM',
    async () => {
      const stage = await finalStage();
      const command = JSON.parse(stage.find(({ name }) => name === 'CMD')?.value ?? '') as string[];
      const [, ...check] = compose.services.api.healthcheck?.test ?? [];
      const port = String(await findFreePort());
      const environment: Record<string, string> = {
        ...environmentOf(compose.services.api),
        NODE_ENV: 'production',
        PORT: port,
      };

      expect((await run(check, { PORT: port }).ended).code).toBe(1);
      const api = run(command, environment);
      await untilPrinted(api, /"listening"/);
      expect(await run(check, { PORT: port }).ended).toMatchObject({
        code: 0,
        stdout: '',
        stderr: '',
      });
      const ready = await fetch(`http://127.0.0.1:${port}/health/ready`);
      expect(await ready.json()).toMatchObject({ status: 'ready', database: 'up' });
      const findings = await withAdminConnection(environment.DATABASE_URL ?? '', (app) =>
        auditIsolation(app),
      );
      expect(findings).toEqual([]);

      api.child.kill('SIGTERM');
      expect(await api.ended).toMatchObject({ code: 0, stderr: '' });
    },
    TIMEOUT,
  );
});

/** Takes back what the embedded server has prepared, and creates the database as the image does. */
async function makeLikeNew(superuserUrl: string): Promise<void> {
  await withAdminConnection(superuserUrl, async (superuser) => {
    await superuser.query('DROP DATABASE rowhouse');
    await superuser.query(
      'DROP ROLE rowhouse_app, rowhouse_owner, rowhouse_backup, rowhouse_directory, rowhouse_shopper',
    );
    await superuser.query('CREATE DATABASE rowhouse TEMPLATE template0');
  });
}
