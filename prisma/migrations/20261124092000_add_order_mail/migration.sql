-- Buyers are written to about their orders, where their shop wants it.

SET LOCAL ROLE rowhouse_owner;

-- AlterTable
ALTER TABLE "organizations" ADD COLUMN     "order_mail" BOOLEAN NOT NULL DEFAULT false;

RESET ROLE;
