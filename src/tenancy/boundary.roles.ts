import { RESERVED_ROLES, SERVING_ROLE, SHOPPER_ROLE } from './isolation-audit.expectation.js';
import type { AuditClient } from './isolation-audit.js';
import { RELATION } from './isolation-audit.scope.js';

export interface Role {
  name: string;
  canLogin: boolean;
  /** `SUPERUSER`, `BYPASSRLS` and the like. */
  attributes: string[];
  memberOf: string[];
}

/**
 * Every role that has a say: those of Rowhouse, those that own or were granted something here, those
 * that no policy holds, and whoever is a member of one of them or of one of PostgreSQL's own roles.
 *
 * @param servingRoles names of the roles that serve requests
 */
export async function readRoles(
  client: AuditClient,
  servingRoles: readonly string[],
): Promise<Role[]> {
  const known = [SERVING_ROLE, SHOPPER_ROLE, ...Object.keys(RESERVED_ROLES)];
  return (await client.query(ROLES, [[...known, ...servingRoles]])).rows as Role[];
}

const ROLES = `
  WITH RECURSIVE ${RELATION},
  schema AS MATERIALIZED (
    SELECT * FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  ),
  concerned (oid) AS (
    SELECT oid FROM pg_catalog.pg_roles
    WHERE rolname = ANY ($1::text[]) OR rolsuper OR rolbypassrls OR rolname ~ '^pg_'
    UNION SELECT relowner FROM relation
    UNION SELECT entry.grantee FROM relation CROSS JOIN aclexplode(relacl) AS entry
    UNION SELECT entry.grantee FROM relation JOIN pg_catalog.pg_attribute a ON a.attrelid = relation.oid
          CROSS JOIN aclexplode(a.attacl) AS entry
    UNION SELECT nspowner FROM schema
    UNION SELECT entry.grantee FROM schema CROSS JOIN aclexplode(nspacl) AS entry
    UNION SELECT proowner FROM pg_catalog.pg_proc JOIN schema ON schema.oid = pronamespace
    UNION SELECT datdba FROM pg_catalog.pg_database WHERE datname = current_database()
  ),
  listed (oid) AS (
    SELECT oid FROM concerned
    UNION SELECT m.member FROM pg_catalog.pg_auth_members m JOIN listed ON listed.oid = m.roleid
  )
  SELECT r.rolname AS name, r.rolcanlogin AS "canLogin",
         array_remove(ARRAY[
           CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,
           CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END, CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
           CASE WHEN r.rolreplication THEN 'REPLICATION' END, CASE WHEN NOT r.rolinherit THEN 'NOINHERIT' END
         ], NULL) AS attributes,
         ARRAY(SELECT format('%I%s', of_role.rolname, CASE WHEN bool_or(m.admin_option) THEN ' (ADMIN)' END)
               FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles of_role ON of_role.oid = m.roleid
               WHERE m.member = r.oid GROUP BY of_role.rolname ORDER BY of_role.rolname) AS "memberOf"
  FROM pg_catalog.pg_roles r JOIN listed USING (oid)
  WHERE r.rolname !~ '^pg_'
  ORDER BY r.rolname`;
