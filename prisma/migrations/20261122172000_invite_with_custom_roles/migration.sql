-- Somebody can be invited to a role of the organization's own as well.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE "invitations" ADD COLUMN "custom_role_id" UUID;

CREATE INDEX "invitations_org_id_custom_role_id_idx" ON "invitations"("org_id", "custom_role_id");

ALTER TABLE "invitations" ADD CONSTRAINT "invitations_org_id_custom_role_id_fkey" FOREIGN KEY ("org_id", "custom_role_id") REFERENCES "roles"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

ALTER TABLE invitations
  DROP CONSTRAINT invitations_role_known,
  ADD CONSTRAINT invitations_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer', 'custom')),
  ADD CONSTRAINT invitations_custom_role_named CHECK ((role = 'custom') = (custom_role_id IS NOT NULL));
