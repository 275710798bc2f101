import type { Client } from 'pg';

/** A row of `_prisma_migrations` that still counts: applied, or failed and not yet resolved. */
export interface HistoryEntry {
  id: string;
  name: string;
  checksum: string;
  /** Null when the migration failed, or is running at this moment. */
  finishedAt: Date | null;
  /** What went wrong, in the schema engine's words. */
  logs: string | null;
}

const UNDEFINED_TABLE = '42P01';

/** @returns what Prisma has recorded, oldest first; nothing for a database that was never migrated */
export async function readHistory(client: Client): Promise<HistoryEntry[]> {
  try {
    const { rows } = await client.query<HistoryEntry>(
      `SELECT id, migration_name AS name, checksum, finished_at AS "finishedAt", logs
         FROM public._prisma_migrations WHERE rolled_back_at IS NULL
        ORDER BY started_at, migration_name`,
    );
    return rows;
  } catch (error) {
    if ((error as { code?: string }).code === UNDEFINED_TABLE) return [];
    throw error;
  }
}
