import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { Caller } from '../../../calls.ts';
import type { Settings } from '../../shared/settings.ts';
import { createPool } from '../pool.ts';
import * as schema from '../schema.ts';
import { type Access, callerTransaction, type Database } from '../transaction.ts';
import { type PreparedQueries, prepareQueries } from './queries.ts';

interface Connection {
  readonly db: Database;
  readonly queries: PreparedQueries;
}

/**
 * A pool of connections, each with a Drizzle of its own. A prepared query of Drizzle's is bound to the
 * session it was made on, and one made on the pool would leave the transaction; this way the queries are
 * built once per connection, and not for each request.
 */
export class ConnectionPool {
  readonly #pool: pg.Pool;
  readonly #connections = new WeakMap<pg.PoolClient, Connection>();

  constructor(settings: Settings) {
    this.#pool = createPool(settings);
  }

  /** Runs `work` in one transaction of the caller's organization. */
  async transaction<T>(
    caller: Caller,
    access: Access,
    work: (queries: PreparedQueries) => Promise<T>,
  ): Promise<T> {
    const client = await this.#pool.connect();
    let failure: unknown;
    try {
      const { db, queries } = this.#connectionOf(client);
      return await callerTransaction(db, caller, access, () => work(queries));
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      // One whose rollback failed is not used again.
      client.release(failure !== undefined && client.getTransactionStatus() !== 'I');
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  #connectionOf(client: pg.PoolClient): Connection {
    let connection = this.#connections.get(client);
    if (!connection) {
      const db = drizzle(client, { schema });
      connection = { db, queries: prepareQueries(db) };
      this.#connections.set(client, connection);
    }
    return connection;
  }
}
