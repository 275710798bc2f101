import { MigrationError } from './migration.error.js';
import { inTransaction, LOCK_NOT_AVAILABLE, withMigrationLock } from './migration-lock.js';

/**
 * Everything in the database but the schema `public` itself, whose owner and privileges a new one would
 * not have, and but what belongs to an extension.
 */
const DROP_EVERYTHING = `
DO $drop$
DECLARE
  statement text;
BEGIN
  -- An array, because the names must be written down before the first of them is gone.
  FOREACH statement IN ARRAY ARRAY(
    SELECT object.statement
    FROM (
      SELECT 'pg_namespace'::regclass AS class, oid, format('DROP SCHEMA %I CASCADE', nspname) AS statement
      FROM pg_namespace
      WHERE nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema')
      UNION ALL
      SELECT 'pg_class'::regclass, oid, format('DROP %s IF EXISTS public.%I CASCADE', kind, relname)
      FROM pg_class
      JOIN (VALUES ('r', 'TABLE'), ('p', 'TABLE'), ('f', 'FOREIGN TABLE'), ('v', 'VIEW'),
        ('m', 'MATERIALIZED VIEW'), ('S', 'SEQUENCE'), ('c', 'TYPE')) AS kinds (relkind, kind)
        ON kinds.relkind = pg_class.relkind::text
      WHERE relnamespace = 'public'::regnamespace
      UNION ALL
      SELECT 'pg_proc'::regclass, oid, format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure)
      FROM pg_proc
      WHERE pronamespace = 'public'::regnamespace
      UNION ALL
      SELECT 'pg_type'::regclass, oid, format('DROP TYPE IF EXISTS public.%I CASCADE', typname)
      FROM pg_type
      WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'r')
    ) AS object
    WHERE NOT EXISTS (SELECT FROM pg_depend
      WHERE classid = object.class AND objid = object.oid AND deptype = 'e')
  )
  LOOP
    EXECUTE statement;
  END LOOP;
END
$drop$`;

/**
 * Drops every table, function and schema, and with them Prisma's history: all of it, or nothing.
 *
 * @param url of the role that owns them
 * @throws {MigrationError} when others keep using the tables for 10 seconds
 */
export async function emptyDatabase(url: string): Promise<void> {
  await withMigrationLock(url, async (client) => {
    try {
      await inTransaction(client, () => client.query(DROP_EVERYTHING));
    } catch (cause) {
      if ((cause as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw cause;
      throw new MigrationError(
        'Others are using the tables, so nothing was dropped. Stop them and try again.',
        { cause },
      );
    }
  });
}
