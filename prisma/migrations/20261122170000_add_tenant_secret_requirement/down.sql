-- Tokens are good without a secret again.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE organizations DROP COLUMN require_tenant_secret;

RESET ROLE;
