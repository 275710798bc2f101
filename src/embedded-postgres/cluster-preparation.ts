import type { Client } from 'pg';
import { withAdminConnection } from '../tenancy/admin-connection.js';
import { prepareRoles, restrictLargeObjects } from './cluster-roles.js';
import { DATABASE, inDatabase, passwordIn, type ServerState } from './state-file.js';

/**
 * Creates the roles and the database `rowhouse` in a server that does not have them all.
 *
 * @returns the server's version
 */
export async function prepareCluster(state: ServerState, onPreparing: () => void): Promise<string> {
  const { version, prepared } = await withAdminConnection(state.superuserUrl, async (client) => {
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return { version: rows[0]?.server_version ?? '', prepared: await isPrepared(client) };
  });
  if (prepared) return version;
  onPreparing();
  // In template1, so that each database made later has it, the shadow databases of Prisma included.
  await withAdminConnection(inDatabase(state.superuserUrl, 'template1'), restrictLargeObjects);
  await withAdminConnection(state.superuserUrl, async (client) => {
    await prepareRoles(client, {
      owner: passwordIn(state.ownerUrl),
      app: passwordIn(state.appUrl),
      backup: passwordIn(state.backupUrl),
    });
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found.rowCount === 0) {
      await client.query(`CREATE DATABASE ${DATABASE} OWNER rowhouse_owner`);
    }
  });
  return version;
}

async function isPrepared(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ prepared: boolean }>(
    `SELECT exists (SELECT FROM pg_database WHERE datname = $1)
        AND (SELECT count(*) = 5 FROM pg_roles WHERE rolname IN
              ('rowhouse_owner', 'rowhouse_app', 'rowhouse_shopper', 'rowhouse_backup',
               'rowhouse_directory'))
        AS prepared`,
    [DATABASE],
  );
  return rows[0]?.prepared === true;
}
