-- The operator's look over all organizations: which there are, which are suspended, and which are due to be erased.
-- For rowhouse_owner alone: requests cannot even look into its schema.

SET LOCAL ROLE rowhouse_owner;

GRANT SELECT (suspended_at, deletion_due_at) ON organizations TO rowhouse_directory;

-- prisma migrate reset empties the schema public alone, and leaves this one.
DROP FUNCTION IF EXISTS tenant_directory.list_organizations();
DROP SCHEMA IF EXISTS tenant_directory;

CREATE SCHEMA tenant_directory;

CREATE FUNCTION tenant_directory.list_organizations()
  RETURNS TABLE (id uuid, slug text, suspended_at timestamptz, deletion_due_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  AS $$SELECT o.id, o.slug, o.suspended_at, o.deletion_due_at FROM public.organizations AS o ORDER BY o.slug$$;

REVOKE ALL ON FUNCTION tenant_directory.list_organizations() FROM PUBLIC;

GRANT CREATE ON SCHEMA tenant_directory TO rowhouse_directory;
ALTER FUNCTION tenant_directory.list_organizations() OWNER TO rowhouse_directory;
REVOKE CREATE ON SCHEMA tenant_directory FROM rowhouse_directory;
-- Only now: what an owner was granted goes to the next owner with the function.
GRANT EXECUTE ON FUNCTION tenant_directory.list_organizations() TO rowhouse_owner;
