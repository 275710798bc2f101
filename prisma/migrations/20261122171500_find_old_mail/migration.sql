-- Mail that left long ago goes also where none comes after it: who forgets it can ask which organizations have some.

SET LOCAL ROLE rowhouse_owner;

GRANT SELECT (created_at) ON outgoing_mails TO rowhouse_directory;

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
ALTER FUNCTION outbox.organizations_with_old_mail(uuid, timestamptz) OWNER TO rowhouse_directory;
REVOKE CREATE ON SCHEMA outbox FROM rowhouse_directory;
