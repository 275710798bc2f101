import { backoff } from '../shared/backoff.js';
import { outcomeUnknown } from '../shared/errors.js';
import type { AnyStatement } from '../shared/statements/index.js';
import type { Connection, ConnectionPool } from './connection-pool.js';
import {
  ConnectionLostError,
  DatabaseError,
  HandleRevokedError,
  isDatabaseFailure,
  ShopperRefusedError,
  translateDatabaseError,
} from './database-error.js';
import type { PrismaClient } from './generated/prisma/client.js';
import { SERVING_ROLE, SHOPPER_ROLE } from './isolation-audit.expectation.js';
import type { Precondition } from './precondition.js';
import type { Recording } from './recording.js';
import { Rounds } from './rounds.js';
import { Savepoints } from './savepoints.js';
import { SealRefusedError, VERIFY_SEAL } from './seal-check.js';
import { assertTenant, type Tenant } from './tenant.js';
import { tenantPrisma } from './tenant-prisma.js';
import type { Access, TenantTransaction } from './tenant-transaction.js';
import { sendTogether } from './write-batch.js';

const BEGIN: Record<Access, string> = {
  read: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
  write: 'BEGIN ISOLATION LEVEL READ COMMITTED',
};

/** A read that is recorded cannot begin as one that writes nothing; it becomes that behind the recording. */
const BEGIN_RECORDED: Record<Access, string> = {
  ...BEGIN,
  read: 'BEGIN ISOLATION LEVEL REPEATABLE READ',
};

const BECOME = {
  shopper: `SET LOCAL ROLE ${SHOPPER_ROLE}`,
  organization: `SET LOCAL ROLE ${SERVING_ROLE}`,
} as const;

/**
 * A statement is prepared once for each role: its plan has the policies of one, and would be made anew whenever the
 * other comes.
 */
const SHOPPERS_PREFIX = 'shopper.';

const INSUFFICIENT_PRIVILEGE = '42501';

const CONNECTION_ATTEMPTS = 4;
const FIRST_RETRY_WAIT_MS = 50;

/** in_failed_sql_transaction, and what a prepared statement answers whose parse was skipped by it. */
const AFTERMATH = new Set(['25P02', '26000']);

/** Nobody sees it: who is told that the end was foreseen too early runs the work again. */
class EndedEarlyError extends Error {
  override readonly name = 'EndedEarlyError';

  constructor() {
    super('This read was ended before all of its statements had come');
  }
}

/** A fault of the calling code: what one has asked for shall not be answered as to the other. */
class OtherRoleError extends Error {
  override readonly name = 'OtherRoleError';

  constructor() {
    super(
      'Await what Prisma does for a shopper before the organization acts, and the other way round.',
    );
  }
}

