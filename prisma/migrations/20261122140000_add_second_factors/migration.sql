-- Second factors: the secrets that authenticator apps share, and the codes that stand in when an app is lost.

SET LOCAL ROLE rowhouse_owner;

CREATE TABLE "second_factors" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "user_id" UUID NOT NULL,
    "secret_sealed" BYTEA NOT NULL,
    "confirmed_at" TIMESTAMPTZ(3),
    "last_step" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "second_factors_pkey" PRIMARY KEY ("org_id","user_id")
);

CREATE TABLE "recovery_codes" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "code_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "recovery_codes_pkey" PRIMARY KEY ("org_id","id")
);

CREATE INDEX "recovery_codes_org_id_user_id_code_hash_idx" ON "recovery_codes"("org_id", "user_id", "code_hash");

ALTER TABLE "second_factors" ADD CONSTRAINT "second_factors_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "second_factors" ADD CONSTRAINT "second_factors_org_id_user_id_fkey" FOREIGN KEY ("org_id", "user_id") REFERENCES "users"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_org_id_user_id_fkey" FOREIGN KEY ("org_id", "user_id") REFERENCES "users"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

ALTER TABLE second_factors
  ADD CONSTRAINT second_factors_last_step_positive CHECK (last_step >= 0);

ALTER TABLE second_factors ENABLE ROW LEVEL SECURITY;
ALTER TABLE second_factors FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON second_factors FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE recovery_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE recovery_codes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON recovery_codes FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors TO rowhouse_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_codes TO rowhouse_app;
GRANT SELECT ON second_factors, recovery_codes TO rowhouse_backup;
