SET LOCAL ROLE rowhouse_owner;

ALTER TABLE tasks DROP COLUMN status;

RESET ROLE;
