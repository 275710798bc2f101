-- Orders that nobody pays keep their stock for good then.

SET LOCAL ROLE rowhouse_owner;

DROP FUNCTION unpaid_orders.organizations_with_unpaid_orders(uuid, timestamptz);
DROP SCHEMA unpaid_orders;
REVOKE SELECT (org_id, status, placed_at) ON orders FROM rowhouse_directory;
DROP POLICY directory_unpaid_orders ON orders;
DROP INDEX orders_org_id_placed_at_id_pending_idx;

RESET ROLE;
