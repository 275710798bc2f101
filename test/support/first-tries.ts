import { withAdminConnection } from '../../src/tenancy/index.js';
import type { TestDatabase } from './database.js';

/**
 * Has PostgreSQL refuse the first tries to insert a row, as it refuses a statement that has waited in a circle: two of
 * them where the column holds `deadlock-2`; `late-deadlock-2`, when they are to be committed. How many there were outlives
 * their rollback in a sequence.
 */
export async function refuseFirstTries(
  database: TestDatabase,
  { table, column }: { table: string; column: string },
): Promise<void> {
  await withAdminConnection(database.superuserUrl, (client) =>
    client.query(`
      CREATE SEQUENCE tries;
      CREATE FUNCTION refuse_first_tries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN
        IF nextval('tries') <= split_part(NEW.${column}, 'deadlock-', 2)::int THEN
          RAISE 'deadlock detected' USING ERRCODE = '40P01';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER deadlock BEFORE INSERT ON ${table} FOR EACH ROW
        WHEN (NEW.${column} LIKE 'deadlock-%') EXECUTE FUNCTION refuse_first_tries();
      CREATE CONSTRAINT TRIGGER late_deadlock AFTER INSERT ON ${table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        WHEN (NEW.${column} LIKE 'late-deadlock-%') EXECUTE FUNCTION refuse_first_tries()`),
  );
}

/** How many tries there were since the last time that this was asked. */
export async function takeTries({ superuserUrl }: TestDatabase): Promise<number> {
  return withAdminConnection(superuserUrl, async (client) => {
    const { rows } = await client.query(
      'SELECT CASE WHEN is_called THEN last_value::int ELSE 0 END AS tries FROM tries',
    );
    await client.query('ALTER SEQUENCE tries RESTART');
    return rows[0].tries;
  });
}
