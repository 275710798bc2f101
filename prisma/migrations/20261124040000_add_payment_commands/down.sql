-- What was still wanted of a provider is not carried out, and what was told before can be told again.

SET LOCAL ROLE rowhouse_owner;

DROP FUNCTION payment_outbox.organizations_with_due_commands(uuid);
DROP SCHEMA payment_outbox;
DROP TABLE payment_events, payment_commands;
DROP INDEX payments_org_id_created_at_id_idx, payments_org_id_order_id_under_way_key, payments_org_id_order_id_idempotency_key_key;
ALTER TABLE payments DROP COLUMN failure, DROP COLUMN idempotency_key;

RESET ROLE;
