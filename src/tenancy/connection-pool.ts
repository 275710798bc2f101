import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../shared/logger.js';
import { type Backend, ContextSeal } from './context-seal.js';
import type { PrismaClient } from './generated/prisma/client.js';
import { bindPrisma } from './prisma-binding.js';
import { StatementNames } from './statement-names.js';
import { contextStatements, type Tenant } from './tenant.js';
import { typeParsers } from './timestamps.js';

export interface PoolSettings {
  /** `postgres://` URL of the serving role. */
  url: string;
  /** Most connections held at once. */
  size: number;
  /** How long a request waits for a free connection before it gets UNAVAILABLE, in milliseconds. */
  waitLimitMs: number;
  /** `statement_timeout`, in milliseconds. */
  statementTimeoutMs: number;
  /** `idle_in_transaction_session_timeout`, in milliseconds. */
  idleInTransactionTimeoutMs: number;
  /** TENANT_SEAL_KEY; without one, contexts carry no seal. */
  sealKey?: string | undefined;
}

/** The pool at this moment, in connections; `waiting` in requests. */
export interface PoolFigures {
  limit: number;
  size: number;
  idle: number;
  waiting: number;
}

/** One pooled connection, and the PrismaClient that is bound to it for as long as it lives. */
export interface Connection {
  readonly client: pg.PoolClient;
  readonly prisma: PrismaClient;
  /** The statements that put a transaction on this connection into a tenant's context. */
  contextOf(tenant: Tenant): string;
  /** Whether contexts carry a seal. */
  readonly hasSeal: boolean;
  /** Whether it is time to ask the database if it accepts the seal; answers yes once in a while. */
  isSealDue(): boolean;
}

/** The server's own limit comes first; this one notices when the server can no longer answer. */
const GRACE_OVER_STATEMENT_TIMEOUT_MS = 5_000;

/** For how long the end of the pool waits for a server that does not close its side of the connections. */
const GOODBYE_LIMIT_MS = 2_000;

/**
 * What each connection tells the planner; `options` in the URL replaces it.
 *
 * - Pages that are read at random cost hardly more than others on solid-state disks and in memory. By the default of
 *   4, made for disks that turn, it would rather fetch and sort a thousand rows than follow an index to the first five.
 *   https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-RANDOM-PAGE-COST
 * - A named statement is planned once per connection and not for each set of values. That is safe because every
 *   statement of the API has to follow its index under such a plan as well: test/statement-plans.test.ts.
 *   https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-PLAN-CACHE-MODE
 */
export const PLANNER_OPTIONS = '-c random_page_cost=1.1 -c plan_cache_mode=force_generic_plan';

/**
 * How often a connection asks whether its seals are accepted. They no longer are when the key was retired
 * or a clock was set, and a context that isn't accepted looks like an organization without rows.
 */
const SEAL_CHECK_MS = 5_000;

/**
 * A bounded pool of pipelining connections. Nothing outside this folder sees one of them.
 */
export class ConnectionPool {
  readonly #pool: pg.Pool;
  readonly #connections = new WeakMap<pg.PoolClient, LazyConnection>();
  readonly seal: ContextSeal | undefined;
  readonly statementNames = new StatementNames();
  /** Those whose socket is open, also on their way out. */
  readonly #open = new Set<pg.PoolClient>();
  #closed: Promise<void> | undefined;

