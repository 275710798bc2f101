SET LOCAL ROLE rowhouse_owner;

-- CreateTable
CREATE TABLE "carts" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'open',
    "expires_at" TIMESTAMPTZ(3),
    "ordered_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "carts_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "cart_items" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "cart_id" UUID NOT NULL,
    "product_id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "quantity" INTEGER NOT NULL,
    "price_amount" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "added_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cart_items_pkey" PRIMARY KEY ("org_id","cart_id","product_id")
);

-- CreateTable
CREATE TABLE "orders" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "number" BIGINT NOT NULL,
    "owner_id" UUID NOT NULL,
    "customer_id" UUID,
    "cart_id" UUID,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "currency" TEXT NOT NULL,
    "total_amount" BIGINT NOT NULL,
    "email" TEXT NOT NULL,
    "shipping_address" JSONB NOT NULL,
    "stock_returned" BOOLEAN NOT NULL DEFAULT false,
    "version" INTEGER NOT NULL DEFAULT 1,
    "placed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "paid_at" TIMESTAMPTZ(3),
    "shipped_at" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "cancelled_at" TIMESTAMPTZ(3),
    "refunded_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "order_items" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "order_id" UUID NOT NULL,
    "product_id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "category_id" UUID,
    "sku" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "price_amount" BIGINT NOT NULL,
    "total_amount" BIGINT NOT NULL,

    CONSTRAINT "order_items_pkey" PRIMARY KEY ("org_id","order_id","product_id")
);

-- CreateTable
CREATE TABLE "order_events" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "status" TEXT NOT NULL,
    "actor_id" UUID,
    "note" TEXT NOT NULL DEFAULT '',
    "occurred_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "order_events_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "number_series" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "name" TEXT NOT NULL,
    "last_number" BIGINT NOT NULL,

    CONSTRAINT "number_series_pkey" PRIMARY KEY ("org_id","name")
);

-- CreateTable
CREATE TABLE "payments" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "reference" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'open',
    "amount" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "payments_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateIndex
CREATE INDEX "carts_org_id_owner_id_created_at_id_idx" ON "carts"("org_id", "owner_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "carts_org_id_created_at_id_idx" ON "carts"("org_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "carts_org_id_id_owner_id_key" ON "carts"("org_id", "id", "owner_id");

-- CreateIndex
CREATE INDEX "cart_items_org_id_product_id_cart_id_idx" ON "cart_items"("org_id", "product_id", "cart_id");

-- CreateIndex
CREATE INDEX "orders_org_id_placed_at_id_idx" ON "orders"("org_id", "placed_at", "id");

-- CreateIndex
CREATE INDEX "orders_org_id_owner_id_placed_at_id_idx" ON "orders"("org_id", "owner_id", "placed_at", "id");

-- CreateIndex
CREATE INDEX "orders_org_id_customer_id_placed_at_id_idx" ON "orders"("org_id", "customer_id", "placed_at", "id");

-- CreateIndex
CREATE INDEX "orders_org_id_status_placed_at_id_idx" ON "orders"("org_id", "status", "placed_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "orders_org_id_number_key" ON "orders"("org_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "orders_org_id_cart_id_key" ON "orders"("org_id", "cart_id");

-- CreateIndex
CREATE INDEX "order_items_org_id_product_id_order_id_idx" ON "order_items"("org_id", "product_id", "order_id");

-- CreateIndex
CREATE INDEX "order_events_org_id_order_id_occurred_at_id_idx" ON "order_events"("org_id", "order_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "payments_org_id_order_id_created_at_id_idx" ON "payments"("org_id", "order_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "payments_org_id_provider_reference_key" ON "payments"("org_id", "provider", "reference");

-- AddForeignKey
ALTER TABLE "carts" ADD CONSTRAINT "carts_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "cart_items" ADD CONSTRAINT "cart_items_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "cart_items" ADD CONSTRAINT "cart_items_org_id_cart_id_owner_id_fkey" FOREIGN KEY ("org_id", "cart_id", "owner_id") REFERENCES "carts"("org_id", "id", "owner_id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "cart_items" ADD CONSTRAINT "cart_items_org_id_product_id_fkey" FOREIGN KEY ("org_id", "product_id") REFERENCES "products"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_org_id_customer_id_fkey" FOREIGN KEY ("org_id", "customer_id") REFERENCES "users"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_org_id_cart_id_fkey" FOREIGN KEY ("org_id", "cart_id") REFERENCES "carts"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "order_items" ADD CONSTRAINT "order_items_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "order_items" ADD CONSTRAINT "order_items_org_id_order_id_fkey" FOREIGN KEY ("org_id", "order_id") REFERENCES "orders"("org_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "order_items" ADD CONSTRAINT "order_items_org_id_product_id_fkey" FOREIGN KEY ("org_id", "product_id") REFERENCES "products"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "order_events" ADD CONSTRAINT "order_events_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "order_events" ADD CONSTRAINT "order_events_org_id_order_id_fkey" FOREIGN KEY ("org_id", "order_id") REFERENCES "orders"("org_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "number_series" ADD CONSTRAINT "number_series_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "payments" ADD CONSTRAINT "payments_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "payments" ADD CONSTRAINT "payments_org_id_order_id_fkey" FOREIGN KEY ("org_id", "order_id") REFERENCES "orders"("org_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;


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

ALTER TABLE payments
  ADD CONSTRAINT payments_provider_length CHECK (char_length(provider) BETWEEN 1 AND 40),
  ADD CONSTRAINT payments_reference_length CHECK (char_length(reference) BETWEEN 1 AND 200),
  ADD CONSTRAINT payments_status_known
    CHECK (status IN ('open', 'authorized', 'captured', 'refunded', 'failed', 'cancelled')),
  ADD CONSTRAINT payments_amount_range CHECK (amount BETWEEN 0 AND 9007199254740991),
  ADD CONSTRAINT payments_currency_format CHECK (currency ~ '^[A-Z]{3}$');

-- Each owner has one cart that is open.
CREATE UNIQUE INDEX carts_org_id_owner_id_open_key ON carts (org_id, owner_id) WHERE status = 'open';

-- Carts of visitors that are to be forgotten.
CREATE INDEX carts_org_id_expires_at_id_open_idx ON carts (org_id, expires_at, id)
  WHERE status = 'open' AND expires_at IS NOT NULL;

ALTER TABLE carts ENABLE ROW LEVEL SECURITY;
ALTER TABLE carts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON carts FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE cart_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE cart_items FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON cart_items FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON orders FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE order_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_items FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON order_items FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE order_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON order_events FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE number_series ENABLE ROW LEVEL SECURITY;
ALTER TABLE number_series FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON number_series FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE payments ENABLE ROW LEVEL SECURITY;
ALTER TABLE payments FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON payments FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

GRANT SELECT, INSERT, UPDATE, DELETE ON carts, cart_items, orders, number_series, payments TO rowhouse_app;
GRANT SELECT, INSERT ON order_items, order_events TO rowhouse_app;
GRANT SELECT ON carts, cart_items, orders, order_items, order_events, number_series, payments TO rowhouse_backup;
