import type { AuditClient } from './isolation-audit.js';

/**
 * What a database is made of, by the name of each object: its definition, its owner and who may use
 * it, in PostgreSQL's own words. Two databases are alike when their catalogs are.
 */
export type Catalog = Record<string, string>;

/** Made by Prisma and not by migrations. */
const NOT_MIGRATED = "('public._prisma_migrations'::text)";

/**
 * Reads the catalog of the connected database, and of the roles that Rowhouse knows.
 *
 * Left out is what says nothing about the state: the order in which columns were added, the names of NOT
 * NULL constraints, the name of the database, passwords, and Prisma's own table.
 *
 * @returns sorted by name, so that a comparison reads well
 */
export async function readCatalog(client: AuditClient): Promise<Catalog> {
  // Without a search_path, every name is printed with its schema.
  await client.query("SELECT set_config('search_path', '', false)");
  try {
    const { rows } = await client.query(CATALOG);
    const entries = (rows as { object: string; definition: string }[]).map(
      ({ object, definition }) => [object, definition] as const,
    );
    return Object.fromEntries(entries);
  } finally {
    await client.query('RESET search_path');
  }
}

/** Grants as "role=PRIVILEGE,…", PostgreSQL's unwritten defaults spelled out. */
function grants(acl: string, kind: string, owner: string): string {
  return `(
    SELECT string_agg(grantee || '=' || privileges, ' ' ORDER BY grantee)
    FROM (
      SELECT CASE entry.grantee WHEN 0 THEN 'PUBLIC' ELSE entry.grantee::regrole::text END AS grantee,
             string_agg(entry.privilege_type || CASE WHEN entry.is_grantable THEN '*' ELSE '' END, ','
               ORDER BY entry.privilege_type) AS privileges
      FROM aclexplode(coalesce(${acl}, acldefault('${kind}', ${owner}))) AS entry
      GROUP BY 1
    ) AS grantee_privileges
  )`;
}

