-- Accounts that came from an identity provider stay; no password opens them.

SET LOCAL ROLE rowhouse_owner;

DROP TABLE external_identities;
DROP TABLE identity_providers;

RESET ROLE;
