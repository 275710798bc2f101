-- What a row may hold, beyond types and keys. The API checks the same with kinder words; here it holds for every
-- writer. Lengths count code points.

ALTER TABLE organizations
  ADD CONSTRAINT organizations_name_length CHECK (char_length(name) BETWEEN 1 AND 120),
  ADD CONSTRAINT organizations_slug_format CHECK (slug ~ '^[a-z0-9](-?[a-z0-9])*$' AND char_length(slug) <= 63);

ALTER TABLE users
  -- Stored normalised, so that the unique index compares plain text: lower(email) is not leakproof and would lose
  -- its index under row-level security.
  ADD CONSTRAINT users_email_normalised CHECK (email = lower(email)),
  ADD CONSTRAINT users_email_length CHECK (char_length(email) BETWEEN 1 AND 254),
  ADD CONSTRAINT users_name_length CHECK (char_length(name) BETWEEN 1 AND 120),
  ADD CONSTRAINT users_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer', 'customer', 'custom')),
  ADD CONSTRAINT users_custom_role_named CHECK ((role = 'custom') = (custom_role_id IS NOT NULL));

ALTER TABLE projects
  ADD CONSTRAINT projects_name_length CHECK (char_length(name) BETWEEN 1 AND 120),
  ADD CONSTRAINT projects_description_length CHECK (char_length(description) <= 10000),
  ADD CONSTRAINT projects_version_positive CHECK (version >= 1);

ALTER TABLE tasks
  ADD CONSTRAINT tasks_title_length CHECK (char_length(title) BETWEEN 1 AND 200),
  ADD CONSTRAINT tasks_description_length CHECK (char_length(description) <= 10000),
  ADD CONSTRAINT tasks_priority_range CHECK (priority BETWEEN 0 AND 4),
  ADD CONSTRAINT tasks_status_known CHECK (status IN ('pending', 'in_progress', 'completed')),
  ADD CONSTRAINT tasks_completed_is_status CHECK (completed = (status = 'completed')),
  ADD CONSTRAINT tasks_version_positive CHECK (version >= 1);

ALTER TABLE audit_events
  ADD CONSTRAINT audit_events_kind_known CHECK (kind IN (
    'session.signed_in', 'session.refused', 'session.signed_out', 'session.revoked', 'session.refresh_reused',
    'session.throttled', 'user.created', 'user.updated', 'user.role_changed', 'user.password_changed',
    'user.password_reset', 'user.disabled', 'user.enabled', 'user.removed', 'user.email_verified',
    'user.email_changed', 'user.second_factor_enabled', 'user.second_factor_disabled',
    'user.recovery_code_used', 'user.linked', 'organization.created', 'organization.updated',
    'organization.suspended', 'organization.resumed', 'organization.deletion_requested',
    'organization.deletion_cancelled', 'invitation.created', 'invitation.resent', 'invitation.revoked',
    'invitation.accepted', 'role.created', 'role.updated', 'role.removed', 'api_key.created', 'api_key.used',
    'api_key.revoked', 'tenant_secret.created', 'tenant_secret.used', 'tenant_secret.refused',
    'tenant_secret.revoked', 'publishable_key.created', 'publishable_key.revoked', 'identity_provider.created',
    'identity_provider.updated', 'identity_provider.removed', 'stock.low')),
  ADD CONSTRAINT audit_events_address_length CHECK (char_length(address) BETWEEN 1 AND 64),
  ADD CONSTRAINT audit_events_details_object CHECK (jsonb_typeof(details) = 'object');

ALTER TABLE sessions
  ADD CONSTRAINT sessions_stamp_positive CHECK (stamp >= 1),
  ADD CONSTRAINT sessions_address_length CHECK (char_length(address) BETWEEN 1 AND 64),
  ADD CONSTRAINT sessions_user_agent_length CHECK (char_length(user_agent) BETWEEN 1 AND 300);

