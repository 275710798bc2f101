import { sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { PgTransactionConfig } from 'drizzle-orm/pg-core';
import pg from 'pg';
import type { Caller } from '../../calls.ts';
import type { Settings } from '../shared/settings.ts';
import { type PreparedQueries, prepareQueries } from './queries.ts';
import * as schema from './schema.ts';

export type Database = NodePgDatabase<typeof schema>;
export type Access = 'read' | 'write';

const TRANSACTION: Record<Access, PgTransactionConfig> = {
  read: { isolationLevel: 'repeatable read', accessMode: 'read only' },
  write: {},
};

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

  constructor({ databaseUrl, poolSize }: Settings) {
    this.#pool = new pg.Pool({
      connectionString: databaseUrl,
      max: poolSize,
      idleTimeoutMillis: 0,
    });
    this.#pool.on('error', (error) => console.error(error.message));
  }

  /** Runs `work` in one transaction of the caller's organization. */
  async transaction<T>(
    { orgId, userId }: Caller,
    access: Access,
    work: (queries: PreparedQueries) => Promise<T>,
  ): Promise<T> {
    const client = await this.#pool.connect();
    let failure: unknown;
    try {
      const { db, queries } = this.#connectionOf(client);
      return await db.transaction(async (tx) => {
        await tx.execute(
          sql`select set_config('app.current_org', ${orgId}, true), set_config('app.current_user_id', ${userId}, true)`,
        );
        return work(queries);
      }, TRANSACTION[access]);
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
