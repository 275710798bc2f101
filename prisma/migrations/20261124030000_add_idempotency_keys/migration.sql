SET LOCAL ROLE rowhouse_owner;

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "owner_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "request_hash" BYTEA NOT NULL,
    "order_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("org_id","owner_id","key")
);

-- CreateIndex
CREATE INDEX "idempotency_keys_org_id_expires_at_owner_id_key_idx" ON "idempotency_keys"("org_id", "expires_at", "owner_id", "key");

-- AddForeignKey
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;


ALTER TABLE idempotency_keys
  ADD CONSTRAINT idempotency_keys_key_format CHECK (key ~ '^[!-~]+$' AND char_length(key) <= 200),
  ADD CONSTRAINT idempotency_keys_operation_length CHECK (char_length(operation) BETWEEN 1 AND 40),
  ADD CONSTRAINT idempotency_keys_request_hash_length CHECK (octet_length(request_hash) = 32);

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON idempotency_keys FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO rowhouse_app;
GRANT SELECT ON idempotency_keys TO rowhouse_backup;
