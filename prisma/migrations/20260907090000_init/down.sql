-- Removes everything of Rowhouse from this database. The roles stay: they belong to the cluster, and another database
-- may need them.

SET LOCAL ROLE rowhouse_owner;

DROP TABLE tasks, projects, users, organizations;
DROP FUNCTION tenancy.find_organization(text), tenancy.current_org(), tenancy.current_user_id();
DROP SCHEMA tenancy;

DO $history$
BEGIN
  IF to_regclass('public._prisma_migrations') IS NOT NULL THEN
    REVOKE SELECT ON public._prisma_migrations FROM rowhouse_backup;
  END IF;
END
$history$;

RESET ROLE;

-- What only the owner of the database, or of the schema, may take back. What rowhouse_owner itself owns stays its own,
-- and what was closed to everybody (temporary tables, large objects) stays closed.
DO $database$
DECLARE
  owner record;
BEGIN
  SELECT pg_has_role(current_user, datdba, 'USAGE') AS is_migrating,
         pg_has_role('rowhouse_owner', datdba, 'USAGE') AS is_rowhouse_owner
    INTO owner FROM pg_database WHERE datname = current_database();
  IF owner.is_migrating THEN
    EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM rowhouse_app, rowhouse_backup', current_database());
    IF NOT owner.is_rowhouse_owner THEN
      EXECUTE format('REVOKE CONNECT, CREATE ON DATABASE %I FROM rowhouse_owner', current_database());
    END IF;
  END IF;

  SELECT pg_has_role(current_user, nspowner, 'USAGE') AS is_migrating,
         nspowner = 'rowhouse_owner'::regrole AS is_rowhouse_owner
    INTO owner FROM pg_namespace WHERE nspname = 'public';
  IF owner.is_migrating THEN
    REVOKE USAGE ON SCHEMA public FROM rowhouse_app, rowhouse_backup, rowhouse_directory;
    IF NOT owner.is_rowhouse_owner THEN
      REVOKE USAGE, CREATE ON SCHEMA public FROM rowhouse_owner;
    END IF;
  END IF;
END
$database$;
