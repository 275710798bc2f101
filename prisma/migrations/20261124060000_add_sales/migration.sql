SET LOCAL ROLE rowhouse_owner;

-- AlterTable
ALTER TABLE "organizations" ADD COLUMN     "time_zone" TEXT NOT NULL DEFAULT 'UTC';

-- CreateTable
CREATE TABLE "daily_sales" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "currency" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "orders" BIGINT NOT NULL,
    "units" BIGINT NOT NULL,
    "gross_amount" BIGINT NOT NULL,
    "refunded_orders" BIGINT NOT NULL,
    "refunded_units" BIGINT NOT NULL,
    "refunded_amount" BIGINT NOT NULL,

    CONSTRAINT "daily_sales_pkey" PRIMARY KEY ("org_id","currency","day")
);

-- CreateTable
CREATE TABLE "daily_product_sales" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "currency" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "product_id" UUID NOT NULL,
    "category_id" UUID NOT NULL,
    "orders" BIGINT NOT NULL,
    "units" BIGINT NOT NULL,
    "gross_amount" BIGINT NOT NULL,
    "refunded_orders" BIGINT NOT NULL,
    "refunded_units" BIGINT NOT NULL,
    "refunded_amount" BIGINT NOT NULL,

    CONSTRAINT "daily_product_sales_pkey" PRIMARY KEY ("org_id","currency","day","product_id","category_id")
);

-- CreateTable
CREATE TABLE "daily_category_sales" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "currency" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "category_id" UUID NOT NULL,
    "orders" BIGINT NOT NULL,
    "units" BIGINT NOT NULL,
    "gross_amount" BIGINT NOT NULL,
    "refunded_orders" BIGINT NOT NULL,
    "refunded_units" BIGINT NOT NULL,
    "refunded_amount" BIGINT NOT NULL,

    CONSTRAINT "daily_category_sales_pkey" PRIMARY KEY ("org_id","currency","day","category_id")
);

-- CreateTable
CREATE TABLE "daily_customer_sales" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "currency" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "customer_id" UUID NOT NULL,
    "orders" BIGINT NOT NULL,
    "units" BIGINT NOT NULL,
    "gross_amount" BIGINT NOT NULL,
    "refunded_orders" BIGINT NOT NULL,
    "refunded_units" BIGINT NOT NULL,
    "refunded_amount" BIGINT NOT NULL,

    CONSTRAINT "daily_customer_sales_pkey" PRIMARY KEY ("org_id","currency","day","customer_id")
);

-- CreateIndex
CREATE INDEX "daily_product_sales_org_id_product_id_day_idx" ON "daily_product_sales"("org_id", "product_id", "day");

-- CreateIndex
CREATE INDEX "daily_category_sales_org_id_category_id_day_idx" ON "daily_category_sales"("org_id", "category_id", "day");

-- CreateIndex
CREATE INDEX "daily_customer_sales_org_id_customer_id_day_idx" ON "daily_customer_sales"("org_id", "customer_id", "day");

-- AddForeignKey
ALTER TABLE "daily_sales" ADD CONSTRAINT "daily_sales_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "daily_product_sales" ADD CONSTRAINT "daily_product_sales_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "daily_product_sales" ADD CONSTRAINT "daily_product_sales_org_id_product_id_fkey" FOREIGN KEY ("org_id", "product_id") REFERENCES "products"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "daily_category_sales" ADD CONSTRAINT "daily_category_sales_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "daily_customer_sales" ADD CONSTRAINT "daily_customer_sales_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;


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

ALTER TABLE daily_sales ENABLE ROW LEVEL SECURITY;
ALTER TABLE daily_sales FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON daily_sales FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE daily_product_sales ENABLE ROW LEVEL SECURITY;
ALTER TABLE daily_product_sales FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON daily_product_sales FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE daily_category_sales ENABLE ROW LEVEL SECURITY;
ALTER TABLE daily_category_sales FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON daily_category_sales FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE daily_customer_sales ENABLE ROW LEVEL SECURITY;
ALTER TABLE daily_customer_sales FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON daily_customer_sales FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

GRANT SELECT, INSERT, UPDATE, DELETE ON daily_sales, daily_product_sales, daily_category_sales, daily_customer_sales
  TO rowhouse_app;
GRANT SELECT ON daily_sales, daily_product_sales, daily_category_sales, daily_customer_sales TO rowhouse_backup;
