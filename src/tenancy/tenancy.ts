import { backoff } from '../shared/backoff.js';
import type { Logger } from '../shared/logger.js';
import {
  type Connection,
  ConnectionPool,
  type PoolFigures,
  type PoolSettings,
} from './connection-pool.js';
import { DeadlockError, translateDatabaseError } from './database-error.js';
import type { Foresight } from './foresight.js';
import { type AuditOptions, auditIsolation, type IsolationFinding } from './isolation-audit.js';
import { RequestTransaction } from './request-transaction.js';
import { checkSeal, isSealAsked, SealRefusedError } from './seal-check.js';
import type { Tenant } from './tenant.js';
import type { Access, TenantTransaction } from './tenant-transaction.js';
import type { TransactionTerms } from './transaction-beginning.js';

const DEADLOCK_ATTEMPTS = 3;
const FIRST_DEADLOCK_WAIT_MS = 20;

export interface RepeatableTerms extends TransactionTerms {
  /** Asked before `work` is called again: whether all that it has done goes with its transaction; without it, that is so. */
  readonly isRepeatable?: () => boolean;
}

/**
 * The isolation boundary: holds the connection pool, and lets nobody at it but for one
 * organization at a time.
 */
export class Tenancy {
  readonly #pool: ConnectionPool;
  readonly #logger: Logger;

  constructor(settings: PoolSettings, logger: Logger) {
    this.#logger = logger;
    this.#pool = new ConnectionPool(settings, logger);
  }

  /** How much of the pool is in use at this moment. */
  get poolFigures(): PoolFigures {
    return this.#pool.figures;
  }

  /**
   * Runs `work` in one transaction of one organization, and is the only way to a row.
   *
   * The transaction begins with the first statement (without one, no connection is taken), is
   * committed when `work` resolves, rolled back when it rejects, and its handle is dead afterwards.
   * Resolves only after PostgreSQL has acknowledged the commit of a write; the end of a read is only sent.
   *
   * @throws whatever `work` throws; UNAVAILABLE when the commit could not be made or acknowledged
   */
  async withTenant<T>(
    tenant: Tenant,
    access: Access,
    work: (tx: TenantTransaction) => Promise<T>,
    terms: TransactionTerms = {},
  ): Promise<T> {
    return this.#run(new RequestTransaction(this.#pool, tenant, access, terms), work);
  }

  /**
   * `withTenant` for a read that comes again and again: where it will end is learned, and COMMIT then sent
   * along with its last statements. If it goes on nevertheless, `work` is called again, in a new
   * transaction: an answer never comes from two.
   *
   * @param work has no effect but its result
   */
  async withTenantAgain<T>(
    tenant: Tenant,
    foresight: Foresight,
    work: (tx: TenantTransaction) => Promise<T>,
    terms: TransactionTerms = {},
  ): Promise<T> {
    // What is recorded has to be heard of, and is rare.
    if (terms.recording) return this.withTenant(tenant, 'read', work, terms);
    const { lastRound } = foresight;
    const tx = new RequestTransaction(this.#pool, tenant, 'read', { ...terms, lastRound });
    try {
      const result = await this.#run(tx, work);
      if (!tx.isWrongAboutEnd) {
        foresight.learn(tx.rounds);
        return result;
      }
    } catch (error) {
      if (!tx.isWrongAboutEnd) throw error;
    }
    foresight.wasWrong();
    return this.withTenant(tenant, 'read', work, terms);
  }

  /**
   * `withTenant` for a write that is begun anew, at most twice, when it and others have waited for each other: PostgreSQL
   * has ended it then, so that the others go on, and nothing of it is kept.
   *
   * @param work is called for each try, with a transaction of its own; also when it has resolved although a
   *   statement of it was ended so
   * @throws UNAVAILABLE, like any deadlock, when that was in vain
   */
  async withTenantPastDeadlocks<T>(
    tenant: Tenant,
    work: (tx: TenantTransaction) => Promise<T>,
    { isRepeatable = () => true, ...terms }: RepeatableTerms = {},
  ): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const mayRepeat = () => attempt + 1 < DEADLOCK_ATTEMPTS && isRepeatable();
      const tx = new RequestTransaction(this.#pool, tenant, 'write', terms);
      const whole = async () => {
        const result = await work(tx);
        if (tx.deadlock && mayRepeat()) throw tx.deadlock;
        return result;
      };
      try {
        return await this.#run(tx, whole);
      } catch (error) {
        if (!(error instanceof DeadlockError) || !mayRepeat()) throw error;
        const { orgId } = tenant;
        this.#logger.warn({ err: error.cause, orgId, attempt }, 'run again after a deadlock');
      }
      await backoff(attempt, FIRST_DEADLOCK_WAIT_MS);
    }
  }

