-- What mail opens: an address is verified, a password reset, an address changed, an invitation accepted. The secret is
-- in the mail alone; here is its hash.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE "users" ADD COLUMN "email_verified_at" TIMESTAMPTZ(3);

CREATE TABLE "account_tokens" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "account_tokens_pkey" PRIMARY KEY ("org_id","id")
);

CREATE TABLE "invitations" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "invited_by" UUID NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_sent_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "invitations_pkey" PRIMARY KEY ("org_id","id")
);

CREATE INDEX "account_tokens_org_id_user_id_created_at_id_idx" ON "account_tokens"("org_id", "user_id", "created_at", "id");
CREATE INDEX "invitations_org_id_created_at_id_idx" ON "invitations"("org_id", "created_at", "id");
CREATE UNIQUE INDEX "invitations_org_id_email_key" ON "invitations"("org_id", "email");

ALTER TABLE "account_tokens" ADD CONSTRAINT "account_tokens_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "account_tokens" ADD CONSTRAINT "account_tokens_org_id_user_id_fkey" FOREIGN KEY ("org_id", "user_id") REFERENCES "users"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

ALTER TABLE account_tokens
  ADD CONSTRAINT account_tokens_kind_known CHECK (kind IN ('verify_email', 'reset_password', 'change_email')),
  ADD CONSTRAINT account_tokens_email_normalised CHECK (email = lower(email)),
  ADD CONSTRAINT account_tokens_email_length CHECK (char_length(email) BETWEEN 1 AND 254);

ALTER TABLE invitations
  ADD CONSTRAINT invitations_email_normalised CHECK (email = lower(email)),
  ADD CONSTRAINT invitations_email_length CHECK (char_length(email) BETWEEN 1 AND 254),
  ADD CONSTRAINT invitations_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer'));

ALTER TABLE account_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON account_tokens FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON invitations FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

GRANT SELECT, INSERT, UPDATE, DELETE ON account_tokens, invitations TO rowhouse_app;
GRANT SELECT ON account_tokens, invitations TO rowhouse_backup;
