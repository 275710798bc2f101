-- The one look beyond an organization: at sign-in the organization is known by its slug only, and its id is what the
-- context needs. No role that bypasses row-level security takes part. The function belongs to rowhouse_directory,
-- whose policy opens the ids and slugs of all organizations, and only while that very role is acting: a member of it,
-- as rowhouse_owner is, sees nothing by inheritance.

CREATE POLICY directory_lookup ON organizations FOR SELECT TO rowhouse_directory
  USING (current_user = 'rowhouse_directory');
GRANT SELECT (id, slug) ON organizations TO rowhouse_directory;

CREATE FUNCTION tenancy.find_organization(slug text) RETURNS uuid
  LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  AS $$SELECT id FROM public.organizations WHERE organizations.slug = find_organization.slug$$;

REVOKE ALL ON FUNCTION tenancy.find_organization(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.find_organization(text) TO rowhouse_app;

GRANT CREATE ON SCHEMA tenancy TO rowhouse_directory;
ALTER FUNCTION tenancy.find_organization(text) OWNER TO rowhouse_directory;
REVOKE CREATE ON SCHEMA tenancy FROM rowhouse_directory;
