import { Client } from 'pg';
import type { Cleanup } from './cleanup.ts';
import { buildData, type Data, type DataScale, LARGE_TASKS, readData } from './data.ts';
import type { Database, DatabaseServer } from './database.ts';
import { withAdminConnection } from './product.ts';

/**
 * Three databases answer all questions, and only one of them is large. To go from `few` to `many` is to have
 * a thousand times the organizations; from `middling` to `many` fifty times the tasks, in organizations of the
 * same size; and `many` alone has organizations of both sizes, and lists that are long.
 */
export interface FlatSizes {
  readonly few: DataScale;
  readonly middling: DataScale;
  readonly many: DataScale;
}

export type FlatSize = keyof FlatSizes;

/** A database, and everything there is to ask it for. */
export interface FlatDatabase {
  readonly size: FlatSize;
  readonly database: Database;
  readonly data: Data;
  readonly tasks: number;
  /** Of the table of tasks with its indexes. */
  readonly bytes: number;
  /** Null when it was there. */
  readonly buildSeconds: number | null;
  /** A superuser's. */
  readonly client: Client;
}

const TASKS = 400;

/** 4,000, 100,000 and 5,008,000 tasks. */
export const FULL_SIZES: FlatSizes = {
  few: { organizations: 10, tasks: TASKS, products: 0, largeOrganizations: 0 },
  middling: { organizations: 10, tasks: TASKS, products: 0, largeOrganizations: 8 },
  many: { organizations: 10_000, tasks: TASKS, products: 0, largeOrganizations: 84 },
};
export const QUICK_SIZES: FlatSizes = {
  few: { organizations: 5, tasks: TASKS, products: 0, largeOrganizations: 0 },
  middling: { organizations: 5, tasks: TASKS, products: 0, largeOrganizations: 1 },
  many: { organizations: 100, tasks: TASKS, products: 0, largeOrganizations: 2 },
};

/**
 * Builds them side by side in one PostgreSQL, those that are not there.
 *
 * @param progress told before and after each
 */
export async function buildFlatDatabases(
  postgres: DatabaseServer,
  sizes: FlatSizes,
  cleanup: Cleanup,
  progress: (message: string) => void,
): Promise<Record<FlatSize, FlatDatabase>> {
  const names = await namesIn(postgres);
  const build = async (size: FlatSize): Promise<FlatDatabase> => {
    const scale = sizes[size];
    const tasks = scale.organizations * scale.tasks + scale.largeOrganizations * LARGE_TASKS;
    const exists = names.has(size);
    let buildSeconds: number | null = null;
    if (!exists) {
      progress(`Building ${tasks.toLocaleString('en')} tasks …`);
      const began = performance.now();
      await postgres.copyMain(size, async (client) => {
        await buildData(client, scale);
      });
      buildSeconds = (performance.now() - began) / 1_000;
      progress(`… in ${buildSeconds.toFixed(0)} s`);
    }
    const database = beside(postgres.main, size);
    const client = await connect(database, cleanup);
    const data = await readData(client, scale);
    // Else what was built would be written to the disk while others are measured.
    await client.query('CHECKPOINT');
    return { size, database, data, tasks, bytes: await bytesOf(client), buildSeconds, client };
  };
  // One after the other: a database cannot be copied by two at a time.
  const few = await build('few');
  const middling = await build('middling');
  return { few, middling, many: await build('many') };
}

async function namesIn({ main }: DatabaseServer): Promise<Set<string>> {
  return withAdminConnection(main.adminUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'SELECT datname AS name FROM pg_database',
    );
    return new Set(rows.map(({ name }) => name));
  });
}

function beside({ appUrl, adminUrl }: Database, name: string): Database {
  const inDatabase = (url: string) => new URL(`/${name}`, url).href;
  return { name, appUrl: inDatabase(appUrl), adminUrl: inDatabase(adminUrl) };
}

async function connect({ adminUrl }: Database, cleanup: Cleanup): Promise<Client> {
  const client = new Client({ connectionString: adminUrl });
  // PostgreSQL may be stopped before the connection is closed; that is no news then.
  client.on('error', () => undefined);
  await client.connect();
  cleanup.add(() => client.end());
  return client;
}

async function bytesOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    "SELECT pg_total_relation_size('tasks') AS bytes",
  );
  return Number(rows[0]?.bytes);
}
