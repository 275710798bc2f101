SET LOCAL ROLE rowhouse_owner;

DROP TABLE daily_customer_sales, daily_category_sales, daily_product_sales, daily_sales;

ALTER TABLE organizations DROP COLUMN time_zone;

RESET ROLE;
