SET LOCAL ROLE rowhouse_owner;

-- CreateTable
CREATE TABLE "categories" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "parent_id" UUID,
    "name" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "position" INTEGER NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "categories_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "products" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "category_id" UUID,
    "sku" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "price_amount" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),
    "search" tsvector NOT NULL,

    CONSTRAINT "products_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "stock_levels" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "product_id" UUID NOT NULL,
    "on_hand" INTEGER NOT NULL DEFAULT 0,
    "low_stock_threshold" INTEGER,
    "low_since" TIMESTAMPTZ(3),
    "units_sold" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "stock_levels_pkey" PRIMARY KEY ("org_id","product_id")
);

-- CreateTable
CREATE TABLE "stock_movements" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "product_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "on_hand" INTEGER NOT NULL,
    "actor_id" UUID,
    "note" TEXT NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "stock_movements_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateIndex
CREATE INDEX "categories_org_id_name_id_idx" ON "categories"("org_id", "name", "id");

-- CreateIndex
CREATE INDEX "categories_org_id_parent_id_position_id_idx" ON "categories"("org_id", "parent_id", "position", "id");

-- CreateIndex
CREATE UNIQUE INDEX "categories_org_id_slug_key" ON "categories"("org_id", "slug");

-- CreateIndex
CREATE INDEX "products_org_id_created_at_id_idx" ON "products"("org_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "products_org_id_name_id_idx" ON "products"("org_id", "name", "id");

-- CreateIndex
CREATE INDEX "products_org_id_price_amount_id_idx" ON "products"("org_id", "price_amount", "id");

-- CreateIndex
CREATE INDEX "products_org_id_category_id_created_at_id_idx" ON "products"("org_id", "category_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "stock_levels_org_id_units_sold_product_id_idx" ON "stock_levels"("org_id", "units_sold", "product_id");

-- CreateIndex
CREATE INDEX "stock_movements_org_id_created_at_id_idx" ON "stock_movements"("org_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "stock_movements_org_id_product_id_created_at_id_idx" ON "stock_movements"("org_id", "product_id", "created_at", "id");

-- AddForeignKey
ALTER TABLE "categories" ADD CONSTRAINT "categories_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "categories" ADD CONSTRAINT "categories_org_id_parent_id_fkey" FOREIGN KEY ("org_id", "parent_id") REFERENCES "categories"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "products" ADD CONSTRAINT "products_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "products" ADD CONSTRAINT "products_org_id_category_id_fkey" FOREIGN KEY ("org_id", "category_id") REFERENCES "categories"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "stock_levels" ADD CONSTRAINT "stock_levels_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "stock_levels" ADD CONSTRAINT "stock_levels_org_id_product_id_fkey" FOREIGN KEY ("org_id", "product_id") REFERENCES "products"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "stock_movements" ADD CONSTRAINT "stock_movements_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "stock_movements" ADD CONSTRAINT "stock_movements_org_id_product_id_fkey" FOREIGN KEY ("org_id", "product_id") REFERENCES "products"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

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

-- The SKU as one word, and not as what an English reader would make of its parts.
ALTER TABLE products DROP COLUMN search;
ALTER TABLE products ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
  setweight(to_tsvector('pg_catalog.english', name), 'A') ||
  setweight(to_tsvector('pg_catalog.simple', sku), 'A') ||
  setweight(to_tsvector('pg_catalog.english', description), 'B')
) STORED;

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

-- Owners and admins, who are few among the users of an organization.
CREATE INDEX users_org_id_created_at_id_administrators_idx ON users (org_id, created_at, id)
  WHERE role IN ('owner', 'admin');

-- Who deletes a product may use its SKU again.
CREATE UNIQUE INDEX products_org_id_sku_not_deleted_key ON products (org_id, sku) WHERE deleted_at IS NULL;

-- What is low in stock. It names low_since and not the level itself, so that a sale that crosses nothing touches no
-- index (HOT) but that of what sells best.
CREATE INDEX stock_levels_org_id_low_since_product_id_low_idx ON stock_levels (org_id, low_since, product_id)
  WHERE low_since IS NOT NULL;

ALTER TABLE categories ENABLE ROW LEVEL SECURITY;
ALTER TABLE categories FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON categories FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE products ENABLE ROW LEVEL SECURITY;
ALTER TABLE products FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON products FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE stock_levels ENABLE ROW LEVEL SECURITY;
ALTER TABLE stock_levels FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON stock_levels FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE stock_movements ENABLE ROW LEVEL SECURITY;
ALTER TABLE stock_movements FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON stock_movements FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

GRANT SELECT, INSERT, UPDATE, DELETE ON categories, products, stock_levels TO rowhouse_app;
GRANT SELECT, INSERT ON stock_movements TO rowhouse_app;
GRANT SELECT ON categories, products, stock_levels, stock_movements TO rowhouse_backup;
