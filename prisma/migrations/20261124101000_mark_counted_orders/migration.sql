-- What the sums of sales have is known of each order, and no longer taken for granted. All that are there were counted by
-- the server that has let them be paid.

SET LOCAL ROLE rowhouse_owner;

-- AlterTable
ALTER TABLE "orders" ADD COLUMN     "sales_counted" BOOLEAN NOT NULL DEFAULT false;

-- An UPDATE would find no rows, since the owner is under row-level security as well.
ALTER TABLE orders ALTER COLUMN sales_counted TYPE boolean USING paid_at IS NOT NULL;

RESET ROLE;
