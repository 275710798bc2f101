SET LOCAL ROLE rowhouse_owner;

DROP TABLE stock_reservations;

RESET ROLE;
