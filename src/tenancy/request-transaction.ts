import type { AnyStatement } from '../shared/statements/index.js';
import { ActingRole, OtherRoleError } from './acting-role.js';
import type { ConnectionPool } from './connection-pool.js';
import {
  DeadlockError,
  HandleRevokedError,
  refusedToShopper,
  translateDatabaseError,
} from './database-error.js';
import type { PrismaClient } from './generated/prisma/client.js';
import { RenewableConnection } from './renewable-connection.js';
import { Rounds } from './rounds.js';
import { Savepoints } from './savepoints.js';
import { assertTenant, type Tenant } from './tenant.js';
import { tenantPrisma } from './tenant-prisma.js';
import type { Access, TenantTransaction } from './tenant-transaction.js';
import { TransactionBeginning, type TransactionTerms } from './transaction-beginning.js';
import type { TransactionConnection } from './transaction-connection.js';
import { sendTogether } from './write-batch.js';

export interface TransactionOptions extends TransactionTerms {
  /** Of a read that is not recorded: the round behind which it is expected to end. */
  readonly lastRound?: number | undefined;
}

/**
 * The transaction behind a `TenantTransaction`. `withTenant` is the only caller of `commit` and
 * `rollback`.
 */
export class RequestTransaction implements TenantTransaction {
  readonly #beginning: TransactionBeginning;
  readonly #savepoints = new Savepoints();
  readonly #role: ActingRole;
  readonly #rounds: Rounds;
  readonly #connection: RenewableConnection;
  /** By whether it sends for a shopper. */
  #prisma: Map<boolean, PrismaClient> | undefined;

  #revoked = false;
  #inFlight = 0;
  #idleWaiters: (() => void)[] = [];

  /** Whether there is nothing left that a COMMIT could keep. */
  #doomed = false;
  #deadlock: DeadlockError | undefined;
  #whenCommitted: (() => void)[] | undefined;
  #isInUnit = false;

  constructor(
    pool: ConnectionPool,
    readonly tenant: Tenant,
    readonly access: Access,
    options: TransactionOptions = {},
  ) {
    this.#beginning = new TransactionBeginning(tenant, access, options);
    this.#role = new ActingRole(tenant.isShopper === true);
    this.#rounds = new Rounds(access === 'read' ? options.lastRound : undefined);
    this.#connection = new RenewableConnection(
      pool,
      this.#beginning,
      this.#savepoints,
      this.#role,
      this.#rounds,
    );
    assertTenant(tenant);
  }

  /** How many rounds of statements were sent. */
  get rounds(): number {
    return this.#rounds.count;
  }

  /** Whether a statement came when the read had been ended, so that what the work found is incomplete. */
  get isWrongAboutEnd(): boolean {
    return this.#connection.isWrongAboutEnd;
  }

  /** What a statement was answered with that had waited in a circle, also when that was undone since. */
  get deadlock(): DeadlockError | undefined {
    return this.#deadlock;
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
    const connection = this.#connection.current;
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
    if (!this.#connection.isWanted) return;
    if (this.#connection.failure.error) await this.#endReads();
    const { recording } = this.#beginning.terms;
    const isRead = this.access === 'read';
    const { current, failure } = this.#connection;
    if (isRead && !recording && !failure.error && current) return current.closeUnheard();
    const obstacle = this.#beginning.refusal ?? failure.error;
    // A read has nothing to lose, and the field that failed has said so; so has a doomed unit.
    const isInVain = this.#doomed || (isRead && (!recording || obstacle !== undefined));
    if (isInVain) return this.#closeQuietly('ROLLBACK');
    if (obstacle) {
      await this.#closeQuietly('ROLLBACK');
      throw obstacle;
    }
    await this.#connection.close('COMMIT');
    recording?.kept();
    for (const callback of this.#whenCommitted ?? []) callback();
  }

  async rollback(): Promise<void> {
    await this.#revoke();
    if (this.#connection.isWanted) await this.#closeQuietly('ROLLBACK');
  }

  async #run<T>(work: (connection: TransactionConnection) => Promise<T>): Promise<T> {
    if (this.#revoked) throw new HandleRevokedError();
    if (this.#beginning.refusal) throw this.#beginning.refusal;
    this.#inFlight++;
    const asShopper = this.#role.isShopper;
    try {
      return await this.#connection.attempt(work);
    } catch (error) {
      const fault = translateDatabaseError(error);
      if (fault instanceof DeadlockError) this.#deadlock = fault;
      throw this.#connection.failure.note(asShopper ? refusedToShopper(fault) : fault);
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) for (const resume of this.#idleWaiters.splice(0)) resume();
    }
  }

  /** Ends the stretch between two units, in which sub-fields read. */
  async #endReads(): Promise<void> {
    await this.#idle();
    if (this.#savepoints.current !== 'reads') return;
    if (this.#connection.failure.error) await this.#undo();
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
      const { pooled } = await this.#connection.open();
      await pooled.client.query(commands);
      this.#connection.failure.forget();
    } catch (error) {
      this.#connection.failure.note(translateDatabaseError(error));
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
    await this.#connection.close(command).catch(() => undefined);
  }
}
