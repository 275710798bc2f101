SET LOCAL ROLE rowhouse_owner;

ALTER TABLE order_items DROP CONSTRAINT order_items_org_id_order_id_owner_id_fkey;
ALTER TABLE order_events DROP CONSTRAINT order_events_org_id_order_id_owner_id_fkey;
ALTER TABLE payments DROP CONSTRAINT payments_org_id_order_id_owner_id_fkey;

ALTER TABLE order_items ADD CONSTRAINT order_items_org_id_order_id_fkey
  FOREIGN KEY (org_id, order_id) REFERENCES orders (org_id, id) ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE order_events ADD CONSTRAINT order_events_org_id_order_id_fkey
  FOREIGN KEY (org_id, order_id) REFERENCES orders (org_id, id) ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE payments ADD CONSTRAINT payments_org_id_order_id_fkey
  FOREIGN KEY (org_id, order_id) REFERENCES orders (org_id, id) ON DELETE CASCADE ON UPDATE NO ACTION;

DROP INDEX orders_org_id_id_owner_id_key;

RESET ROLE;
