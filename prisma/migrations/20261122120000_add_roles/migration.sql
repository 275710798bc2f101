-- Roles that organizations put together for themselves. A user has one of those that all have, or one of these.

SET LOCAL ROLE rowhouse_owner;

CREATE TABLE "roles" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "permissions" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "roles_pkey" PRIMARY KEY ("org_id","id")
);

CREATE UNIQUE INDEX "roles_org_id_name_key" ON "roles"("org_id", "name");
CREATE INDEX "roles_org_id_created_at_id_idx" ON "roles"("org_id", "created_at", "id");

ALTER TABLE "roles" ADD CONSTRAINT "roles_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

ALTER TABLE roles
  ADD CONSTRAINT roles_name_length CHECK (char_length(name) BETWEEN 1 AND 120),
  ADD CONSTRAINT roles_permissions_format CHECK (permissions IS NOT NULL AND cardinality(permissions) <= 100
    AND (cardinality(permissions) = 0
      OR array_to_string(permissions, ',', '?') ~ '^[a-z][a-z-]*:[a-z]+(,[a-z][a-z-]*:[a-z]+)*$')),
  ADD CONSTRAINT roles_permissions_not_owners CHECK (NOT 'organization:write' = ANY (permissions)),
  ADD CONSTRAINT roles_version_positive CHECK (version >= 1);

ALTER TABLE roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE roles FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON roles FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

-- Where contexts are sealed, deploying this seals the table as well.

GRANT SELECT, INSERT, UPDATE, DELETE ON roles TO rowhouse_app;
GRANT SELECT ON roles TO rowhouse_backup;

ALTER TABLE "users" ADD COLUMN "custom_role_id" UUID;

CREATE INDEX "users_org_id_custom_role_id_created_at_id_idx" ON "users"("org_id", "custom_role_id", "created_at", "id");

ALTER TABLE "users" ADD CONSTRAINT "users_org_id_custom_role_id_fkey" FOREIGN KEY ("org_id", "custom_role_id") REFERENCES "roles"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

ALTER TABLE users
  DROP CONSTRAINT users_role_known,
  ADD CONSTRAINT users_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer', 'custom')),
  ADD CONSTRAINT users_custom_role_named CHECK ((role = 'custom') = (custom_role_id IS NOT NULL));
