-- What machines and partners present: keys that act for a user, and secrets that prove the organization.

SET LOCAL ROLE rowhouse_owner;

CREATE TABLE "api_keys" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "permissions" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "stamp" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("org_id","id")
);

CREATE TABLE "tenant_secrets" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "prefix" TEXT NOT NULL,
    "secret_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "tenant_secrets_pkey" PRIMARY KEY ("org_id","id")
);

CREATE INDEX "api_keys_org_id_created_at_id_idx" ON "api_keys"("org_id", "created_at", "id");

CREATE INDEX "api_keys_org_id_user_id_created_at_id_idx" ON "api_keys"("org_id", "user_id", "created_at", "id");

ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_org_id_user_id_fkey" FOREIGN KEY ("org_id", "user_id") REFERENCES "users"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

ALTER TABLE "tenant_secrets" ADD CONSTRAINT "tenant_secrets_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

ALTER TABLE api_keys
  ADD CONSTRAINT api_keys_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
  ADD CONSTRAINT api_keys_prefix_length CHECK (char_length(prefix) BETWEEN 1 AND 40),
  ADD CONSTRAINT api_keys_stamp_positive CHECK (stamp >= 1);

ALTER TABLE tenant_secrets
  ADD CONSTRAINT tenant_secrets_prefix_length CHECK (char_length(prefix) BETWEEN 1 AND 40);

ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON api_keys FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE tenant_secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tenant_secrets FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys, tenant_secrets TO rowhouse_app;
GRANT SELECT ON api_keys, tenant_secrets TO rowhouse_backup;