ALTER TABLE outgoing_mails
  ADD CONSTRAINT outgoing_mails_attempts_counted CHECK (attempts >= 0),
  ADD CONSTRAINT outgoing_mails_one_state CHECK (num_nonnulls(next_attempt_at, sent_at, failed_at) = 1),
  -- What has links in it that open something is kept no longer than it is needed.
  ADD CONSTRAINT outgoing_mails_emptied CHECK (next_attempt_at IS NOT NULL OR sealed IS NULL),
  ADD CONSTRAINT outgoing_mails_last_error_length CHECK (char_length(last_error) BETWEEN 1 AND 200);

ALTER TABLE roles
  ADD CONSTRAINT roles_name_length CHECK (char_length(name) BETWEEN 1 AND 120),
  -- Which names there are is for the code to say: a new permission needs no migration.
  ADD CONSTRAINT roles_permissions_format CHECK (permissions IS NOT NULL AND cardinality(permissions) <= 100
    AND (cardinality(permissions) = 0
      OR array_to_string(permissions, ',', '?') ~ '^[a-z][a-z-]*:[a-z]+(,[a-z][a-z-]*:[a-z]+)*$')),
  -- What makes an owner: who has it by another role would be one whom the rules about owners do not count.
  ADD CONSTRAINT roles_permissions_not_owners CHECK (NOT 'organization:write' = ANY (permissions)),
  ADD CONSTRAINT roles_version_positive CHECK (version >= 1);
ALTER TABLE account_tokens
  ADD CONSTRAINT account_tokens_kind_known CHECK (kind IN ('verify_email', 'reset_password', 'change_email')),
  ADD CONSTRAINT account_tokens_email_normalised CHECK (email = lower(email)),
  ADD CONSTRAINT account_tokens_email_length CHECK (char_length(email) BETWEEN 1 AND 254);

ALTER TABLE invitations
  ADD CONSTRAINT invitations_email_normalised CHECK (email = lower(email)),
  ADD CONSTRAINT invitations_email_length CHECK (char_length(email) BETWEEN 1 AND 254),
  ADD CONSTRAINT invitations_role_known
    CHECK (role IN ('owner', 'admin', 'member', 'viewer', 'customer', 'custom')),
  ADD CONSTRAINT invitations_custom_role_named CHECK ((role = 'custom') = (custom_role_id IS NOT NULL));
ALTER TABLE api_keys
  ADD CONSTRAINT api_keys_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
  ADD CONSTRAINT api_keys_prefix_length CHECK (char_length(prefix) BETWEEN 1 AND 40),
  ADD CONSTRAINT api_keys_stamp_positive CHECK (stamp >= 1);

ALTER TABLE tenant_secrets
  ADD CONSTRAINT tenant_secrets_prefix_length CHECK (char_length(prefix) BETWEEN 1 AND 40);
ALTER TABLE publishable_keys
  ADD CONSTRAINT publishable_keys_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
  ADD CONSTRAINT publishable_keys_prefix_length CHECK (char_length(prefix) BETWEEN 1 AND 40);
ALTER TABLE second_factors
  ADD CONSTRAINT second_factors_last_step_positive CHECK (last_step >= 0);
ALTER TABLE identity_providers
  ADD CONSTRAINT identity_providers_name_length CHECK (char_length(name) BETWEEN 1 AND 120),
  ADD CONSTRAINT identity_providers_issuer_length CHECK (char_length(issuer) BETWEEN 1 AND 500),
  ADD CONSTRAINT identity_providers_audience_length CHECK (char_length(audience) BETWEEN 1 AND 500),
  ADD CONSTRAINT identity_providers_jwks_url_length CHECK (char_length(jwks_url) BETWEEN 1 AND 500),
  ADD CONSTRAINT identity_providers_required_claims_object CHECK (jsonb_typeof(required_claims) = 'object'),
  ADD CONSTRAINT identity_providers_email_claim_length CHECK (char_length(email_claim) BETWEEN 1 AND 200),
  ADD CONSTRAINT identity_providers_name_claim_length CHECK (char_length(name_claim) BETWEEN 1 AND 200),
  ADD CONSTRAINT identity_providers_role_claim_length CHECK (char_length(role_claim) BETWEEN 1 AND 200),
  ADD CONSTRAINT identity_providers_role_mapping_object CHECK (jsonb_typeof(role_mapping) = 'object'),
  ADD CONSTRAINT identity_providers_default_role_known
    CHECK (default_role IN ('owner', 'admin', 'member', 'viewer', 'customer')),
  ADD CONSTRAINT identity_providers_version_positive CHECK (version >= 1);

