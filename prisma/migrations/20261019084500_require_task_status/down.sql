SET LOCAL ROLE rowhouse_owner;

ALTER TABLE tasks
  DROP CONSTRAINT tasks_completed_is_status,
  DROP CONSTRAINT tasks_status_known,
  ALTER COLUMN status DROP NOT NULL,
  ALTER COLUMN status DROP DEFAULT;

RESET ROLE;
