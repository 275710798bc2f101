-- Who has a role of the organization's own becomes a viewer: of the roles that are left, that is the one which gives
-- nobody more than they had.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE users DROP CONSTRAINT users_custom_role_named;

ALTER TABLE users NO FORCE ROW LEVEL SECURITY;
UPDATE users SET role = 'viewer' WHERE role = 'custom';
ALTER TABLE users FORCE ROW LEVEL SECURITY;

ALTER TABLE users
  DROP CONSTRAINT users_role_known,
  ADD CONSTRAINT users_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
  DROP COLUMN custom_role_id;

DROP TABLE roles;

RESET ROLE;