ALTER TABLE external_identities
  -- OpenID Connect Core, section 2: at most 255 ASCII characters.
  ADD CONSTRAINT external_identities_subject_length CHECK (char_length(subject) BETWEEN 1 AND 255);

ALTER TABLE categories
  ADD CONSTRAINT categories_name_length CHECK (char_length(name) BETWEEN 1 AND 120),
  ADD CONSTRAINT categories_slug_format CHECK (slug ~ '^[a-z0-9](-?[a-z0-9])*$' AND char_length(slug) <= 120),
  ADD CONSTRAINT categories_not_below_itself CHECK (parent_id <> id),
  ADD CONSTRAINT categories_version_positive CHECK (version >= 1);

ALTER TABLE products
  ADD CONSTRAINT products_sku_format CHECK (sku ~ '^[!-~]+$' AND char_length(sku) <= 64),
  ADD CONSTRAINT products_name_length CHECK (char_length(name) BETWEEN 1 AND 200),
  ADD CONSTRAINT products_description_length CHECK (char_length(description) <= 10000),
  -- A million units of the most expensive product are still an exact number in JavaScript.
  ADD CONSTRAINT products_price_amount_range CHECK (price_amount BETWEEN 0 AND 1000000000),
  ADD CONSTRAINT products_currency_format CHECK (currency ~ '^[A-Z]{3}$'),
  ADD CONSTRAINT products_metadata_object CHECK (jsonb_typeof(metadata) = 'object' AND octet_length(metadata::text) <= 16384),
  ADD CONSTRAINT products_version_positive CHECK (version >= 1);

ALTER TABLE stock_levels
  ADD CONSTRAINT stock_levels_on_hand_not_negative CHECK (on_hand >= 0),
  ADD CONSTRAINT stock_levels_low_stock_threshold_not_negative CHECK (low_stock_threshold >= 0),
  ADD CONSTRAINT stock_levels_units_sold_not_negative CHECK (units_sold >= 0),
  ADD CONSTRAINT stock_levels_low_is_low
    CHECK ((low_since IS NOT NULL) = (low_stock_threshold IS NOT NULL AND on_hand <= low_stock_threshold));

ALTER TABLE stock_movements
  ADD CONSTRAINT stock_movements_kind_known CHECK (kind IN ('receipt', 'sale', 'return', 'correction')),
  ADD CONSTRAINT stock_movements_direction CHECK (quantity <> 0
    AND (kind <> 'receipt' OR quantity > 0) AND (kind <> 'sale' OR quantity < 0) AND (kind <> 'return' OR quantity > 0)),
  ADD CONSTRAINT stock_movements_on_hand_not_negative CHECK (on_hand >= 0),
  ADD CONSTRAINT stock_movements_note_length CHECK (char_length(note) <= 500);

ALTER TABLE carts
  ADD CONSTRAINT carts_status_known CHECK (status IN ('open', 'ordered', 'merged', 'expired')),
  ADD CONSTRAINT carts_ordered_at_known CHECK ((status = 'ordered') = (ordered_at IS NOT NULL));

ALTER TABLE cart_items
  ADD CONSTRAINT cart_items_quantity_range CHECK (quantity BETWEEN 1 AND 9999),
  ADD CONSTRAINT cart_items_price_amount_range CHECK (price_amount BETWEEN 0 AND 1000000000),
  ADD CONSTRAINT cart_items_currency_format CHECK (currency ~ '^[A-Z]{3}$');

