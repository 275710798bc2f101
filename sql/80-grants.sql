-- rowhouse_app uses rows and nothing else: no TRUNCATE (it ignores policies), no REFERENCES, no TRIGGER. There are no
-- default privileges: a new table is closed until its migration opens it.

GRANT USAGE ON SCHEMA tenancy TO rowhouse_app, rowhouse_shopper;
GRANT EXECUTE ON FUNCTION tenancy.current_org(), tenancy.current_user_id() TO rowhouse_app, rowhouse_shopper;

GRANT SELECT, INSERT, UPDATE, DELETE ON organizations, users, roles, sessions, account_tokens, invitations,
  second_factors, recovery_codes, api_keys, tenant_secrets, publishable_keys, identity_providers, external_identities,
  outgoing_mails, projects, tasks, categories, products, stock_levels, carts, cart_items, orders, number_series,
  payments, payment_commands, stock_reservations, idempotency_keys, daily_sales, daily_product_sales,
  daily_category_sales, daily_customer_sales TO rowhouse_app;

-- Append-only: who can inject SQL can neither change nor delete what has been recorded. The rows of an organization
-- go with it, by the foreign key, which acts for the owner; by another one, items and events follow an order that a guest
-- has placed to the account that they sign in to.
GRANT SELECT, INSERT ON audit_events, stock_movements, order_items, order_events, payment_events TO rowhouse_app;

GRANT SELECT ON organizations, users, roles, sessions, account_tokens, invitations, second_factors, recovery_codes,
  api_keys, tenant_secrets, publishable_keys, identity_providers, external_identities, outgoing_mails, projects, tasks,
  categories, products, stock_levels, carts, cart_items, orders, order_items, order_events, number_series, payments,
  payment_commands, payment_events, stock_reservations, idempotency_keys, daily_sales, daily_product_sales,
  daily_category_sales, daily_customer_sales, audit_events, stock_movements
  TO rowhouse_backup;

-- Shoppers: what a shop shows, and of an account, its sessions and the organization what may be shown of them. No hash
-- of anything, and of the stock not from when on it is low.
GRANT SELECT (id, name, slug) ON organizations TO rowhouse_shopper;
GRANT SELECT (org_id, id, email, name, role, custom_role_id, created_at, updated_at, disabled_at, email_verified_at)
  ON users TO rowhouse_shopper;
GRANT SELECT (org_id, id, user_id, address, user_agent, created_at, refreshed_at, expires_at)
  ON sessions TO rowhouse_shopper;
GRANT SELECT ON categories, products TO rowhouse_shopper;
GRANT SELECT (org_id, product_id, on_hand, units_sold) ON stock_levels TO rowhouse_shopper;
GRANT SELECT, INSERT, UPDATE, DELETE ON carts, cart_items TO rowhouse_shopper;
-- Orders and what belongs to them are written by the organization, on their behalf.
GRANT SELECT ON orders, order_items, payments, stock_reservations TO rowhouse_shopper;
-- Who has moved an order, and what they noted of it, is for the organization alone.
GRANT SELECT (org_id, id, order_id, owner_id, status, occurred_at) ON order_events TO rowhouse_shopper;
