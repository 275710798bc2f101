-- What is wanted of a payment provider is written down along with what it is about, and carried out when that stands;
-- what a provider tells is written down once, however often it does so.

SET LOCAL ROLE rowhouse_owner;

-- `prisma migrate reset` empties the schema public only.
DROP FUNCTION IF EXISTS payment_outbox.organizations_with_due_commands(uuid);
DROP SCHEMA IF EXISTS payment_outbox;

-- AlterTable
ALTER TABLE "payments" ADD COLUMN     "failure" TEXT,
ADD COLUMN     "idempotency_key" TEXT;

-- CreateTable
CREATE TABLE "payment_commands" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "payment_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "sealed" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3) DEFAULT CURRENT_TIMESTAMP,
    "done_at" TIMESTAMPTZ(3),
    "last_error" TEXT,

    CONSTRAINT "payment_commands_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "payment_events" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "provider" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "payment_id" UUID,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "payment_events_pkey" PRIMARY KEY ("org_id","provider","event_id")
);

-- CreateIndex
CREATE INDEX "payments_org_id_created_at_id_idx" ON "payments"("org_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "payments_org_id_order_id_idempotency_key_key" ON "payments"("org_id", "order_id", "idempotency_key");

-- CreateIndex
CREATE UNIQUE INDEX "payment_commands_org_id_payment_id_kind_key" ON "payment_commands"("org_id", "payment_id", "kind");

-- CreateIndex
CREATE INDEX "payment_events_org_id_payment_id_received_at_idx" ON "payment_events"("org_id", "payment_id", "received_at");

-- AddForeignKey
ALTER TABLE "payment_commands" ADD CONSTRAINT "payment_commands_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "payment_commands" ADD CONSTRAINT "payment_commands_org_id_payment_id_fkey" FOREIGN KEY ("org_id", "payment_id") REFERENCES "payments"("org_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "payment_events" ADD CONSTRAINT "payment_events_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "payment_events" ADD CONSTRAINT "payment_events_org_id_payment_id_fkey" FOREIGN KEY ("org_id", "payment_id") REFERENCES "payments"("org_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

ALTER TABLE payments
  ADD CONSTRAINT payments_failure_length CHECK (char_length(failure) BETWEEN 1 AND 200),
  ADD CONSTRAINT payments_failure_of_failed CHECK (failure IS NULL OR status = 'failed'),
  ADD CONSTRAINT payments_idempotency_key_length CHECK (char_length(idempotency_key) BETWEEN 1 AND 200);

ALTER TABLE payment_commands
  ADD CONSTRAINT payment_commands_kind_known CHECK (kind IN ('authorize', 'capture', 'refund', 'cancel')),
  ADD CONSTRAINT payment_commands_attempts_counted CHECK (attempts >= 0),
  ADD CONSTRAINT payment_commands_one_state CHECK (num_nonnulls(next_attempt_at, done_at) = 1),
  -- Where money comes from is kept no longer than it is needed.
  ADD CONSTRAINT payment_commands_emptied CHECK (next_attempt_at IS NOT NULL OR sealed IS NULL),
  ADD CONSTRAINT payment_commands_last_error_length CHECK (char_length(last_error) BETWEEN 1 AND 200);

ALTER TABLE payment_events
  ADD CONSTRAINT payment_events_provider_length CHECK (char_length(provider) BETWEEN 1 AND 40),
  ADD CONSTRAINT payment_events_event_id_length CHECK (char_length(event_id) BETWEEN 1 AND 200),
  ADD CONSTRAINT payment_events_kind_known
    CHECK (kind IN ('authorized', 'captured', 'declined', 'refunded', 'cancelled', 'other'));

-- Of the payments of an order, one is under way.
CREATE UNIQUE INDEX payments_org_id_order_id_under_way_key ON payments (org_id, order_id)
  WHERE status IN ('open', 'authorized');

-- Each look is for what waits, which is little of what there is.
CREATE INDEX payment_commands_org_id_next_attempt_at_id_waiting_idx ON payment_commands (org_id, next_attempt_at, id)
  WHERE next_attempt_at IS NOT NULL;

ALTER TABLE payment_commands ENABLE ROW LEVEL SECURITY;
ALTER TABLE payment_commands FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON payment_commands FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE payment_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE payment_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON payment_events FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

GRANT SELECT, INSERT, UPDATE, DELETE ON payment_commands TO rowhouse_app;
GRANT SELECT, INSERT ON payment_events TO rowhouse_app;
GRANT SELECT ON payment_commands, payment_events TO rowhouse_backup;

-- The organizations that want something of a payment provider now, for who asks it: no more than their ids. It has a
-- schema of its own, as the outbox of mail has.
CREATE POLICY directory_due_payments ON payment_commands FOR SELECT TO rowhouse_directory
  USING (current_user = 'rowhouse_directory');
GRANT SELECT (org_id, next_attempt_at) ON payment_commands TO rowhouse_directory;

CREATE SCHEMA payment_outbox;
GRANT USAGE ON SCHEMA payment_outbox TO rowhouse_app;

CREATE FUNCTION payment_outbox.organizations_with_due_commands(after uuid) RETURNS SETOF uuid
  LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  AS $$SELECT DISTINCT org_id FROM public.payment_commands
    WHERE next_attempt_at <= now() AND org_id > organizations_with_due_commands.after ORDER BY org_id LIMIT 100$$;

REVOKE ALL ON FUNCTION payment_outbox.organizations_with_due_commands(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payment_outbox.organizations_with_due_commands(uuid) TO rowhouse_app;

GRANT CREATE ON SCHEMA payment_outbox TO rowhouse_directory;
ALTER FUNCTION payment_outbox.organizations_with_due_commands(uuid) OWNER TO rowhouse_directory;
REVOKE CREATE ON SCHEMA payment_outbox FROM rowhouse_directory;