const CATALOG = `
  WITH
  namespace AS MATERIALIZED (
    SELECT * FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  ),
  relation AS MATERIALIZED (
    SELECT c.*, c.oid::regclass::text AS name
    FROM pg_class c JOIN namespace n ON n.oid = c.relnamespace
    WHERE c.oid::regclass::text NOT IN ${NOT_MIGRATED}
  ),
  rowhouse_role AS MATERIALIZED (
    SELECT * FROM pg_roles WHERE rolname ~ '^rowhouse_(owner|app|shopper|backup|directory)$'
  ),
  entry (object, definition) AS (
    SELECT 'role ' || rolname, concat_ws(' ',
      CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolsuper THEN 'SUPERUSER' END,
      CASE WHEN rolbypassrls THEN 'BYPASSRLS' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
      CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolinherit THEN 'INHERIT' END,
      'member of: ' || (SELECT string_agg(m.roleid::regrole::text, ', ' ORDER BY m.roleid::regrole::text)
                        FROM pg_auth_members m WHERE m.member = rowhouse_role.oid))
    FROM rowhouse_role

    UNION ALL
    SELECT 'database', 'grants ' || ${grants('datacl', 'd', 'datdba')}
    FROM pg_database WHERE datname = current_database()

    UNION ALL
    SELECT 'setting of ' || coalesce(nullif(s.setrole, 0)::regrole::text, 'all roles'),
           array_to_string(s.setconfig, ', ')
    FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase AND d.datname = current_database()

    UNION ALL
    SELECT 'extension ' || extname, 'schema ' || extnamespace::regnamespace FROM pg_extension

    UNION ALL
    SELECT 'schema ' || nspname,
           'owner ' || nspowner::regrole || ' grants ' || ${grants('nspacl', 'n', 'nspowner')}
    FROM namespace

    UNION ALL
    SELECT CASE relkind WHEN 'r' THEN 'table ' WHEN 'p' THEN 'partitioned table ' WHEN 'v' THEN 'view '
                        WHEN 'm' THEN 'materialized view ' WHEN 'f' THEN 'foreign table ' END || name,
           concat_ws(' ', 'owner', relowner::regrole, 'persistence', relpersistence,
             CASE WHEN relrowsecurity THEN 'ENABLE ROW LEVEL SECURITY' END,
             CASE WHEN relforcerowsecurity THEN 'FORCE ROW LEVEL SECURITY' END,
             'replica identity ' || relreplident::text, 'options ' || array_to_string(reloptions, ','),
             CASE WHEN relispartition THEN pg_get_expr(relpartbound, oid) END,
             CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END,
             'grants', ${grants('relacl', 'r', 'relowner')})
    FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'f')

    UNION ALL
    SELECT 'sequence ' || relation.name,
           concat_ws(' ', 'owner', relowner::regrole, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin,
             s.seqmax, s.seqcache, s.seqcycle, 'grants', ${grants('relacl', 's', 'relowner')})
    FROM relation JOIN pg_sequence s ON s.seqrelid = relation.oid

    UNION ALL
    SELECT 'column ' || relation.name || '.' || a.attname,
           concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
             CASE a.attgenerated WHEN 's' THEN 'STORED' WHEN 'v' THEN 'VIRTUAL' END,
             CASE a.attidentity WHEN 'a' THEN 'IDENTITY ALWAYS' WHEN 'd' THEN 'IDENTITY BY DEFAULT' END,
             'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid),
             CASE WHEN a.attcollation <> 0 THEN 'COLLATE ' || a.attcollation::regcollation END,
             'grants ' || CASE WHEN a.attacl IS NOT NULL THEN ${grants('a.attacl', 'c', 'relation.relowner')} END)
    FROM relation
    JOIN pg_attribute a ON a.attrelid = relation.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE relation.relkind IN ('r', 'p', 'v', 'm', 'f')

    UNION ALL
    SELECT 'constraint ' || relation.name || '.' || con.conname,
           concat_ws(' ', pg_get_constraintdef(con.oid), CASE WHEN NOT con.convalidated THEN 'NOT VALID' END)
    FROM relation JOIN pg_constraint con ON con.conrelid = relation.oid AND con.contype <> 'n'

    UNION ALL
    SELECT 'index ' || i.indexrelid::regclass,
           concat_ws(' ', pg_get_indexdef(i.indexrelid), CASE WHEN NOT i.indisvalid THEN 'INVALID' END)
    FROM relation JOIN pg_index i ON i.indrelid = relation.oid

    UNION ALL
    SELECT 'policy ' || relation.name || '.' || p.polname,
           concat_ws(' ', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, 'FOR', p.polcmd, 'TO',
             (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE role::regrole::text END, ', ' ORDER BY role::regrole::text)
              FROM unnest(p.polroles) AS role),
             'USING ' || pg_get_expr(p.polqual, p.polrelid), 'WITH CHECK ' || pg_get_expr(p.polwithcheck, p.polrelid))
    FROM relation JOIN pg_policy p ON p.polrelid = relation.oid

    UNION ALL
    SELECT 'trigger ' || relation.name || '.' || t.tgname, pg_get_triggerdef(t.oid) || ' enabled ' || t.tgenabled::text
    FROM relation JOIN pg_trigger t ON t.tgrelid = relation.oid AND NOT t.tgisinternal

    UNION ALL
    SELECT 'rule ' || relation.name || '.' || r.rulename, pg_get_ruledef(r.oid)
    FROM relation JOIN pg_rewrite r ON r.ev_class = relation.oid AND relation.relkind IN ('r', 'p')

    UNION ALL
    SELECT 'statistics ' || n.nspname || '.' || s.stxname, pg_get_statisticsobjdef(s.oid)
    FROM pg_statistic_ext s JOIN namespace n ON n.oid = s.stxnamespace

    UNION ALL
    SELECT 'function ' || p.oid::regprocedure,
           concat_ws(' ', CASE WHEN p.prokind = 'a' THEN 'aggregate' ELSE pg_get_functiondef(p.oid) END,
             'volatility', p.provolatile, CASE WHEN p.proleakproof THEN 'LEAKPROOF' END,
             'owner', p.proowner::regrole, 'grants', ${grants('p.proacl', 'f', 'p.proowner')})
    FROM pg_proc p JOIN namespace n ON n.oid = p.pronamespace

    UNION ALL
    SELECT 'type ' || t.oid::regtype,
           concat_ws(' ', t.typtype, 'owner', t.typowner::regrole,
             (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
             'grants', ${grants('t.typacl', 'T', 't.typowner')})
    FROM pg_type t JOIN namespace n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('d', 'e', 'r')

    UNION ALL
    SELECT 'large-object function ' || p.oid::regprocedure, 'grants ' || coalesce(${grants('p.proacl', 'f', 'p.proowner')}, '')
    FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ '^(lo_.+|loread|lowrite)$'

    UNION ALL
    SELECT 'default privileges of ' || d.defaclrole::regrole || ' in '
             || coalesce(nullif(d.defaclnamespace, 0)::regnamespace::text, 'all schemas') || ' on ' || d.defaclobjtype::text,
           ${grants('d.defaclacl', 'r', 'd.defaclrole')}
    FROM pg_default_acl d

    UNION ALL
    SELECT 'event trigger ' || evtname, evtevent || ' ' || evtfoid::regprocedure FROM pg_event_trigger

    UNION ALL
    SELECT 'publication ' || pubname, 'owner ' || pubowner::regrole FROM pg_publication
  )
  SELECT object, definition FROM entry ORDER BY object COLLATE "C"`;
