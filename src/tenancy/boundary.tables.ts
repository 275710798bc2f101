import { GLOBAL_KEYS } from './isolation-audit.expectation.js';
import type { AuditClient } from './isolation-audit.js';
import { RELATION, TENANT_TABLE, textArray } from './isolation-audit.scope.js';

export interface TenantTable {
  /** With its schema. */
  name: string;
  isPartition: boolean;
  owner: string;
  /** The column by which a row belongs to an organization, and whether the table has it. */
  tenantColumn: string;
  hasTenantColumn: boolean;
  isTenantRequired: boolean;
  isRlsEnabled: boolean;
  isRlsForced: boolean;
  /** Primary, unique and exclusion keys, then foreign keys. */
  keys: TableKey[];
  policies: Policy[];
}

export interface TableKey {
  name: string;
  kind: 'primary' | 'unique' | 'exclusion' | 'foreign';
  /** As PostgreSQL prints it. */
  definition: string;
  /** Whether the organization is the first thing that it compares; of a foreign key, whether it is among them. */
  comparesTenant: boolean;
  /** Whether it reaches across organizations on purpose. */
  isGlobal: boolean;
}

export interface Policy {
  name: string;
  isPermissive: boolean;
  command: 'ALL' | 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';
  roles: string[];
  using: string | null;
  withCheck: string | null;
}

export interface OtherRelation {
  name: string;
  kind: string;
  owner: string;
  remark: string;
}

/** Every table that the audit takes for a tenant table, by name, with its keys and policies. */
export async function readTables(client: AuditClient): Promise<TenantTable[]> {
  return (await client.query(TABLES)).rows as TenantTable[];
}

/** What else there is to select from, by name. */
export async function readOtherRelations(client: AuditClient): Promise<OtherRelation[]> {
  return (await client.query(OTHER_RELATIONS)).rows as OtherRelation[];
}

const UNIQUE_KEYS = `
  SELECT format('%I.%I', n.nspname, index_class.relname) AS name,
         CASE WHEN i.indisprimary THEN 'primary' ELSE 'unique' END AS kind,
         coalesce(pg_get_constraintdef(con.oid), pg_get_indexdef(i.indexrelid)) AS definition,
         coalesce(i.indkey[0] = t.tenant_attnum, false) AS compares_tenant
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class index_class ON index_class.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = index_class.relnamespace
  LEFT JOIN pg_catalog.pg_constraint con ON con.conindid = i.indexrelid AND con.contype IN ('p', 'u')
  WHERE i.indrelid = t.oid AND i.indisunique`;

const EXCLUSIONS = `
  SELECT con.conname, 'exclusion', pg_get_constraintdef(con.oid),
         coalesce(con.conkey[1] = t.tenant_attnum AND operator.oprname = '=', false)
  FROM pg_catalog.pg_constraint con
  JOIN pg_catalog.pg_operator operator ON operator.oid = con.conexclop[1]
  WHERE con.conrelid = t.oid AND con.contype = 'x'`;

/** A table that belongs to no organization has none to compare with. */
const FOREIGN_KEYS = `
  SELECT con.conname, 'foreign', pg_get_constraintdef(con.oid), EXISTS (
    SELECT FROM unnest(con.conkey, con.confkey) AS pair (child_key, parent_key)
    JOIN tenant_table parent ON parent.oid = con.confrelid AND parent.tenant_attnum = pair.parent_key
    WHERE pair.child_key = t.tenant_attnum
  )
  FROM pg_catalog.pg_constraint con
  WHERE con.conrelid = t.oid AND con.contype = 'f' AND con.conparentid = 0`;

const POLICIES = `
  SELECT p.polname AS name, p.polpermissive AS "isPermissive",
         CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT'
                       WHEN 'w' THEN 'UPDATE' ELSE 'DELETE' END AS command,
         ARRAY(SELECT coalesce(quote_ident(r.rolname), 'PUBLIC')
               FROM unnest(p.polroles) AS role (oid) LEFT JOIN pg_catalog.pg_roles r USING (oid)
               ORDER BY 1) AS roles,
         pg_get_expr(p.polqual, p.polrelid) AS using,
         pg_get_expr(p.polwithcheck, p.polrelid) AS "withCheck"
  FROM pg_catalog.pg_policy p
  WHERE p.polrelid = t.oid`;

const TABLES = `
  WITH ${RELATION}, ${TENANT_TABLE}
  SELECT t.name, t.is_partition AS "isPartition", pg_get_userbyid(t.relowner) AS owner,
         t.tenant_column AS "tenantColumn", t.tenant_attnum IS NOT NULL AS "hasTenantColumn",
         t.tenant_not_null IS TRUE AS "isTenantRequired",
         t.relrowsecurity AS "isRlsEnabled", t.relforcerowsecurity AS "isRlsForced",
         coalesce((
           SELECT json_agg(json_build_object('name', key.name, 'kind', key.kind, 'definition', key.definition,
                    'comparesTenant', key.compares_tenant,
                    'isGlobal', key.name = ANY (${textArray(GLOBAL_KEYS)}))
                  ORDER BY array_position(ARRAY['primary', 'unique', 'exclusion', 'foreign'], key.kind), key.name)
           FROM (${UNIQUE_KEYS} UNION ALL ${EXCLUSIONS} UNION ALL ${FOREIGN_KEYS}) AS key
         ), '[]') AS keys,
         coalesce((SELECT json_agg(policy ORDER BY policy.name) FROM (${POLICIES}) AS policy), '[]') AS policies
  FROM tenant_table t
  ORDER BY t.name`;

const OTHER_RELATIONS = `
  WITH ${RELATION}
  SELECT name,
         CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                      WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind,
         pg_get_userbyid(relowner) AS owner,
         CASE WHEN of_extension THEN 'belongs to an extension'
              WHEN is_outside THEN 'belongs to no organization'
              WHEN relkind = 'v' AND EXISTS (
                SELECT FROM pg_options_to_table(reloptions)
                WHERE option_name = 'security_invoker' AND option_value::boolean
              ) THEN 'reads with the rights of the caller'
              WHEN relkind = 'v' THEN 'reads with the rights of its owner'
              WHEN relkind IN ('m', 'f') THEN 'cannot have policies'
              ELSE '' END AS remark
  FROM relation
  WHERE relkind NOT IN ('r', 'p') OR is_outside
  ORDER BY name`;
