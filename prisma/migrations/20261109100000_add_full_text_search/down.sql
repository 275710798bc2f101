SET LOCAL ROLE rowhouse_owner;

ALTER TABLE tasks DROP COLUMN search;
ALTER TABLE projects DROP COLUMN search;

RESET ROLE;
