import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from 'pg';
import { withAdminConnection } from '../src/tenancy/admin-connection.js';
import {
  type AuditOptions,
  auditIsolation,
  ISOLATION_CHECKS,
  type IsolationCheck,
  type IsolationFinding,
  SERVING_ROLE,
} from '../src/tenancy/isolation-audit.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import { statementsOf } from './support/statements.js';

const ORG = '01890000-0000-7000-8000-000000000001';

/** A table with every protection, for the ones that lack one to start from. */
const NOTES = (columns: string, key = 'PRIMARY KEY (org_id, id)') => `
  CREATE TABLE notes (${columns}, id uuid NOT NULL, body text${key && `, ${key}`});
  ALTER TABLE notes OWNER TO rowhouse_owner;
  ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
  ALTER TABLE notes FORCE ROW LEVEL SECURITY;
  GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO rowhouse_app;
`;
const NOTES_POLICY = `CREATE POLICY tenant_isolation ON notes TO rowhouse_app
  USING (org_id = tenancy.current_org()) WITH CHECK (org_id = tenancy.current_org());`;
const ORG_COLUMN = 'org_id uuid NOT NULL REFERENCES organizations';

interface Break {
  name: string;
  /** What a superuser does to a clean database. */
  sql: string;
  /** `check object`, all of them. */
  findings: `${IsolationCheck} ${string}`[];
  pitfall?: number;
  /** What the remedy must say; by default the remedies are run instead, and leave nothing to find. */
  advice?: RegExp;
  /** The lowest major version of PostgreSQL that knows this. */
  since?: number;
}

