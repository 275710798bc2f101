SET LOCAL ROLE rowhouse_owner;

DROP TABLE idempotency_keys;

RESET ROLE;
