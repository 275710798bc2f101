SET LOCAL ROLE rowhouse_owner;

ALTER TABLE organizations DROP COLUMN order_mail;

RESET ROLE;
