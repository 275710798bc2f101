SET LOCAL ROLE rowhouse_owner;

DROP TABLE stock_movements, stock_levels, products, categories;

RESET ROLE;
