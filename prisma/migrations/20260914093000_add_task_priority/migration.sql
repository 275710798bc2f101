SET LOCAL ROLE rowhouse_owner;

ALTER TABLE "tasks" ADD COLUMN "priority" SMALLINT NOT NULL DEFAULT 0;

ALTER TABLE tasks ADD CONSTRAINT tasks_priority_range CHECK (priority BETWEEN 0 AND 4);

CREATE INDEX "tasks_org_id_priority_id_idx" ON "tasks"("org_id", "priority", "id");
