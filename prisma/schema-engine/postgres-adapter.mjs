import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import { EngineError } from './engine-error.mjs';
import { MigrationConnection } from './migration-connection.mjs';

/**
 * @typedef {import('@prisma/driver-adapter-utils').SqlDriverAdapter} Adapter
 * @typedef {{ url?: string, shadowDatabaseUrl?: string }} DatasourceUrls
 */

/**
 * Gives the engine its connections: to the database and, for `migrate dev` and `migrate diff`, to an
 * empty shadow database in which it replays the migrations.
 *
 * @implements {import('@prisma/driver-adapter-utils').SqlMigrationAwareDriverAdapterFactory}
 */
export class PostgresAdapterFactory {
  provider = /** @type {const} */ ('postgres');
  adapterName = '@prisma/adapter-pg';

  /**
   * @param {MigrationConnection | undefined} connection undefined for a comparison that needs no database
   * @param {DatasourceUrls} urls
   */
  constructor(connection, urls) {
    this.connection = connection;
    this.urls = urls;
  }

  /** @returns {Promise<Adapter>} */
  async connect() {
    return this.connection ? adapt(this.connection) : offlineAdapter();
  }

  /** @returns {Promise<Adapter>} */
  async connectToShadowDb() {
    const { url, shadowDatabaseUrl } = this.urls;
    if (shadowDatabaseUrl) return connectToGivenShadowDatabase(shadowDatabaseUrl, url);
    if (url) return createShadowDatabase(url);
    throw new EngineError(
      'Replaying migrations needs a database: set DATABASE_URL or SHADOW_DATABASE_URL.',
    );
  }
}

/**
 * @param {MigrationConnection} connection
 * @returns {Promise<Adapter>}
 */
async function adapt(connection) {
  const factory = new PrismaPg(connection, {
    schema: connection.target.schema,
    disposeExternalPool: true,
  });
  const adapter = await factory.connect();
  // The engine reads "char" columns of the catalog (kinds of constraints) and takes a text for a fault.
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const index of connection.charColumns(result.rows)) {
      result.columnTypes[index] = ColumnTypeEnum.Character;
    }
    return result;
  };
  // The adapter's own splits at every semicolon and so breaks function bodies.
  adapter.executeScript = (script) => connection.executeScript(script);
  return adapter;
}

/** @param {string} url */
async function createShadowDatabase(url) {
  const database = `prisma_migrate_shadow_db_${randomUUID()}`;
  const administration = new MigrationConnection(url);
  await administration.ensureConnected();
  try {
    await administration.query(`CREATE DATABASE "${database}"`);
  } catch (cause) {
    await administration.end();
    throw new EngineError(
      `Prisma Migrate could not create the shadow database: ${/** @type {Error} */ (cause).message}. Give the role CREATEDB, or set SHADOW_DATABASE_URL to an empty database that it owns.`,
      'P3014',
    );
  }

  const shadowUrl = new URL(url);
  shadowUrl.pathname = `/${database}`;
  const shadow = await adapt(new MigrationConnection(shadowUrl.href));
  const disconnect = shadow.dispose.bind(shadow);
  shadow.dispose = async () => {
    await disconnect();
    await administration.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
    await administration.end();
  };
  return shadow;
}

/**
 * @param {string} shadowUrl
 * @param {string | undefined} url
 */
async function connectToGivenShadowDatabase(shadowUrl, url) {
  const shadow = new MigrationConnection(shadowUrl);
  await shadow.ensureConnected();
  if (url && (await databaseIdentity(shadow)) === (await databaseIdentityAt(url))) {
    await shadow.end();
    throw new EngineError(
      'SHADOW_DATABASE_URL leads to the same database as the database URL. The shadow database is emptied on every use: name another one.',
    );
  }
  await dropAllSchemas(shadow);
  return adapt(shadow);
}

/**
 * Tells databases apart by what the server says, since two URLs can lead to the same one.
 *
 * @param {MigrationConnection} connection
 * @returns {Promise<string>}
 */
async function databaseIdentity(connection) {
  const { rows } = await connection.query(
    `SELECT current_database() || ' ' || extract(epoch FROM pg_postmaster_start_time()) AS identity`,
  );
  return rows[0].identity;
}

/** @param {string} url */
async function databaseIdentityAt(url) {
  const connection = new MigrationConnection(url);
  try {
    await connection.ensureConnected();
    return await databaseIdentity(connection);
  } finally {
    await connection.end();
  }
}

/** @param {MigrationConnection} connection */
async function dropAllSchemas(connection) {
  const { rows } = await connection.query(
    `SELECT quote_ident(nspname) AS name FROM pg_namespace
     WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'`,
  );
  for (const { name } of rows) await connection.query(`DROP SCHEMA ${name} CASCADE`);
  await connection.query('CREATE SCHEMA public');
}

/**
 * Enough of a database for the engine to start: it asks one question, for the schema and the version.
 *
 * @returns {Adapter}
 */
function offlineAdapter() {
  const refuse = async () => {
    throw new EngineError('This command needs a database: set DATABASE_URL.');
  };
  return {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    queryRaw: async () => ({
      columnNames: ['exists', 'version', 'numeric_version'],
      columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
      rows: [[true, 'PostgreSQL 18.0', 180000]],
    }),
    executeRaw: refuse,
    executeScript: refuse,
    startTransaction: refuse,
    dispose: async () => {},
  };
}
