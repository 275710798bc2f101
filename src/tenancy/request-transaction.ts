import { backoff } from '../shared/backoff.js';
import type { AnyStatement } from '../shared/statements/index.js';
import { ActingRole, OtherRoleError } from './acting-role.js';
import type { ConnectionPool } from './connection-pool.js';
import {
  ConnectionLostError,
  HandleRevokedError,
  refusedToShopper,
  translateDatabaseError,
} from './database-error.js';
import { FirstFailure } from './first-failure.js';
import type { PrismaClient } from './generated/prisma/client.js';
import { EndedEarlyError, Rounds } from './rounds.js';
import { Savepoints } from './savepoints.js';
import { assertTenant, type Tenant } from './tenant.js';
import { tenantPrisma } from './tenant-prisma.js';
import type { Access, TenantTransaction } from './tenant-transaction.js';
import { TransactionBeginning, type TransactionTerms } from './transaction-beginning.js';
import { TransactionConnection } from './transaction-connection.js';
import { sendTogether } from './write-batch.js';

const CONNECTION_ATTEMPTS = 4;
const FIRST_RETRY_WAIT_MS = 50;

export interface TransactionOptions extends TransactionTerms {
  /** Of a read that is not recorded: the round behind which it is expected to end. */
  readonly lastRound?: number | undefined;
}

/**
 * The transaction behind a `TenantTransaction`. `withTenant` is the only caller of `commit` and
 * `rollback`.
 */
export class RequestTransaction implements TenantTransaction {
  readonly #pool: ConnectionPool;
  readonly #beginning: TransactionBeginning;
  #connection: Promise<TransactionConnection> | undefined;
  /** The same once it is there. */
  #current: TransactionConnection | undefined;
  /** Resolves when the transaction and its context stand. */
  #begun: Promise<unknown> | undefined;
  /** By whether it sends for a shopper. */
  #prisma: Map<boolean, PrismaClient> | undefined;

  #revoked = false;
  #inFlight = 0;
  #idleWaiters: (() => void)[] = [];

  /** Whether a statement of this transaction has been answered: from then on nothing is retried. */
  #answered = false;
  /** Of the connection that it has: one that was given up has no say in it any more. */
  #failure = new FirstFailure();
  /** Whether there is nothing left that a COMMIT could keep. */
  #doomed = false;
  readonly #savepoints = new Savepoints();
  readonly #rounds: Rounds;
  readonly #role: ActingRole;
  #isWrongAboutEnd = false;
  #whenCommitted: (() => void)[] | undefined;
  #isInUnit = false;

  constructor(
    pool: ConnectionPool,
    readonly tenant: Tenant,
    readonly access: Access,
    options: TransactionOptions = {},
  ) {
    this.#pool = pool;
    this.#beginning = new TransactionBeginning(tenant, access, options);
    this.#rounds = new Rounds(access === 'read' ? options.lastRound : undefined);
    this.#role = new ActingRole(tenant.isShopper === true);
    assertTenant(tenant);
  }

  /** How many rounds of statements were sent. */
  get rounds(): number {
    return this.#rounds.count;
  }

  /** Whether a statement came when the read had been ended, so that what the work found is incomplete. */
  get isWrongAboutEnd(): boolean {
    return this.#isWrongAboutEnd;
  }

  get prisma(): PrismaClient {
    // It sends when it has thought about it.
    this.#rounds.expectNothing();
    const asShopper = this.#role.isShopper;
    this.#prisma ??= new Map();
    let prisma = this.#prisma.get(asShopper);
    if (!prisma) {
      // And by then it may be somebody else's turn.
      prisma = tenantPrisma(this.tenant, async (work) => {
        if (this.#role.isShopper !== asShopper) throw new OtherRoleError();
        return this.#run(({ pooled }) => work(pooled.prisma));
      });
      this.#prisma.set(asShopper, prisma);
    }
    return prisma;
  }

  async execute<Row>(statement: AnyStatement<Row>): Promise<Row[]> {
    const asShopper = this.#role.isShopper;
    const result = await this.#run((connection) => connection.query(statement, asShopper));
    return result.rows as Row[];
  }

  async unit<T>(work: () => Promise<T>, { alone }: { alone: boolean }): Promise<T> {
    if (this.access === 'read') return work();
    await this.#endReads();
    if (!alone) this.#savepoints.plan('unit');
    this.#isInUnit = true;
    try {
      const result = await work();
      await this.#idle();
      this.#savepoints.release('unit');
      this.#savepoints.plan('reads');
      return result;
    } catch (error) {
      await this.#idle();
      await this.#undoUnit();
      throw error;
    } finally {
      this.#isInUnit = false;
    }
  }

  async asOrganization<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#role.isShopper) return work();
    if (!this.#isInUnit) {
      throw new TypeError(
        'Only the unit of a mutation acts as the organization: nothing runs beside it.',
      );
    }
    this.#role.leaveShopper();
    await this.#idle();
    this.#role.beginTurn();
    try {
      return await work();
    } finally {
      await this.#idle();
      this.#giveBackRole();
    }
  }