/** What a transaction is bound to beside its tenant. */
export interface TransactionTerms {
  /** Without which no statement is answered, and nothing committed. */
  readonly precondition?: Precondition | undefined;
  readonly recording?: Recording | undefined;
}

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
  #connection: Promise<Connection> | undefined;
  /** The same once it is there; a discarded one has no say in `#failure` any more. */
  #current: Connection | undefined;
  /** Resolves when the transaction and its context stand. */
  #begun: Promise<unknown> | undefined;
  /** By whether it sends for a shopper. */
  #prisma: Map<boolean, PrismaClient> | undefined;

  #revoked = false;
  #inFlight = 0;
  #idleWaiters: (() => void)[] = [];

  /** Whether a statement of this transaction has been answered: from then on nothing is retried. */
  #answered = false;
  /** What went wrong first since the last savepoint; siblings get it instead of 25P02. */
  #failure: Error | undefined;
  /** Whether there is nothing left that a COMMIT could keep. */
  #doomed = false;
  readonly #precondition: Precondition | undefined;
  readonly #recording: Recording | undefined;
  /** Thrown from then on: the precondition does not hold. */
  #refusal: Error | undefined;
  readonly #savepoints = new Savepoints();
  readonly #rounds: Rounds;
  /** The COMMIT that was sent along with the last statements of a read. */
  #end: Promise<{ command: string }> | undefined;
  #isWrongAboutEnd = false;
  #whenCommitted: (() => void)[] | undefined;

  /** Whether the next statement is a shopper's, and not one of the organization on their behalf. */
  #actsAsShopper: boolean;
  /** Whether that is so because the organization does: nothing of the shopper's is under way. */
  #isOrganizationsTurn = false;
  /** Whether the role of the organization is to be taken before the next statement. */
  #isRoleDue = false;
  #isInUnit = false;

  constructor(
    pool: ConnectionPool,
    readonly tenant: Tenant,
    readonly access: Access,
    { precondition, recording, lastRound }: TransactionOptions = {},
  ) {
    this.#pool = pool;
    this.#precondition = precondition;
    this.#recording = recording;
    this.#rounds = new Rounds(access === 'read' ? lastRound : undefined);
    this.#actsAsShopper = tenant.isShopper === true;
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
    const asShopper = this.#actsAsShopper;
    this.#prisma ??= new Map();
    let prisma = this.#prisma.get(asShopper);
    if (!prisma) {
      // And by then it may be somebody else's turn.
      prisma = tenantPrisma(this.tenant, async (work) => {
        if (this.#actsAsShopper !== asShopper) throw new OtherRoleError();
        return this.#run((connection) => work(connection.prisma));
      });
      this.#prisma.set(asShopper, prisma);
    }
    return prisma;
  }

  async execute<Row>(statement: AnyStatement<Row>): Promise<Row[]> {
    const asShopper = this.#actsAsShopper;
    const result = await this.#run((connection) =>
      this.#sendStatement(connection, statement, asShopper),
    );
    return result.rows as Row[];
  }

  /** @param asShopper who is asked about; what goes along with the beginning is not a shopper's */
  #sendStatement({ client }: Connection, statement: AnyStatement<unknown>, asShopper: boolean) {
    const values = statement.parameters as unknown[];
    const text = statement.sql;
    const known = 'name' in statement ? statement.name : this.#pool.statementNames.nameOf(text);
    const name = known && asShopper ? SHOPPERS_PREFIX + known : known;
    return client.query(name === undefined ? { text, values } : { name, text, values });
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
    if (!this.#actsAsShopper) return work();
    if (!this.#isInUnit) {
      throw new TypeError(
        'Only the unit of a mutation acts as the organization: nothing runs beside it.',
      );
    }
    // Nothing more begins as the shopper, and what has begun ends as such.
    this.#actsAsShopper = false;
    await this.#idle();
    this.#isOrganizationsTurn = true;
    this.#isRoleDue = true;
    try {
      return await work();
    } finally {
      await this.#idle();
      this.#isOrganizationsTurn = false;
      this.#actsAsShopper = true;
      this.#giveBackRole();
    }
  }

  /**
   * Sent at once, so that no savepoint is ever set in the role of the organization: whatever is undone ends in the
   * shopper's. Where a statement has failed this fails as well, and nothing but undoing is answered before that.
   */
  #giveBackRole(): void {
    const isUnsent = this.#isRoleDue;
    this.#isRoleDue = false;
    const connection = this.#current;
    if (isUnsent || !connection) return;
    sendTogether(connection.client);
    void this.#send(connection, BECOME.shopper);
  }

  afterCommit(callback: () => void): void {
    this.#whenCommitted ??= [];
    this.#whenCommitted.push(callback);
  }

  /** Makes everything durable; resolves once PostgreSQL has said so. */
  async commit(): Promise<void> {
    await this.#revoke();
    if (!this.#connection) return;
    if (this.#failure) await this.#endReads();
    const isRead = this.access === 'read';
    if (isRead && !this.#recording && !this.#failure && this.#current) {
      return this.#closeUnheard(this.#current);
    }
    const obstacle = this.#refusal ?? this.#failure;
    // A read has nothing to lose, and the field that failed has said so; so has a doomed unit.
    const isInVain = this.#doomed || (isRead && (!this.#recording || obstacle !== undefined));
    if (isInVain) return this.#closeQuietly('ROLLBACK');
    if (obstacle) {
      await this.#closeQuietly('ROLLBACK');
      throw obstacle;
    }
    await this.#close('COMMIT');
    this.#recording?.kept();
    for (const callback of this.#whenCommitted ?? []) callback();
  }

  async rollback(): Promise<void> {
    await this.#revoke();
    if (this.#connection) await this.#closeQuietly('ROLLBACK');
  }

  async #run<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#revoked) throw new HandleRevokedError();
    if (this.#refusal) throw this.#refusal;
    this.#inFlight++;
    const asShopper = this.#actsAsShopper;
    try {
      return await this.#attempt(work);
    } catch (error) {
      const fault = translateDatabaseError(error);
      throw this.#noteFailure(asShopper ? refusedToShopper(fault) : fault);
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
  async #attempt<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#pool.settings.waitLimitMs;
    for (let attempt = 0; ; attempt++) {
      const opening = this.#open();
      try {
        const connection = await opening;
        this.#joinRound(connection);
        this.#sendSavepoints(connection);
        this.#sendRole(connection);
        const result = await work(connection);
        // Without its transaction a statement has seen no row; its answer means nothing then.
        if (!this.#answered) await this.#begun;
        this.#answered = true;
        return result;
      } catch (error) {
        // A statement that fails where the precondition does not hold tells nothing of how it fails.
        if (!this.#answered) await this.#begun?.catch(() => undefined);
        if (this.#refusal) throw this.#refusal;
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
  #joinRound(connection: Connection): void {
    if (this.#end) {
      this.#isWrongAboutEnd = true;
      throw new EndedEarlyError();
    }
    this.#rounds.join();
    sendTogether(connection.client, () => {
      if (this.#current !== connection || !this.#rounds.leave()) return;
      this.#end = connection.client.query('COMMIT');
      // Whoever ends the transaction looks at it; there may be nobody.
      this.#end.catch(() => undefined);
    });
  }

  #open(): Promise<Connection> {
    this.#connection ??= this.#begin();
    return this.#connection;
  }

  async #begin(): Promise<Connection> {
    const connection = await this.#pool.acquire();
    // One message, and not awaited: the first real statement follows on its heels, in the same packet.
    this.#current = connection;
    sendTogether(connection.client);
    const context = connection.contextOf(this.tenant);
    const begin = (this.#recording ? BEGIN_RECORDED : BEGIN)[this.access];
    this.#begun = this.#send(connection, `${begin}; ${context}`);
    if (connection.isSealDue()) {
      this.#begun = Promise.all([this.#begun, this.#verifySeal(connection)]);
    }
    if (this.#precondition) {
      this.#begun = this.#check(connection, this.#begun, this.#precondition);
    }
    if (this.#recording) {
      this.#begun = Promise.all([this.#begun, this.#record(connection, this.#recording)]);
    }
    if (this.tenant.isShopper) {
      this.#begun = Promise.all([this.#begun, this.#becomeShopper(connection)]);
    }
    // Whoever waits for it gets its failure; there may be nobody.
    this.#begun.catch(() => undefined);
    return connection;
  }

  async #verifySeal(connection: Connection): Promise<void> {
    const { rows } = await this.#send<{ holds: boolean }>(connection, VERIFY_SEAL);
    if (!rows[0]?.holds) throw new SealRefusedError();
  }

  /** @param beginning without which the answer means nothing */
  async #check(
    connection: Connection,
    beginning: Promise<unknown>,
    { statement, also = [], refusal }: Precondition,
  ): Promise<void> {
    const sent = this.#sendAlong(connection, [statement, ...also]);
    await beginning;
    const answers = await Promise.all(sent);
    if (answers.every(({ rows }) => rows.length > 0)) return;
    this.#refusal = refusal();
    throw this.#refusal;
  }

  /** Behind all that goes along with the beginning: no shopper may see sessions, or write what is recorded. */
  #becomeShopper(connection: Connection): Promise<unknown> {
    const taken = connection.client.query(BECOME.shopper).catch((error: unknown) => {
      const fault = translateDatabaseError(error);
      // A fault of the installation, and nothing that a shopper was refused.
      throw fault instanceof DatabaseError
        ? new DatabaseError(fault.message, undefined, undefined, { cause: error })
        : fault;
    });
    return this.#noted(connection, taken);
  }

  async #record(connection: Connection, { statements }: Recording): Promise<void> {
    const sent: Promise<unknown>[] = this.#sendAlong(connection, statements);
    if (this.access === 'read') sent.push(this.#send(connection, 'SET TRANSACTION READ ONLY'));
    await Promise.all(sent);
  }

  #sendAlong(connection: Connection, statements: readonly AnyStatement<unknown>[]) {
    return statements.map((each) =>
      this.#noted(connection, this.#sendStatement(connection, each, false)),
    );
  }

  #send<Row extends object>(connection: Connection, text: string): Promise<{ rows: Row[] }> {
    return this.#noted(connection, connection.client.query<Row>(text));
  }

  /** For what nobody waits for: its failure is that of the statements behind it. */
  #noted<Sent>(connection: Connection, sent: Promise<Sent>): Promise<Sent> {
    sent.catch((error) => {
      if (this.#current === connection) this.#noteFailure(translateDatabaseError(error));
    });
    return sent;
  }

  /** Forgets a dead connection, once, however many statements it took down with it. */
  async #abandon(opening: Promise<Connection>): Promise<void> {
    if (this.#connection !== opening) return;
    this.#connection = undefined;
    this.#current = undefined;
    this.#failure = undefined;
    this.#end = undefined;
    this.#savepoints.beginAnew();
    this.#isRoleDue = this.#isOrganizationsTurn;
    this.#rounds.beginAnew();
    await opening.then(
      (connection) => this.#pool.discard(connection),
      () => undefined,
    );
  }

  /** @returns what to throw */
  #noteFailure(error: unknown): unknown {
    if (!isDatabaseFailure(error)) return error;
    if (error instanceof DatabaseError && AFTERMATH.has(error.sqlState ?? '') && this.#failure) {
      return this.#failure;
    }
    this.#failure ??= error;
    return error;
  }

  #sendSavepoints(connection: Connection): void {
    const commands = this.#savepoints.take();
    if (commands !== undefined) void this.#send(connection, commands);
  }

  #sendRole(connection: Connection): void {
    if (!this.#isRoleDue) return;
    this.#isRoleDue = false;
    void this.#send(connection, BECOME.organization);
  }

  /** Ends the stretch between two units, in which sub-fields read. */
  async #endReads(): Promise<void> {
    await this.#idle();
    if (this.#savepoints.current !== 'reads') return;
    if (this.#failure) await this.#undo();
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
      const { client } = await this.#open();
      await client.query(commands);
      this.#failure = undefined;
    } catch (error) {
      this.#noteFailure(translateDatabaseError(error));
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

  /**
   * Ends a read without waiting for the answer. Whoever gets the connection next sends behind the COMMIT; if that
   * is lost, then so is the connection, which the next transaction notices like any other loss.
   */
  #closeUnheard(connection: Connection): void {
    if (!this.#end) {
      sendTogether(connection.client);
      connection.client.query('COMMIT').catch(() => undefined);
    }
    this.#pool.releaseSoonIdle(connection);
  }

  async #close(command: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    let connection: Connection;
    try {
      connection = await this.#open();
    } catch (error) {
      throw translateDatabaseError(error);
    }
    try {
      // What has been ended already needs no second end, whatever that would be.
      const ending = this.#end ?? connection.client.query(command);
      const { command: done } = await ending;
      this.#pool.release(connection);
      if (this.#end) return;
      // PostgreSQL answers COMMIT of a failed transaction with the tag ROLLBACK, not with an error.
      if (done !== command) {
        throw (
          this.#failure ?? new DatabaseError('COMMIT was rolled back', undefined, undefined, {})
        );
      }
    } catch (error) {
      const fault = translateDatabaseError(error);
      if (fault !== error) this.#pool.discard(connection);
      if (command === 'COMMIT' && fault instanceof ConnectionLostError) {
        throw outcomeUnknown(error);
      }
      throw fault;
    }
  }
}

/** What PostgreSQL refuses to the role of shoppers is forbidden, and no fault of ours. */
function refusedToShopper(fault: unknown): unknown {
  return fault instanceof DatabaseError && fault.sqlState === INSUFFICIENT_PRIVILEGE
    ? new ShopperRefusedError(fault)
    : fault;
}
