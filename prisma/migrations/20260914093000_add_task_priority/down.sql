-- The column takes its check and its index along.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE tasks DROP COLUMN priority;

RESET ROLE;