ALTER TABLE orders
  ADD CONSTRAINT orders_number_positive CHECK (number >= 1),
  ADD CONSTRAINT orders_status_known
    CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded')),
  ADD CONSTRAINT orders_currency_format CHECK (currency ~ '^[A-Z]{3}$'),
  -- What JavaScript counts exactly.
  ADD CONSTRAINT orders_total_amount_range CHECK (total_amount BETWEEN 0 AND 9007199254740991),
  ADD CONSTRAINT orders_email_length CHECK (char_length(email) BETWEEN 3 AND 254),
  ADD CONSTRAINT orders_shipping_address_object
    CHECK (jsonb_typeof(shipping_address) = 'object' AND octet_length(shipping_address::text) <= 8192),
  ADD CONSTRAINT orders_paid_at_known
    CHECK (paid_at IS NOT NULL OR status NOT IN ('paid', 'shipped', 'delivered', 'refunded')),
  ADD CONSTRAINT orders_shipped_at_known CHECK (shipped_at IS NOT NULL OR status NOT IN ('shipped', 'delivered')),
  ADD CONSTRAINT orders_delivered_at_known CHECK (delivered_at IS NOT NULL OR status <> 'delivered'),
  ADD CONSTRAINT orders_cancelled_at_known CHECK ((cancelled_at IS NOT NULL) = (status = 'cancelled')),
  ADD CONSTRAINT orders_refunded_at_known CHECK ((refunded_at IS NOT NULL) = (status = 'refunded')),
  ADD CONSTRAINT orders_stock_returned_from_ended CHECK (NOT stock_returned OR status IN ('cancelled', 'refunded')),
  ADD CONSTRAINT orders_version_positive CHECK (version >= 1);

ALTER TABLE order_items
  ADD CONSTRAINT order_items_sku_length CHECK (char_length(sku) BETWEEN 1 AND 64),
  ADD CONSTRAINT order_items_name_length CHECK (char_length(name) BETWEEN 1 AND 200),
  ADD CONSTRAINT order_items_quantity_range CHECK (quantity BETWEEN 1 AND 9999),
  ADD CONSTRAINT order_items_price_amount_range CHECK (price_amount BETWEEN 0 AND 1000000000),
  ADD CONSTRAINT order_items_total_amount_exact CHECK (total_amount = price_amount * quantity);

ALTER TABLE order_events
  ADD CONSTRAINT order_events_status_known
    CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded')),
  ADD CONSTRAINT order_events_note_length CHECK (char_length(note) <= 500);

ALTER TABLE number_series
  ADD CONSTRAINT number_series_name_length CHECK (char_length(name) BETWEEN 1 AND 40),
  ADD CONSTRAINT number_series_last_number_not_negative CHECK (last_number >= 0);

ALTER TABLE idempotency_keys
  ADD CONSTRAINT idempotency_keys_key_format CHECK (key ~ '^[!-~]+$' AND char_length(key) <= 200),
  ADD CONSTRAINT idempotency_keys_operation_length CHECK (char_length(operation) BETWEEN 1 AND 40),
  ADD CONSTRAINT idempotency_keys_request_hash_length CHECK (octet_length(request_hash) = 32);

ALTER TABLE payments
  ADD CONSTRAINT payments_provider_length CHECK (char_length(provider) BETWEEN 1 AND 40),
  ADD CONSTRAINT payments_reference_length CHECK (char_length(reference) BETWEEN 1 AND 200),
  ADD CONSTRAINT payments_status_known
    CHECK (status IN ('open', 'authorized', 'captured', 'refunded', 'failed', 'cancelled')),
  ADD CONSTRAINT payments_amount_range CHECK (amount BETWEEN 0 AND 9007199254740991),
  ADD CONSTRAINT payments_currency_format CHECK (currency ~ '^[A-Z]{3}$');

ALTER TABLE stock_reservations
  ADD CONSTRAINT stock_reservations_quantity_range CHECK (quantity BETWEEN 1 AND 9999);

ALTER TABLE payments
  ADD CONSTRAINT payments_failure_length CHECK (char_length(failure) BETWEEN 1 AND 200),
  ADD CONSTRAINT payments_problem_length CHECK (char_length(problem) BETWEEN 1 AND 200),
  ADD CONSTRAINT payments_failure_of_failed CHECK (failure IS NULL OR status = 'failed'),
  ADD CONSTRAINT payments_idempotency_key_length CHECK (char_length(idempotency_key) BETWEEN 1 AND 200),
  ADD CONSTRAINT payments_request_hash_length CHECK (octet_length(request_hash) = 32);