  async #run<T>(tx: RequestTransaction, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await work(tx);
    } catch (error) {
      await tx.rollback();
      throw error;
    }
    await tx.commit();
    return result;
  }

  /**
   * The organization behind a slug, for who is not signed in yet: a narrow SECURITY DEFINER
   * function that tells nothing but the id.
   *
   * @returns its UUID, or null when there is none
   */
  async findOrganization(slug: string): Promise<string | null> {
    const rows = await this.#withoutTenant<{ id: string | null }>(
      'SELECT tenancy.find_organization($1) AS id',
      [slug],
    );
    return rows[0]?.id ?? null;
  }

  /**
   * Organizations that have mail to be sent now, for who sends it: a narrow SECURITY DEFINER function that
   * tells nothing but the ids.
   *
   * @param after UUID behind which to look
   * @returns UUIDs in their order, a hundred at most
   */
  async findOrganizationsWithDueMail(after: string): Promise<string[]> {
    const rows = await this.#withoutTenant<{ id: string }>(
      'SELECT id FROM outbox.organizations_with_due_mail($1) AS id',
      [after],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Organizations that want something of a payment provider now, for who asks it: a narrow SECURITY DEFINER function
   * that tells nothing but the ids.
   *
   * @param after UUID behind which to look
   * @returns UUIDs in their order, a hundred at most
   */
  async findOrganizationsWithDuePaymentCommands(after: string): Promise<string[]> {
    const rows = await this.#withoutTenant<{ id: string }>(
      'SELECT id FROM payment_outbox.organizations_with_due_commands($1) AS id',
      [after],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Organizations that may have mail of a certain age, for who forgets it: a narrow SECURITY DEFINER function
   * that tells nothing but the ids.
   *
   * @param after UUID behind which to look
   * @returns UUIDs in their order, a hundred at most
   */
  async findOrganizationsWithOldMail(after: string, ageMs: number): Promise<string[]> {
    const rows = await this.#withoutTenant<{ id: string }>(
      `SELECT id
       FROM outbox.organizations_with_old_mail($1, now() - $2::float8 * interval '1 millisecond') AS id`,
      [after, ageMs],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Organizations that have orders of which nobody has paid from before a moment, for who cancels these: a narrow
   * SECURITY DEFINER function that tells nothing but the ids.
   *
   * @param after UUID behind which to look
   * @returns UUIDs in their order, a hundred at most
   */
  async findOrganizationsWithUnpaidOrders(after: string, before: Date): Promise<string[]> {
    const rows = await this.#withoutTenant<{ id: string }>(
      'SELECT id FROM unpaid_orders.organizations_with_unpaid_orders($1, $2) AS id',
      [after, before],
    );
    return rows.map(({ id }) => id);
  }

  /** Resolves when the database answers, and accepts our seal if we have one. @throws UNAVAILABLE */
  async ping(): Promise<void> {
    if (!this.#pool.seal) return void (await this.#withoutTenant('SELECT 1', []));
    const [finding] = await this.#withConnection(checkSeal);
    if (finding) throw new SealRefusedError();
  }

  /**
   * What is wrong with the boundary, seen as the serving role; empty when nothing is.
   *
   * @param accepted findings that the operator lives with
   */
  async audit(accepted: AuditOptions['accepted'] = []): Promise<IsolationFinding[]> {
    return this.#withConnection(async (connection) => [
      ...(await auditIsolation(connection.client, { accepted })),
      ...(await checkSeal(connection)),
    ]);
  }

  /** Whether any table of the database believes sealed contexts alone. */
  async isSealAsked(): Promise<boolean> {
    return this.#withConnection(isSealAsked);
  }

  /** Closes the pool once every transaction under way has ended. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  async #withoutTenant<Row>(text: string, values: unknown[]): Promise<Row[]> {
    const { rows } = await this.#withConnection(({ client }) => client.query(text, values));
    return rows as Row[];
  }

  /** Runs `work`, which leaves no transaction open, on a connection without a context. */
  async #withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#acquire();
    try {
      const result = await work(connection);
      this.#pool.release(connection);
      return result;
    } catch (error) {
      this.#pool.discard(connection);
      throw translateDatabaseError(error);
    }
  }

  async #acquire() {
    try {
      return await this.#pool.acquire();
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }
}
