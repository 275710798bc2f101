-- Keys and secrets stop opening anything; who needs one makes another when it is there again.

SET LOCAL ROLE rowhouse_owner;

DROP TABLE api_keys, tenant_secrets;

RESET ROLE;