ALTER TABLE payment_commands
  ADD CONSTRAINT payment_commands_kind_known CHECK (kind IN ('authorize', 'capture', 'refund', 'cancel')),
  ADD CONSTRAINT payment_commands_attempts_counted CHECK (attempts >= 0),
  ADD CONSTRAINT payment_commands_one_state CHECK (num_nonnulls(next_attempt_at, done_at) = 1),
  -- Where money comes from is kept no longer than it is needed.
  ADD CONSTRAINT payment_commands_emptied CHECK (next_attempt_at IS NOT NULL OR sealed IS NULL),
  ADD CONSTRAINT payment_commands_last_error_length CHECK (char_length(last_error) BETWEEN 1 AND 200);

ALTER TABLE payment_events
  ADD CONSTRAINT payment_events_provider_length CHECK (char_length(provider) BETWEEN 1 AND 40),
  ADD CONSTRAINT payment_events_event_id_length CHECK (char_length(event_id) BETWEEN 1 AND 200),
  ADD CONSTRAINT payment_events_kind_known
    CHECK (kind IN ('authorized', 'captured', 'declined', 'refunded', 'cancelled', 'other'));

-- That the zone is known is asked by using it; what stands in this place is a name and no rule such as 'FOO+5'.
ALTER TABLE organizations
  ADD CONSTRAINT organizations_time_zone_format
    CHECK (time_zone ~ '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$' AND char_length(time_zone) <= 64);

ALTER TABLE daily_sales
  ADD CONSTRAINT daily_sales_currency_format CHECK (currency ~ '^[A-Z]{3}$'),
  ADD CONSTRAINT daily_sales_sold CHECK (orders >= 0 AND units >= orders AND gross_amount >= 0),
  ADD CONSTRAINT daily_sales_refunded CHECK (refunded_orders >= 0 AND refunded_units >= refunded_orders AND refunded_amount >= 0);

ALTER TABLE daily_product_sales
  ADD CONSTRAINT daily_product_sales_currency_format CHECK (currency ~ '^[A-Z]{3}$'),
  ADD CONSTRAINT daily_product_sales_sold CHECK (orders >= 0 AND units >= orders AND gross_amount >= 0),
  ADD CONSTRAINT daily_product_sales_refunded CHECK (refunded_orders >= 0 AND refunded_units >= refunded_orders AND refunded_amount >= 0);

ALTER TABLE daily_category_sales
  ADD CONSTRAINT daily_category_sales_currency_format CHECK (currency ~ '^[A-Z]{3}$'),
  ADD CONSTRAINT daily_category_sales_sold CHECK (orders >= 0 AND units >= orders AND gross_amount >= 0),
  ADD CONSTRAINT daily_category_sales_refunded CHECK (refunded_orders >= 0 AND refunded_units >= refunded_orders AND refunded_amount >= 0);

ALTER TABLE daily_customer_sales
  ADD CONSTRAINT daily_customer_sales_currency_format CHECK (currency ~ '^[A-Z]{3}$'),
  ADD CONSTRAINT daily_customer_sales_sold CHECK (orders >= 0 AND units >= orders AND gross_amount >= 0),
  ADD CONSTRAINT daily_customer_sales_refunded CHECK (refunded_orders >= 0 AND refunded_units >= refunded_orders AND refunded_amount >= 0);

-- Full text: the parsed words are stored, because parsing them for every row of every search is what costs. Prisma
-- knows the column only as "some default", and PostgreSQL cannot make a plain column generated: hence anew.
ALTER TABLE projects DROP COLUMN search;
ALTER TABLE projects ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
  setweight(to_tsvector('pg_catalog.english', name), 'A') ||
  setweight(to_tsvector('pg_catalog.english', description), 'B')
) STORED;

ALTER TABLE tasks DROP COLUMN search;
ALTER TABLE tasks ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
  setweight(to_tsvector('pg_catalog.english', title), 'A') ||
  setweight(to_tsvector('pg_catalog.english', description), 'B')
) STORED;

-- The SKU as one word, and not as what an English reader would make of its parts.
ALTER TABLE products DROP COLUMN search;
ALTER TABLE products ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
  setweight(to_tsvector('pg_catalog.english', name), 'A') ||
  setweight(to_tsvector('pg_catalog.simple', sku), 'A') ||
  setweight(to_tsvector('pg_catalog.english', description), 'B')
) STORED;
