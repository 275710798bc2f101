-- A key gives its payment again, whatever is to be paid with.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE payments DROP COLUMN request_hash;

RESET ROLE;
