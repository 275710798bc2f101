import pg from 'pg';
import { EngineError } from './engine-error.mjs';
import { log } from './log.mjs';
import { MigrationConnection } from './migration-connection.mjs';

/** What two deployments see that create the same database at the same moment. */
const ALREADY_EXISTS = ['42P04', '23505'];

/** Databases to connect to in order to create another one; `defaultdb` is DigitalOcean's. */
const ADMINISTRATION_DATABASES = ['postgres', 'template1', 'defaultdb'];

const COMMANDS = new Map([
  ['can-connect-to-database', canConnect],
  ['create-database', createDatabase],
]);

/**
 * Runs `schema-engine cli …` and returns its exit code.
 *
 * @param {string | undefined} name
 * @param {import('./postgres-adapter.mjs').DatasourceUrls} urls
 */
export async function runDatabaseCommand(name, { url }) {
  // The CLI skips the first line of stderr when it looks for the error.
  log('INFO', 'Starting schema engine CLI');
  try {
    const command = COMMANDS.get(name ?? '');
    if (!command) throw new EngineError(`Unknown command: ${name}`);
    if (!url) throw new EngineError('This command needs a database: set DATABASE_URL.');
    await command(url);
    return 0;
  } catch (cause) {
    const error = /** @type {EngineError} */ (cause);
    log('ERROR', error.message, { is_panic: false, error_code: error.code ?? '' });
    return 1;
  }
}

/** @param {string} url */
async function canConnect(url) {
  const connection = new MigrationConnection(url);
  try {
    await connection.ensureConnected();
  } finally {
    await connection.end();
  }
}

/** @param {string} url */
async function createDatabase(url) {
  const name = pg.escapeIdentifier(decodeURIComponent(new URL(url).pathname.slice(1)));
  const connection = await connectForAdministration(url);
  try {
    await connection.query(`CREATE DATABASE ${name}`);
  } catch (cause) {
    const { code = '', message } = /** @type {import('pg').DatabaseError} */ (cause);
    if (ALREADY_EXISTS.includes(code)) return;
    throw new EngineError(`Could not create the database ${name}: ${message}`, 'P3000');
  } finally {
    await connection.end();
  }
}

/** @param {string} url */
async function connectForAdministration(url) {
  /** @type {unknown} */
  let failure;
  for (const database of ADMINISTRATION_DATABASES) {
    const candidate = new URL(url);
    candidate.pathname = `/${database}`;
    candidate.searchParams.delete('schema');
    const connection = new MigrationConnection(candidate.href);
    try {
      await connection.ensureConnected();
      return connection;
    } catch (cause) {
      await connection.end();
      failure = cause;
      // Only where this database is missing or closed to the role may another one do.
      const { code } = /** @type {EngineError} */ (cause);
      if (code !== 'P1003' && code !== 'P1010') break;
    }
  }
  throw failure;
}
