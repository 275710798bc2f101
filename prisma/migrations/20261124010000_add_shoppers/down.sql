-- Of the roles that are left, none gives as little as a customer had. So customers become viewers who may not sign in,
-- until somebody enables them; invitations to be one go. The role of the database stays: it belongs to the cluster.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE sessions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE users NO FORCE ROW LEVEL SECURITY;
ALTER TABLE invitations NO FORCE ROW LEVEL SECURITY;
ALTER TABLE identity_providers NO FORCE ROW LEVEL SECURITY;
DELETE FROM sessions USING users
  WHERE users.org_id = sessions.org_id AND users.id = sessions.user_id AND users.role = 'customer';
UPDATE users SET role = 'viewer', disabled_at = coalesce(disabled_at, now()) WHERE role = 'customer';
DELETE FROM invitations WHERE role = 'customer';
UPDATE identity_providers SET default_role = NULL WHERE default_role = 'customer';
ALTER TABLE identity_providers FORCE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;

ALTER TABLE users
  DROP CONSTRAINT users_role_known,
  ADD CONSTRAINT users_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer', 'custom'));

ALTER TABLE invitations
  DROP CONSTRAINT invitations_role_known,
  ADD CONSTRAINT invitations_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer', 'custom'));

ALTER TABLE identity_providers
  DROP CONSTRAINT identity_providers_default_role_known,
  ADD CONSTRAINT identity_providers_default_role_known
    CHECK (default_role IN ('owner', 'admin', 'member', 'viewer'));

DROP TABLE publishable_keys;

-- The trail has no name for what was recorded of them.
ALTER TABLE audit_events NO FORCE ROW LEVEL SECURITY;
DELETE FROM audit_events WHERE kind IN ('publishable_key.created', 'publishable_key.revoked');
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_events
  DROP CONSTRAINT audit_events_kind_known,
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
    'tenant_secret.revoked', 'identity_provider.created', 'identity_provider.updated',
    'identity_provider.removed', 'stock.low'));

DROP POLICY own_organization ON organizations;
DROP POLICY own_rows ON users;
DROP POLICY own_rows ON sessions;
DROP POLICY shop_window ON categories;
DROP POLICY shop_window ON products;
DROP POLICY shop_window ON stock_levels;
DROP POLICY own_rows ON carts;
DROP POLICY own_rows ON cart_items;
DROP POLICY own_rows ON orders;
DROP POLICY own_rows ON order_items;
DROP POLICY own_rows ON order_events;
DROP POLICY own_rows ON payments;

DO $seal$
DECLARE
  sealed regclass;
BEGIN
  FOR sealed IN SELECT polrelid FROM pg_policy WHERE polname = 'tenant_seal' LOOP
    EXECUTE format('ALTER POLICY tenant_seal ON %s TO rowhouse_app', sealed);
  END LOOP;
END
$seal$;

-- With the rights on a table go those on its columns.
REVOKE ALL ON organizations, users, sessions, categories, products, stock_levels, carts, cart_items, orders, order_items,
  order_events, payments FROM rowhouse_shopper;
REVOKE ALL ON FUNCTION tenancy.current_org(), tenancy.current_user_id(), tenant_seal.verified_org() FROM rowhouse_shopper;
REVOKE ALL ON SCHEMA tenancy, tenant_seal FROM rowhouse_shopper;

RESET ROLE;

DO $database$
BEGIN
  IF (SELECT pg_has_role(current_user, nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'public') THEN
    REVOKE USAGE ON SCHEMA public FROM rowhouse_shopper;
  END IF;
END
$database$;
