import {
  EXTRA_POLICIES,
  SEAL_POLICY,
  SERVING_ROLE,
  SHOPPER_ACCESS,
  SHOPPER_ROLE,
  TENANT_COLUMN,
  TENANT_POLICY,
} from './isolation-audit.expectation.js';
import { CONTEXT_FUNCTION, USER_FUNCTION } from './isolation-audit.known-functions.js';
import {
  literal,
  POLICY_READER,
  RELATION,
  SERVING,
  TENANT_TABLE,
} from './isolation-audit.scope.js';

const EXTRA_POLICY_ROWS = EXTRA_POLICIES.map(
  ({ table, name, role, using }) => `(${[table, name, role, using].map(literal).join(', ')})`,
).join(', ');

const SHOPPER_POLICY_ROWS = SHOPPER_ACCESS.map(
  ({ table, policy, command, using }) =>
    `(${[table, policy, command, using].map(literal).join(', ')})`,
).join(', ');

/**
 * Every tenant table has the same wall: a tenant column that is never empty, row-level security
 * enabled and forced (pitfall 1), one permissive policy (pitfall 9), and exactly the one that
 * sql/60-policies.sql describes (pitfall 25). A few have another one for shoppers, likewise.
 *
 * A partition is protected by its parent's wall, as long as nobody reaches it directly (pitfall 12).
 */
