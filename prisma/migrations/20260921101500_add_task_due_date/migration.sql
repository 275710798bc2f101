SET LOCAL ROLE rowhouse_owner;

ALTER TABLE "tasks" ADD COLUMN "due_at" TIMESTAMPTZ(3);

-- Open tasks only, see sql/50-indexes.sql.
CREATE INDEX tasks_org_id_due_at_id_open_idx ON tasks (org_id, due_at, id)
  WHERE due_at IS NOT NULL AND NOT completed AND deleted_at IS NULL;
