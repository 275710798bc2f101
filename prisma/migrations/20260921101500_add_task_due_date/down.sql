SET LOCAL ROLE rowhouse_owner;

DROP INDEX tasks_org_id_due_at_id_open_idx;
ALTER TABLE tasks DROP COLUMN due_at;

RESET ROLE;
