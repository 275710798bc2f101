-- Refused by PostgreSQL while the policies of the seal stand: `npm run db -- seal disable` comes first.

SET LOCAL ROLE rowhouse_owner;

DROP FUNCTION tenant_seal.verified_org();
DROP TABLE tenant_seal.keys;
DROP SCHEMA tenant_seal;

RESET ROLE;
