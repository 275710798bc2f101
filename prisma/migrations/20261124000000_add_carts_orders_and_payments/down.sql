SET LOCAL ROLE rowhouse_owner;

DROP TABLE payments, number_series, order_events, order_items, orders, cart_items, carts;

RESET ROLE;
