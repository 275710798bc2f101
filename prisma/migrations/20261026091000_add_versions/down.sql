SET LOCAL ROLE rowhouse_owner;

ALTER TABLE tasks DROP COLUMN version;
ALTER TABLE projects DROP COLUMN version;

RESET ROLE;
