-- The audit trail: what was done or tried, and by whom. Rows are added and read by the serving role, and neither
-- changed nor deleted.

SET LOCAL ROLE rowhouse_owner;

CREATE TABLE "audit_events" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "actor_id" UUID,
    "subject_id" UUID,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "address" TEXT,
    "details" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("org_id","id")
);

CREATE INDEX "audit_events_org_id_occurred_at_id_idx" ON "audit_events"("org_id", "occurred_at", "id");
CREATE INDEX "audit_events_org_id_actor_id_occurred_at_id_idx" ON "audit_events"("org_id", "actor_id", "occurred_at", "id");
CREATE INDEX "audit_events_org_id_subject_id_occurred_at_id_idx" ON "audit_events"("org_id", "subject_id", "occurred_at", "id");

ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

ALTER TABLE audit_events
  ADD CONSTRAINT audit_events_kind_known CHECK (kind IN ('session.signed_in', 'session.refused', 'user.created',
    'user.updated', 'user.role_changed', 'user.password_changed', 'user.removed')),
  ADD CONSTRAINT audit_events_address_length CHECK (char_length(address) BETWEEN 1 AND 64),
  ADD CONSTRAINT audit_events_details_object CHECK (jsonb_typeof(details) = 'object');

ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON audit_events FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

-- Where contexts are sealed, deploying this seals the table as well.

GRANT SELECT, INSERT ON audit_events TO rowhouse_app;
GRANT SELECT ON audit_events TO rowhouse_backup;
