-- Status, first of three phases: the column is there, and may be empty. Programs of the previous version go on
-- writing only `completed`.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE "tasks" ADD COLUMN "status" TEXT;
