import {
  OWNER_ROLE,
  RESERVED_ROLES,
  SERVING_ROLE,
  SHOPPER_ROLE,
} from './isolation-audit.expectation.js';
import { literal, SERVING } from './isolation-audit.scope.js';

const RESERVED_ROLE_ROWS = Object.entries(RESERVED_ROLES)
  .map((entry) => `(${entry.map(literal).join(', ')})`)
  .join(', ');

const ELSEWHERE = `Let requests connect as ${SERVING_ROLE} (DATABASE_URL) instead.`;

/**
 * Pitfall 2: who serves requests must be held by the policies, and must not be able to become
 * somebody who isn't. Pitfall 31: what it becomes for shoppers is held by less, and only while it is that.
 */
export const ROLE_CHECKS = `
  WITH ${SERVING},
  owned AS MATERIALIZED (
    SELECT owner, count(*) AS objects, min(name) AS example
    FROM (
      SELECT c.relowner AS owner, format('%I.%I', n.nspname, c.relname) AS name
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      UNION ALL
      SELECT p.proowner, format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes))
      FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      UNION ALL
      SELECT nspowner, format('schema %I', nspname)
      FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
      UNION ALL
      SELECT datdba, format('database %I', datname)
      FROM pg_catalog.pg_database WHERE datname = current_database()
    ) AS object
    GROUP BY owner
  ),
  power AS MATERIALIZED (
    SELECT r.oid, r.rolname, concat_ws(', ',
      CASE WHEN r.rolsuper THEN 'is a superuser' END,
      CASE WHEN r.rolbypassrls THEN 'bypasses row-level security' END,
      CASE WHEN r.rolcreaterole THEN 'may grant itself other roles (CREATEROLE)' END,
      CASE WHEN r.rolreplication THEN 'may copy the whole cluster (REPLICATION)' END,
      CASE WHEN owned.owner IS NOT NULL THEN 'owns ' || owned.example END,
      CASE WHEN r.rolname ~ '^pg_' AND r.rolname NOT IN ('pg_database_owner', 'pg_use_reserved_connections')
           THEN 'sees or does more than policies allow' END
    ) AS description
    FROM pg_catalog.pg_roles r LEFT JOIN owned ON owned.owner = r.oid
  ),
  shopper AS MATERIALIZED (
    SELECT * FROM pg_catalog.pg_roles WHERE rolname = ${literal(SHOPPER_ROLE)}
  )

  SELECT 'serving-role-missing' AS check, 2 AS pitfall, name AS object,
    format('The role %I, which is to serve requests, does not exist.', name) AS problem,
    'Run the migrations: npx prisma migrate deploy' AS remedy
  FROM unnest($1::text[]) AS name
  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name)

  UNION ALL
  SELECT 'serving-role-superuser', 2, rolname,
    format('Requests are served by %I, a superuser, whom no policy holds.', rolname),
    CASE WHEN oid = 10 THEN ${literal(ELSEWHERE)} ELSE format('ALTER ROLE %I NOSUPERUSER;', rolname) END
  FROM pg_catalog.pg_roles
  WHERE rolname = ANY ($1::text[]) AND rolsuper

  UNION ALL
  SELECT 'serving-role-reserved', 2, name,
    format('Requests are served by %I, %s.', name, purpose),
    ${literal(ELSEWHERE)}
  FROM (VALUES ${RESERVED_ROLE_ROWS}) AS reserved (name, purpose)
  WHERE name = ANY ($1::text[])

  UNION ALL
  SELECT 'serving-role-bypasses-rls', 2, r.rolname,
    format('Requests are served by %I, which has BYPASSRLS: no policy holds it.', r.rolname),
    format('ALTER ROLE %I NOBYPASSRLS;', r.rolname)
  FROM serving JOIN pg_catalog.pg_roles r USING (oid)
  WHERE r.rolbypassrls

  UNION ALL
  SELECT 'serving-role-privileged', 2, r.rolname,
    format('Requests are served by %I, which has %s.', r.rolname, concat_ws(' and ',
      CASE WHEN r.rolcreaterole THEN 'CREATEROLE and so may grant itself other roles' END,
      CASE WHEN r.rolreplication THEN 'REPLICATION and so may copy the whole cluster' END)),
    format('ALTER ROLE %I NOCREATEROLE NOREPLICATION;', r.rolname)
  FROM serving JOIN pg_catalog.pg_roles r USING (oid)
  WHERE r.rolcreaterole OR r.rolreplication

  UNION ALL
  SELECT 'serving-role-owns', 2, serving.rolname,
    format('Requests are served by %I, which owns %s%s and so may lift their protection.', serving.rolname,
      owned.example, CASE WHEN owned.objects > 1 THEN format(' and %s more objects', owned.objects - 1) END),
    format('REASSIGN OWNED BY %I TO ${OWNER_ROLE};', serving.rolname)
  FROM serving JOIN owned ON owned.owner = serving.oid

  UNION ALL
  SELECT 'serving-role-member', 2, serving.rolname,
    format('Requests are served by %I, a member of %I, which %s.', serving.rolname, power.rolname, power.description),
    (SELECT string_agg(format('REVOKE %I FROM %I;', direct.rolname, serving.rolname), ' ' ORDER BY direct.rolname)
     FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles direct ON direct.oid = m.roleid
     WHERE m.member = serving.oid AND pg_has_role(m.roleid, power.oid, 'MEMBER'))
  FROM serving JOIN power ON power.oid <> serving.oid AND pg_has_role(serving.oid, power.oid, 'MEMBER')
  -- Of what it becomes for shoppers, there are checks below.
  WHERE power.description <> '' AND power.rolname NOT IN ('pg_database_owner', ${literal(SHOPPER_ROLE)})

  UNION ALL
  SELECT 'shopper-role-missing', 31, serving.rolname,
    format('%I cannot become %I, as which customers and guests are answered.', serving.rolname, ${literal(SHOPPER_ROLE)}),
    'Run sql/10-roles.sql as a superuser.'
  FROM serving
  WHERE NOT EXISTS (SELECT FROM shopper WHERE pg_has_role(serving.oid, shopper.oid, 'MEMBER'))

  UNION ALL
  SELECT 'shopper-role-privileged', 31, shopper.rolname,
    format('%I, as which customers and guests are answered, %s.', shopper.rolname,
      concat_ws(', ', nullif(power.description, ''), CASE WHEN shopper.rolcanlogin THEN 'can log in' END)),
    format('ALTER ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION;', shopper.rolname)
      || CASE WHEN EXISTS (SELECT FROM owned WHERE owner = shopper.oid)
              THEN format(' REASSIGN OWNED BY %I TO ${OWNER_ROLE};', shopper.rolname) ELSE '' END
  FROM shopper JOIN power USING (oid)
  WHERE EXISTS (SELECT FROM serving) AND (power.description <> '' OR shopper.rolcanlogin)

  UNION ALL
  SELECT 'shopper-role-member', 31, shopper.rolname,
    format('%I is a member of %s, and so does for customers and guests what that may.', shopper.rolname,
      string_agg(quote_ident(role.rolname), ', ')),
    string_agg(format('REVOKE %I FROM %I;', role.rolname, shopper.rolname), ' ')
  FROM shopper
  JOIN pg_catalog.pg_auth_members m ON m.member = shopper.oid
  JOIN pg_catalog.pg_roles role ON role.oid = m.roleid
  WHERE EXISTS (SELECT FROM serving)
  GROUP BY shopper.rolname

  UNION ALL
  SELECT 'shopper-role-inherited', 31, serving.rolname,
    format('%I inherits %I, whose policies are joined to its own by OR.', serving.rolname, shopper.rolname),
    CASE WHEN current_setting('server_version_num')::int >= 160000
         THEN (SELECT string_agg(format('GRANT %I TO %I WITH INHERIT FALSE, SET TRUE;', shopper.rolname, member.rolname), ' ')
               FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles member ON member.oid = m.member
               WHERE m.roleid = shopper.oid AND pg_has_role(serving.oid, member.oid, 'MEMBER'))
         ELSE format('ALTER ROLE %I NOINHERIT;', serving.rolname) END
  FROM serving JOIN shopper ON pg_has_role(serving.oid, shopper.oid, 'USAGE')

  UNION ALL
  SELECT 'default-context', 17, serving.rolname,
    format('Every new connection of %I begins as an organization: %s.', serving.rolname, setting.value),
    CASE WHEN s.setrole = 0 THEN format('ALTER DATABASE %I', current_database())
         WHEN s.setdatabase = 0 THEN format('ALTER ROLE %I', serving.rolname)
         ELSE format('ALTER ROLE %I IN DATABASE %I', serving.rolname, current_database()) END
      || format(' RESET %s;', split_part(setting.value, '=', 1))
  FROM serving
  JOIN pg_catalog.pg_db_role_setting s
    ON s.setrole IN (0, serving.oid)
   AND s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
  CROSS JOIN unnest(s.setconfig) AS setting (value)
  WHERE setting.value ~ '^app\\.current_(org|user_id)=.'`;
