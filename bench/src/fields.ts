import { Client } from 'pg';
import type { Cleanup } from './cleanup.ts';
import type { Data } from './data.ts';
import type { Database, DatabaseServer } from './database.ts';
import { KnownTasks } from './known-tasks.ts';
import type { Options } from './options.ts';
import type { ServerUnderTest } from './server-under-test.ts';
import { Shoppers } from './shoppers.ts';

/** A database and what is known of it. */
export interface Field {
  readonly database: Database;
  readonly data: Data;
  readonly tasks: KnownTasks;
  readonly shoppers: Shoppers;
  /** A superuser's. */
  readonly client: Client;
}

/** One for each server; the same one for all that need no copy. */
export type Fields = ReadonlyMap<ServerUnderTest, Field>;

/** Makes the copies that servers want, and looks around in each database. */
export async function prepareFields(
  postgres: DatabaseServer,
  data: Data,
  { servers, connections }: Options,
  cleanup: Cleanup,
): Promise<Fields> {
  const databases = new Map<ServerUnderTest, Database>();
  // All copies first: a database that somebody is connected to cannot be copied.
  for (const server of servers) {
    const { name, changeCopy } = server;
    const copy = changeCopy && (await postgres.copyMain(name.replaceAll('-', '_'), changeCopy));
    databases.set(server, copy ?? postgres.main);
  }
  const known = new Map<string, Field>();
  const fields = new Map<ServerUnderTest, Field>();
  for (const [server, database] of databases) {
    const field = known.get(database.name) ?? (await explore(database, data, connections, cleanup));
    known.set(database.name, field);
    fields.set(server, field);
  }
  return fields;
}

async function explore(
  database: Database,
  data: Data,
  connections: number,
  cleanup: Cleanup,
): Promise<Field> {
  const client = new Client({ connectionString: database.adminUrl });
  // PostgreSQL may be stopped before the connection is closed; that is no news then.
  client.on('error', () => undefined);
  await client.connect();
  cleanup.add(() => client.end());
  const shoppers = new Shoppers(data, connections);
  return {
    database,
    data,
    client,
    shoppers,
    tasks: await KnownTasks.of(client, data, connections),
  };
}
