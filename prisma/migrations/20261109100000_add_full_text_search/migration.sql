-- Full text over names, titles and descriptions. The rewrite computes the words of every row; row-level security has
-- no say in it.

SET LOCAL ROLE rowhouse_owner;

ALTER TABLE projects ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
  setweight(to_tsvector('pg_catalog.english', name), 'A') ||
  setweight(to_tsvector('pg_catalog.english', description), 'B')
) STORED;

ALTER TABLE tasks ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
  setweight(to_tsvector('pg_catalog.english', title), 'A') ||
  setweight(to_tsvector('pg_catalog.english', description), 'B')
) STORED;
