-- Links that are out open nothing any more, and nobody knows which addresses were verified.

SET LOCAL ROLE rowhouse_owner;

DROP TABLE invitations;
DROP TABLE account_tokens;

ALTER TABLE users DROP COLUMN email_verified_at;

RESET ROLE;
