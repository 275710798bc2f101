SET LOCAL ROLE rowhouse_owner;

-- CreateIndex
CREATE UNIQUE INDEX "orders_org_id_id_owner_id_key" ON "orders"("org_id", "id", "owner_id");

-- Row-level security is forced on rowhouse_owner too: it would see no row, and find all of them right. So FORCE is
-- lifted within this transaction, which holds the tables against everybody else meanwhile.
ALTER TABLE orders NO FORCE ROW LEVEL SECURITY;
ALTER TABLE order_items NO FORCE ROW LEVEL SECURITY;
ALTER TABLE order_events NO FORCE ROW LEVEL SECURITY;
ALTER TABLE payments NO FORCE ROW LEVEL SECURITY;

-- DropForeignKey
ALTER TABLE "order_items" DROP CONSTRAINT "order_items_org_id_order_id_fkey";

-- DropForeignKey
ALTER TABLE "order_events" DROP CONSTRAINT "order_events_org_id_order_id_fkey";

-- DropForeignKey
ALTER TABLE "payments" DROP CONSTRAINT "payments_org_id_order_id_fkey";

-- AddForeignKey
ALTER TABLE "order_items" ADD CONSTRAINT "order_items_org_id_order_id_owner_id_fkey" FOREIGN KEY ("org_id", "order_id", "owner_id") REFERENCES "orders"("org_id", "id", "owner_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_events" ADD CONSTRAINT "order_events_org_id_order_id_owner_id_fkey" FOREIGN KEY ("org_id", "order_id", "owner_id") REFERENCES "orders"("org_id", "id", "owner_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payments" ADD CONSTRAINT "payments_org_id_order_id_owner_id_fkey" FOREIGN KEY ("org_id", "order_id", "owner_id") REFERENCES "orders"("org_id", "id", "owner_id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE orders FORCE ROW LEVEL SECURITY;
ALTER TABLE order_items FORCE ROW LEVEL SECURITY;
ALTER TABLE order_events FORCE ROW LEVEL SECURITY;
ALTER TABLE payments FORCE ROW LEVEL SECURITY;
