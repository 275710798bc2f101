-- Prepares a new PostgreSQL container for Rowhouse: the image runs this once, as the superuser, in the
-- database of POSTGRES_DB. Everything else is up to the migrations.

\getenv owner_password ROWHOUSE_OWNER_PASSWORD
\getenv app_password ROWHOUSE_APP_PASSWORD

\i /sql/10-roles.sql
ALTER ROLE rowhouse_owner PASSWORD :'owner_password';
ALTER ROLE rowhouse_app PASSWORD :'app_password';

-- Only a superuser can say some of what is in there; the migrations say the rest again.
\i /sql/20-database.sql
