-- rowhouse_app uses rows and nothing else: no TRUNCATE (it ignores policies), no REFERENCES, no TRIGGER. There are no
-- default privileges: a new table is closed until its migration opens it.

GRANT USAGE ON SCHEMA tenancy TO rowhouse_app;
GRANT EXECUTE ON FUNCTION tenancy.current_org(), tenancy.current_user_id() TO rowhouse_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON organizations, users, roles, sessions, account_tokens, invitations,
  second_factors, recovery_codes, api_keys, tenant_secrets, identity_providers, external_identities, outgoing_mails,
  projects, tasks, categories, products, stock_levels, carts, cart_items, orders, number_series, payments,
  daily_sales, daily_product_sales, daily_category_sales, daily_customer_sales TO rowhouse_app;

-- Append-only: who can inject SQL can neither change nor delete what has been recorded. The rows of an organization
-- go with it, by the foreign key, which acts for the owner.
GRANT SELECT, INSERT ON audit_events, stock_movements, order_items, order_events TO rowhouse_app;

GRANT SELECT ON organizations, users, roles, sessions, account_tokens, invitations, second_factors, recovery_codes,
  api_keys, tenant_secrets, identity_providers, external_identities, outgoing_mails, projects, tasks, categories,
  products, stock_levels, carts, cart_items, orders, order_items, order_events, number_series, payments,
  daily_sales, daily_product_sales, daily_category_sales, daily_customer_sales, audit_events,
  stock_movements TO rowhouse_backup;
