import pg from 'pg';
import type { Settings } from '../shared/settings.ts';

export function createPool({ databaseUrl, poolSize }: Settings): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: poolSize,
    idleTimeoutMillis: 0,
  });
  pool.on('error', (error) => console.error(error.message));
  return pool;
}
