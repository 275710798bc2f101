import { types } from 'node:util';
import { RowhouseError } from '../shared/errors.js';
import { SealRefusedError } from '../tenancy/index.js';
import { databaseName, serverName } from './database-name.js';
import { isExpected } from './explain-failure.js';

/** What kept a database from being used. `message` is for the terminal: it says what to do. */
export class DatabaseFault extends Error {
  override readonly name = 'DatabaseFault';
}

const NOT_REACHED = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** What PostgreSQL answers, by SQLSTATE, to a role that may not, or about tables that are not there. */
const NOT_ALLOWED = '42501';
const NOT_MIGRATED = new Set(['42P01', '42883', '3F000']);

/**
 * Tells in words what went wrong with the database behind `url`.
 *
 * @returns `error` itself when the database has no part in it, or when it is in words already
 */
export function explainDatabaseFault(error: unknown, url: string): unknown {
  if (isExpected(error) && !(error instanceof RowhouseError)) return error;
  const { code = '', message } = innermost(error);
  const { username } = new URL(url);
  const role = decodeURIComponent(username);
  const words = (text: string) => new DatabaseFault(text, { cause: error });
  if (error instanceof SealRefusedError) return words(message);
  if (NOT_REACHED.has(code) || /^(timeout|Connection terminated)/.test(message)) {
    const server = serverName(url);
    return words(
      `PostgreSQL cannot be reached at ${server} (${code || message}). Is it running, and is the address right?`,
    );
  }
  if (/^28/.test(code)) {
    return words(
      `PostgreSQL at ${serverName(url)} does not let ${role} in: ${message}. Check the user and the password in the URL.`,
    );
  }
  if (code === '3D000') {
    return words(`There is no ${databaseName(url)}. Create it, or correct the name in the URL.`);
  }
  if (code === NOT_ALLOWED && message.includes('"tenant_seal"')) {
    return words(
      `The ${databaseName(url)} is sealed: set TENANT_SEAL_KEY to the key that the servers have.`,
    );
  }
  if (code === NOT_ALLOWED) {
    return words(
      `The role ${role} may not do this in ${databaseName(url)}: ${message}. Migrations need MIGRATION_DATABASE_URL with the role that owns the tables; the API and seeding need DATABASE_URL with rowhouse_app.`,
    );
  }
  if (NOT_MIGRATED.has(code)) {
    return words(
      `The ${databaseName(url)} is not migrated (${message}). Run "npm run db -- deploy" first.`,
    );
  }
  if (/^[0-9A-Z]{5}$/.test(code)) {
    return words(`PostgreSQL refused this in ${databaseName(url)}: ${message} (SQLSTATE ${code}).`);
  }
  return error;
}

/** The driver's own error, which others wrap as their `cause`; of several attempts, the last. */
function innermost(error: unknown): { code?: string; message: string } {
  if (!types.isNativeError(error)) return { message: String(error) };
  const { cause, errors, code } = error as { cause?: unknown; errors?: unknown[]; code?: unknown };
  const inner = errors?.at(-1) ?? cause;
  if (types.isNativeError(inner)) return innermost(inner);
  return { ...(typeof code === 'string' && { code }), message: error.message };
}
