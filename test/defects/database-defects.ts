import type { DatabaseDefect } from './defect.js';

/** A table with every protection, from which one can be left out. */
const NOTES = `
  CREATE TABLE notes (
    org_id uuid NOT NULL DEFAULT tenancy.current_org() REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL, body text NOT NULL, PRIMARY KEY (org_id, id)
  );
  ALTER TABLE notes OWNER TO rowhouse_owner;
  GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO rowhouse_app;`;

/** Within this database only. */
const onDatabase = (statement: string) =>
  `DO $$ BEGIN EXECUTE format('${statement}', current_database()); END $$`;

const BOTH = ['audit', 'attacks'] as const;

/** Holes in the catalog, by what they are in. */
export const DATABASE_DEFECTS: readonly DatabaseDefect[] = [
  // Tables and policies
  {
    name: 'row-level security is switched off for a table',
    pitfall: 1,
    sql: 'ALTER TABLE tasks DISABLE ROW LEVEL SECURITY',
    seenBy: BOTH,
  },
  {
    name: 'row-level security does not hold the owner of a table',
    pitfall: 1,
    sql: 'ALTER TABLE projects NO FORCE ROW LEVEL SECURITY',
    // The attacks are the serving role's, whom it holds as before.
    seenBy: ['audit'],
  },
  {
    name: 'a new table has no row-level security',
    pitfall: 1,
    sql: NOTES,
    seenBy: BOTH,
  },
  {
    name: 'the policy of a table is dropped',
    pitfall: 25,
    sql: 'DROP POLICY tenant_isolation ON tasks',
    seenBy: BOTH,
  },
  {
    name: 'a policy lets everything in',
    pitfall: 25,
    sql: 'ALTER POLICY tenant_isolation ON tasks USING (true)',
    seenBy: BOTH,
  },
  {
    name: 'a policy checks no writes',
    pitfall: 25,
    sql: 'ALTER POLICY tenant_isolation ON tasks WITH CHECK (true)',
    seenBy: BOTH,
  },
  {
    name: 'a policy holds for reading only, and another one lets every write in',
    pitfall: 9,
    sql: `DROP POLICY tenant_isolation ON projects;
      CREATE POLICY tenant_isolation ON projects FOR SELECT TO rowhouse_app USING (org_id = tenancy.current_org());
      CREATE POLICY writes ON projects TO rowhouse_app USING (false) WITH CHECK (true)`,
    seenBy: BOTH,
  },
  {
    name: 'a policy shows everything to whom has no context',
    pitfall: 3,
    sql: `ALTER POLICY tenant_isolation ON users
      USING (org_id = tenancy.current_org() OR tenancy.current_org() IS NULL)`,
    seenBy: BOTH,
  },
  {
    name: 'a second permissive policy shows some rows to everybody',
    pitfall: 9,
    sql: 'CREATE POLICY finished ON tasks FOR SELECT TO rowhouse_app USING (completed)',
    seenBy: BOTH,
  },
  {
    name: 'the directory of organizations is open to requests',
    pitfall: 25,
    sql: 'ALTER POLICY directory_lookup ON organizations TO PUBLIC USING (true)',
    seenBy: BOTH,
  },
  {
    name: 'the list of organizations is open to requests',
    pitfall: 25,
    sql: `GRANT USAGE ON SCHEMA tenant_directory TO rowhouse_app;
      GRANT EXECUTE ON FUNCTION tenant_directory.list_organizations() TO rowhouse_app`,
    seenBy: ['audit'],
  },

  // Keys
  {
    name: 'a foreign key does not compare the organization',
    pitfall: 5,
    sql: `ALTER TABLE projects ADD CONSTRAINT projects_id_key UNIQUE (id);
      ALTER TABLE tasks DROP CONSTRAINT tasks_org_id_project_id_fkey,
        ADD CONSTRAINT tasks_org_id_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects (id)`,
    seenBy: BOTH,
  },
  {
    name: 'a foreign key is dropped',
    pitfall: 6,
    sql: 'ALTER TABLE tasks DROP CONSTRAINT tasks_org_id_assignee_id_fkey',
    // The audit looks at the keys that there are, and cannot know which ones there should be.
    seenBy: ['attacks'],
  },
  {
    name: 'an e-mail address is unique over all organizations',
    pitfall: 5,
    sql: `ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email)`,
    seenBy: BOTH,
  },
  {
    name: 'a unique index reaches across organizations',
    pitfall: 5,
    sql: 'CREATE UNIQUE INDEX tasks_title_key ON tasks (title)',
    seenBy: BOTH,
  },
  {
    name: 'a primary key is the id alone',
    pitfall: 5,
    sql: 'ALTER TABLE tasks DROP CONSTRAINT tasks_pkey, ADD PRIMARY KEY (id)',
    // To an attack it looks like the slug, which is unique over all organizations on purpose.
    seenBy: ['audit'],
  },
  {
    name: 'rows of one organization exclude those of another',
    pitfall: 5,
    sql: 'ALTER TABLE tasks ADD CONSTRAINT one_title EXCLUDE (title WITH =)',
    seenBy: BOTH,
  },

  // Functions
  {
    name: 'the context function is IMMUTABLE',
    pitfall: 4,
    sql: 'ALTER FUNCTION tenancy.current_org() IMMUTABLE',
    seenBy: BOTH,
  },
  {
    name: 'the context function is LEAKPROOF',
    pitfall: 4,
    sql: 'ALTER FUNCTION tenancy.current_org() LEAKPROOF',
    seenBy: ['audit'],
  },
  {
    name: 'the context function fails without a context',
    pitfall: 3,
    sql: `CREATE OR REPLACE FUNCTION tenancy.current_org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
      RETURN current_setting('app.current_org', true)::uuid`,
    seenBy: BOTH,
  },
  {
    name: 'the context function can be told another organization',
    pitfall: 25,
    sql: `CREATE OR REPLACE FUNCTION tenancy.current_org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
      RETURN nullif(coalesce(nullif(current_setting('app.acting_for', true), ''),
        current_setting('app.current_org', true)), '')::uuid`,
    seenBy: ['audit'],
  },
  {
    name: 'a function looks over the wall with the rights of its owner',
    pitfall: 10,
    sql: `CREATE FUNCTION count_tasks() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
      AS 'SELECT count(*) FROM public.tasks'`,
    seenBy: ['audit'],
  },
  {
    name: "a SECURITY DEFINER function follows the caller's search_path",
    pitfall: 10,
    sql: 'ALTER FUNCTION tenancy.find_organization(text) RESET search_path',
    seenBy: ['audit'],
  },
  {
    name: 'a SECURITY DEFINER function belongs to a role with BYPASSRLS',
    pitfall: 10,
    sql: 'ALTER FUNCTION tenancy.find_organization(text) OWNER TO rowhouse_backup',
    seenBy: ['audit'],
  },

  // Views
  {
    name: 'a view reads with the rights of its owner',
    pitfall: 11,
    sql: 'CREATE VIEW open_tasks AS SELECT * FROM tasks; GRANT SELECT ON open_tasks TO rowhouse_app',
    seenBy: ['audit'],
  },
  {
    name: 'a materialized view of all organizations is open to requests',
    pitfall: 11,
    sql: `CREATE MATERIALIZED VIEW busy AS SELECT org_id, count(*) FROM tasks GROUP BY 1;
      GRANT SELECT ON busy TO rowhouse_app`,
    seenBy: BOTH,
  },

  // Privileges
  {
    name: 'a partition is open to requests',
    pitfall: 12,
    sql: `CREATE TABLE events (org_id uuid NOT NULL REFERENCES organizations, id uuid, PRIMARY KEY (org_id, id))
        PARTITION BY HASH (org_id);
      CREATE TABLE events_0 PARTITION OF events FOR VALUES WITH (MODULUS 1, REMAINDER 0);
      ALTER TABLE events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant_isolation ON events TO rowhouse_app
        USING (org_id = tenancy.current_org()) WITH CHECK (org_id = tenancy.current_org());
      GRANT SELECT, INSERT, UPDATE, DELETE ON events, events_0 TO rowhouse_app`,
    seenBy: BOTH,
  },
  {
    name: 'requests may TRUNCATE',
    pitfall: 13,
    sql: 'GRANT TRUNCATE ON tasks TO rowhouse_app',
    seenBy: BOTH,
  },
  {
    name: 'requests may hang triggers on a table',
    pitfall: 13,
    sql: 'GRANT TRIGGER ON tasks TO rowhouse_app',
    seenBy: BOTH,
  },
  {
    name: 'requests may point at a table',
    pitfall: 13,
    sql: 'GRANT REFERENCES ON tasks TO rowhouse_app',
    seenBy: ['audit'],
  },
  {
    name: 'requests may hand on what they may do',
    pitfall: 13,
    sql: 'GRANT SELECT ON tasks TO rowhouse_app WITH GRANT OPTION',
    seenBy: ['audit'],
  },
  {
    name: 'requests may use a sequence',
    pitfall: 13,
    sql: 'CREATE SEQUENCE invoice_numbers; GRANT USAGE ON SEQUENCE invoice_numbers TO rowhouse_app',
    seenBy: ['audit'],
  },
  {
    name: 'requests may create tables',
    pitfall: 13,
    sql: 'GRANT CREATE ON SCHEMA public TO rowhouse_app',
    seenBy: BOTH,
  },
  {
    name: 'requests may create temporary tables',
    pitfall: 13,
    sql: onDatabase('GRANT TEMPORARY ON DATABASE %I TO PUBLIC'),
    seenBy: BOTH,
  },
  {
    name: 'requests may create schemas',
    pitfall: 13,
    sql: onDatabase('GRANT CREATE ON DATABASE %I TO rowhouse_app'),
    seenBy: BOTH,
  },
  {
    name: 'requests may use large objects',
    pitfall: 13,
    sql: 'GRANT EXECUTE ON FUNCTION pg_catalog.lo_create(oid), pg_catalog.lo_get(oid) TO PUBLIC',
    seenBy: BOTH,
  },
  {
    name: 'requests may use every table that is to come',
    pitfall: 14,
    sql: 'ALTER DEFAULT PRIVILEGES FOR ROLE rowhouse_owner IN SCHEMA public GRANT SELECT ON TABLES TO rowhouse_app',
    seenBy: ['audit'],
  },
  {
    name: 'requests may read the history of migrations',
    pitfall: 14,
    sql: 'GRANT SELECT ON _prisma_migrations TO rowhouse_app',
    seenBy: BOTH,
  },

  // Roles
  {
    name: 'requests are served by a superuser',
    pitfall: 2,
    sql: 'ALTER ROLE $role SUPERUSER',
    seenBy: BOTH,
  },
  {
    name: 'requests are served by a role with BYPASSRLS',
    pitfall: 2,
    sql: 'ALTER ROLE $role BYPASSRLS',
    seenBy: BOTH,
  },
  {
    name: 'requests are served by a member of the owner',
    pitfall: 2,
    sql: 'GRANT rowhouse_owner TO $role',
    seenBy: BOTH,
  },
  {
    name: 'requests are served by the owner of a table',
    pitfall: 2,
    sql: 'ALTER TABLE tasks OWNER TO $role',
    seenBy: BOTH,
  },
  {
    name: 'requests are served by a role that may grant itself others',
    pitfall: 2,
    sql: 'ALTER ROLE $role CREATEROLE',
    seenBy: ['audit'],
  },
  {
    name: 'requests are served by a role that may read all tables',
    pitfall: 2,
    sql: 'GRANT pg_read_all_data TO $role',
    seenBy: BOTH,
  },

  // Shoppers
  {
    name: 'customers and guests see the products of every organization',
    pitfall: 31,
    sql: 'ALTER POLICY shop_window ON products USING (true)',
    seenBy: BOTH,
  },
  {
    name: 'customers see the accounts of every organization',
    pitfall: 31,
    sql: 'ALTER POLICY own_rows ON users USING (true)',
    seenBy: BOTH,
  },
  {
    name: "customers see others' carts of their organization",
    pitfall: 31,
    sql: 'ALTER POLICY own_rows ON carts USING (org_id = tenancy.current_org())',
    seenBy: BOTH,
  },
  {
    name: "customers see others' orders of their organization",
    pitfall: 31,
    sql: 'ALTER POLICY own_rows ON orders USING (org_id = tenancy.current_org())',
    seenBy: BOTH,
  },
  {
    name: 'customers give others what is in their cart',
    pitfall: 31,
    sql: 'ALTER POLICY own_rows ON cart_items WITH CHECK (org_id = tenancy.current_org())',
    seenBy: BOTH,
  },
  {
    name: 'customers see what is not for sale',
    pitfall: 31,
    sql: 'ALTER POLICY shop_window ON products USING (org_id = tenancy.current_org())',
    seenBy: BOTH,
  },
  {
    name: 'a table is open to customers that has no policy for them',
    pitfall: 31,
    sql: 'GRANT SELECT ON tasks TO rowhouse_shopper',
    seenBy: ['audit'],
  },
  {
    name: 'customers may read the hash of a password',
    pitfall: 31,
    sql: 'GRANT SELECT (password_hash) ON users TO rowhouse_shopper',
    seenBy: ['audit'],
  },

  // The seal
  {
    name: 'the seal is verified without its expiry',
    pitfall: 29,
    sql: `DO $$ BEGIN EXECUTE replace(
      pg_get_functiondef('tenant_seal.verified_org()'::regprocedure), '::bigint > date_part', '::bigint <> date_part'); END $$`,
    seenBy: ['audit'],
  },
  {
    name: 'requests may read the keys of the seal',
    pitfall: 29,
    sql: 'GRANT SELECT ON tenant_seal.keys TO rowhouse_app',
    seenBy: BOTH,
  },
  {
    name: 'one table alone asks for a seal',
    pitfall: 29,
    sql: `CREATE POLICY tenant_seal ON tasks AS RESTRICTIVE TO rowhouse_app
      USING (org_id = (SELECT tenant_seal.verified_org())) WITH CHECK (org_id = (SELECT tenant_seal.verified_org()))`,
    seenBy: BOTH,
  },

  // Settings
  {
    name: 'every connection of the serving role begins as an organization',
    pitfall: 17,
    sql: onDatabase(
      "ALTER ROLE rowhouse_app IN DATABASE %I SET app.current_org = ''01890000-0000-7000-8000-000000000001''",
    ),
    seenBy: ['audit'],
  },
];
