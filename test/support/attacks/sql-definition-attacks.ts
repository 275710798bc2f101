import pg from 'pg';
import { INSUFFICIENT_PRIVILEGE, type SqlAttack, type Target } from './sql-attack.js';

const quoted = pg.escapeIdentifier;

/** What only the owner of a table may do to it. Rolled back: a table that is gone is in nobody's interest. */
export function definitionAttacks({ table, policies }: Target): SqlAttack[] {
  const name = quoted(table.name);
  const texts = [
    `ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`,
    `ALTER TABLE ${name} DISABLE TRIGGER ALL`,
    `ALTER TABLE ${name} OWNER TO current_user`,
    `CREATE POLICY everything ON ${name} USING (true)`,
    ...policies.flatMap((policy) => [
      `ALTER POLICY ${quoted(policy)} ON ${name} USING (true)`,
      `DROP POLICY ${quoted(policy)} ON ${name}`,
    ]),
    `CREATE TRIGGER attack BEFORE INSERT ON ${name} FOR EACH ROW
     EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
    `CREATE RULE attack AS ON INSERT TO ${name} DO INSTEAD NOTHING`,
    `CREATE INDEX ON ${name} (${quoted(table.owner)})`,
    `DROP TABLE ${name} CASCADE`,
  ];
  const definitions = texts.map((text) => ({ kind: 'DDL', text }));
  const unprotected = {
    kind: 'SET row_security',
    text: `SET LOCAL row_security = off; SELECT FROM ${name}`,
  };
  return [...definitions, unprotected].map((attack) => ({
    ...attack,
    expected: INSUFFICIENT_PRIVILEGE,
  }));
}

/**
 * What concerns no single tenant table: other roles and their rights, the server's files and figures.
 *
 * @param relations names, quoted, of tables that belong to no tenant, such as the history of migrations
 */
export function serverAttacks(roles: string[], relations: string[]): SqlAttack[] {
  const refused = (kind: string, ...texts: string[]) =>
    texts.map((text): SqlAttack => ({ kind, text, expected: INSUFFICIENT_PRIVILEGE }));
  return [
    ...refused(
      'SET ROLE',
      ...roles.flatMap((role) => [
        `SET ROLE ${quoted(role)}`,
        `SET SESSION AUTHORIZATION ${quoted(role)}`,
      ]),
      'ALTER ROLE CURRENT_USER BYPASSRLS',
      'ALTER ROLE CURRENT_USER SUPERUSER',
    ),
    ...refused('other tables', ...relations.map((relation) => `SELECT FROM ${relation}`)),
    ...refused('SET', 'SET LOCAL session_replication_role = replica'),
    ...refused(
      'DDL',
      'CREATE TEMP TABLE attack (x int)',
      'CREATE TABLE public.attack (x int)',
      'CREATE TABLE tenancy.attack (x int)',
      'CREATE SCHEMA attack',
      'CREATE VIEW public.attack AS SELECT 1',
      "CREATE FUNCTION public.attack() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      "CREATE OR REPLACE FUNCTION tenancy.current_org() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT NULL::uuid'",
    ),
    ...refused(
      'large object',
      'SELECT lo_create(0)',
      "SELECT lo_from_bytea(0, '')",
      "SELECT lo_import('/dev/null')",
      'SELECT FROM pg_largeobject',
    ),
    ...refused(
      'server file',
      "SELECT pg_read_file('PG_VERSION')",
      "SELECT pg_ls_dir('.')",
      "COPY (SELECT 1) TO PROGRAM 'true'",
    ),
    ...refused('statistics', 'SELECT FROM pg_statistic', 'SELECT FROM pg_authid'),
    {
      kind: 'statistics',
      text: "SELECT FROM pg_stats WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
      expected: 0,
    },
    {
      kind: 'statistics',
      text: `SELECT FROM pg_stat_activity
             WHERE usename <> current_user AND query NOT IN ('', '<insufficient privilege>')`,
      expected: 0,
    },
  ];
}
