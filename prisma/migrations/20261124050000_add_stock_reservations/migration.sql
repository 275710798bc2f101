SET LOCAL ROLE rowhouse_owner;

-- CreateTable
CREATE TABLE "stock_reservations" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "cart_id" UUID NOT NULL,
    "product_id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "quantity" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "stock_reservations_pkey" PRIMARY KEY ("org_id","cart_id","product_id")
);

-- CreateIndex
CREATE INDEX "stock_reservations_org_id_product_id_expires_at_idx" ON "stock_reservations"("org_id", "product_id", "expires_at");

-- CreateIndex
CREATE INDEX "stock_reservations_org_id_expires_at_idx" ON "stock_reservations"("org_id", "expires_at");

-- AddForeignKey
ALTER TABLE "stock_reservations" ADD CONSTRAINT "stock_reservations_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "stock_reservations" ADD CONSTRAINT "stock_reservations_org_id_cart_id_fkey" FOREIGN KEY ("org_id", "cart_id") REFERENCES "carts"("org_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "stock_reservations" ADD CONSTRAINT "stock_reservations_org_id_product_id_fkey" FOREIGN KEY ("org_id", "product_id") REFERENCES "products"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

ALTER TABLE stock_reservations
  ADD CONSTRAINT stock_reservations_quantity_range CHECK (quantity BETWEEN 1 AND 9999);

ALTER TABLE stock_reservations ENABLE ROW LEVEL SECURITY;
ALTER TABLE stock_reservations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON stock_reservations FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

GRANT SELECT, INSERT, UPDATE, DELETE ON stock_reservations TO rowhouse_app;
GRANT SELECT ON stock_reservations TO rowhouse_backup;

CREATE POLICY own_rows ON stock_reservations FOR SELECT TO rowhouse_shopper
  USING (org_id = tenancy.current_org() AND owner_id = tenancy.current_user_id());
GRANT SELECT ON stock_reservations TO rowhouse_shopper;
