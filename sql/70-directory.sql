-- The two looks beyond an organization. At sign-in the organization is known by its slug only, and its id is what the
-- context needs; and who sends mail has to know which organizations have some. No role that bypasses row-level
-- security takes part. The functions belong to rowhouse_directory, whose policies open the ids and slugs of all
-- organizations and when mail is due, and only while that very role is acting: a member of it, as rowhouse_owner is,
-- sees nothing by inheritance.

CREATE POLICY directory_lookup ON organizations FOR SELECT TO rowhouse_directory
  USING (current_user = 'rowhouse_directory');
GRANT SELECT (id, slug) ON organizations TO rowhouse_directory;

CREATE FUNCTION tenancy.find_organization(slug text) RETURNS uuid
  LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  AS $$SELECT id FROM public.organizations WHERE organizations.slug = find_organization.slug$$;

REVOKE ALL ON FUNCTION tenancy.find_organization(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.find_organization(text) TO rowhouse_app;

-- The organizations that have mail to be sent now: the first hundred behind the one that is given. Nothing of the
-- mail itself is told. It has a schema of its own: after `prisma migrate reset` the first migration drops tenancy,
-- and knows nothing of what came later.
CREATE POLICY directory_due_mail ON outgoing_mails FOR SELECT TO rowhouse_directory
  USING (current_user = 'rowhouse_directory');
GRANT SELECT (org_id, next_attempt_at) ON outgoing_mails TO rowhouse_directory;

CREATE SCHEMA outbox;
GRANT USAGE ON SCHEMA outbox TO rowhouse_app;

CREATE FUNCTION outbox.organizations_with_due_mail(after uuid) RETURNS SETOF uuid
  LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  AS $$SELECT DISTINCT org_id FROM public.outgoing_mails
    WHERE next_attempt_at <= now() AND org_id > organizations_with_due_mail.after ORDER BY org_id LIMIT 100$$;

REVOKE ALL ON FUNCTION outbox.organizations_with_due_mail(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.organizations_with_due_mail(uuid) TO rowhouse_app;

GRANT CREATE ON SCHEMA outbox TO rowhouse_directory;
ALTER FUNCTION outbox.organizations_with_due_mail(uuid) OWNER TO rowhouse_directory;
REVOKE CREATE ON SCHEMA outbox FROM rowhouse_directory;

GRANT CREATE ON SCHEMA tenancy TO rowhouse_directory;
ALTER FUNCTION tenancy.find_organization(text) OWNER TO rowhouse_directory;
REVOKE CREATE ON SCHEMA tenancy FROM rowhouse_directory;