  /**
   * Sent at once, so that no savepoint is ever set in the role of the organization: whatever is undone ends in the
   * shopper's. Where a statement has failed this fails as well, and nothing but undoing is answered before that.
   */
  #giveBackRole(): void {
    const command = this.#role.endTurn();
    const connection = this.#current;
    if (command === undefined || !connection) return;
    sendTogether(connection.pooled.client);
    void connection.send(command);
  }

  afterCommit(callback: () => void): void {
    this.#whenCommitted ??= [];
    this.#whenCommitted.push(callback);
  }

  /** Makes everything durable; resolves once PostgreSQL has said so. */
  async commit(): Promise<void> {
    await this.#revoke();
    if (!this.#connection) return;
    if (this.#failure.error) await this.#endReads();
    const { recording } = this.#beginning.terms;
    const isRead = this.access === 'read';
    if (isRead && !recording && !this.#failure.error && this.#current) {
      return this.#current.closeUnheard();
    }
    const obstacle = this.#beginning.refusal ?? this.#failure.error;
    // A read has nothing to lose, and the field that failed has said so; so has a doomed unit.
    const isInVain = this.#doomed || (isRead && (!recording || obstacle !== undefined));
    if (isInVain) return this.#closeQuietly('ROLLBACK');
    if (obstacle) {
      await this.#closeQuietly('ROLLBACK');
      throw obstacle;
    }
    await this.#close('COMMIT');
    recording?.kept();
    for (const callback of this.#whenCommitted ?? []) callback();
  }

  async rollback(): Promise<void> {
    await this.#revoke();
    if (this.#connection) await this.#closeQuietly('ROLLBACK');
  }

  async #run<T>(work: (connection: TransactionConnection) => Promise<T>): Promise<T> {
    if (this.#revoked) throw new HandleRevokedError();
    if (this.#beginning.refusal) throw this.#beginning.refusal;
    this.#inFlight++;
    const asShopper = this.#role.isShopper;
    try {
      return await this.#attempt(work);
    } catch (error) {
      const fault = translateDatabaseError(error);
      throw this.#failure.note(asShopper ? refusedToShopper(fault) : fault);
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) for (const resume of this.#idleWaiters.splice(0)) resume();
    }
  }

  /**
   * A pooled connection may have died while nobody looked (a restart, a failover). As long as no
   * statement was answered nothing can have happened, so the whole beginning is tried again; not
   * after a database that says nothing has used up the patience that a request has.
   */
  async #attempt<T>(work: (connection: TransactionConnection) => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#pool.settings.waitLimitMs;
    for (let attempt = 0; ; attempt++) {
      const opening = this.#open();
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
        const isOver = this.#answered && this.#connection === opening;
        if (!lost || isOver || attempt + 1 >= CONNECTION_ATTEMPTS) throw error;
        if (performance.now() >= deadline) throw error;
        await this.#abandon(opening);
        await backoff(attempt, FIRST_RETRY_WAIT_MS);
      }
    }
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

  #open(): Promise<TransactionConnection> {
    this.#connection ??= this.#begin();
    return this.#connection;
  }

  async #begin(): Promise<TransactionConnection> {
    const pooled = await this.#pool.acquire();
    const connection = new TransactionConnection(this.#pool, pooled, this.#failure);
    this.#current = connection;
    this.#begun = this.#beginning.send(connection);
    return connection;
  }

  /** @param commands that were planned to be sent before the next statement */
  #sendDue(connection: TransactionConnection, commands: string | undefined): void {
    if (commands !== undefined) void connection.send(commands);
  }

  /** Forgets a dead connection, once, however many statements it took down with it. */
  async #abandon(opening: Promise<TransactionConnection>): Promise<void> {
    if (this.#connection !== opening) return;
    this.#connection = undefined;
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

  /** Ends the stretch between two units, in which sub-fields read. */
  async #endReads(): Promise<void> {
    await this.#idle();
    if (this.#savepoints.current !== 'reads') return;
    if (this.#failure.error) await this.#undo();
    else this.#savepoints.release('reads');
  }

  async #undoUnit(): Promise<void> {
    if (this.#savepoints.current !== 'unit') this.#doomed = true;
    else if (this.#savepoints.isUnsent) this.#savepoints.release('unit');
    else await this.#undo();
  }

  async #undo(): Promise<void> {
    const commands = this.#savepoints.undo();
    try {
      const { pooled } = await this.#open();
      await pooled.client.query(commands);
      this.#failure.forget();
    } catch (error) {
      this.#failure.note(translateDatabaseError(error));
    }
  }

  async #revoke(): Promise<void> {
    this.#revoked = true;
    await this.#idle();
  }

  /** Resolves when every statement that was started has been answered. */
  async #idle(): Promise<void> {
    while (this.#inFlight > 0) {
      await new Promise<void>((resume) => {
        this.#idleWaiters.push(resume);
      });
    }
  }

  /** For endings whose failure loses nothing: the connection is discarded, and so the transaction. */
  async #closeQuietly(command: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    await this.#close(command).catch(() => undefined);
  }

  #close(command: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    if (this.#current) return this.#current.close(command);
    // There is none because there could not be one; that is what is to be said.
    return this.#open().then(
      (connection) => connection.close(command),
      (error) => {
        throw translateDatabaseError(error);
      },
    );
  }
}
