import { outcomeUnknown } from '../shared/errors.js';
import type { AnyStatement } from '../shared/statements/index.js';
import type { Connection, ConnectionPool } from './connection-pool.js';
import { ConnectionLostError, DatabaseError, translateDatabaseError } from './database-error.js';
import type { FirstFailure } from './first-failure.js';
import { sendTogether } from './write-batch.js';

/**
 * A statement is prepared once for each role: its plan has the policies of one, and would be made anew whenever the
 * other comes.
 */
const SHOPPERS_PREFIX = 'shopper.';

/** A pooled connection while a transaction has it: how its statements are sent, and how it is ended and given back. */
export class TransactionConnection {
  readonly #pool: ConnectionPool;
  readonly #failure: FirstFailure;
  /** The COMMIT that was sent along with the last statements of a read. */
  #end: Promise<{ command: string }> | undefined;

  /** @param failure where the failure of what nobody waits for is noted */
  constructor(
    pool: ConnectionPool,
    readonly pooled: Connection,
    failure: FirstFailure,
  ) {
    this.#pool = pool;
    this.#failure = failure;
  }

  /** @param asShopper who is asked about; what goes along with the beginning is not a shopper's */
  query(statement: AnyStatement<unknown>, asShopper: boolean) {
    const values = statement.parameters as unknown[];
    const text = statement.sql;
    const known = 'name' in statement ? statement.name : this.#pool.statementNames.nameOf(text);
    const name = known && asShopper ? SHOPPERS_PREFIX + known : known;
    const { client } = this.pooled;
    return client.query(name === undefined ? { text, values } : { name, text, values });
  }

  /** Sends what nobody waits for. */
  send<Row extends object>(text: string): Promise<{ rows: Row[] }> {
    return this.noted(this.pooled.client.query<Row>(text));
  }

  /** The same for statements, none of which is a shopper's. */
  sendAlong(statements: readonly AnyStatement<unknown>[]) {
    return statements.map((each) => this.noted(this.query(each, false)));
  }

  /** For what nobody waits for: its failure is that of the statements behind it. */
  noted<Sent>(sent: Promise<Sent>): Promise<Sent> {
    sent.catch((error) => this.#failure.note(translateDatabaseError(error)));
    return sent;
  }

  /** Sends COMMIT before it is time to give the connection back; nothing may be sent behind it. */
  end(): void {
    this.#end = this.pooled.client.query('COMMIT');
    // Whoever closes looks at it; there may be nobody.
    this.#end.catch(() => undefined);
  }

  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /**
   * Ends a read without waiting for the answer. Whoever gets the connection next sends behind the COMMIT; if that
   * is lost, then so is the connection, which the next transaction notices like any other loss.
   */
  closeUnheard(): void {
    const { client } = this.pooled;
    if (!this.#end) {
      sendTogether(client);
      client.query('COMMIT').catch(() => undefined);
    }
    this.#pool.releaseSoonIdle(this.pooled);
  }

  /** @throws UNAVAILABLE when nobody knows whether a COMMIT was carried out */
  async close(command: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    try {
      // What has been ended already needs no second end, whatever that would be.
      const ending = this.#end ?? this.pooled.client.query(command);
      const { command: done } = await ending;
      this.#pool.release(this.pooled);
      if (this.#end) return;
      // PostgreSQL answers COMMIT of a failed transaction with the tag ROLLBACK, not with an error.
      if (done !== command) {
        throw (
          this.#failure.error ??
          new DatabaseError('COMMIT was rolled back', undefined, undefined, {})
        );
      }
    } catch (error) {
      const fault = translateDatabaseError(error);
      if (fault !== error) this.#pool.discard(this.pooled);
      if (command === 'COMMIT' && fault instanceof ConnectionLostError) {
        throw outcomeUnknown(error);
      }
      throw fault;
    }
  }

  /** For one that was lost. */
  discard(): void {
    this.#pool.discard(this.pooled);
  }
}
