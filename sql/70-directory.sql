-- The five looks beyond an organization. At sign-in the organization is known by its slug only, and its id is what the
-- context needs; who sends mail has to know which organizations have some; who asks payment providers, which want
-- something; who cancels what nobody pays, which have such orders; and the operator must know which organizations there
-- are, which are suspended and which are due to be erased. No role that bypasses row-level security takes part. The
-- functions belong to rowhouse_directory, whose policies open the ids, slugs and states of all organizations, when mail
-- was made and is due, when a command is, and when orders were placed that are not paid, and only while that very role
-- is acting: a member of it, as rowhouse_owner is, sees nothing by inheritance.
--
-- Requests may ask for one id by its slug, never for the list.

CREATE POLICY directory_lookup ON organizations FOR SELECT TO rowhouse_directory
  USING (current_user = 'rowhouse_directory');
GRANT SELECT (id, slug, suspended_at, deletion_due_at) ON organizations TO rowhouse_directory;

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
GRANT SELECT (org_id, next_attempt_at, created_at) ON outgoing_mails TO rowhouse_directory;

CREATE SCHEMA outbox;
GRANT USAGE ON SCHEMA outbox TO rowhouse_app;

CREATE FUNCTION outbox.organizations_with_due_mail(after uuid) RETURNS SETOF uuid
  LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  AS $$SELECT DISTINCT org_id FROM public.outgoing_mails
    WHERE next_attempt_at <= now() AND org_id > organizations_with_due_mail.after ORDER BY org_id LIMIT 100$$;

REVOKE ALL ON FUNCTION outbox.organizations_with_due_mail(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.organizations_with_due_mail(uuid) TO rowhouse_app;

-- The organizations whose oldest mail is from before a moment: the first hundred behind the one that is given, for who
-- forgets what left long ago. It steps from each organization's oldest mail to the next organization's, and reads no
-- other.
CREATE FUNCTION outbox.organizations_with_old_mail(after uuid, before timestamptz) RETURNS SETOF uuid
  LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  AS $$WITH RECURSIVE oldest AS (
    (SELECT org_id, created_at FROM public.outgoing_mails
      WHERE org_id > organizations_with_old_mail.after ORDER BY org_id, created_at LIMIT 1)
    UNION ALL
    SELECT next.org_id, next.created_at FROM oldest CROSS JOIN LATERAL (
      SELECT mail.org_id, mail.created_at FROM public.outgoing_mails AS mail
      WHERE mail.org_id > oldest.org_id ORDER BY mail.org_id, mail.created_at LIMIT 1) AS next
  )
  SELECT org_id FROM oldest WHERE created_at < organizations_with_old_mail.before LIMIT 100$$;

REVOKE ALL ON FUNCTION outbox.organizations_with_old_mail(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.organizations_with_old_mail(uuid, timestamptz) TO rowhouse_app;

GRANT CREATE ON SCHEMA outbox TO rowhouse_directory;
ALTER FUNCTION outbox.organizations_with_due_mail(uuid) OWNER TO rowhouse_directory;
ALTER FUNCTION outbox.organizations_with_old_mail(uuid, timestamptz) OWNER TO rowhouse_directory;
REVOKE CREATE ON SCHEMA outbox FROM rowhouse_directory;

-- The organizations that want something of a payment provider now, for who asks it: no more than their ids. It has a
-- schema of its own, as the outbox of mail has.
CREATE POLICY directory_due_payments ON payment_commands FOR SELECT TO rowhouse_directory
  USING (current_user = 'rowhouse_directory');
GRANT SELECT (org_id, next_attempt_at) ON payment_commands TO rowhouse_directory;

CREATE SCHEMA payment_outbox;
GRANT USAGE ON SCHEMA payment_outbox TO rowhouse_app;

CREATE FUNCTION payment_outbox.organizations_with_due_commands(after uuid) RETURNS SETOF uuid
  LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  AS $$SELECT DISTINCT org_id FROM public.payment_commands
    WHERE next_attempt_at <= now() AND org_id > organizations_with_due_commands.after ORDER BY org_id LIMIT 100$$;

REVOKE ALL ON FUNCTION payment_outbox.organizations_with_due_commands(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payment_outbox.organizations_with_due_commands(uuid) TO rowhouse_app;

GRANT CREATE ON SCHEMA payment_outbox TO rowhouse_directory;
ALTER FUNCTION payment_outbox.organizations_with_due_commands(uuid) OWNER TO rowhouse_directory;
REVOKE CREATE ON SCHEMA payment_outbox FROM rowhouse_directory;

-- The organizations whose oldest unpaid order is from before a moment, for who cancels these: it steps from each
-- organization's oldest to the next organization's, and reads no other. It has a schema of its own, as the outbox of
-- mail has.
CREATE POLICY directory_unpaid_orders ON orders FOR SELECT TO rowhouse_directory
  USING (current_user = 'rowhouse_directory');
GRANT SELECT (org_id, status, placed_at) ON orders TO rowhouse_directory;

CREATE SCHEMA unpaid_orders;
GRANT USAGE ON SCHEMA unpaid_orders TO rowhouse_app;

CREATE FUNCTION unpaid_orders.organizations_with_unpaid_orders(after uuid, before timestamptz) RETURNS SETOF uuid
  LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  AS $$WITH RECURSIVE oldest AS (
    (SELECT org_id, placed_at FROM public.orders
      WHERE status = 'pending' AND org_id > organizations_with_unpaid_orders.after
      ORDER BY org_id, placed_at LIMIT 1)
    UNION ALL
    SELECT next.org_id, next.placed_at FROM oldest CROSS JOIN LATERAL (
      SELECT unpaid.org_id, unpaid.placed_at FROM public.orders AS unpaid
      WHERE unpaid.status = 'pending' AND unpaid.org_id > oldest.org_id
      ORDER BY unpaid.org_id, unpaid.placed_at LIMIT 1) AS next
  )
  SELECT org_id FROM oldest WHERE placed_at <= organizations_with_unpaid_orders.before LIMIT 100$$;

REVOKE ALL ON FUNCTION unpaid_orders.organizations_with_unpaid_orders(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION unpaid_orders.organizations_with_unpaid_orders(uuid, timestamptz) TO rowhouse_app;

GRANT CREATE ON SCHEMA unpaid_orders TO rowhouse_directory;
ALTER FUNCTION unpaid_orders.organizations_with_unpaid_orders(uuid, timestamptz) OWNER TO rowhouse_directory;
REVOKE CREATE ON SCHEMA unpaid_orders FROM rowhouse_directory;

GRANT CREATE ON SCHEMA tenancy TO rowhouse_directory;
ALTER FUNCTION tenancy.find_organization(text) OWNER TO rowhouse_directory;
REVOKE CREATE ON SCHEMA tenancy FROM rowhouse_directory;

-- A schema of its own, which requests cannot look into.
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
