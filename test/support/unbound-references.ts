import type { Client } from 'pg';
import { UNBOUND_COLUMNS } from './tenant-tables.js';

/**
 * The columns of tenant tables that hold an id and that no foreign key binds: nothing keeps such a
 * column from naming a row of another organization. Left out are those that are so on purpose.
 *
 * @returns `table.column`; empty is good
 */
export async function unboundReferences(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', relname, attname) AS name
     FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
       AND atttypid = 'uuid'::regtype AND attnum > 0 AND NOT attisdropped AND attname <> 'id'
       AND NOT EXISTS (
         SELECT FROM pg_constraint
         WHERE conrelid = pg_class.oid AND contype = 'f' AND attnum = ANY (conkey)
           -- The key to the organization itself binds nothing but the organization.
           AND (cardinality(conkey) > 1 OR attname = 'org_id')
       )
     ORDER BY 1`,
  );
  return rows.map(({ name }) => name).filter((name) => !UNBOUND_COLUMNS.includes(name));
}
