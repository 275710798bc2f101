import type { AuditClient } from './isolation-audit.js';
import { RELATION } from './isolation-audit.scope.js';

export interface Grant {
  on: 'table' | 'schema' | 'database' | 'default' | 'large-object';
  object: string;
  grantee: string;
  /** With `*` where it may be handed on, and the columns where it is not for all of them. */
  privileges: string[];
}

/**
 * Who may do what beside the owners, who may do everything: with tables (and views and sequences),
 * schemas, the database, what will be created in future, and large objects. Of functions, see their reader.
 */
export async function readGrants(client: AuditClient): Promise<Grant[]> {
  return (await client.query(GRANTS)).rows as Grant[];
}

const GRANTS = `
  WITH ${RELATION},
  entry (kind, object, owner, grantee, privilege, is_grantable, columns) AS (
    SELECT 'table', relation.name, relowner, acl.grantee, acl.privilege_type, acl.is_grantable, NULL::text
    FROM relation CROSS JOIN aclexplode(relacl) AS acl

    UNION ALL
    SELECT 'table', relation.name, relowner, acl.grantee, acl.privilege_type, acl.is_grantable,
           string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
    FROM relation
    JOIN pg_catalog.pg_attribute a ON a.attrelid = relation.oid AND NOT a.attisdropped
    CROSS JOIN aclexplode(a.attacl) AS acl
    GROUP BY 1, 2, 3, 4, 5, 6

    UNION ALL
    SELECT 'schema', quote_ident(nspname), nspowner, acl.grantee, acl.privilege_type, acl.is_grantable, NULL
    FROM pg_catalog.pg_namespace CROSS JOIN aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS acl
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'

    UNION ALL
    SELECT 'database', quote_ident(datname), datdba, acl.grantee, acl.privilege_type, acl.is_grantable, NULL
    FROM pg_catalog.pg_database CROSS JOIN aclexplode(coalesce(datacl, acldefault('d', datdba))) AS acl
    WHERE datname = current_database()

    UNION ALL
    SELECT 'default', format('new %s of %I in %s',
             CASE defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                                WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END,
             pg_get_userbyid(defaclrole), coalesce(quote_ident(n.nspname), 'all schemas')),
           defaclrole, acl.grantee, acl.privilege_type, acl.is_grantable, NULL
    FROM pg_catalog.pg_default_acl LEFT JOIN pg_catalog.pg_namespace n ON n.oid = defaclnamespace
    CROSS JOIN aclexplode(defaclacl) AS acl

    UNION ALL
    SELECT 'large-object', format('%s functions', count(*)), 0, acl.grantee, acl.privilege_type, false, NULL
    FROM pg_catalog.pg_proc p CROSS JOIN aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ '^(lo_.+|loread|lowrite)$'
      AND acl.grantee <> p.proowner
    GROUP BY acl.grantee, acl.privilege_type
  )
  SELECT kind AS on, object,
         CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee)::text END AS grantee,
         array_agg(privilege || CASE WHEN is_grantable THEN '*' ELSE '' END || coalesce(' (' || columns || ')', '')
           ORDER BY privilege, columns) AS privileges
  FROM entry
  WHERE grantee <> owner OR kind = 'large-object'
  GROUP BY kind, object, grantee
  ORDER BY kind, object, 3`;