  constructor(
    readonly settings: PoolSettings,
    logger: Logger,
  ) {
    this.seal = settings.sealKey === undefined ? undefined : new ContextSeal(settings.sealKey);
    this.#pool = new pg.Pool({
      connectionString: settings.url,
      application_name: 'rowhouse',
      options: PLANNER_OPTIONS,
      types: typeParsers,
      max: settings.size,
      connectionTimeoutMillis: settings.waitLimitMs,
      idleTimeoutMillis: 60_000,
      statement_timeout: settings.statementTimeoutMs,
      idle_in_transaction_session_timeout: settings.idleInTransactionTimeoutMs,
      query_timeout: settings.statementTimeoutMs + GRACE_OVER_STATEMENT_TIMEOUT_MS,
      keepAlive: true,
      pipeline: true,
    });
    // A checked-out client that loses its connection emits `error`; without a listener Node would
    // end the process. Who uses the client learns of it through the rejected statement.
    this.#pool.on('connect', (client) => {
      this.#open.add(client);
      client.once('end', () => this.#open.delete(client));
      client.on('error', (error) => logger.warn({ err: error }, 'a database connection was lost'));
      // Prisma's adapter writes and reads every timestamp as if the session were in UTC. Not awaited:
      // it is in front of whatever the connection is wanted for.
      client.query("SET TimeZone = 'UTC'").catch(() => undefined);
    });
    this.#pool.on('error', (error) => {
      logger.warn({ err: error }, 'an idle database connection was lost');
    });
    this.#pool.on('remove', (client) => {
      this.#connections.get(client)?.dispose();
    });
  }

  get figures(): PoolFigures {
    return {
      limit: this.settings.size,
      size: this.#pool.totalCount,
      idle: this.#pool.idleCount,
      waiting: this.#pool.waitingCount,
    };
  }

  async acquire(): Promise<Connection> {
    const client = await this.#pool.connect();
    const known = this.#connections.get(client);
    if (known) return known;
    try {
      const connection = new LazyConnection(
        client,
        this.seal && (await readBackend(client)),
        this.seal,
      );
      this.#connections.set(client, connection);
      return connection;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** Takes a connection back. One that is not idle, outside any transaction, is closed instead. */
  release({ client }: Connection): void {
    client.release(client.getTransactionStatus() !== 'I');
  }

  /** Takes a connection back whose last command, already sent, ends its transaction. */
  releaseSoonIdle({ client }: Connection): void {
    client.release();
  }

  /** Closes a connection that cannot be trusted any more. */
  discard({ client }: Connection): void {
    client.release(true);
  }

  /**
   * Resolves when the server has let go of each connection, or is slow to. Calling it again waits for the same end.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /**
   * The pool is at its end when nobody has a connection any more, and each has still to say goodbye. If the server were
   * stopped meanwhile, it would answer that with an error.
   */
  async #close(): Promise<void> {
    await this.#pool.end();
    const goodbyes = [...this.#open].map((client) => once(client, 'end'));
    const limit = delay(GOODBYE_LIMIT_MS, undefined, { ref: false });
    await Promise.race([Promise.allSettled(goodbyes), limit]);
  }
}

class LazyConnection implements Connection {
  #prisma: PrismaClient | undefined;
  #sealCheckedAt = Number.NEGATIVE_INFINITY;

  /** @param backend where the connection leads to, known as far as there is a seal */
  constructor(
    readonly client: pg.PoolClient,
    readonly backend: Backend | undefined,
    readonly seal: ContextSeal | undefined,
  ) {}

  get prisma(): PrismaClient {
    this.#prisma ??= bindPrisma(this.client);
    return this.#prisma;
  }

  get hasSeal(): boolean {
    return this.seal !== undefined;
  }

  contextOf(tenant: Tenant): string {
    return contextStatements(tenant, this.backend && this.seal?.make(tenant, this.backend));
  }

  isSealDue(): boolean {
    if (!this.seal) return false;
    const now = performance.now();
    if (now - this.#sealCheckedAt < SEAL_CHECK_MS) return false;
    this.#sealCheckedAt = now;
    return true;
  }

  dispose(): void {
    void this.#prisma?.$disconnect();
  }
}

/** Asked of the database itself: what the driver was told may be the id of a session pooler. */
async function readBackend(client: pg.PoolClient): Promise<Backend> {
  const { rows } = await client.query<{ pid: number; time: number }>(
    'SELECT pg_backend_pid() AS pid, extract(epoch FROM clock_timestamp())::float8 * 1000 AS time',
  );
  const { pid, time } = rows[0] as { pid: number; time: number };
  return { pid, clockOffsetMs: time - Date.now() };
}
