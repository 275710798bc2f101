import { SEAL_POLICY, SERVING_ROLE, SHOPPER_ROLE } from './isolation-audit.expectation.js';
import { literal, RELATION, SERVING, TENANT_TABLE, textArray } from './isolation-audit.scope.js';

/** As `pg_get_expr` prints it, with the tenant column for `%I`. */
const CANONICAL = '(%I = ( SELECT tenant_seal.verified_org() AS verified_org))';

/** What makes the policy on a table, for `format` with the table's name and twice its tenant column. */
const CREATE_POLICY =
  `CREATE POLICY ${SEAL_POLICY} ON %s AS RESTRICTIVE FOR ALL TO ${SERVING_ROLE}, ${SHOPPER_ROLE}` +
  ' USING (%I = (SELECT tenant_seal.verified_org())) WITH CHECK (%I = (SELECT tenant_seal.verified_org()));';

/** `seal`: each tenant table with its policy of the seal, where it has one, and the SQL that makes and drops it. */
const SEAL = `
  seal AS MATERIALIZED (
    SELECT t.name, t.tenant_column, p.oid IS NOT NULL AS is_sealed,
           format(${literal(CREATE_POLICY)}, t.name, t.tenant_column, t.tenant_column) AS creation,
           format('DROP POLICY ${SEAL_POLICY} ON %s;', t.name) AS removal,
           p.polpermissive OR p.polcmd <> '*' OR ARRAY(SELECT unnest(p.polroles) ORDER BY 1) <> held.roles
             OR pg_get_expr(p.polqual, p.polrelid) IS DISTINCT FROM format(${literal(CANONICAL)}, t.tenant_column)
             OR pg_get_expr(p.polwithcheck, p.polrelid) IS DISTINCT FROM format(${literal(CANONICAL)}, t.tenant_column)
             AS is_other
    FROM tenant_table t
    CROSS JOIN (
      SELECT ARRAY(SELECT oid FROM pg_catalog.pg_roles
                   WHERE rolname = ANY (${textArray([SERVING_ROLE, SHOPPER_ROLE])}) ORDER BY 1) AS roles
    ) AS held
    LEFT JOIN pg_catalog.pg_policy p ON p.polrelid = t.oid AND p.polname = ${literal(SEAL_POLICY)}
    WHERE NOT t.is_partition AND t.tenant_attnum IS NOT NULL
  )`;

/**
 * Pitfall 29: a database is sealed when any of its tables has the policy of the seal, and then all must
 * have it, as it should be. An unsealed one passes.
 */
export const SEAL_CHECKS = `
  WITH ${SERVING}, ${RELATION}, ${TENANT_TABLE}, ${SEAL}

  SELECT 'seal-policy-missing' AS check, 29 AS pitfall, name AS object,
    format('The database is sealed, but on %s a forged organization is believed.', name) AS problem,
    creation || ' -- or: npm run db -- seal enable' AS remedy
  FROM seal
  WHERE NOT is_sealed AND EXISTS (SELECT FROM seal WHERE is_sealed)

  UNION ALL
  SELECT 'seal-policy-drift', 29, name,
    format('The policy ${SEAL_POLICY} of %s is not the one that verifies the seal.', name),
    removal || ' ' || creation
  FROM seal
  WHERE is_sealed AND is_other`;

/** One row per tenant table, in the order of their names. Takes no parameter, unlike the checks. */
export const SEAL_STATE = `
  WITH ${RELATION}, ${TENANT_TABLE}, ${SEAL}
  SELECT name, is_sealed AS "isSealed", creation, removal FROM seal ORDER BY name`;
