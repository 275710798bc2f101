import { escapeLiteral } from 'pg';
import {
  OTHER_TENANT_COLUMNS,
  OUTSIDE_TABLES,
  RESERVED_ROLES,
  SERVING_ROLE,
  TENANT_COLUMN,
} from './isolation-audit.expectation.js';

/**
 * Common table expressions that the audit's statements share. All read `pg_catalog` only, where every
 * role may look, and take the names of the serving roles as `$1::text[]`. Names are printed with
 * their schema, whatever the search_path.
 */

/**
 * `serving`: the roles under audit, but superusers and reserved roles. Of those, it is enough to say that
 * they must not serve.
 */
export const SERVING = `
  serving AS MATERIALIZED (
    SELECT oid, rolname FROM pg_catalog.pg_roles
    WHERE rolname = ANY ($1::text[]) AND NOT rolsuper
      AND rolname <> ALL (${textArray(Object.keys(RESERVED_ROLES))})
  )`;

/** `policy_reader`: the roles whose policies count as the serving role's. */
export const POLICY_READER = `
  policy_reader AS MATERIALIZED (
    SELECT oid FROM serving
    UNION
    SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ${literal(SERVING_ROLE)} AND NOT rolsuper
  )`;

/** `relation`: what can be selected from, outside the system's schemas. */
export const RELATION = `
  relation AS MATERIALIZED (
    SELECT c.oid, c.relkind, c.relispartition AS is_partition, c.relowner, c.relacl, c.reloptions,
           c.relrowsecurity, c.relforcerowsecurity, named.name, extension.is_member AS of_extension,
           named.name = ANY (${textArray(OUTSIDE_TABLES)}) OR extension.is_member AS is_outside
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (SELECT format('%I.%I', n.nspname, c.relname) AS name) AS named
    CROSS JOIN LATERAL (
      SELECT EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
      ) AS is_member
    ) AS extension
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  )`;

/** `tenant_table`: every table and partition that is not known to be outside, with its tenant column. */
export const TENANT_TABLE = `
  tenant_table AS MATERIALIZED (
    SELECT relation.*, wanted.tenant_column, a.attnum AS tenant_attnum, a.attnotnull AS tenant_not_null
    FROM relation
    CROSS JOIN LATERAL (SELECT CASE relation.name ${otherTenantColumns()}
                               ELSE ${literal(TENANT_COLUMN)} END AS tenant_column) AS wanted
    LEFT JOIN pg_catalog.pg_attribute a
      ON a.attrelid = relation.oid AND a.attname = wanted.tenant_column AND NOT a.attisdropped
    WHERE relation.relkind IN ('r', 'p') AND NOT relation.is_outside
  )`;

/** Quotes a constant of the audit for use in its SQL. */
export function literal(value: string | null): string {
  return value === null ? 'NULL' : escapeLiteral(value);
}

/** Quotes constants of the audit as a `text[]`. */
export function textArray(values: readonly string[]): string {
  return `ARRAY[${values.map(literal).join(', ')}]::text[]`;
}

function otherTenantColumns(): string {
  return Object.entries(OTHER_TENANT_COLUMNS)
    .map(([table, column]) => `WHEN ${literal(table)} THEN ${literal(column)}`)
    .join(' ');
}
