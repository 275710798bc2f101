import { types } from 'node:util';
import pg from 'pg';
import { NOT_FOR_SHOPPERS, RowhouseError, unavailable } from '../shared/errors.js';

const DATABASE_BUSY = 'The database is busy at the moment. Try again shortly.';

/**
 * A statement that PostgreSQL refused. Never shown to a client: its message names tables and
 * constraints. A store catches the one it expects (`isUniqueViolation`); the rest becomes INTERNAL.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';

  /** @param sqlState five characters, https://www.postgresql.org/docs/current/errcodes-appendix.html */
  constructor(
    message: string,
    readonly sqlState: string | undefined,
    readonly constraint: string | undefined,
    options: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The connection went away under the statement, or could not be made. */
export class ConnectionLostError extends RowhouseError {
  constructor(cause: unknown) {
    super(
      'UNAVAILABLE',
      'The database cannot be reached at the moment. Try again shortly.',
      { retryable: true },
      { cause },
    );
  }
}

/**
 * The transaction and another one have waited for each other, and PostgreSQL has ended this one so that the other goes
 * on. Run again, it waits in turn.
 */
export class DeadlockError extends RowhouseError {
  constructor(cause: unknown) {
    super('UNAVAILABLE', DATABASE_BUSY, { retryable: true }, { cause });
  }
}

/** A resolver or loader used its handle after the answer had left. A fault of the server's code. */
export class HandleRevokedError extends Error {
  override readonly name = 'HandleRevokedError';

  constructor() {
    super(
      'This tenant transaction has ended. Await everything that uses it before the resolver returns.',
    );
  }
}

/** What a shopper has asked for is nothing that shoppers may see or do: the database itself refuses it. */
export class ShopperRefusedError extends RowhouseError {
  constructor(cause: unknown) {
    super('FORBIDDEN', NOT_FOR_SHOPPERS, { requires: 'staff' }, { cause });
  }
}

/** What PostgreSQL refuses to the role of shoppers is forbidden, and no fault of ours. */
export function refusedToShopper(fault: unknown): unknown {
  return fault instanceof DatabaseError && fault.sqlState === '42501'
    ? new ShopperRefusedError(fault)
    : fault;
}

/** Whether `error` is a duplicate under the named unique constraint or index. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  return (
    error instanceof DatabaseError && error.sqlState === '23505' && error.constraint === constraint
  );
}

/** Whether `error` is a reference to a row that is not there (or is another organization's). */
export function isForeignKeyViolation(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.sqlState === '23503';
}

/**
 * Carries a translated error through Prisma Client, which would wrap anything that has a `code`
 * and so lose what it was.
 */
export class StatementFailure extends Error {
  constructor(readonly failure: Error) {
    super(failure.message);
  }
}

/**
 * The one place where what the driver throws becomes an error of ours.
 *
 * @returns UNAVAILABLE for what may pass (connection, overload, time-out, deadlock), a
 *   `DatabaseError` for any other refusal by PostgreSQL; what comes from elsewhere comes back as is
 */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof StatementFailure) return error.failure;
  if (!types.isNativeError(error) || error instanceof RowhouseError) return error;
  if (isConnectionFault(error)) return new ConnectionLostError(error);
  if (error.message === POOL_WAIT_OVER) {
    return unavailable('All connections to the database are in use. Try again shortly.', error);
  }
  if (!(error instanceof pg.DatabaseError)) return error;
  const { code: sqlState = '' } = error;
  if (sqlState === '57014') {
    return unavailable('The database took longer over this than it may. Ask for less.', error);
  }
  if (sqlState === '40P01') return new DeadlockError(error);
  // Overload, lock time-outs, serialization failures.
  if (/^(53|55P03|40001)/.test(sqlState)) return unavailable(DATABASE_BUSY, error);
  return new DatabaseError(error.message, sqlState, error.constraint, { cause: error });
}

/** Whether a statement or the connection failed, as opposed to the code around it. */
export function isDatabaseFailure(error: unknown): error is Error {
  return (
    error instanceof DatabaseError ||
    error instanceof ShopperRefusedError ||
    (error instanceof RowhouseError && error.code === 'UNAVAILABLE')
  );
}

/** pg-pool's only sign that `connectionTimeoutMillis` passed while waiting for a free connection. */
const POOL_WAIT_OVER = 'timeout exceeded when trying to connect';

/** What node-postgres says, in words only, when the socket is gone. */
const CONNECTION_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout|Cannot use a pool after)/;

const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

function isConnectionFault(error: Error): boolean {
  const { code } = error as { code?: unknown };
  if (error instanceof pg.DatabaseError) {
    // 08: connection exception; 57P01..57P05: shutting down, crashed, starting up, database dropped,
    // idle session; 25P03, 25P04: the server ended an idle or over-long transaction's session.
    return /^(08|57P0|25P03|25P04)/.test(error.code ?? '');
  }
  return SOCKET_CODES.has(code as string) || CONNECTION_MESSAGES.test(error.message);
}
