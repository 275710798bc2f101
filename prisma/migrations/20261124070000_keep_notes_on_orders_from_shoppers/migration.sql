SET LOCAL ROLE rowhouse_owner;

-- Who has moved an order, and what they noted of it, is for the organization alone.
REVOKE SELECT ON order_events FROM rowhouse_shopper;
GRANT SELECT (org_id, id, order_id, owner_id, status, occurred_at) ON order_events TO rowhouse_shopper;
