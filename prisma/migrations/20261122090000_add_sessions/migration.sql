-- Sessions, which every access token belongs to from now on: what ends one, ends its tokens at once. And what
-- else keeps people out: a disabled account, a suspended organization, one that is about to be deleted.
--
-- Access tokens that are out belong to no session, and are refused: everybody signs in again, once.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE "organizations" ADD COLUMN "suspended_at" TIMESTAMPTZ(3),
ADD COLUMN "deletion_due_at" TIMESTAMPTZ(3);

ALTER TABLE "users" ADD COLUMN "disabled_at" TIMESTAMPTZ(3);

CREATE TABLE "sessions" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "stamp" INTEGER NOT NULL DEFAULT 1,
    "refresh_hash" BYTEA NOT NULL,
    "successor_sealed" BYTEA,
    "address" TEXT,
    "user_agent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "refreshed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("org_id","id")
);

CREATE INDEX "sessions_org_id_user_id_created_at_id_idx" ON "sessions"("org_id", "user_id", "created_at", "id");

ALTER TABLE "sessions" ADD CONSTRAINT "sessions_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_org_id_user_id_fkey" FOREIGN KEY ("org_id", "user_id") REFERENCES "users"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

ALTER TABLE sessions
  ADD CONSTRAINT sessions_stamp_positive CHECK (stamp >= 1),
  ADD CONSTRAINT sessions_address_length CHECK (char_length(address) BETWEEN 1 AND 64),
  ADD CONSTRAINT sessions_user_agent_length CHECK (char_length(user_agent) BETWEEN 1 AND 300);

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON sessions FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO rowhouse_app;
GRANT SELECT ON sessions TO rowhouse_backup;

-- All that the identity features record.
ALTER TABLE audit_events
  DROP CONSTRAINT audit_events_kind_known,
  ADD CONSTRAINT audit_events_kind_known CHECK (kind IN (
    'session.signed_in', 'session.refused', 'session.signed_out', 'session.revoked', 'session.refresh_reused',
    'session.throttled', 'user.created', 'user.updated', 'user.role_changed', 'user.password_changed',
    'user.password_reset', 'user.disabled', 'user.enabled', 'user.removed', 'user.email_verified',
    'user.email_changed', 'user.second_factor_enabled', 'user.second_factor_disabled',
    'user.recovery_code_used', 'user.linked', 'organization.created', 'organization.updated',
    'organization.suspended', 'organization.resumed', 'organization.deletion_requested',
    'organization.deletion_cancelled', 'invitation.created', 'invitation.resent', 'invitation.revoked',
    'invitation.accepted', 'role.created', 'role.updated', 'role.removed', 'api_key.created', 'api_key.used',
    'api_key.revoked', 'tenant_secret.created', 'tenant_secret.used', 'tenant_secret.refused',
    'tenant_secret.revoked', 'identity_provider.created', 'identity_provider.updated',
    'identity_provider.removed'));
