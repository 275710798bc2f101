-- Organizations, users, projects and tasks, behind row-level security from the first minute.
-- The parts are those of sql/ as they were on this day; the comments there say why.

-- Roles (sql/10-roles.sql)

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
          ('rowhouse_directory', 'NOLOGIN')
        ) AS role (name, attributes)
        WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
      LOOP
        EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.attributes);
      END LOOP;

      -- rowhouse_owner hands the directory function over, and may replace it in a later migration.
      IF NOT pg_has_role('rowhouse_owner', 'rowhouse_directory', set_role) THEN
        GRANT rowhouse_directory TO rowhouse_owner;
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

-- Database and schema public (sql/20-database.sql)

DO $database$
DECLARE
  owns_database boolean := pg_has_role(current_user, datdba, 'USAGE')
    FROM pg_database WHERE datname = current_database();
  owns_public boolean := pg_has_role(current_user, nspowner, 'USAGE')
    FROM pg_namespace WHERE nspname = 'public';
BEGIN
  IF owns_database THEN
    EXECUTE format('GRANT CONNECT, CREATE ON DATABASE %I TO rowhouse_owner', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO rowhouse_app, rowhouse_backup', current_database());
    -- A temporary table has no policy, and stays on a pooled connection for the next organization.
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  ELSIF NOT has_database_privilege('rowhouse_owner', current_database(), 'CREATE') THEN
    RAISE EXCEPTION 'rowhouse_owner may not create a schema in this database, and % may not grant it', current_user
      USING ERRCODE = 'insufficient_privilege',
      HINT = format('Run as the owner of the database: GRANT CONNECT, CREATE ON DATABASE %I TO rowhouse_owner;',
        current_database());
  ELSIF has_database_privilege('rowhouse_app', current_database(), 'TEMPORARY') THEN
    RAISE WARNING 'rowhouse_app may create temporary tables, and % may not forbid it', current_user
      USING HINT = format('Run as the owner of the database: REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC;',
        current_database());
  END IF;

  IF owns_public THEN
    GRANT USAGE, CREATE ON SCHEMA public TO rowhouse_owner;
    GRANT USAGE ON SCHEMA public TO rowhouse_app, rowhouse_backup, rowhouse_directory;
    -- The default since PostgreSQL 15, but not in a database that was upgraded from an older one.
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
  ELSIF NOT has_schema_privilege('rowhouse_owner', 'public', 'CREATE') THEN
    RAISE EXCEPTION 'rowhouse_owner may not create tables in the schema public, and % may not grant it', current_user
      USING ERRCODE = 'insufficient_privilege',
      HINT = 'Run as the owner of the database: GRANT USAGE, CREATE ON SCHEMA public TO rowhouse_owner;';
  END IF;
END
$database$;

-- Large objects know no row-level security: what one request stores, every other request can read.
DO $large_objects$
DECLARE
  large_object_function regprocedure;
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    IF has_function_privilege('rowhouse_app', 'pg_catalog.lo_create(oid)', 'EXECUTE') THEN
      RAISE WARNING 'rowhouse_app may use large objects, and only a superuser can forbid it';
    END IF;
    RETURN;
  END IF;
  FOR large_object_function IN
    SELECT oid FROM pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^(lo_.+|loread|lowrite)$'
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', large_object_function);
  END LOOP;
END
$large_objects$;

-- Prisma's history of migrations was created by whoever migrates first. It belongs to rowhouse_owner like all else,
-- so that the next migration may be run by somebody else; a dump must contain it.
DO $history$
BEGIN
  IF to_regclass('public._prisma_migrations') IS NOT NULL AND pg_has_role(current_user, 'rowhouse_owner', 'USAGE') THEN
    ALTER TABLE public._prisma_migrations OWNER TO rowhouse_owner;
    GRANT SELECT ON public._prisma_migrations TO rowhouse_backup;
  END IF;
END
$history$;

-- From here on everything is made by its owner

SET LOCAL ROLE rowhouse_owner;

-- `prisma migrate reset` empties the schema public only; what it leaves of an earlier deployment goes now.

DROP FUNCTION IF EXISTS tenancy.find_organization(text), tenancy.current_org(), tenancy.current_user_id();
DROP SCHEMA IF EXISTS tenancy;

-- Context (sql/30-context.sql)

CREATE SCHEMA tenancy;

CREATE FUNCTION tenancy.current_org() RETURNS uuid
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.current_org', true), '')::uuid;

CREATE FUNCTION tenancy.current_user_id() RETURNS uuid
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.current_user_id', true), '')::uuid;

REVOKE ALL ON FUNCTION tenancy.current_org(), tenancy.current_user_id() FROM PUBLIC;

-- Tables

CREATE TABLE "organizations" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "organizations_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "users" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL DEFAULT 'member',
    "password_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("org_id","id")
);

CREATE TABLE "projects" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "projects_pkey" PRIMARY KEY ("org_id","id")
);

