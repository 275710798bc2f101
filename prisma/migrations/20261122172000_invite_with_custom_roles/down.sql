-- Who was invited to a role of the organization's own is invited as a viewer: of the roles that are left, that is the one
-- which gives nobody more than they were to have.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE invitations DROP CONSTRAINT invitations_custom_role_named;

ALTER TABLE invitations NO FORCE ROW LEVEL SECURITY;
UPDATE invitations SET role = 'viewer' WHERE role = 'custom';
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;

ALTER TABLE invitations
  DROP CONSTRAINT invitations_role_known,
  ADD CONSTRAINT invitations_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
  DROP COLUMN custom_role_id;

RESET ROLE;
