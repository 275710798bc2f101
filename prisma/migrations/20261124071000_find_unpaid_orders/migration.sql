-- What nobody pays is cancelled after a time, and its stock is back: who does that can ask which organizations have
-- such orders, and finds the oldest in an index of them alone.

SET LOCAL ROLE rowhouse_owner;

-- `prisma migrate reset` empties the schema public only.
DROP FUNCTION IF EXISTS unpaid_orders.organizations_with_unpaid_orders(uuid, timestamptz);
DROP SCHEMA IF EXISTS unpaid_orders;

CREATE INDEX orders_org_id_placed_at_id_pending_idx ON orders (org_id, placed_at, id) WHERE status = 'pending';

CREATE POLICY directory_unpaid_orders ON orders FOR SELECT TO rowhouse_directory
  USING (current_user = 'rowhouse_directory');
GRANT SELECT (org_id, status, placed_at) ON orders TO rowhouse_directory;

CREATE SCHEMA unpaid_orders;
GRANT USAGE ON SCHEMA unpaid_orders TO rowhouse_app;

CREATE FUNCTION unpaid_orders.organizations_with_unpaid_orders(after uuid, before timestamptz) RETURNS SETOF uuid
  LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  AS $$WITH RECURSIVE oldest AS (
    (SELECT org_id, placed_at FROM public.orders
      WHERE status = 'pending' AND org_id > organizations_with_unpaid_orders.after
      ORDER BY org_id, placed_at LIMIT 1)
    UNION ALL
    SELECT next.org_id, next.placed_at FROM oldest CROSS JOIN LATERAL (
      SELECT unpaid.org_id, unpaid.placed_at FROM public.orders AS unpaid
      WHERE unpaid.status = 'pending' AND unpaid.org_id > oldest.org_id
      ORDER BY unpaid.org_id, unpaid.placed_at LIMIT 1) AS next
  )
  SELECT org_id FROM oldest WHERE placed_at <= organizations_with_unpaid_orders.before LIMIT 100$$;

REVOKE ALL ON FUNCTION unpaid_orders.organizations_with_unpaid_orders(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION unpaid_orders.organizations_with_unpaid_orders(uuid, timestamptz) TO rowhouse_app;

GRANT CREATE ON SCHEMA unpaid_orders TO rowhouse_directory;
ALTER FUNCTION unpaid_orders.organizations_with_unpaid_orders(uuid, timestamptz) OWNER TO rowhouse_directory;
REVOKE CREATE ON SCHEMA unpaid_orders FROM rowhouse_directory;