CREATE TABLE "tasks" (
    "org_id" UUID NOT NULL DEFAULT tenancy.current_org(),
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "assignee_id" UUID,
    "title" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "completed" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "tasks_pkey" PRIMARY KEY ("org_id","id")
);

CREATE UNIQUE INDEX "organizations_slug_key" ON "organizations"("slug");
CREATE INDEX "users_org_id_created_at_id_idx" ON "users"("org_id", "created_at", "id");
CREATE INDEX "users_org_id_name_id_idx" ON "users"("org_id", "name", "id");
CREATE UNIQUE INDEX "users_org_id_email_key" ON "users"("org_id", "email");
CREATE INDEX "projects_org_id_created_at_id_idx" ON "projects"("org_id", "created_at", "id");
CREATE INDEX "projects_org_id_name_id_idx" ON "projects"("org_id", "name", "id");
CREATE INDEX "projects_org_id_owner_id_created_at_id_idx" ON "projects"("org_id", "owner_id", "created_at", "id");
CREATE INDEX "tasks_org_id_created_at_id_idx" ON "tasks"("org_id", "created_at", "id");
CREATE INDEX "tasks_org_id_project_id_created_at_id_idx" ON "tasks"("org_id", "project_id", "created_at", "id");
CREATE INDEX "tasks_org_id_assignee_id_created_at_id_idx" ON "tasks"("org_id", "assignee_id", "created_at", "id");
CREATE INDEX "tasks_org_id_title_id_idx" ON "tasks"("org_id", "title", "id");
CREATE INDEX "tasks_org_id_updated_at_id_idx" ON "tasks"("org_id", "updated_at", "id");

ALTER TABLE "users" ADD CONSTRAINT "users_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "projects" ADD CONSTRAINT "projects_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "projects" ADD CONSTRAINT "projects_org_id_owner_id_fkey" FOREIGN KEY ("org_id", "owner_id") REFERENCES "users"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_org_id_project_id_fkey" FOREIGN KEY ("org_id", "project_id") REFERENCES "projects"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_org_id_assignee_id_fkey" FOREIGN KEY ("org_id", "assignee_id") REFERENCES "users"("org_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- Checks (sql/40-constraints.sql)

ALTER TABLE organizations
  ADD CONSTRAINT organizations_name_length CHECK (char_length(name) BETWEEN 1 AND 120),
  ADD CONSTRAINT organizations_slug_format CHECK (slug ~ '^[a-z0-9](-?[a-z0-9])*$' AND char_length(slug) <= 63);

ALTER TABLE users
  ADD CONSTRAINT users_email_normalised CHECK (email = lower(email)),
  ADD CONSTRAINT users_email_length CHECK (char_length(email) BETWEEN 1 AND 254),
  ADD CONSTRAINT users_name_length CHECK (char_length(name) BETWEEN 1 AND 120),
  ADD CONSTRAINT users_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer'));

ALTER TABLE projects
  ADD CONSTRAINT projects_name_length CHECK (char_length(name) BETWEEN 1 AND 120),
  ADD CONSTRAINT projects_description_length CHECK (char_length(description) <= 10000);

ALTER TABLE tasks
  ADD CONSTRAINT tasks_title_length CHECK (char_length(title) BETWEEN 1 AND 200),
  ADD CONSTRAINT tasks_description_length CHECK (char_length(description) <= 10000);

-- Policies (sql/60-policies.sql)

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organizations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON organizations FOR ALL TO rowhouse_app
  USING (id = tenancy.current_org())
  WITH CHECK (id = tenancy.current_org());

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON users FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE projects FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON projects FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE tasks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tasks FOR ALL TO rowhouse_app
  USING (org_id = tenancy.current_org())
  WITH CHECK (org_id = tenancy.current_org());

-- Finding an organization by its slug (sql/70-directory.sql)

CREATE POLICY directory_lookup ON organizations FOR SELECT TO rowhouse_directory
  USING (current_user = 'rowhouse_directory');
GRANT SELECT (id, slug) ON organizations TO rowhouse_directory;

CREATE FUNCTION tenancy.find_organization(slug text) RETURNS uuid
  LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  AS $$SELECT id FROM public.organizations WHERE organizations.slug = find_organization.slug$$;

REVOKE ALL ON FUNCTION tenancy.find_organization(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.find_organization(text) TO rowhouse_app;

GRANT CREATE ON SCHEMA tenancy TO rowhouse_directory;
ALTER FUNCTION tenancy.find_organization(text) OWNER TO rowhouse_directory;
REVOKE CREATE ON SCHEMA tenancy FROM rowhouse_directory;

-- Grants (sql/80-grants.sql)

GRANT USAGE ON SCHEMA tenancy TO rowhouse_app;
GRANT EXECUTE ON FUNCTION tenancy.current_org(), tenancy.current_user_id() TO rowhouse_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON organizations, users, projects, tasks TO rowhouse_app;

GRANT SELECT ON organizations, users, projects, tasks TO rowhouse_backup;
