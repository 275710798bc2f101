-- A key under which a payment was begun is good for that attempt alone. Of those that were begun before, nobody knows
-- any more what they were paid with.

SET LOCAL ROLE rowhouse_owner;

-- AlterTable
ALTER TABLE "payments" ADD COLUMN     "request_hash" BYTEA;

ALTER TABLE payments
  ADD CONSTRAINT payments_request_hash_length CHECK (octet_length(request_hash) = 32);

RESET ROLE;
