import { withAdminConnection } from '../../../src/tenancy/admin-connection.js';
import type { Tenancy } from '../../../src/tenancy/index.js';
import type { TestDatabase } from '../database.js';

const SETTINGS = ['app.current_org', 'app.current_user_id'] as const;

/** Lets the one function that runs on a pooled connection without a tenant tell what is set there. */
export async function revealSettings(database: TestDatabase): Promise<void> {
  await withAdminConnection(database.superuserUrl, (client) =>
    client.query(`
      CREATE OR REPLACE FUNCTION tenancy.find_organization(slug text) RETURNS uuid
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
      AS $$ SELECT nullif(current_setting(slug, true), '')::uuid $$`),
  );
}

/**
 * What is set on the connections of a pool. As many questions at once as there are connections: when
 * all are idle, each takes one of its own.
 *
 * @returns what is not empty
 * @throws UNAVAILABLE
 */
export async function settingsLeft(tenancy: Tenancy): Promise<string[]> {
  const left: string[] = [];
  for (const setting of SETTINGS) {
    const asked = Array.from({ length: tenancy.poolFigures.limit }, () =>
      tenancy.findOrganization(setting),
    );
    for (const value of await Promise.all(asked)) {
      if (value !== null) left.push(`${setting} = ${value}`);
    }
  }
  return left;
}

/** What the backends of the serving role still hold, as the server sees it; nothing, at rest. */
export async function heldByBackends(database: TestDatabase): Promise<object[]> {
  return withAdminConnection(database.superuserUrl, async (client) => {
    const { rows } = await client.query(
      `WITH backends AS (
         SELECT pid, state, xact_start, backend_xid, backend_xmin FROM pg_stat_activity
         WHERE datname = current_database() AND usename = 'rowhouse_app'
       )
       SELECT 'a transaction' AS what, to_jsonb(backends) AS detail FROM backends
       WHERE state <> 'idle' OR xact_start IS NOT NULL
          OR backend_xid IS NOT NULL OR backend_xmin IS NOT NULL
       UNION ALL
       SELECT 'a lock', to_jsonb(pg_locks) FROM pg_locks JOIN backends USING (pid)
       UNION ALL
       SELECT 'a prepared transaction', to_jsonb(pg_prepared_xacts) FROM pg_prepared_xacts
       WHERE database = current_database()`,
    );
    return rows;
  });
}
