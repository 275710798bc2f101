-- The five roles. Roles belong to the whole cluster, so this file finds them there when another database was
-- migrated before, and it runs unharmed beside another database's migration. (An advisory lock would not help: it
-- counts within one database only.)
--
--   rowhouse_owner      owns every object and migrates; row-level security is forced on it as well
--   rowhouse_app        serves requests: may use rows, may define nothing, bypasses nothing
--   rowhouse_shopper    what rowhouse_app becomes for customers and guests: few tables, and own rows; nobody logs in
--   rowhouse_backup     dumps: reads all rows, writes nothing
--   rowhouse_directory  owns the functions that look beyond an organization, see 70-directory.sql; nobody logs in
--
-- Passwords are not set here: a role without one cannot log in by password. The operator sets them.
-- Runs as whoever migrates: a superuser, a user with CREATEROLE, or rowhouse_owner when the roles exist.

DO $roles$
DECLARE
  wanted record;
  set_role text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
  FOR attempt IN 1..10 LOOP
    BEGIN
      FOR wanted IN
        SELECT name, attributes
        FROM (VALUES
          ('rowhouse_owner', 'LOGIN'),
          ('rowhouse_app', 'LOGIN'),
          ('rowhouse_backup', 'LOGIN'),
          ('rowhouse_directory', 'NOLOGIN'),
          ('rowhouse_shopper', 'NOLOGIN')
        ) AS role (name, attributes)
        WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
      LOOP
        EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.attributes);
      END LOOP;

      -- rowhouse_owner hands the directory functions over, and may replace them in a later migration.
      IF NOT pg_has_role('rowhouse_owner', 'rowhouse_directory', set_role) THEN
        GRANT rowhouse_directory TO rowhouse_owner;
      END IF;

      -- rowhouse_app becomes rowhouse_shopper by SET ROLE, and has nothing of it otherwise: a policy of a role that
      -- it inherited would be joined to its own by OR.
      IF NOT pg_has_role('rowhouse_app', 'rowhouse_shopper', set_role)
        OR pg_has_role('rowhouse_app', 'rowhouse_shopper', 'USAGE')
      THEN
        IF current_setting('server_version_num')::int >= 160000 THEN
          EXECUTE 'GRANT rowhouse_shopper TO rowhouse_app WITH INHERIT FALSE, SET TRUE';
        ELSE
          ALTER ROLE rowhouse_app NOINHERIT;
          GRANT rowhouse_shopper TO rowhouse_app;
        END IF;
      END IF;

      -- Whoever migrates acts as rowhouse_owner, so that it owns everything.
      IF NOT pg_has_role(current_user, 'rowhouse_owner', set_role) THEN
        EXECUTE format('GRANT rowhouse_owner TO %I', current_user);
      END IF;

      EXIT;
    EXCEPTION
      -- Another migration did the same at this moment: look again. internal_error is "tuple concurrently updated".
      WHEN duplicate_object OR unique_violation OR internal_error THEN
        IF attempt = 10 THEN
          RAISE;
        END IF;
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'The roles of Rowhouse are incomplete, and % may not complete them: %', current_user, SQLERRM
          USING ERRCODE = 'insufficient_privilege',
          HINT = 'Run sql/10-roles.sql once as a superuser, or as a user with CREATEROLE who may grant these roles.';
    END;
  END LOOP;
END
$roles$;

DO $backup$
BEGIN
  FOR attempt IN 1..10 LOOP
    BEGIN
      IF NOT (SELECT rolbypassrls FROM pg_roles WHERE rolname = 'rowhouse_backup') THEN
        ALTER ROLE rowhouse_backup BYPASSRLS;
      END IF;
      EXIT;
    EXCEPTION
      WHEN internal_error THEN
        IF attempt = 10 THEN
          RAISE;
        END IF;
      WHEN insufficient_privilege THEN
        RAISE WARNING 'rowhouse_backup cannot dump yet: % may not give it BYPASSRLS', current_user
          USING HINT = 'Run as a superuser: ALTER ROLE rowhouse_backup BYPASSRLS;';
        EXIT;
    END;
  END LOOP;
END
$backup$;
