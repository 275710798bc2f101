-- What the database and the schema public allow to whom. Runs, like 10-roles.sql, as whoever migrates, because only
-- the owner of the database may say it; when somebody else migrates, it checks that the owner has said it.

DO $database$
DECLARE
  owns_database boolean := pg_has_role(current_user, datdba, 'USAGE')
    FROM pg_database WHERE datname = current_database();
  owns_public boolean := pg_has_role(current_user, nspowner, 'USAGE')
    FROM pg_namespace WHERE nspname = 'public';
BEGIN
  IF owns_database THEN
    EXECUTE format('GRANT CONNECT, CREATE ON DATABASE %I TO rowhouse_owner', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO rowhouse_app, rowhouse_backup', current_database());
    -- A temporary table has no policy, and stays on a pooled connection for the next organization.
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  ELSIF NOT has_database_privilege('rowhouse_owner', current_database(), 'CREATE') THEN
    RAISE EXCEPTION 'rowhouse_owner may not create a schema in this database, and % may not grant it', current_user
      USING ERRCODE = 'insufficient_privilege',
      HINT = format('Run as the owner of the database: GRANT CONNECT, CREATE ON DATABASE %I TO rowhouse_owner;',
        current_database());
  ELSIF has_database_privilege('rowhouse_app', current_database(), 'TEMPORARY') THEN
    RAISE WARNING 'rowhouse_app may create temporary tables, and % may not forbid it', current_user
      USING HINT = format('Run as the owner of the database: REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC;',
        current_database());
  END IF;

  IF owns_public THEN
    GRANT USAGE, CREATE ON SCHEMA public TO rowhouse_owner;
    GRANT USAGE ON SCHEMA public TO rowhouse_app, rowhouse_shopper, rowhouse_backup, rowhouse_directory;
    -- The default since PostgreSQL 15, but not in a database that was upgraded from an older one.
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
  ELSIF NOT has_schema_privilege('rowhouse_owner', 'public', 'CREATE') THEN
    RAISE EXCEPTION 'rowhouse_owner may not create tables in the schema public, and % may not grant it', current_user
      USING ERRCODE = 'insufficient_privilege',
      HINT = 'Run as the owner of the database: GRANT USAGE, CREATE ON SCHEMA public TO rowhouse_owner;';
  END IF;
END
$database$;

-- Large objects know no row-level security: what one request stores, every other request can read.
DO $large_objects$
DECLARE
  large_object_function regprocedure;
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    IF has_function_privilege('rowhouse_app', 'pg_catalog.lo_create(oid)', 'EXECUTE') THEN
      RAISE WARNING 'rowhouse_app may use large objects, and only a superuser can forbid it';
    END IF;
    RETURN;
  END IF;
  FOR large_object_function IN
    SELECT oid FROM pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^(lo_.+|loread|lowrite)$'
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', large_object_function);
  END LOOP;
END
$large_objects$;

-- Prisma's history of migrations was created by whoever migrates first. It belongs to rowhouse_owner like all else,
-- so that the next migration may be run by somebody else; a dump must contain it.
DO $history$
BEGIN
  IF to_regclass('public._prisma_migrations') IS NOT NULL AND pg_has_role(current_user, 'rowhouse_owner', 'USAGE') THEN
    ALTER TABLE public._prisma_migrations OWNER TO rowhouse_owner;
    GRANT SELECT ON public._prisma_migrations TO rowhouse_backup;
  END IF;
END
$history$;
