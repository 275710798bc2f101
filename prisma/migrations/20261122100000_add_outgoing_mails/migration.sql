-- Mail leaves through a table: it is written along with what it is about, and sent when that stands. The content is
-- sealed by the server, and emptied when the mail has left.

SET LOCAL ROLE rowhouse_owner;

-- `prisma migrate reset` empties the schema public only.
DROP FUNCTION IF EXISTS outbox.organizations_with_due_mail(uuid);
DROP FUNCTION IF EXISTS outbox.organizations_with_old_mail(uuid, timestamptz);
DROP SCHEMA IF EXISTS outbox;

CREATE TABLE "outgoing_mails" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "sealed" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3) DEFAULT CURRENT_TIMESTAMP,
    "sent_at" TIMESTAMPTZ(3),
    "failed_at" TIMESTAMPTZ(3),
    "last_error" TEXT,

    CONSTRAINT "outgoing_mails_pkey" PRIMARY KEY ("org_id","id")
);

CREATE INDEX "outgoing_mails_org_id_created_at_id_idx" ON "outgoing_mails"("org_id", "created_at", "id");

ALTER TABLE "outgoing_mails" ADD CONSTRAINT "outgoing_mails_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

ALTER TABLE outgoing_mails
  ADD CONSTRAINT outgoing_mails_attempts_counted CHECK (attempts >= 0),
  ADD CONSTRAINT outgoing_mails_one_state CHECK (num_nonnulls(next_attempt_at, sent_at, failed_at) = 1),
  -- What has links in it that open something is kept no longer than it is needed.
  ADD CONSTRAINT outgoing_mails_emptied CHECK (next_attempt_at IS NOT NULL OR sealed IS NULL),
  ADD CONSTRAINT outgoing_mails_last_error_length CHECK (char_length(last_error) BETWEEN 1 AND 200);

CREATE INDEX outgoing_mails_org_id_next_attempt_at_id_waiting_idx ON outgoing_mails (org_id, next_attempt_at, id)
  WHERE next_attempt_at IS NOT NULL;

ALTER TABLE outgoing_mails ENABLE ROW LEVEL SECURITY;
ALTER TABLE outgoing_mails FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON outgoing_mails FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

GRANT SELECT, INSERT, UPDATE, DELETE ON outgoing_mails TO rowhouse_app;
GRANT SELECT ON outgoing_mails TO rowhouse_backup;

-- The organizations that have mail to be sent now, for who sends it: no more than their ids.
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
