import {
  APPEND_ONLY_TABLES,
  RESERVED_ROLES,
  SHOPPER_ACCESS,
  SHOPPER_ROLE,
} from './isolation-audit.expectation.js';
import { literal, RELATION, SERVING, textArray } from './isolation-audit.scope.js';

const SHOPPER_GRANT_ROWS = SHOPPER_ACCESS.flatMap(({ table, privileges }) =>
  Object.entries(privileges).flatMap(([privilege, on]) =>
    (on === 'table' ? [null] : on).map(
      (column) => `(${[table, privilege, column].map(literal).join(', ')})`,
    ),
  ),
).join(', ');

/**
 * What requests may do beside reading and writing rows, and where they could find rows without a wall:
 * pitfalls 11 (views), 12 (partitions), 13 (TRUNCATE and its like), 14 (default privileges, tables
 * that are not the application's).
 *
 * Read from the grants themselves, so that the remedy can name whom to revoke from: the serving role,
 * a role that it is a member of, or PUBLIC. What an owner may do by owning is not repeated here.
 */
export const PRIVILEGE_CHECKS = `
  WITH ${SERVING}, ${RELATION},
  beneficiary AS MATERIALIZED (
    SELECT 0::oid AS oid, 'PUBLIC' AS name WHERE EXISTS (SELECT FROM serving)
    UNION ALL
    SELECT r.oid, quote_ident(r.rolname) FROM pg_catalog.pg_roles r
    WHERE EXISTS (SELECT FROM serving WHERE pg_has_role(serving.oid, r.oid, 'MEMBER'))
      -- Their rights are as they should be; being a member of them is what ROLE_CHECKS reports.
      AND r.rolname <> ALL (${textArray(Object.keys(RESERVED_ROLES))})
  ),
  relation_grant AS MATERIALIZED (
    SELECT relation.*, beneficiary.name AS grantee, entry.privilege_type, entry.is_grantable, NULL::name AS column_name
    FROM relation
    CROSS JOIN LATERAL aclexplode(relation.relacl) AS entry
    JOIN beneficiary ON beneficiary.oid = entry.grantee
    WHERE entry.grantee <> relation.relowner
    UNION ALL
    SELECT relation.*, beneficiary.name, entry.privilege_type, entry.is_grantable, a.attname
    FROM relation
    JOIN pg_catalog.pg_attribute a ON a.attrelid = relation.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped
    CROSS JOIN LATERAL aclexplode(a.attacl) AS entry
    JOIN beneficiary ON beneficiary.oid = entry.grantee
    WHERE entry.grantee <> relation.relowner
  ),
  shopper_grant AS MATERIALIZED (
    SELECT relation_grant.* FROM relation_grant
    WHERE grantee IN ('PUBLIC', quote_ident(${literal(SHOPPER_ROLE)})) AND relkind IN ('r', 'p', 'v') AND NOT is_outside
  ),
  closed AS MATERIALIZED (
    SELECT name, relkind, is_partition, is_outside,
           string_agg(DISTINCT format('REVOKE ALL%s ON %s%s FROM %s;', ' (' || quote_ident(column_name) || ')',
             CASE relkind WHEN 'S' THEN 'SEQUENCE ' END, name, grantee), ' ') AS remedy
    FROM relation_grant
    GROUP BY name, relkind, is_partition, is_outside
  ),
  database_grant AS (
    SELECT beneficiary.name AS grantee, entry.privilege_type
    FROM pg_catalog.pg_database
    CROSS JOIN LATERAL aclexplode(coalesce(datacl, acldefault('d', datdba))) AS entry
    JOIN beneficiary ON beneficiary.oid = entry.grantee
    WHERE datname = current_database() AND entry.privilege_type IN ('CREATE', 'TEMPORARY') AND entry.grantee <> datdba
  ),
  default_grant AS (
    SELECT owner.rolname AS owner_name, n.nspname, beneficiary.name AS grantee,
           CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
                                WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END AS kind
    FROM pg_catalog.pg_default_acl d
    JOIN pg_catalog.pg_roles owner ON owner.oid = d.defaclrole
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
    CROSS JOIN LATERAL aclexplode(d.defaclacl) AS entry
    JOIN beneficiary ON beneficiary.oid = entry.grantee
    -- Functions and types are PUBLIC by PostgreSQL's own default, which an entry repeats.
    WHERE entry.grantee <> d.defaclrole AND NOT (d.defaclobjtype IN ('f', 'T') AND entry.grantee = 0)
    GROUP BY 1, 2, 3, 4
  )

  SELECT 'view-without-security-invoker' AS check, 11 AS pitfall, name AS object,
    format('The view %s reads with the rights of its owner instead of those of the request.', name) AS problem,
    format('ALTER VIEW %s SET (security_invoker = true);', name) AS remedy
  FROM relation
  WHERE relkind = 'v'
    AND NOT EXISTS (SELECT FROM pg_options_to_table(reloptions)
                    WHERE option_name = 'security_invoker' AND option_value::boolean)
    AND (NOT of_extension OR name IN (SELECT name FROM relation_grant))

  UNION ALL
  SELECT CASE relkind WHEN 'm' THEN 'materialized-view-readable' ELSE 'foreign-table-readable' END, 11, name,
    format('Requests may use the %s %s, which no policy can protect.',
      CASE relkind WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END, name),
    remedy
  FROM closed
  WHERE relkind IN ('m', 'f') AND NOT is_outside

  UNION ALL
  SELECT 'partition-privilege', 12, name,
    format('Requests may use the partition %s directly, past the policies of its parent.', name),
    remedy
  FROM closed
  WHERE is_partition AND NOT is_outside AND relkind IN ('r', 'p')

  UNION ALL
  SELECT 'table-privilege', 13, name,
    format('Requests may %s %s; they should %s rows only.',
      string_agg(DISTINCT privilege_type, ', ' ORDER BY privilege_type), name,
      CASE WHEN is_append_only THEN 'read and add' ELSE 'read and write' END),
    string_agg(DISTINCT format('REVOKE %s%s ON %s FROM %s;', privilege_type,
      ' (' || quote_ident(column_name) || ')', name, grantee), ' ')
  FROM relation_grant
  CROSS JOIN LATERAL (SELECT name = ANY (${textArray(APPEND_ONLY_TABLES)}) AS is_append_only) AS kind
  WHERE relkind IN ('r', 'p', 'v') AND NOT is_partition AND NOT is_outside
    AND privilege_type NOT IN ('SELECT', 'INSERT')
    AND (is_append_only OR privilege_type NOT IN ('UPDATE', 'DELETE'))
  GROUP BY name, is_append_only

  UNION ALL
  SELECT 'shopper-privilege', 31, name,
    format('Customers and guests may %s %s, of which sql/80-grants.sql says nothing.',
      string_agg(DISTINCT privilege_type || coalesce(' (' || quote_ident(column_name) || ')', ''), ', '), name),
    string_agg(DISTINCT format('REVOKE %s%s ON %s FROM %s;', privilege_type,
      ' (' || quote_ident(column_name) || ')', name, grantee), ' ')
  FROM shopper_grant
  WHERE NOT EXISTS (
    SELECT FROM (VALUES ${SHOPPER_GRANT_ROWS}) AS wanted (table_name, privilege, column_name)
    WHERE wanted.table_name = shopper_grant.name AND wanted.privilege = shopper_grant.privilege_type
      AND coalesce(wanted.column_name = shopper_grant.column_name, wanted.column_name IS NULL)
  )
  GROUP BY name

  UNION ALL
  SELECT 'shopper-policy-missing', 31, shopper_grant.name,
    format('Customers and guests may touch %s, and no policy says which rows are theirs.', shopper_grant.name),
    format('REVOKE ALL ON %s FROM %I; -- or give it a policy: SHOPPER_ACCESS (src/tenancy/isolation-audit.expectation.ts)',
      shopper_grant.name, ${literal(SHOPPER_ROLE)})
  FROM shopper_grant
  -- Of those that are to have one, TABLE_CHECKS tells that it is missing.
  WHERE relkind <> 'v' AND grantee <> 'PUBLIC' AND name <> ALL (${textArray(SHOPPER_ACCESS.map(({ table }) => table))})
    AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_roles r ON r.oid = ANY (p.polroles)
    WHERE p.polrelid = shopper_grant.oid AND p.polpermissive AND r.rolname = ${literal(SHOPPER_ROLE)}
  )
  GROUP BY shopper_grant.name

  UNION ALL
  SELECT 'grant-option', 13, name,
    format('Requests may hand their rights on %s to others.', name),
    string_agg(DISTINCT format('REVOKE GRANT OPTION FOR %s%s ON %s FROM %s;', privilege_type,
      ' (' || quote_ident(column_name) || ')', name, grantee), ' ')
  FROM relation_grant
  WHERE is_grantable AND NOT is_outside
  GROUP BY name

  UNION ALL
  SELECT 'sequence-privilege', 13, name,
    format('Requests may use the sequence %s, which counts for all organizations together.', name),
    remedy
  FROM closed
  WHERE relkind = 'S'

  UNION ALL
  SELECT 'schema-privilege', 13, quote_ident(n.nspname),
    format('Requests may create objects in the schema %I.', n.nspname),
    string_agg(format('REVOKE CREATE ON SCHEMA %I FROM %s;', n.nspname, beneficiary.name), ' ')
  FROM pg_catalog.pg_namespace n
  CROSS JOIN LATERAL aclexplode(n.nspacl) AS entry
  JOIN beneficiary ON beneficiary.oid = entry.grantee
  WHERE entry.privilege_type = 'CREATE' AND n.nspname !~ '^pg_' AND entry.grantee <> n.nspowner
  GROUP BY n.nspname

  UNION ALL
  SELECT 'database-privilege', 13, quote_ident(current_database()),
    format('Requests may create %s in this database.',
      CASE privilege_type WHEN 'CREATE' THEN 'schemas'
        ELSE 'temporary tables, which have no policy and stay on the pooled connection,' END),
    string_agg(format('REVOKE %s ON DATABASE %I FROM %s;', privilege_type, current_database(), grantee), ' ')
  FROM database_grant
  GROUP BY privilege_type

  UNION ALL
  SELECT 'large-object-functions', 13, 'pg_catalog',
    format('Requests may use large objects, which know no row-level security, through %s functions (%s and others).'
      || ' Only a superuser can change that.', count(DISTINCT p.oid), min(p.proname)),
    string_agg(format('REVOKE EXECUTE ON FUNCTION %s FROM %s;', p.oid::regprocedure, beneficiary.name),
      ' ' ORDER BY p.proname, p.oid)
  FROM pg_catalog.pg_proc p
  CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS entry
  JOIN beneficiary ON beneficiary.oid = entry.grantee
  WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ '^(lo_.+|loread|lowrite)$'
    AND entry.grantee <> p.proowner
  HAVING count(*) > 0

  UNION ALL
  SELECT 'default-privileges', 14, format('%s of %I', lower(kind), owner_name),
    format('Every new one of the %s that %I creates is open to requests before it has a policy.', lower(kind), owner_name),
    format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE ALL ON %s FROM %s;', owner_name,
      ' IN SCHEMA ' || quote_ident(nspname), kind, grantee)
  FROM default_grant

  UNION ALL
  SELECT 'outside-table-readable', 14, name,
    format('Requests may use %s, which is no business of theirs and has no policy.', name),
    remedy
  FROM closed
  WHERE is_outside AND relkind <> 'S' AND relkind <> 'v'`;
