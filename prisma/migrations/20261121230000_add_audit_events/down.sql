-- The events are lost: there is no other place for them.

SET LOCAL ROLE rowhouse_owner;

DROP TABLE audit_events;

RESET ROLE;
