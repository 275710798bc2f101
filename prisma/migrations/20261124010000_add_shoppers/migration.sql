-- Customers, and guests of a shop: a role of the database that shows them what is for sale and what is theirs, and a role
-- of users. The parts are those of sql/ as they were on this day; the comments there say why.

-- The role (sql/10-roles.sql). It cannot be made by rowhouse_owner: where that one migrates, run sql/10-roles.sql once
-- as a superuser before.

DO $roles$
DECLARE
  set_role text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
  FOR attempt IN 1..10 LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rowhouse_shopper') THEN
        CREATE ROLE rowhouse_shopper NOLOGIN;
      END IF;

      IF NOT pg_has_role('rowhouse_app', 'rowhouse_shopper', set_role)
        OR pg_has_role('rowhouse_app', 'rowhouse_shopper', 'USAGE')
      THEN
        IF current_setting('server_version_num')::int >= 160000 THEN
          EXECUTE 'GRANT rowhouse_shopper TO rowhouse_app WITH INHERIT FALSE, SET TRUE';
        ELSE
          ALTER ROLE rowhouse_app NOINHERIT;
          GRANT rowhouse_shopper TO rowhouse_app;
        END IF;
      END IF;

      EXIT;
    EXCEPTION
      -- Another migration did the same at this moment: look again. internal_error is "tuple concurrently updated".
      WHEN duplicate_object OR unique_violation OR internal_error THEN
        IF attempt = 10 THEN
          RAISE;
        END IF;
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'The roles of Rowhouse are incomplete, and % may not complete them: %', current_user, SQLERRM
          USING ERRCODE = 'insufficient_privilege',
          HINT = 'Run sql/10-roles.sql once as a superuser, or as a user with CREATEROLE who may grant these roles.';
    END;
  END LOOP;
END
$roles$;

-- The schema public (sql/20-database.sql). Who may not say it leaves it at what everybody may by default.

DO $database$
BEGIN
  IF (SELECT pg_has_role(current_user, nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'public') THEN
    GRANT USAGE ON SCHEMA public TO rowhouse_shopper;
  END IF;
END
$database$;

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE users
  DROP CONSTRAINT users_role_known,
  ADD CONSTRAINT users_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer', 'customer', 'custom'));

ALTER TABLE invitations
  DROP CONSTRAINT invitations_role_known,
  ADD CONSTRAINT invitations_role_known
    CHECK (role IN ('owner', 'admin', 'member', 'viewer', 'customer', 'custom'));

ALTER TABLE identity_providers
  DROP CONSTRAINT identity_providers_default_role_known,
  ADD CONSTRAINT identity_providers_default_role_known
    CHECK (default_role IN ('owner', 'admin', 'member', 'viewer', 'customer'));

CREATE TABLE "publishable_keys" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID NOT NULL,

    CONSTRAINT "publishable_keys_pkey" PRIMARY KEY ("org_id","id")
);

CREATE INDEX "publishable_keys_org_id_created_at_id_idx" ON "publishable_keys"("org_id", "created_at", "id");

ALTER TABLE "publishable_keys" ADD CONSTRAINT "publishable_keys_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

ALTER TABLE publishable_keys
  ADD CONSTRAINT publishable_keys_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
  ADD CONSTRAINT publishable_keys_prefix_length CHECK (char_length(prefix) BETWEEN 1 AND 40);

ALTER TABLE publishable_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishable_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON publishable_keys FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

-- Where contexts are sealed, deploying this seals the table as well.

GRANT SELECT, INSERT, UPDATE, DELETE ON publishable_keys TO rowhouse_app;
GRANT SELECT ON publishable_keys TO rowhouse_backup;

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
    'tenant_secret.revoked', 'publishable_key.created', 'publishable_key.revoked', 'identity_provider.created',
    'identity_provider.updated', 'identity_provider.removed', 'stock.low'));

CREATE POLICY own_organization ON organizations FOR SELECT TO rowhouse_shopper
  USING (id = tenancy.current_org());

CREATE POLICY own_rows ON users FOR SELECT TO rowhouse_shopper
  USING (org_id = tenancy.current_org() AND id = tenancy.current_user_id());

CREATE POLICY own_rows ON sessions FOR SELECT TO rowhouse_shopper
  USING (org_id = tenancy.current_org() AND user_id = tenancy.current_user_id());

CREATE POLICY shop_window ON categories FOR SELECT TO rowhouse_shopper
  USING (org_id = tenancy.current_org());

CREATE POLICY shop_window ON products FOR SELECT TO rowhouse_shopper
  USING (org_id = tenancy.current_org() AND active AND deleted_at IS NULL);

CREATE POLICY shop_window ON stock_levels FOR SELECT TO rowhouse_shopper
  USING (org_id = tenancy.current_org());

CREATE POLICY own_rows ON carts FOR ALL TO rowhouse_shopper
  USING (org_id = tenancy.current_org() AND owner_id = tenancy.current_user_id())
  WITH CHECK (org_id = tenancy.current_org() AND owner_id = tenancy.current_user_id());

CREATE POLICY own_rows ON cart_items FOR ALL TO rowhouse_shopper
  USING (org_id = tenancy.current_org() AND owner_id = tenancy.current_user_id())
  WITH CHECK (org_id = tenancy.current_org() AND owner_id = tenancy.current_user_id());

CREATE POLICY own_rows ON orders FOR SELECT TO rowhouse_shopper
  USING (org_id = tenancy.current_org() AND owner_id = tenancy.current_user_id());

CREATE POLICY own_rows ON order_items FOR SELECT TO rowhouse_shopper
  USING (org_id = tenancy.current_org() AND owner_id = tenancy.current_user_id());

CREATE POLICY own_rows ON order_events FOR SELECT TO rowhouse_shopper
  USING (org_id = tenancy.current_org() AND owner_id = tenancy.current_user_id());

CREATE POLICY own_rows ON payments FOR SELECT TO rowhouse_shopper
  USING (org_id = tenancy.current_org() AND owner_id = tenancy.current_user_id());

-- A database whose contexts are sealed asks shoppers for the seal as well.
DO $seal$
DECLARE
  sealed regclass;
BEGIN
  FOR sealed IN SELECT polrelid FROM pg_policy WHERE polname = 'tenant_seal' LOOP
    EXECUTE format('ALTER POLICY tenant_seal ON %s TO rowhouse_app, rowhouse_shopper', sealed);
  END LOOP;
END
$seal$;

GRANT USAGE ON SCHEMA tenancy, tenant_seal TO rowhouse_shopper;
GRANT EXECUTE ON FUNCTION tenancy.current_org(), tenancy.current_user_id(), tenant_seal.verified_org() TO rowhouse_shopper;

GRANT SELECT (id, name, slug) ON organizations TO rowhouse_shopper;
GRANT SELECT (org_id, id, email, name, role, custom_role_id, created_at, updated_at, disabled_at, email_verified_at)
  ON users TO rowhouse_shopper;
GRANT SELECT (org_id, id, user_id, address, user_agent, created_at, refreshed_at, expires_at)
  ON sessions TO rowhouse_shopper;
GRANT SELECT ON categories, products TO rowhouse_shopper;
GRANT SELECT (org_id, product_id, on_hand, units_sold) ON stock_levels TO rowhouse_shopper;
GRANT SELECT, INSERT, UPDATE, DELETE ON carts, cart_items TO rowhouse_shopper;
-- Orders and what belongs to them are written by the organization, on their behalf.
GRANT SELECT ON orders, order_items, order_events, payments TO rowhouse_shopper;
