-- Status, second of three phases: every task without one, or with one that a program of the
-- previous version has left behind, gets it from `completed`.
--
-- Row-level security is forced on rowhouse_owner too, and without a policy it would update no row and succeed. So FORCE
-- is lifted within this transaction, which holds the table against everybody else meanwhile, and the counts are
-- compared: when they differ, nothing of this remains.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY;

DO $backfill$
DECLARE
  missing bigint;
  filled bigint;
BEGIN
  IF row_security_active('tasks') THEN
    RAISE EXCEPTION 'row-level security hides the tasks from %, the backfill would miss them', current_user;
  END IF;

  SELECT count(*) INTO missing FROM tasks
    WHERE completed IS DISTINCT FROM (status = 'completed');

  UPDATE tasks SET status = CASE WHEN completed THEN 'completed' ELSE 'pending' END
    WHERE completed IS DISTINCT FROM (status = 'completed');
  GET DIAGNOSTICS filled = ROW_COUNT;

  IF filled <> missing OR EXISTS (SELECT FROM tasks WHERE completed IS DISTINCT FROM (status = 'completed')) THEN
    RAISE EXCEPTION 'backfilled the status of % tasks out of %', filled, missing;
  END IF;
END
$backfill$;

ALTER TABLE tasks FORCE ROW LEVEL SECURITY;
