-- Identity providers: OpenID Connect issuers that an organization trusts, and who their people are here.

SET LOCAL ROLE rowhouse_owner;

CREATE TABLE "identity_providers" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "issuer" TEXT NOT NULL,
    "audience" TEXT NOT NULL,
    "jwks_url" TEXT,
    "required_claims" JSONB NOT NULL DEFAULT '{}',
    "email_claim" TEXT NOT NULL DEFAULT 'email',
    "name_claim" TEXT NOT NULL DEFAULT 'name',
    "role_claim" TEXT,
    "role_mapping" JSONB NOT NULL DEFAULT '{}',
    "default_role" TEXT,
    "link_by_email" BOOLEAN NOT NULL DEFAULT false,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "identity_providers_pkey" PRIMARY KEY ("org_id","id")
);

CREATE TABLE "external_identities" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "provider_id" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "external_identities_pkey" PRIMARY KEY ("org_id","id")
);

CREATE INDEX "identity_providers_org_id_created_at_id_idx" ON "identity_providers"("org_id", "created_at", "id");
CREATE UNIQUE INDEX "identity_providers_org_id_issuer_audience_key" ON "identity_providers"("org_id", "issuer", "audience");
CREATE INDEX "external_identities_org_id_user_id_idx" ON "external_identities"("org_id", "user_id");
CREATE UNIQUE INDEX "external_identities_org_id_provider_id_subject_key" ON "external_identities"("org_id", "provider_id", "subject");

ALTER TABLE "identity_providers" ADD CONSTRAINT "identity_providers_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "external_identities" ADD CONSTRAINT "external_identities_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "external_identities" ADD CONSTRAINT "external_identities_org_id_provider_id_fkey" FOREIGN KEY ("org_id", "provider_id") REFERENCES "identity_providers"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "external_identities" ADD CONSTRAINT "external_identities_org_id_user_id_fkey" FOREIGN KEY ("org_id", "user_id") REFERENCES "users"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

ALTER TABLE identity_providers
  ADD CONSTRAINT identity_providers_name_length CHECK (char_length(name) BETWEEN 1 AND 120),
  ADD CONSTRAINT identity_providers_issuer_length CHECK (char_length(issuer) BETWEEN 1 AND 500),
  ADD CONSTRAINT identity_providers_audience_length CHECK (char_length(audience) BETWEEN 1 AND 500),
  ADD CONSTRAINT identity_providers_jwks_url_length CHECK (char_length(jwks_url) BETWEEN 1 AND 500),
  ADD CONSTRAINT identity_providers_required_claims_object CHECK (jsonb_typeof(required_claims) = 'object'),
  ADD CONSTRAINT identity_providers_email_claim_length CHECK (char_length(email_claim) BETWEEN 1 AND 200),
  ADD CONSTRAINT identity_providers_name_claim_length CHECK (char_length(name_claim) BETWEEN 1 AND 200),
  ADD CONSTRAINT identity_providers_role_claim_length CHECK (char_length(role_claim) BETWEEN 1 AND 200),
  ADD CONSTRAINT identity_providers_role_mapping_object CHECK (jsonb_typeof(role_mapping) = 'object'),
  ADD CONSTRAINT identity_providers_default_role_known
    CHECK (default_role IN ('owner', 'admin', 'member', 'viewer')),
  ADD CONSTRAINT identity_providers_version_positive CHECK (version >= 1);

ALTER TABLE external_identities
  -- OpenID Connect Core, section 2: at most 255 ASCII characters.
  ADD CONSTRAINT external_identities_subject_length CHECK (char_length(subject) BETWEEN 1 AND 255);

ALTER TABLE identity_providers ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity_providers FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON identity_providers FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE external_identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE external_identities FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON external_identities FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

GRANT SELECT, INSERT, UPDATE, DELETE ON identity_providers, external_identities TO rowhouse_app;
GRANT SELECT ON identity_providers, external_identities TO rowhouse_backup;