export const TABLE_CHECKS = `
  WITH ${SERVING}, ${POLICY_READER}, ${RELATION}, ${TENANT_TABLE},
  context_function AS MATERIALIZED (
    -- Printed as in a policy: with its schema, unless the search_path finds it.
    SELECT coalesce(min(p.oid::regproc::text) FILTER (WHERE known.name = ${literal(CONTEXT_FUNCTION)}),
                    'tenancy.current_org') AS name,
           coalesce(min(p.oid::regproc::text) FILTER (WHERE known.name = ${literal(USER_FUNCTION)}),
                    'tenancy.current_user_id') AS user_name
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    CROSS JOIN LATERAL (SELECT n.nspname || '.' || p.proname || '()' AS name) AS known
    WHERE p.pronargs = 0
  ),
  shopper_policy AS MATERIALIZED (
    SELECT table_name, polname, command,
           replace(replace(using_expr, '$org', context_function.name || '()'), '$user', user_name || '()') AS using_expr
    FROM (VALUES ${SHOPPER_POLICY_ROWS}) AS shopper (table_name, polname, command, using_expr)
    CROSS JOIN context_function
  ),
  walled AS MATERIALIZED (
    SELECT tenant_table.*,
           format('(%I = %s())', tenant_column, (SELECT name FROM context_function)) AS canonical
    FROM tenant_table
    WHERE NOT is_partition AND tenant_attnum IS NOT NULL
  ),
  wanted AS MATERIALIZED (
    SELECT name AS table_name, ${literal(TENANT_POLICY)} AS polname, '*' AS command,
           ${literal(SERVING_ROLE)} AS role, canonical AS using_expr, canonical AS check_expr,
           format('CREATE POLICY %I ON %s FOR ALL TO %I USING %s WITH CHECK %s;',
             ${literal(TENANT_POLICY)}, name, ${literal(SERVING_ROLE)}, canonical, canonical) AS definition
    FROM walled
    UNION ALL
    SELECT extra.table_name, extra.polname, 'r', extra.role, extra.using_expr, NULL,
           format('CREATE POLICY %I ON %s FOR SELECT TO %I USING %s;',
             extra.polname, extra.table_name, extra.role, extra.using_expr)
    FROM (VALUES ${EXTRA_POLICY_ROWS}) AS extra (table_name, polname, role, using_expr)
    UNION ALL
    SELECT table_name, polname, CASE command WHEN 'ALL' THEN '*' ELSE 'r' END, ${literal(SHOPPER_ROLE)}, using_expr,
           CASE command WHEN 'ALL' THEN using_expr END,
           format('CREATE POLICY %I ON %s FOR %s TO %I USING %s%s;', polname, table_name, command,
             ${literal(SHOPPER_ROLE)}, using_expr, CASE command WHEN 'ALL' THEN ' WITH CHECK ' || using_expr END)
    FROM shopper_policy
  ),
  policy AS MATERIALIZED (
    SELECT walled.name AS table_name, p.polname, p.polpermissive, p.polcmd::text AS command,
           pg_get_expr(p.polqual, p.polrelid) AS using_expr,
           pg_get_expr(p.polwithcheck, p.polrelid) AS check_expr,
           ARRAY(SELECT coalesce(r.rolname, 'public')::text
                 FROM unnest(p.polroles) AS role (oid) LEFT JOIN pg_catalog.pg_roles r USING (oid)
                 ORDER BY 1) AS roles,
           EXISTS (SELECT FROM unnest(p.polroles) AS role (oid), policy_reader
                   WHERE role.oid = 0 OR pg_has_role(policy_reader.oid, role.oid, 'MEMBER')) AS holds_requests,
           format('DROP POLICY %I ON %s;', p.polname, walled.name) AS removal
    FROM walled JOIN pg_catalog.pg_policy p ON p.polrelid = walled.oid
  ),
  stray AS MATERIALIZED (
    SELECT * FROM policy
    -- SEAL_CHECKS has its own say about the seal's.
    WHERE polpermissive AND polname <> ${literal(SEAL_POLICY)} AND NOT EXISTS (
      SELECT FROM wanted WHERE wanted.table_name = policy.table_name AND wanted.polname = policy.polname
    )
  )

  SELECT 'tenant-column-missing' AS check, 1 AS pitfall, name AS object,
    format('%s has no column %I, so nothing tells whose its rows are.', name, tenant_column) AS problem,
    format('Add the column: ALTER TABLE %s ADD COLUMN ${TENANT_COLUMN} uuid NOT NULL DEFAULT tenancy.current_org()'
      || ' REFERENCES organizations (id) ON DELETE CASCADE; and put it first in every key. If the table holds nothing of'
      || ' any organization, list it in OUTSIDE_TABLES (src/tenancy/isolation-audit.expectation.ts).', name) AS remedy
  FROM tenant_table
  WHERE tenant_attnum IS NULL AND NOT is_partition

  UNION ALL
  SELECT 'tenant-column-nullable', 1, name,
    format('%s.%I may be empty: such a row belongs to nobody.', name, tenant_column),
    format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL;', name, tenant_column)
  FROM walled
  WHERE NOT tenant_not_null

  UNION ALL
  SELECT 'rls-not-enabled', 1, name,
    format('Row-level security is off for %s: every organization sees all of it.', name),
    format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', name)
  FROM tenant_table
  WHERE NOT is_partition AND NOT relrowsecurity

  UNION ALL
  SELECT 'rls-not-forced', 1, name,
    format('Row-level security does not hold the owner of %s.', name),
    format('ALTER TABLE %s FORCE ROW LEVEL SECURITY;', name)
  FROM tenant_table
  WHERE NOT is_partition AND NOT relforcerowsecurity

  UNION ALL
  SELECT 'policy-missing', 25, table_name,
    format('%s has no policy %I.', table_name, polname),
    definition
  FROM wanted
  WHERE NOT EXISTS (
    SELECT FROM policy WHERE policy.table_name = wanted.table_name AND policy.polname = wanted.polname
  )

  UNION ALL
  SELECT 'policy-drift', 25, table_name,
    format('The policy %I of %s is not the one that sql/ describes.', polname, table_name),
    policy.removal || ' ' || wanted.definition
  FROM wanted JOIN policy USING (table_name, polname)
  WHERE NOT policy.polpermissive OR policy.command <> wanted.command
    OR policy.roles <> ARRAY[wanted.role]::text[]
    OR policy.using_expr IS DISTINCT FROM wanted.using_expr
    OR policy.check_expr IS DISTINCT FROM wanted.check_expr

  UNION ALL
  SELECT 'policy-multiple', 9, table_name,
    format('The policy %I of %s also lets requests in: permissive policies are joined by OR.', polname, table_name),
    removal || ' -- or make it narrow instead of widen: AS RESTRICTIVE'
  FROM stray
  WHERE holds_requests

  UNION ALL
  SELECT 'policy-unknown', 25, table_name,
    format('The policy %I of %s stands nowhere in sql/.', polname, table_name),
    removal || ' -- or list it in EXTRA_POLICIES (src/tenancy/isolation-audit.expectation.ts)'
  FROM stray
  WHERE NOT holds_requests`;
