import pg from 'pg';
import type { Logger } from '../shared/logger.js';
import type { PrismaClient } from './generated/prisma/client.js';
import { bindPrisma } from './prisma-binding.js';

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
}

/** The server's own limit comes first; this one notices when the server can no longer answer. */
const GRACE_OVER_STATEMENT_TIMEOUT_MS = 5_000;

/**
 * A bounded pool of pipelining connections. Nothing outside this folder sees one of them.
 */
export class ConnectionPool {
  readonly #pool: pg.Pool;
  readonly #connections = new WeakMap<pg.PoolClient, LazyConnection>();
  #closed: Promise<void> | undefined;

  constructor(
    readonly settings: PoolSettings,
    logger: Logger,
  ) {
    this.#pool = new pg.Pool({
      connectionString: settings.url,
      application_name: 'rowhouse',
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
    let connection = this.#connections.get(client);
    if (!connection) {
      connection = new LazyConnection(client);
      this.#connections.set(client, connection);
    }
    return connection;
  }

  /** Takes a connection back. One that is not idle, outside any transaction, is closed instead. */
  release({ client }: Connection): void {
    client.release(client.getTransactionStatus() !== 'I');
  }

  /** Closes a connection that cannot be trusted any more. */
  discard({ client }: Connection): void {
    client.release(true);
  }

  /** Calling it again waits for the same end. */
  close(): Promise<void> {
    this.#closed ??= this.#pool.end();
    return this.#closed;
  }
}

class LazyConnection implements Connection {
  #prisma: PrismaClient | undefined;

  constructor(readonly client: pg.PoolClient) {}

  get prisma(): PrismaClient {
    this.#prisma ??= bindPrisma(this.client);
    return this.#prisma;
  }

  dispose(): void {
    void this.#prisma?.$disconnect();
  }
}
