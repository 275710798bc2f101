-- What was wrong is still in the log, and of commands in payment_commands.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE payments DROP COLUMN problem;

RESET ROLE;
