import { DatabaseError, isDatabaseFailure } from './database-error.js';

/** in_failed_sql_transaction, and what a prepared statement answers whose parse was skipped by it. */
const AFTERMATH = new Set(['25P02', '26000']);

/**
 * What went wrong first in a transaction since its last savepoint. PostgreSQL answers whatever comes behind it with
 * nothing but that the transaction is aborted; siblings get this instead.
 */
export class FirstFailure {
  #error: Error | undefined;

  get error(): Error | undefined {
    return this.#error;
  }

  /** @returns what to throw */
  note(error: unknown): unknown {
    if (!isDatabaseFailure(error)) return error;
    if (error instanceof DatabaseError && AFTERMATH.has(error.sqlState ?? '') && this.#error) {
      return this.#error;
    }
    this.#error ??= error;
    return error;
  }

  /** What has failed was undone. */
  forget(): void {
    this.#error = undefined;
  }
}
