SET LOCAL ROLE rowhouse_owner;

DROP FUNCTION tenant_directory.list_organizations();
DROP SCHEMA tenant_directory;

REVOKE SELECT (suspended_at, deletion_due_at) ON organizations FROM rowhouse_directory;

RESET ROLE;
