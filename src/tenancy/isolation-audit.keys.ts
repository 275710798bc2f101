import { GLOBAL_KEYS } from './isolation-audit.expectation.js';
import { RELATION, SERVING, TENANT_TABLE, textArray } from './isolation-audit.scope.js';

/**
 * Pitfall 5: PostgreSQL checks keys without regard to row-level security, so every key between or within
 * tenant tables compares the organization too. Otherwise one organization can point at, cascade into,
 * or probe for the rows of another.
 */
export const KEY_CHECKS = `
  WITH ${SERVING}, ${RELATION}, ${TENANT_TABLE},
  unique_key AS MATERIALIZED (
    SELECT t.name AS table_name, t.tenant_column, index_class.relname AS index_name,
           format('%s.%I', quote_ident(n.nspname), index_class.relname) AS name,
           con.conname, con.contype,
           ARRAY(SELECT pg_get_indexdef(i.indexrelid, position, true)
                 FROM generate_series(1, i.indnkeyatts) AS position
                 WHERE i.indkey[position - 1] <> t.tenant_attnum ORDER BY position) AS other_columns,
           pg_get_expr(i.indpred, i.indrelid) AS predicate
    FROM tenant_table t
    JOIN pg_catalog.pg_index i ON i.indrelid = t.oid AND i.indisunique
    JOIN pg_catalog.pg_class index_class ON index_class.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = index_class.relnamespace
    LEFT JOIN pg_catalog.pg_constraint con ON con.conindid = i.indexrelid AND con.contype IN ('p', 'u')
    WHERE i.indkey[0] <> t.tenant_attnum
  ),
  foreign_key AS MATERIALIZED (
    SELECT child.name AS child, child.tenant_column AS child_column,
           parent.name AS parent, parent.tenant_column AS parent_column,
           con.conname, con.confdeltype,
           ARRAY(SELECT quote_ident(a.attname)
                 FROM unnest(con.conkey, con.confkey) WITH ORDINALITY AS pair (child_key, parent_key, position)
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = pair.child_key
                 WHERE pair.child_key <> child.tenant_attnum AND pair.parent_key <> parent.tenant_attnum
                 ORDER BY position) AS child_others,
           ARRAY(SELECT quote_ident(a.attname)
                 FROM unnest(con.conkey, con.confkey) WITH ORDINALITY AS pair (child_key, parent_key, position)
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = con.confrelid AND a.attnum = pair.parent_key
                 WHERE pair.child_key <> child.tenant_attnum AND pair.parent_key <> parent.tenant_attnum
                 ORDER BY position) AS parent_others
    FROM pg_catalog.pg_constraint con
    JOIN tenant_table child ON child.oid = con.conrelid AND child.tenant_attnum IS NOT NULL
    JOIN tenant_table parent ON parent.oid = con.confrelid AND parent.tenant_attnum IS NOT NULL
    WHERE con.contype = 'f' AND con.conparentid = 0
      AND NOT EXISTS (
        SELECT FROM unnest(con.conkey, con.confkey) AS pair (child_key, parent_key)
        WHERE pair.child_key = child.tenant_attnum AND pair.parent_key = parent.tenant_attnum
      )
  )

  SELECT 'key-without-tenant' AS check, 5 AS pitfall, name AS object,
    format('The unique key %s of %s does not begin with %I: it tells one organization which values another one uses.',
      index_name, table_name, tenant_column) AS problem,
    CASE WHEN conname IS NULL
         THEN format('DROP INDEX %s; CREATE UNIQUE INDEX %I ON %s (%s)%s;', name, index_name, table_name,
                array_to_string(quote_ident(tenant_column) || other_columns, ', '), ' WHERE ' || predicate)
         ELSE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s (%s);', table_name, conname, conname,
                CASE contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END,
                array_to_string(quote_ident(tenant_column) || other_columns, ', '))
    END AS remedy
  FROM unique_key
  WHERE name <> ALL (${textArray(GLOBAL_KEYS)})

  UNION ALL
  SELECT 'exclusion-without-tenant', 5, format('%s.%I', t.name, con.conname),
    format('The exclusion constraint %I of %s does not begin with %I =: rows of one organization exclude those of another.',
      con.conname, t.name, t.tenant_column),
    format('Drop it (ALTER TABLE %s DROP CONSTRAINT %I;) and add it again with "%I WITH =" as its first element.',
      t.name, con.conname, t.tenant_column)
  FROM tenant_table t
  JOIN pg_catalog.pg_constraint con ON con.conrelid = t.oid AND con.contype = 'x'
  JOIN pg_catalog.pg_operator operator ON operator.oid = con.conexclop[1]
  WHERE con.conkey[1] <> t.tenant_attnum OR operator.oprname <> '='

  UNION ALL
  SELECT 'foreign-key-without-tenant', 5, format('%s.%I', child, conname),
    format('The foreign key %I from %s to %s does not compare organizations: a row can point at, or be deleted with,'
      || ' the row of another one.', conname, child, parent),
    format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I FOREIGN KEY (%s) REFERENCES %s (%s)%s;',
      child, conname, conname,
      array_to_string(quote_ident(child_column) || child_others, ', '), parent,
      array_to_string(quote_ident(parent_column) || parent_others, ', '),
      CASE confdeltype WHEN 'c' THEN ' ON DELETE CASCADE' ELSE '' END)
  FROM foreign_key`;
