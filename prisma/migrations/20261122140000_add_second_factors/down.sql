-- Whoever has a second factor signs in without one from then on.

SET LOCAL ROLE rowhouse_owner;

DROP TABLE recovery_codes;
DROP TABLE second_factors;

RESET ROLE;
