import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Asker } from './ask.ts';
import type { Contestant } from './checks.ts';
import type { Cleanup } from './cleanup.ts';
import { buildData } from './data.ts';
import { DatabaseServer } from './database.ts';
import { type Field, prepareFields } from './fields.ts';
import type { Options } from './options.ts';
import { findPlaces } from './places.ts';
import { withAdminConnection } from './product.ts';
import { RunningServer } from './running-server.ts';
import type { ServerUnderTest } from './server-under-test.ts';

/** A server that runs, and everything that it can be asked for. */
export interface Contender extends Contestant {
  readonly running: RunningServer;
}

export interface Arena {
  readonly contenders: readonly Contender[];
  readonly postgresVersion: string;
}

/**
 * Builds the data and starts the servers over it.
 *
 * @param cleanup gets whatever ends them, from the moment there is something to end
 * @param progress told, in words for a person, before each step that takes time
 */
export async function prepareArena(
  options: Options,
  cleanup: Cleanup,
  progress: (message: string) => void,
): Promise<Arena> {
  const { organizations, tasks, largeOrganizations } = options.scale;
  progress('Starting PostgreSQL …');
  const postgres = await startPostgres(cleanup);
  await postgres.migrate();
  progress(
    `Building ${organizations} organizations of ${tasks} tasks, and ${largeOrganizations} large …`,
  );
  const data = await withAdminConnection(postgres.main.adminUrl, (client) =>
    buildData(client, options.scale),
  );
  const fields = await prepareFields(postgres, data, options, cleanup);
  const contenders: Contender[] = [];
  for (const [server, field] of fields) {
    progress(`Starting ${server.name} …`);
    contenders.push(await startContender(server, field, options, cleanup));
  }
  return { contenders, postgresVersion: postgres.version };
}

async function startPostgres(cleanup: Cleanup): Promise<DatabaseServer> {
  const directory = await mkdtemp(join(tmpdir(), 'rowhouse-bench-'));
  cleanup.add(() => rm(directory, { recursive: true, force: true }));
  const starting = DatabaseServer.start(directory);
  cleanup.add(async () => (await starting).stop());
  return starting;
}

async function startContender(
  server: ServerUnderTest,
  { database, data, tasks, shoppers, client }: Field,
  { poolSize, profile, out }: Options,
  cleanup: Cleanup,
): Promise<Contender> {
  const nodeArgs = profile
    ? ['--cpu-prof', `--cpu-prof-dir=${out}`, `--cpu-prof-name=${server.name}.cpuprofile`]
    : [];
  const running = await RunningServer.start(server, { database, poolSize, nodeArgs }, (started) =>
    cleanup.add(() => started.stop()),
  );
  const asker = new Asker(running);
  cleanup.add(() => asker.close());
  const places = await findPlaces(asker, data);
  return { running, asker, client, ground: { data, tasks, shoppers, places } };
}
