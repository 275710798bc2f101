SET LOCAL ROLE rowhouse_owner;

REVOKE SELECT (org_id, id, order_id, owner_id, status, occurred_at) ON order_events FROM rowhouse_shopper;
GRANT SELECT ON order_events TO rowhouse_shopper;

RESET ROLE;
