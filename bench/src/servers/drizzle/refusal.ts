import { DrizzleQueryError } from 'drizzle-orm';
import pg from 'pg';

/** Whether PostgreSQL found fault with a value, or with what it refers to: classes 22 and 23 of its errors. */
export function isRefusal(error: unknown): boolean {
  const cause = error instanceof DrizzleQueryError ? error.cause : undefined;
  return cause instanceof pg.DatabaseError && /^2[23]/.test(cause.code ?? '');
}
