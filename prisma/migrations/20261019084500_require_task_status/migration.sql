-- Status, third of three phases: every task has one, it is a known one, and it says the same as `completed`.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE "tasks" ALTER COLUMN "status" SET DEFAULT 'pending',
ALTER COLUMN "status" SET NOT NULL;

ALTER TABLE tasks
  ADD CONSTRAINT tasks_status_known CHECK (status IN ('pending', 'in_progress', 'completed')),
  ADD CONSTRAINT tasks_completed_is_status CHECK (completed = (status = 'completed'));
