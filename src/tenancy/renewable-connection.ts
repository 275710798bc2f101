import { backoff } from '../shared/backoff.js';
import type { ActingRole } from './acting-role.js';
import type { ConnectionPool } from './connection-pool.js';
import { ConnectionLostError, translateDatabaseError } from './database-error.js';
import { FirstFailure } from './first-failure.js';
import { EndedEarlyError, type Rounds } from './rounds.js';
import type { Savepoints } from './savepoints.js';
import type { TransactionBeginning } from './transaction-beginning.js';
import { TransactionConnection } from './transaction-connection.js';
import { sendTogether } from './write-batch.js';

const CONNECTION_ATTEMPTS = 4;
const FIRST_RETRY_WAIT_MS = 50;

/**
 * The connection of one transaction. It is taken, and the transaction begun, with the first statement; until a statement
 * has been answered another one may take its place.
 */
export class RenewableConnection {
  readonly #pool: ConnectionPool;
  readonly #beginning: TransactionBeginning;
  readonly #savepoints: Savepoints;
  readonly #role: ActingRole;
  readonly #rounds: Rounds;
  #opening: Promise<TransactionConnection> | undefined;
  /** The same once it is there. */
  #current: TransactionConnection | undefined;
  /** Resolves when the transaction and its context stand. */
  #begun: Promise<unknown> | undefined;
  /** Whether a statement of this transaction has been answered: from then on nothing is retried. */
  #answered = false;
  /** Of the connection that it has: one that was given up has no say in it any more. */
  #failure = new FirstFailure();
  #isWrongAboutEnd = false;

  /** What is put before each statement, and begins anew with a new connection, is the transaction's. */
  constructor(
    pool: ConnectionPool,
    beginning: TransactionBeginning,
    savepoints: Savepoints,
    role: ActingRole,
    rounds: Rounds,
  ) {
    this.#pool = pool;
    this.#beginning = beginning;
    this.#savepoints = savepoints;
    this.#role = role;
    this.#rounds = rounds;
  }

  /** Whether a statement has asked for it. */
  get isWanted(): boolean {
    return this.#opening !== undefined;
  }

  /** Undefined until it is there. */
  get current(): TransactionConnection | undefined {
    return this.#current;
  }

  get failure(): FirstFailure {
    return this.#failure;
  }

  /** Whether a statement came when the read had been ended, so that what the work found is incomplete. */
  get isWrongAboutEnd(): boolean {
    return this.#isWrongAboutEnd;
  }

  /** Gives the connection on which the transaction is begun. */
  open(): Promise<TransactionConnection> {
    this.#opening ??= this.#begin();
    return this.#opening;
  }

  /**
   * Does `work` on it. A pooled connection may have died while nobody looked (a restart, a failover). As long as no
   * statement was answered nothing can have happened, so the whole beginning is tried again; not
   * after a database that says nothing has used up the patience that a request has.
   */
  async attempt<T>(work: (connection: TransactionConnection) => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#pool.settings.waitLimitMs;
    for (let attempt = 0; ; attempt++) {
      const opening = this.open();
      try {
        const connection = await opening;
        this.#joinRound(connection);
        this.#sendDue(connection, this.#savepoints.take());
        this.#sendDue(connection, this.#role.take());
        const result = await work(connection);
        // Without its transaction a statement has seen no row; its answer means nothing then.
        if (!this.#answered) await this.#begun;
        this.#answered = true;
        return result;
      } catch (error) {
        // A statement that fails where the precondition does not hold tells nothing of how it fails.
        if (!this.#answered) await this.#begun?.catch(() => undefined);
        if (this.#beginning.refusal) throw this.#beginning.refusal;
        const lost = translateDatabaseError(error) instanceof ConnectionLostError;
        // A statement beside it may have begun anew already, and been answered there.
        const isOver = this.#answered && this.#opening === opening;
        if (!lost || isOver || attempt + 1 >= CONNECTION_ATTEMPTS) throw error;
        if (performance.now() >= deadline) throw error;
        await this.#abandon(opening);
        await backoff(attempt, FIRST_RETRY_WAIT_MS);
      }
    }
  }

  close(command: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    if (this.#current) return this.#current.close(command);
    // There is none because there could not be one; that is what is to be said.
    return this.open().then(
      (connection) => connection.close(command),
      (error) => {
        throw translateDatabaseError(error);
      },
    );
  }

  async #begin(): Promise<TransactionConnection> {
    const pooled = await this.#pool.acquire();
    const connection = new TransactionConnection(this.#pool, pooled, this.#failure);
    this.#current = connection;
    this.#begun = this.#beginning.send(connection);
    return connection;
  }

  /** @throws EndedEarlyError when COMMIT has been sent already */
  #joinRound(connection: TransactionConnection): void {
    if (this.#current?.isEnded) {
      this.#isWrongAboutEnd = true;
      throw new EndedEarlyError();
    }
    this.#rounds.join();
    sendTogether(connection.pooled.client, () => {
      if (this.#current === connection && this.#rounds.leave()) connection.end();
    });
  }

  /** @param commands that were planned to be sent before the next statement */
  #sendDue(connection: TransactionConnection, commands: string | undefined): void {
    if (commands !== undefined) void connection.send(commands);
  }

  /** Forgets a dead connection, once, however many statements it took down with it. */
  async #abandon(opening: Promise<TransactionConnection>): Promise<void> {
    if (this.#opening !== opening) return;
    this.#opening = undefined;
    this.#current = undefined;
    this.#failure = new FirstFailure();
    this.#savepoints.beginAnew();
    this.#role.beginAnew();
    this.#rounds.beginAnew();
    await opening.then(
      (connection) => connection.discard(),
      () => undefined,
    );
  }
}
