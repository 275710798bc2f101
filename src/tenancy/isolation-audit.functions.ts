import { RESERVED_ROLES, SERVING_ROLE, SHOPPER_ROLE } from './isolation-audit.expectation.js';
import { KNOWN_FUNCTIONS, SHOPPER_FUNCTIONS } from './isolation-audit.known-functions.js';
import { literal, SERVING, textArray } from './isolation-audit.scope.js';

const KNOWN_FUNCTION_ROWS = KNOWN_FUNCTIONS.map(
  ({
    signature,
    owner,
    securityDefiner,
    searchPath,
    body,
    definition,
    executor,
    isOptional = false,
  }) =>
    `(${[signature, owner, String(securityDefiner), searchPath, body, definition, executor, String(isOptional)].map(literal).join(', ')})`,
).join(', ');

/**
 * Functions that the walls stand on, that may look over them, or that would make holes into them:
 * pitfalls 4 (IMMUTABLE, LEAKPROOF), 10 (SECURITY DEFINER) and 25 (drift from sql/).
 *
 * A context function that isn't STABLE and inlinable is found here too. IMMUTABLE is the dangerous
 * one: PostgreSQL then computes the organization when it plans, and a cached plan keeps it.
 */
export const FUNCTION_CHECKS = `
  WITH ${SERVING},
  known (signature, owner_name, security_definer, search_path, body, definition, executor, is_optional) AS (
    VALUES ${KNOWN_FUNCTION_ROWS}
  ),
  routine AS MATERIALIZED (
    SELECT p.oid, p.proleakproof, p.provolatile, p.prosecdef, p.prokind, p.proconfig, p.proowner, p.proacl,
           format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) AS name,
           owner.rolname AS owner_name, owner.rolsuper OR owner.rolbypassrls AS owner_bypasses,
           language.lanname IN ('c', 'internal') AS is_compiled,
           coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) AS body,
           EXISTS (
             SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS grant_entry, serving
             WHERE grant_entry.grantee = 0 OR pg_has_role(serving.oid, grant_entry.grantee, 'MEMBER')
           ) AS is_callable,
           EXISTS (
             SELECT FROM pg_catalog.pg_depend d
             WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
           ) AS of_extension
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_roles owner ON owner.oid = p.proowner
    JOIN pg_catalog.pg_language language ON language.oid = p.prolang
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  ),
  definer AS MATERIALIZED (
    SELECT routine.*, known.signature IS NOT NULL AS is_known, known.owner_name AS known_owner,
           setting.value AS search_path, known.search_path AS known_search_path
    FROM routine
    LEFT JOIN known ON known.signature = routine.name AND known.security_definer = 'true'
    LEFT JOIN LATERAL unnest(routine.proconfig) AS setting (value) ON setting.value ~ '^search_path='
    WHERE routine.prosecdef AND (routine.is_callable OR NOT routine.of_extension)
  ),
  drift AS MATERIALIZED (
    SELECT known.signature, known.definition, known.owner_name, known.executor, concat_ws(', ',
      CASE WHEN routine.body <> known.body THEN 'its body differs' END,
      CASE WHEN routine.provolatile = 'v' THEN 'it is VOLATILE' END,
      CASE WHEN known.security_definer = 'true' AND NOT routine.prosecdef THEN 'it is not SECURITY DEFINER' END,
      CASE WHEN known.search_path IS NULL AND routine.proconfig IS NOT NULL
             OR known.search_path IS NOT NULL AND (
                  cardinality(routine.proconfig) > 1
                  OR routine.proconfig[1] ~ '^search_path=' AND routine.proconfig[1] <> known.search_path
                  OR routine.proconfig[1] !~ '^search_path=')
           THEN 'its settings differ' END,
      CASE WHEN routine.owner_name <> known.owner_name AND NOT (routine.prosecdef AND routine.owner_bypasses)
           THEN format('it is owned by %I', routine.owner_name) END,
      CASE WHEN EXISTS (
             SELECT FROM aclexplode(coalesce(routine.proacl, acldefault('f', routine.proowner))) AS grant_entry
             WHERE grant_entry.grantee = 0)
           THEN 'everybody may execute it'
           WHEN known.executor <> ${literal(SERVING_ROLE)} AND EXISTS (
             SELECT FROM aclexplode(routine.proacl) AS grant_entry
             JOIN pg_catalog.pg_roles grantee ON grantee.oid = grant_entry.grantee
             JOIN serving ON pg_has_role(serving.oid, grantee.oid, 'MEMBER')
             -- Being a member of them is what ROLE_CHECKS reports.
             WHERE grantee.rolname <> ALL (${textArray(Object.keys(RESERVED_ROLES))}))
           THEN 'requests may execute it'
           WHEN known.signature <> ALL (${textArray(SHOPPER_FUNCTIONS)}) AND EXISTS (
             SELECT FROM aclexplode(routine.proacl) AS grant_entry
             JOIN pg_catalog.pg_roles grantee ON grantee.oid = grant_entry.grantee
             WHERE grantee.rolname = ${literal(SHOPPER_ROLE)})
           THEN 'customers and guests may execute it' END
    ) AS difference
    FROM known JOIN routine ON routine.name = known.signature
  )

  SELECT 'function-missing' AS check, 25 AS pitfall, signature AS object,
    format('The function %s does not exist.', signature) AS problem,
    definition || format(' ALTER FUNCTION %s OWNER TO %I; REVOKE ALL ON FUNCTION %s FROM PUBLIC;'
      || ' GRANT EXECUTE ON FUNCTION %s TO %I;', signature, owner_name, signature, signature, executor)
      AS remedy
  FROM known
  WHERE is_optional = 'false' AND NOT EXISTS (SELECT FROM routine WHERE routine.name = known.signature)

  UNION ALL
  SELECT 'function-drift', 25, signature,
    format('The function %s is not the one that sql/ describes: %s.', signature, difference),
    definition || format(' ALTER FUNCTION %s OWNER TO %I; REVOKE ALL ON FUNCTION %s FROM PUBLIC%s;',
      signature, owner_name, signature,
      concat(CASE WHEN executor <> ${literal(SERVING_ROLE)} THEN format(', %I', ${literal(SERVING_ROLE)}) END,
        CASE WHEN signature <> ALL (${textArray(SHOPPER_FUNCTIONS)}) THEN format(', %I', ${literal(SHOPPER_ROLE)}) END))
  FROM drift
  WHERE difference <> ''

  UNION ALL
  SELECT 'function-leakproof', 4, name,
    format('%s calls itself LEAKPROOF: it is shown rows before the policies have had their say.', name),
    format('ALTER FUNCTION %s NOT LEAKPROOF;', name)
  FROM routine
  WHERE proleakproof AND NOT of_extension

  UNION ALL
  SELECT 'function-immutable', 4, name,
    format('%s depends on the session and calls itself IMMUTABLE: a cached plan keeps the organization of its first use.',
      name),
    format('ALTER FUNCTION %s STABLE;', name)
  FROM routine
  WHERE provolatile = 'i' AND NOT of_extension AND NOT is_compiled AND prokind = 'f'
    AND body ~* '\\m(current_setting|current_org|current_user_id|current_user|session_user)\\M'

  UNION ALL
  SELECT 'security-definer-unknown', 10, name,
    format('%s runs with the rights of %I and is not among the known few.', name, owner_name),
    format('ALTER ROUTINE %s SECURITY INVOKER;', name)
      || ' -- or, after a review, list it in KNOWN_FUNCTIONS (src/tenancy/isolation-audit.known-functions.ts)'
  FROM definer
  WHERE NOT is_known

  UNION ALL
  SELECT 'security-definer-search-path', 10, name,
    format('%s runs with the rights of %I on whatever objects the caller''s search_path leads to.', name, owner_name),
    format('ALTER ROUTINE %s SET search_path = pg_catalog, pg_temp;', name)
  FROM definer
  WHERE search_path IS NULL

  UNION ALL
  SELECT 'security-definer-owner', 10, name,
    format('%s runs with the rights of %I, whom no policy holds.', name, owner_name),
    format('ALTER ROUTINE %s OWNER TO %I;', name, coalesce(known_owner, 'rowhouse_directory'))
  FROM definer
  WHERE owner_bypasses`;
