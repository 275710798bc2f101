-- Which orders were never counted is not known any more: `npm run organizations -- rebuild-sales` counts all.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE orders DROP COLUMN sales_counted;

RESET ROLE;
