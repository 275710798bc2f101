-- Optimistic locking: an update names the version that it has read.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE "projects" ADD COLUMN "version" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "tasks" ADD COLUMN "version" INTEGER NOT NULL DEFAULT 1;

ALTER TABLE projects ADD CONSTRAINT projects_version_positive CHECK (version >= 1);
ALTER TABLE tasks ADD CONSTRAINT tasks_version_positive CHECK (version >= 1);