const BREAKS: Break[] = [
  // Tables
  {
    name: 'row-level security switched off',
    sql: 'ALTER TABLE tasks DISABLE ROW LEVEL SECURITY',
    findings: ['rls-not-enabled public.tasks'],
    pitfall: 1,
  },
  {
    name: 'row-level security that does not hold the owner',
    sql: 'ALTER TABLE projects NO FORCE ROW LEVEL SECURITY',
    findings: ['rls-not-forced public.projects'],
    pitfall: 1,
  },
  {
    name: 'a new table that nobody protected',
    sql: `CREATE TABLE "Notes" (${ORG_COLUMN}, id uuid, PRIMARY KEY (org_id, id))`,
    findings: [
      'policy-missing public."Notes"',
      'rls-not-enabled public."Notes"',
      'rls-not-forced public."Notes"',
    ],
  },
  {
    name: 'an unprotected table in another schema',
    sql: `CREATE SCHEMA billing; CREATE TABLE billing.invoices (${ORG_COLUMN}, id uuid);
      ALTER TABLE billing.invoices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`,
    findings: ['policy-missing billing.invoices'],
  },
  {
    name: 'a table without organization',
    sql: NOTES('author uuid', ''),
    findings: ['tenant-column-missing public.notes'],
    pitfall: 1,
    advice: /ADD COLUMN org_id uuid NOT NULL.* OUTSIDE_TABLES/,
  },
  {
    name: 'an organization that may be empty',
    sql: NOTES('org_id uuid', '') + NOTES_POLICY,
    findings: ['tenant-column-nullable public.notes'],
    pitfall: 1,
  },

  // Policies
  {
    name: 'a policy that was dropped',
    sql: 'DROP POLICY tenant_isolation ON users',
    findings: ['policy-missing public.users'],
    pitfall: 25,
  },
  ...[
    ['lets everything in', 'USING (true)'],
    ['checks no writes', 'WITH CHECK (true)'],
    ['wraps the organization in a sub-select', 'USING (org_id = (SELECT tenancy.current_org()))'],
    ['takes the organization from elsewhere', 'USING (org_id = public.current_org())'],
    ['holds for everybody', 'TO PUBLIC'],
  ].map(
    ([what, change]): Break => ({
      name: `a policy that ${what}`,
      sql: `CREATE FUNCTION public.current_org() RETURNS uuid LANGUAGE sql RETURN '${ORG}'::uuid;
        ALTER POLICY tenant_isolation ON tasks ${change}`,
      findings: ['policy-drift public.tasks'],
      pitfall: 25,
    }),
  ),
  {
    name: 'a policy on the wrong column',
    sql: 'ALTER POLICY tenant_isolation ON tasks USING (project_id = tenancy.current_org())',
    findings: ['policy-drift public.tasks'],
  },
  {
    name: 'a policy for reading only',
    sql: `DROP POLICY tenant_isolation ON tasks;
      CREATE POLICY tenant_isolation ON tasks FOR SELECT TO rowhouse_app USING (org_id = tenancy.current_org())`,
    findings: ['policy-drift public.tasks'],
  },
  {
    name: 'a tenant policy that only restricts',
    sql: `DROP POLICY tenant_isolation ON tasks;
      CREATE POLICY tenant_isolation ON tasks AS RESTRICTIVE TO rowhouse_app
        USING (org_id = tenancy.current_org()) WITH CHECK (org_id = tenancy.current_org())`,
    findings: ['policy-drift public.tasks'],
  },
  {
    name: 'a second permissive policy',
    sql: 'CREATE POLICY finished ON tasks FOR SELECT TO rowhouse_app USING (completed)',
    findings: ['policy-multiple public.tasks'],
    pitfall: 9,
  },
  {
    name: 'a second permissive policy for everybody',
    sql: 'CREATE POLICY finished ON tasks USING (completed)',
    findings: ['policy-multiple public.tasks'],
    pitfall: 9,
  },
  {
    name: 'a policy for another role',
    sql: 'CREATE POLICY reports ON tasks FOR SELECT TO rowhouse_backup USING (true)',
    findings: ['policy-unknown public.tasks'],
    pitfall: 25,
  },
  {
    name: 'a directory that whoever inherits from its role may read',
    sql: 'ALTER POLICY directory_lookup ON organizations USING (true)',
    findings: ['policy-drift public.organizations'],
    pitfall: 25,
  },
  {
    name: 'a directory policy that was dropped',
    sql: 'DROP POLICY directory_lookup ON organizations',
    findings: ['policy-missing public.organizations'],
  },
  {
    name: 'a directory of due mail that whoever inherits from its role may read',
    sql: 'ALTER POLICY directory_due_mail ON outgoing_mails USING (true)',
    findings: ['policy-drift public.outgoing_mails'],
  },
  {
    name: 'a directory of due commands that whoever inherits from its role may read',
    sql: 'ALTER POLICY directory_due_payments ON payment_commands USING (true)',
    findings: ['policy-drift public.payment_commands'],
  },
  {
    name: 'a directory of unpaid orders that whoever inherits from its role may read',
    sql: 'ALTER POLICY directory_unpaid_orders ON orders USING (true)',
    findings: ['policy-drift public.orders'],
  },

  // Keys
  {
    name: 'a unique index without organization',
    sql: 'CREATE UNIQUE INDEX tasks_title_key ON tasks (title)',
    findings: ['key-without-tenant public.tasks_title_key'],
    pitfall: 5,
  },
  {
    name: 'a unique index over an expression and some rows, without organization',
    sql: `CREATE UNIQUE INDEX tasks_title_key ON tasks (lower(title), "completed") WHERE deleted_at IS NULL`,
    findings: ['key-without-tenant public.tasks_title_key'],
  },
  {
    name: 'a unique constraint that names the organization last',
    sql: 'ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email, org_id)',
    findings: ['key-without-tenant public.users_email_key'],
  },
  {
    name: 'a primary key without organization',
    sql: NOTES(ORG_COLUMN, 'PRIMARY KEY (id)') + NOTES_POLICY,
    findings: ['key-without-tenant public.notes_pkey'],
    pitfall: 5,
  },
  {
    name: 'an exclusion constraint without organization',
    sql: 'ALTER TABLE tasks ADD CONSTRAINT one_title EXCLUDE (title WITH =)',
    findings: ['exclusion-without-tenant public.tasks.one_title'],
    pitfall: 5,
    advice: /DROP CONSTRAINT one_title;.*"org_id WITH ="/,
  },
  {
    name: 'a foreign key without organization',
    sql: `ALTER TABLE projects ADD CONSTRAINT projects_id_key UNIQUE (id);
      ALTER TABLE tasks ADD CONSTRAINT tasks_project_fkey FOREIGN KEY (project_id) REFERENCES projects (id)`,
    findings: [
      'foreign-key-without-tenant public.tasks.tasks_project_fkey',
      'key-without-tenant public.projects_id_key',
    ],
    pitfall: 5,
  },
  {
    name: "a foreign key to organizations beside the row's own",
    sql: `ALTER TABLE tasks ADD COLUMN reviewer_org uuid;
      ALTER TABLE tasks ADD CONSTRAINT tasks_reviewer_fkey
        FOREIGN KEY (reviewer_org) REFERENCES organizations ON DELETE CASCADE`,
    findings: ['foreign-key-without-tenant public.tasks.tasks_reviewer_fkey'],
  },

  // Functions
  {
    name: 'a function of the wall that was dropped',
    sql: 'DROP FUNCTION tenancy.find_organization(text)',
    findings: ['function-missing tenancy.find_organization(text)'],
    pitfall: 25,
  },
  {
    name: 'the function that looks for due commands for payment providers, dropped',
    sql: 'DROP FUNCTION payment_outbox.organizations_with_due_commands(uuid)',
    findings: ['function-missing payment_outbox.organizations_with_due_commands(uuid)'],
  },
  {
    name: 'the function that looks for unpaid orders, dropped',
    sql: 'DROP FUNCTION unpaid_orders.organizations_with_unpaid_orders(uuid, timestamptz)',
    findings: [
      'function-missing unpaid_orders.organizations_with_unpaid_orders(uuid, timestamp with time zone)',
    ],
  },
  {
    name: 'the function that looks for unpaid orders, when it tells of more',
    sql: `CREATE OR REPLACE FUNCTION unpaid_orders.organizations_with_unpaid_orders(after uuid, before timestamptz)
      RETURNS SETOF uuid LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp
      AS $$SELECT id FROM public.organizations$$`,
    findings: [
      'function-drift unpaid_orders.organizations_with_unpaid_orders(uuid, timestamp with time zone)',
    ],
  },
  {
    name: 'the function that looks for due mail, dropped',
    sql: 'DROP FUNCTION outbox.organizations_with_due_mail(uuid)',
    findings: ['function-missing outbox.organizations_with_due_mail(uuid)'],
  },
  {
    name: 'the function that looks for due mail, when it tells of more',
    sql: `CREATE OR REPLACE FUNCTION outbox.organizations_with_due_mail(after uuid) RETURNS SETOF uuid
      LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp
      AS $$SELECT id FROM public.organizations$$`,
    findings: ['function-drift outbox.organizations_with_due_mail(uuid)'],
  },
  {
    name: 'the function that looks for old mail, when it tells of more',
    sql: `CREATE OR REPLACE FUNCTION outbox.organizations_with_old_mail(after uuid, before timestamptz)
      RETURNS SETOF uuid LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp
      AS $$SELECT id FROM public.organizations$$`,
    findings: ['function-drift outbox.organizations_with_old_mail(uuid, timestamp with time zone)'],
  },
  {
    name: 'the context function dropped, with the policies that use it',
    sql: 'DROP FUNCTION tenancy.current_org() CASCADE',
    findings: ['function-missing tenancy.current_org()', 'policy-missing $eachTable'],
    advice: /CREATE (OR REPLACE FUNCTION|POLICY)/,
  },
  ...[
    [
      'answers always the same',
      'current_org()',
      `CREATE OR REPLACE FUNCTION tenancy.current_org() RETURNS uuid LANGUAGE sql STABLE RETURN '${ORG}'::uuid`,
    ],
    [
      'trusts another setting',
      'current_user_id()',
      `CREATE OR REPLACE FUNCTION tenancy.current_user_id() RETURNS uuid LANGUAGE sql STABLE
       RETURN nullif(current_setting('app.user', true), '')::uuid`,
    ],
    ['is VOLATILE', 'current_org()', 'ALTER FUNCTION tenancy.current_org() VOLATILE'],
    [
      'cannot be inlined',
      'current_org()',
      "ALTER FUNCTION tenancy.current_org() SET work_mem = '8MB'",
    ],
    [
      'belongs to somebody else',
      'current_org()',
      'ALTER FUNCTION tenancy.current_org() OWNER TO rowhouse_backup',
    ],
    [
      'is open to everybody',
      'find_organization(text)',
      'GRANT EXECUTE ON FUNCTION tenancy.find_organization(text) TO PUBLIC',
    ],
    [
      'finds nothing any more',
      'find_organization(text)',
      'ALTER FUNCTION tenancy.find_organization(text) SECURITY INVOKER',
    ],
    [
      'looks into a schema that others may fill',
      'find_organization(text)',
      'ALTER FUNCTION tenancy.find_organization(text) SET search_path = public',
    ],
    [
      'belongs to the owner of the tables',
      'find_organization(text)',
      'ALTER FUNCTION tenancy.find_organization(text) OWNER TO rowhouse_owner',
    ],
    [
      'lists all organizations to requests',
      'list_organizations()',
      'GRANT EXECUTE ON FUNCTION tenant_directory.list_organizations() TO rowhouse_app',
      'tenant_directory',
    ],
    [
      'lists more than it should',
      'list_organizations()',
      `CREATE OR REPLACE FUNCTION tenant_directory.list_organizations()
       RETURNS TABLE (id uuid, slug text, suspended_at timestamptz, deletion_due_at timestamptz)
       LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
       AS 'SELECT id, slug || name, suspended_at, deletion_due_at FROM public.organizations'`,
      'tenant_directory',
    ],
  ].map(
    ([what, signature, sql, schema = 'tenancy']): Break => ({
      name: `a function of the wall that ${what}`,
      sql: sql as string,
      findings: [`function-drift ${schema}.${signature}`],
      pitfall: 25,
    }),
  ),
  {
    name: 'an IMMUTABLE context function',
    sql: 'ALTER FUNCTION tenancy.current_org() IMMUTABLE',
    findings: ['function-immutable tenancy.current_org()'],
    pitfall: 4,
  },
  {
    name: 'an IMMUTABLE function that asks who is asking',
    sql: `CREATE FUNCTION mine(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE
      AS 'BEGIN RETURN $1 = current_setting(''app.current_org''); END'`,
    findings: ['function-immutable public.mine(text)'],
    pitfall: 4,
  },
  {
    name: 'a LEAKPROOF function',
    sql: `CREATE FUNCTION same(text, text) RETURNS boolean LANGUAGE sql LEAKPROOF RETURN $1 = $2`,
    findings: ['function-leakproof public.same(text, text)'],
    pitfall: 4,
  },
  {
    name: 'an unknown SECURITY DEFINER function',
    sql: `CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
        AS 'SELECT count(*) FROM public.tasks';
      ALTER FUNCTION peek() OWNER TO rowhouse_owner`,
    findings: ['security-definer-unknown public.peek()'],
    pitfall: 10,
  },
  {
    name: 'a SECURITY DEFINER function with an open search_path',
    sql: 'ALTER FUNCTION tenancy.find_organization(text) RESET search_path',
    findings: ['security-definer-search-path tenancy.find_organization(text)'],
    pitfall: 10,
  },
  {
    name: 'a SECURITY DEFINER function of a superuser',
    sql: 'ALTER FUNCTION tenancy.find_organization(text) OWNER TO CURRENT_USER',
    findings: ['security-definer-owner tenancy.find_organization(text)'],
    pitfall: 10,
  },
  {
    name: 'a SECURITY DEFINER function of a role with BYPASSRLS',
    sql: 'ALTER FUNCTION tenancy.find_organization(text) OWNER TO rowhouse_backup',
    findings: ['security-definer-owner tenancy.find_organization(text)'],
  },

  // Views
  {
    name: 'a view that reads as its owner',
    sql: 'CREATE VIEW open_tasks AS SELECT * FROM tasks WHERE NOT completed',
    findings: ['view-without-security-invoker public.open_tasks'],
    pitfall: 11,
  },
  {
    name: 'a view that says it does not read as the request',
    sql: 'CREATE VIEW open_tasks WITH (security_invoker = false) AS SELECT * FROM tasks',
    findings: ['view-without-security-invoker public.open_tasks'],
  },
  {
    name: 'a materialized view that requests may read',
    sql: `CREATE MATERIALIZED VIEW busy AS SELECT org_id, count(*) FROM tasks GROUP BY 1;
      GRANT SELECT ON busy TO rowhouse_app`,
    findings: ['materialized-view-readable public.busy'],
    pitfall: 11,
  },
  {
    name: 'a foreign table that requests may read',
    sql: `CREATE FOREIGN DATA WRAPPER elsewhere; CREATE SERVER elsewhere FOREIGN DATA WRAPPER elsewhere;
      CREATE FOREIGN TABLE remote_tasks (org_id uuid) SERVER elsewhere;
      GRANT SELECT ON remote_tasks TO PUBLIC`,
    findings: ['foreign-table-readable public.remote_tasks'],
    pitfall: 11,
  },

  // Privileges
  {
    name: 'a partition that requests may read directly',
    sql: `CREATE TABLE events (${ORG_COLUMN}, id uuid, PRIMARY KEY (org_id, id)) PARTITION BY HASH (org_id);
      CREATE TABLE events_0 PARTITION OF events FOR VALUES WITH (MODULUS 1, REMAINDER 0);
      ALTER TABLE events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant_isolation ON events TO rowhouse_app
        USING (org_id = tenancy.current_org()) WITH CHECK (org_id = tenancy.current_org());
      GRANT SELECT ON events, events_0 TO rowhouse_app`,
    findings: ['partition-privilege public.events_0'],
    pitfall: 12,
  },
  {
    name: 'the right to empty a table, policies or not',
    sql: 'GRANT TRUNCATE ON tasks TO rowhouse_app',
    findings: ['table-privilege public.tasks'],
    pitfall: 13,
  },
  {
    name: 'the right to change or delete what may only be added',
    sql: 'GRANT UPDATE ON audit_events TO rowhouse_app; GRANT DELETE ON audit_events TO PUBLIC; GRANT UPDATE (kind) ON audit_events TO rowhouse_app',
    findings: ['shopper-privilege public.audit_events', 'table-privilege public.audit_events'],
    pitfall: 13,
  },
  {
    name: 'rights to point at a table and to hang triggers on it',
    sql: 'GRANT TRIGGER ON tasks TO PUBLIC; GRANT REFERENCES (id) ON tasks TO rowhouse_app',
    findings: ['shopper-privilege public.tasks', 'table-privilege public.tasks'],
  },
  {
    name: 'the right to maintain a table',
    sql: 'GRANT MAINTAIN ON tasks TO rowhouse_app',
    findings: ['table-privilege public.tasks'],
    since: 17,
  },
  {
    name: 'rights that may be handed on',
    sql: 'GRANT SELECT ON tasks TO rowhouse_app WITH GRANT OPTION',
    findings: ['grant-option public.tasks'],
    pitfall: 13,
  },
  {
    name: 'a sequence that tells the volume of all organizations',
    sql: 'CREATE SEQUENCE invoice_numbers; GRANT USAGE ON SEQUENCE invoice_numbers TO rowhouse_app',
    findings: ['sequence-privilege public.invoice_numbers'],
    pitfall: 13,
  },
  {
    name: 'the right to create tables',
    sql: 'GRANT CREATE ON SCHEMA public TO PUBLIC',
    findings: ['schema-privilege public'],
    pitfall: 13,
  },
  {
    name: 'the right to create temporary tables',
    sql: "DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database()); END $$",
    findings: ['database-privilege $database'],
    pitfall: 13,
  },
  {
    name: 'the right to create schemas',
    sql: "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO rowhouse_app', current_database()); END $$",
    findings: ['database-privilege $database'],
  },
  {
    name: 'large objects',
    sql: 'GRANT EXECUTE ON FUNCTION pg_catalog.lo_create(oid), pg_catalog.lo_get(oid) TO PUBLIC',
    findings: ['large-object-functions pg_catalog'],
    pitfall: 13,
  },
  {
    name: 'default privileges in a schema',
    sql: `ALTER DEFAULT PRIVILEGES FOR ROLE rowhouse_owner IN SCHEMA public GRANT SELECT ON TABLES TO rowhouse_app`,
    findings: ['default-privileges tables of rowhouse_owner'],
    pitfall: 14,
  },
  {
    name: 'default privileges everywhere, for everybody',
    sql: 'ALTER DEFAULT PRIVILEGES FOR ROLE rowhouse_owner GRANT USAGE ON SEQUENCES TO PUBLIC',
    findings: ['default-privileges sequences of rowhouse_owner'],
  },
  {
    name: "Prisma's history of migrations open to requests",
    sql: 'GRANT SELECT (migration_name) ON _prisma_migrations TO rowhouse_app',
    findings: ['outside-table-readable public._prisma_migrations'],
    pitfall: 14,
  },

  // Shoppers
  {
    name: 'shoppers whom requests cannot become',
    sql: 'REVOKE rowhouse_shopper FROM rowhouse_app',
    findings: ['shopper-role-missing rowhouse_app'],
    pitfall: 31,
    advice: /10-roles\.sql as a superuser/,
  },
  {
    name: 'a role of shoppers that can log in',
    sql: 'ALTER ROLE rowhouse_shopper LOGIN',
    findings: ['shopper-role-privileged rowhouse_shopper'],
    pitfall: 31,
  },
  {
    name: 'a role of shoppers that bypasses the policies',
    sql: 'ALTER ROLE rowhouse_shopper BYPASSRLS',
    findings: ['shopper-role-privileged rowhouse_shopper'],
    pitfall: 31,
  },
  {
    name: 'a role of shoppers that owns a table',
    sql: 'ALTER TABLE tasks OWNER TO rowhouse_shopper',
    findings: ['shopper-role-privileged rowhouse_shopper'],
  },
  {
    name: 'a role of shoppers that is a member of another one',
    sql: 'CREATE ROLE rowhouse_green; GRANT rowhouse_green TO rowhouse_shopper',
    findings: ['shopper-role-member rowhouse_shopper'],
    pitfall: 31,
  },
  {
    name: 'a role of shoppers that requests inherit',
    sql: 'GRANT rowhouse_shopper TO rowhouse_app WITH INHERIT TRUE',
    findings: ['shopper-role-inherited rowhouse_app'],
    pitfall: 31,
    since: 16,
  },
  {
    name: 'a table that shoppers may read without a policy of their own',
    sql: 'GRANT SELECT ON tasks TO rowhouse_shopper',
    findings: ['shopper-policy-missing public.tasks', 'shopper-privilege public.tasks'],
    pitfall: 31,
  },
  {
    name: 'a column that shoppers have no business with',
    sql: 'GRANT SELECT (password_hash) ON users TO rowhouse_shopper',
    findings: ['shopper-privilege public.users'],
    pitfall: 31,
  },
  {
    name: 'a whole table where shoppers are to see some columns',
    sql: 'GRANT SELECT ON stock_levels TO rowhouse_shopper',
    findings: ['shopper-privilege public.stock_levels'],
  },
  {
    name: 'a column that shoppers may read because everybody may',
    sql: 'GRANT SELECT (password_hash) ON users TO PUBLIC',
    findings: ['shopper-privilege public.users'],
  },
  {
    name: 'products that shoppers may change',
    sql: 'GRANT UPDATE (price_amount) ON products TO rowhouse_shopper',
    findings: ['shopper-privilege public.products'],
  },
  {
    name: 'shoppers who see what is not for sale',
    sql: 'ALTER POLICY shop_window ON products USING (org_id = tenancy.current_org())',
    findings: ['policy-drift public.products'],
  },
  {
    name: 'shoppers who see the accounts of others',
    sql: 'ALTER POLICY own_rows ON users USING (org_id = tenancy.current_org())',
    findings: ['policy-drift public.users'],
  },
  {
    name: 'shoppers who find organizations by their slugs',
    sql: 'GRANT EXECUTE ON FUNCTION tenancy.find_organization(text) TO rowhouse_shopper',
    findings: ['function-drift tenancy.find_organization(text)'],
  },
  {
    name: 'a second policy for shoppers',
    sql: 'CREATE POLICY others ON users FOR SELECT TO rowhouse_shopper USING (true)',
    findings: ['policy-multiple public.users'],
    pitfall: 9,
  },

  // Settings
  {
    name: 'connections that begin as an organization',
    sql: `DO $$ BEGIN EXECUTE format(
      'ALTER ROLE rowhouse_app IN DATABASE %I SET app.current_org = %L', current_database(), '${ORG}'); END $$`,
    findings: ['default-context rowhouse_app'],
    pitfall: 17,
  },
  {
    name: 'a database in which every connection begins as an organization',
    sql: `DO $$ BEGIN EXECUTE format(
      'ALTER DATABASE %I SET app.current_org = %L', current_database(), '${ORG}'); END $$`,
    findings: ['default-context rowhouse_app'],
  },
];

