import { sql } from 'drizzle-orm';
import type { NodePgQueryResultHKT } from 'drizzle-orm/node-postgres';
import type { PgDatabase, PgTransactionConfig } from 'drizzle-orm/pg-core';
import type { Caller } from '../../calls.ts';
import type * as schema from './schema.ts';

/** Drizzle over a pool or over one connection, or a transaction of either. */
export type Database = PgDatabase<NodePgQueryResultHKT, typeof schema>;
export type Access = 'read' | 'write';

const TRANSACTION: Record<Access, PgTransactionConfig> = {
  read: { isolationLevel: 'repeatable read', accessMode: 'read only' },
  write: {},
};

/** Runs `work` in one transaction of the caller's organization. */
export function callerTransaction<T>(
  db: Database,
  { orgId, userId }: Caller,
  access: Access,
  work: (tx: Database) => Promise<T>,
): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.execute(
      sql`select set_config('app.current_org', ${orgId}, true), set_config('app.current_user_id', ${userId}, true)`,
    );
    return work(tx);
  }, TRANSACTION[access]);
}
