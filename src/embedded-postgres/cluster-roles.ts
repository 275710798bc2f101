import type { Client } from 'pg';

/** Passwords of the roles that sign in; the others do not. */
export interface RolePasswords {
  owner: string;
  app: string;
  backup: string;
}

const PLAIN = 'NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION';

/**
 * Creates the roles that a cluster needs before anything can be migrated into it, or brings existing
 * ones back to these attributes and passwords. Roles are cluster-wide; any number of runs end alike.
 *
 * - `rowhouse_owner` owns and migrates; CREATEDB for the shadow databases of `prisma migrate dev`
 * - `rowhouse_app` serves requests and cannot leave row-level security
 * - `rowhouse_shopper` is what `rowhouse_app` becomes for customers and guests; nothing of it is inherited,
 *   as its policies would be joined by OR to those of `rowhouse_app`
 * - `rowhouse_backup` dumps, therefore sees every organization
 * - `rowhouse_directory` owns the few functions that look across organizations; the owner may hand
 *   functions to it, hence the membership
 *
 * @param client a superuser's connection
 */
export async function prepareRoles(client: Client, passwords: RolePasswords): Promise<void> {
  await client.query('BEGIN');
  // Two runs at once would fail with "tuple concurrently updated".
  await client.query("SELECT pg_advisory_xact_lock(hashtext('rowhouse cluster roles'))");
  await prepareRole(client, 'rowhouse_owner', `LOGIN CREATEDB ${PLAIN}`, passwords.owner);
  await prepareRole(client, 'rowhouse_app', `LOGIN NOCREATEDB ${PLAIN}`, passwords.app);
  await prepareRole(
    client,
    'rowhouse_backup',
    'LOGIN BYPASSRLS NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION',
    passwords.backup,
  );
  await prepareRole(client, 'rowhouse_directory', `NOLOGIN NOCREATEDB ${PLAIN}`);
  await prepareRole(client, 'rowhouse_shopper', `NOLOGIN NOCREATEDB ${PLAIN}`);
  await client.query('GRANT rowhouse_directory TO rowhouse_owner');
  await client.query(await membershipOfShopper(client));
  await client.query('COMMIT');
}

/**
 * Closes the large-object functions of the connected database to everybody but superusers: large objects
 * know no row-level security. Migrations cannot do it, as those functions belong to a superuser.
 *
 * @param client a superuser's connection
 */
export async function restrictLargeObjects(client: Client): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', oid::regprocedure) AS statement
       FROM pg_proc
      WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^(lo_.+|loread|lowrite)$'`,
  );
  await client.query(rows.map(({ statement }) => statement).join('; '));
}

/** Before PostgreSQL 16 it is the member that inherits, or does not, whatever it is a member of. */
async function membershipOfShopper(client: Client): Promise<string> {
  const { rows } = await client.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::int AS version",
  );
  return (rows[0]?.version ?? 0) >= 160_000
    ? 'GRANT rowhouse_shopper TO rowhouse_app WITH INHERIT FALSE, SET TRUE'
    : 'ALTER ROLE rowhouse_app NOINHERIT; GRANT rowhouse_shopper TO rowhouse_app';
}

async function prepareRole(
  client: Client,
  name: string,
  attributes: string,
  password?: string,
): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  const secret = password === undefined ? '' : ` PASSWORD ${client.escapeLiteral(password)}`;
  await client.query(`${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${name} ${attributes}${secret}`);
}