/** Roles that might serve requests by mistake. */
const ROLES: { name: string; sql: string; check: IsolationCheck; problem: RegExp }[] = [
  {
    name: 'a superuser',
    sql: 'ALTER ROLE $role SUPERUSER',
    check: 'serving-role-superuser',
    problem: /superuser/,
  },
  {
    name: 'a role with BYPASSRLS',
    sql: 'ALTER ROLE $role BYPASSRLS',
    check: 'serving-role-bypasses-rls',
    problem: /BYPASSRLS/,
  },
  {
    name: 'a role that may grant itself others',
    sql: 'ALTER ROLE $role CREATEROLE',
    check: 'serving-role-privileged',
    problem: /CREATEROLE/,
  },
  {
    name: 'a role that may copy the cluster',
    sql: 'ALTER ROLE $role REPLICATION',
    check: 'serving-role-privileged',
    problem: /REPLICATION/,
  },
  {
    name: 'a role that owns a table',
    sql: 'ALTER TABLE tasks OWNER TO $role',
    check: 'serving-role-owns',
    problem: /owns public\.tasks/,
  },
  {
    name: 'a role that owns a schema',
    sql: 'ALTER SCHEMA tenancy OWNER TO $role',
    check: 'serving-role-owns',
    problem: /owns schema tenancy/,
  },
  {
    name: 'a member of the owner',
    sql: 'GRANT rowhouse_owner TO $role',
    check: 'serving-role-member',
    problem: /member of rowhouse_owner, which owns/,
  },
  {
    name: 'a member of the owner that must SET ROLE to use it',
    sql: 'ALTER ROLE $role NOINHERIT; GRANT rowhouse_owner TO $role',
    check: 'serving-role-member',
    problem: /member of rowhouse_owner/,
  },
  {
    name: 'a member of a member of a bypassing role',
    sql: 'GRANT rowhouse_backup TO $role_group; GRANT $role_group TO $role',
    check: 'serving-role-member',
    problem: /member of rowhouse_backup, which bypasses row-level security/,
  },
  {
    name: "a member of PostgreSQL's own powerful roles",
    sql: 'GRANT pg_read_all_data TO $role',
    check: 'serving-role-member',
    problem: /pg_read_all_data/,
  },
];

/** Shown by tests of their own. */
const OTHERS: IsolationCheck[] = [
  'serving-role-missing',
  'serving-role-reserved',
  // In test/isolation-seal.test.ts.
  'seal-policy-missing',
  'seal-policy-drift',
  'seal-key-missing',
  'seal-not-accepted',
];

let database: TestDatabase;
let tables: string[];

beforeAll(async () => {
  database = await createDatabase();
  tables = await withAdminConnection(database.superuserUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT schemaname || '.' || tablename AS name FROM pg_policies
       WHERE policyname = 'tenant_isolation'`,
    );
    return rows.map(({ name }) => name);
  });
});
afterAll(() => database.drop());

const summary = (findings: IsolationFinding[]) =>
  findings.map(({ check, object }) => `${check} ${object}`).sort();

const audit = (url: string, options?: AuditOptions) =>
  withAdminConnection(url, (client) => auditIsolation(client, options));

describe('a database as the migrations leave it', () => {
  it('has no findings, asked by the serving role itself', async () => {
    expect(await audit(database.appUrl)).toEqual([]);
  });

  it.each(['superuserUrl', 'ownerUrl'] as const)(
    'has no findings, asked with the %s for the serving role',
    async (url) => {
      expect(await audit(database[url], { servingRole: SERVING_ROLE })).toEqual([]);
    },
  );

  it('has no findings whatever the search_path', async () => {
    await withAdminConnection(database.appUrl, async (client) => {
      await client.query('SET search_path = tenancy, public');
      expect(await auditIsolation(client)).toEqual([]);
    });
  });

  it('has no findings for a login of its own that is a member of the serving role', async () => {
    await broken('CREATE ROLE rowhouse_blue LOGIN IN ROLE rowhouse_app', async (client) => {
      expect(await auditIsolation(client, { servingRole: 'rowhouse_blue' })).toEqual([]);
    });
  });

  it('is audited in as many statements, however many tables there are', async () => {
    const statements = (client: Client) => statementsOf(() => auditIsolation(client));
    const few = await withAdminConnection(database.appUrl, statements);
    await broken(`${NOTES(ORG_COLUMN)} ${NOTES_POLICY}`, async (client) => {
      await client.query(`SET SESSION AUTHORIZATION ${SERVING_ROLE}`);
      expect((await statements(client)).length).toBe(few.length);
      await client.query('RESET SESSION AUTHORIZATION');
    });
    expect(few.length).toBeLessThan(10);
  });

  it('refuses the owner, who must not serve requests', async () => {
    expect(await audit(database.ownerUrl)).toEqual([
      {
        check: 'serving-role-reserved',
        pitfall: 2,
        object: 'rowhouse_owner',
        problem: expect.stringContaining('rowhouse_owner, which owns every table'),
        remedy: 'Let requests connect as rowhouse_app (DATABASE_URL) instead.',
      },
    ]);
  });

  it('refuses a superuser, also behind SET ROLE', async () => {
    await withAdminConnection(database.superuserUrl, async (client) => {
      const checks = async () => (await auditIsolation(client)).map(({ check }) => check);
      expect(await checks()).toEqual(['serving-role-superuser']);
      await client.query('SET ROLE rowhouse_app');
      expect(await checks()).toEqual(['serving-role-superuser']);
    });
  });

  it('is missing the role when there is none of that name', async () => {
    const findings = await audit(database.superuserUrl, { servingRole: 'rowhouse_nobody' });
    expect(summary(findings)).toEqual(['serving-role-missing rowhouse_nobody']);
    expect(findings[0]?.remedy).toContain('prisma migrate deploy');
  });
});

describe('the audit finds', () => {
  it.each(BREAKS)('$name', async ({ sql, findings, pitfall, advice, since = 0 }) => {
    const work = async (client: Client) => {
      const found = await auditIsolation(client, { servingRole: SERVING_ROLE });
      const expected = findings
        .flatMap((finding) => tables.map((table) => finding.replace('$eachTable', table)))
        .map((finding) => finding.replace('$database', database.name));
      expect([...new Set(summary(found))]).toEqual([...new Set(expected)].sort());
      if (pitfall !== undefined) expect(found.map((finding) => finding.pitfall)).toContain(pitfall);

      await client.query(`SET SESSION AUTHORIZATION ${SERVING_ROLE}`);
      expect(await auditIsolation(client)).toEqual(found);
      await client.query('RESET SESSION AUTHORIZATION');

      if (advice !== undefined) {
        for (const { remedy } of found) expect(remedy).toMatch(advice);
        return;
      }
      for (const { remedy } of found) await client.query(remedy);
      expect(await auditIsolation(client, { servingRole: SERVING_ROLE })).toEqual([]);
    };
    await broken(sql, work, { since });
  });

  it.each([
    [
      'a restrictive policy, which only narrows',
      'CREATE POLICY kept ON tasks AS RESTRICTIVE TO rowhouse_app USING (deleted_at IS NULL)',
    ],
    [
      'a view that reads as the request',
      'CREATE VIEW open_tasks WITH (security_invoker) AS SELECT * FROM tasks',
    ],
    [
      'a new table with all that it needs',
      `${NOTES(ORG_COLUMN)} ${NOTES_POLICY} CREATE UNIQUE INDEX ON notes (org_id, lower(body))`,
    ],
  ])('nothing in %s', async (_, sql) => {
    await broken(sql, async (client) => {
      expect(await auditIsolation(client, { servingRole: SERVING_ROLE })).toEqual([]);
    });
  });

  it('what the operator accepted, no more', async () => {
    await broken(
      'GRANT EXECUTE ON FUNCTION pg_catalog.lo_create(oid) TO PUBLIC',
      async (client) => {
        const accepted = ['large-object-functions'] as const;
        expect(await auditIsolation(client, { servingRole: SERVING_ROLE, accepted })).toEqual([]);
        await client.query('ALTER TABLE tasks DISABLE ROW LEVEL SECURITY');
        expect(
          summary(await auditIsolation(client, { servingRole: SERVING_ROLE, accepted })),
        ).toEqual(['rls-not-enabled public.tasks']);
      },
    );
  });
});

describe('the audit refuses as the server of requests', () => {
  const role = 'rowhouse_blue';

  it.each(ROLES)('$name', async ({ sql, check, problem }) => {
    const create = `CREATE ROLE ${role} LOGIN IN ROLE rowhouse_app; CREATE ROLE ${role}_group;`;
    await broken(create + sql.replaceAll('$role', role), async (client) => {
      const found = await auditIsolation(client, { servingRole: role });
      expect(summary(found)).toContain(`${check} ${role}`);
      expect(found.map((finding) => finding.problem).join('\n')).toMatch(problem);
      expect(new Set(found.map(({ pitfall }) => pitfall))).toEqual(new Set([2]));

      for (const { remedy } of found) await client.query(remedy);
      expect(await auditIsolation(client, { servingRole: role })).toEqual([]);
    });
  });
});

it('has no check that is not shown to find something', () => {
  const shown = [
    ...BREAKS.flatMap(({ findings }) => findings.map((finding) => finding.split(' ')[0])),
    ...ROLES.map(({ check }) => check),
    ...OTHERS,
  ];
  expect([...new Set(shown)].sort()).toEqual([...ISOLATION_CHECKS].sort());
});

/** Breaks the database within a transaction, and takes that back after `work`. */
function broken(
  sql: string,
  work: (client: Client) => Promise<void>,
  { since = 0 } = {},
): Promise<void> {
  return withAdminConnection(database.superuserUrl, async (client) => {
    const { rows } = await client.query(
      "SELECT current_setting('server_version_num')::int AS number",
    );
    if (rows[0].number < since * 10_000) return;
    await client.query('BEGIN');
    await client.query(sql);
    await work(client);
    await client.query('ROLLBACK');
  });
}
