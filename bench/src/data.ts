import type { Client } from 'pg';
import { PRODUCT_QUALITIES, PRODUCT_THINGS } from './catalog-words.ts';
import { TASK_OBJECTS, TASK_VERBS } from './product.ts';

/** How much there is to ask for. */
export interface DataScale {
  readonly organizations: number;
  /** In each of them. */
  readonly tasks: number;
  /** In each of them, but not in the large ones; 0 for no catalog. */
  readonly products: number;
  /** Organizations of `LARGE_TASKS` tasks on top. */
  readonly largeOrganizations: number;
}

export interface Organization {
  readonly id: string;
  readonly userIds: readonly string[];
  /** The oldest first. The first `BUSY_PROJECTS` have more tasks than all others together. */
  readonly projectIds: readonly string[];
  /** Those at the top, with others below them. */
  readonly categoryIds: readonly string[];
  /** Some that are for sale, and of which there is more than anybody buys. */
  readonly productIds: readonly string[];
}

export interface Data {
  readonly organizations: readonly Organization[];
  readonly largeOrganizations: readonly Organization[];
}

export const DEFAULT_SCALE: DataScale = {
  organizations: 200,
  tasks: 2_000,
  products: 2_000,
  largeOrganizations: 8,
};
export const QUICK_SCALE: DataScale = {
  organizations: 20,
  tasks: 1_000,
  products: 1_000,
  largeOrganizations: 1,
};

/** Nine in ten are pending, so that there is a page 500 of 20. */
export const LARGE_TASKS = 12_000;
export const BUSY_PROJECTS = 4;

const USERS = 10;
/** More than the nested list asks for. */
const PROJECTS = 25;
/** Of each organization; so many that orders hardly ever wait for each other. */
const PRODUCTS_BOUGHT = 200;
const ROWS_PER_STATEMENT = 20_000;
/** Categories at the top, below each of them, and below each of those. */
const CATEGORIES = [4, 4, 4] as const;

/**
 * Fills an empty database. The same scale gives the same rows, ids included, on every machine.
 *
 * @param client a superuser's: rows of many organizations in one statement are what row-level
 *   security prevents
 */
export async function buildData(client: Client, scale: DataScale): Promise<Data> {
  // The rows are right by construction: foreign keys need not be checked for each of them.
  await client.query('SET session_replication_role = replica');
  // UUIDv7 (RFC 9562, section 5.7) from a time and a name, so that ids sort as rows were made.
  await client.query(`
    CREATE FUNCTION pg_temp.made_id(made timestamptz, name text) RETURNS uuid LANGUAGE sql STABLE
    RETURN (lpad(to_hex((extract(epoch FROM made) * 1000)::bigint), 12, '0')
      || '7' || substr(md5(name), 1, 3) || '8' || substr(md5(name), 4, 15))::uuid`);
  await buildOrganizations(client, scale.organizations + scale.largeOrganizations);
  if (scale.products > 0) await buildCategories(client, scale.organizations);
  const { organizations, largeOrganizations } = await readData(client, scale);
  await withoutIndexes(client, 'tasks', async () => {
    await buildTasks(client, organizations, scale.tasks, 40);
    await buildTasks(client, largeOrganizations, LARGE_TASKS, 90);
  });
  if (scale.products > 0) {
    await withoutIndexes(client, 'products', () =>
      buildProducts(client, organizations, scale.products),
    );
    await buildStock(client);
  }
  await client.query('VACUUM ANALYZE');
  return readData(client, scale);
}

/** @throws Error when the organizations are not those of the scale */
export async function readData(client: Client, scale: DataScale): Promise<Data> {
  const { rows } = await client.query<Organization>(
    `SELECT id,
       ARRAY(SELECT id::text FROM users WHERE org_id = org.id ORDER BY created_at) AS "userIds",
       ARRAY(SELECT id::text FROM projects WHERE org_id = org.id ORDER BY created_at) AS "projectIds",
       ARRAY(SELECT id::text FROM categories WHERE org_id = org.id AND parent_id IS NULL ORDER BY position) AS "categoryIds",
       ARRAY(SELECT id::text FROM products JOIN stock_levels ON stock_levels.org_id = products.org_id AND product_id = id
         WHERE products.org_id = org.id AND active AND on_hand > 0 ORDER BY sku LIMIT ${PRODUCTS_BOUGHT}) AS "productIds"
     FROM organizations AS org ORDER BY created_at`,
  );
  if (rows.length !== scale.organizations + scale.largeOrganizations) {
    throw new Error(`${client.database} was built for another size: take another folder.`);
  }
  return {
    organizations: rows.slice(0, scale.organizations),
    largeOrganizations: rows.slice(scale.organizations),
  };
}

async function buildOrganizations(client: Client, count: number): Promise<void> {
  await client.query(
    `INSERT INTO organizations (id, name, slug, created_at, updated_at)
     SELECT pg_temp.made_id(made, 'organization ' || n), 'Organization ' || n, 'bench-' || n, made, made
     FROM generate_series(1, $1::int) AS n
     CROSS JOIN LATERAL (SELECT timestamptz '2025-01-01Z' + n * interval '1 minute' AS made) AS a`,
    [count],
  );
  await client.query(
    `INSERT INTO users (org_id, id, email, name, role, password_hash, created_at, updated_at)
     SELECT org.id, pg_temp.made_id(made, 'user ' || n || org.slug), 'user-' || n || '@' || org.slug || '.example',
       'User ' || n, CASE n WHEN 1 THEN 'owner' ELSE 'member' END, 'nobody signs in', made, made
     FROM organizations AS org
     CROSS JOIN generate_series(1, $1::int) AS n
     CROSS JOIN LATERAL (SELECT org.created_at + n * interval '1 second' AS made) AS a`,
    [USERS],
  );
  // One of each user, and with its id: access tokens are good as long as their session is there.
  await client.query(
    `INSERT INTO sessions (org_id, id, user_id, refresh_hash, created_at, refreshed_at, expires_at)
     SELECT org_id, id, id, sha256('nobody refreshes'), created_at, created_at, timestamptz '2100-01-01Z' FROM users`,
  );
  await client.query(
    `INSERT INTO projects (org_id, id, owner_id, name, description, created_at, updated_at)
     SELECT org.id, pg_temp.made_id(made, 'project ' || n || org.slug),
       (SELECT id FROM users WHERE org_id = org.id ORDER BY created_at OFFSET n % $2 LIMIT 1),
       'Project ' || n, 'Made to see how the API behaves with many rows.', made, made
     FROM organizations AS org
     CROSS JOIN generate_series(1, $1::int) AS n
     CROSS JOIN LATERAL (SELECT org.created_at + n * interval '1 hour' AS made) AS a`,
    [PROJECTS, USERS],
  );
}

/** Building the indexes of a table at the end takes half the time of keeping them up to date. */
async function withoutIndexes(
  client: Client,
  table: string,
  work: () => Promise<void>,
): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
     WHERE schemaname = 'public' AND tablename = $1 AND indexname <> $1 || '_pkey'`,
    [table],
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  await work();
  await client.query("SET maintenance_work_mem = '256MB'");
  for (const { definition } of rows) await client.query(definition);
}

/** @param pendingShare in percent; of the others, one in three is being worked on */
async function buildTasks(
  client: Client,
  organizations: readonly Organization[],
  tasks: number,
  pendingShare: number,
): Promise<void> {
  for (const ids of inPortions(organizations, tasks)) {
    await client.query(TASKS, [ids, tasks, pendingShare, TASK_VERBS, TASK_OBJECTS, BUSY_PROJECTS]);
  }
}

/** Ids of as many organizations as make a statement's worth of rows. */
function inPortions(organizations: readonly Organization[], rowsOfEach: number): string[][] {
  const atOnce = Math.max(1, Math.floor(ROWS_PER_STATEMENT / rowsOfEach));
  const ids = organizations.map(({ id }) => id);
  return Array.from({ length: Math.ceil(ids.length / atOnce) }, (_, portion) =>
    ids.slice(portion * atOnce, (portion + 1) * atOnce),
  );
}

/** A tree of three levels in each of the first `organizations`. */
async function buildCategories(client: Client, organizations: number): Promise<void> {
  for (const level of CATEGORIES.keys()) {
    await client.query(
      `INSERT INTO categories (org_id, id, parent_id, name, slug, position, created_at, updated_at)
       SELECT parent.org_id, pg_temp.made_id(made, 'category ' || parent.path || n || parent.org_id), parent.id,
         'Category ' || parent.path || n, 'c' || replace(parent.path, '.', '-') || n, n, made, made
       FROM (
         SELECT org.id AS org_id, category.id, coalesce(replace(category.name, 'Category ', '') || '.', '') AS path,
           org.created_at
         FROM (SELECT * FROM organizations ORDER BY created_at LIMIT $1) AS org
         LEFT JOIN categories AS category ON category.org_id = org.id
         WHERE coalesce(cardinality(string_to_array(category.name, '.')), 0) = $2
       ) AS parent
       CROSS JOIN generate_series(1, $3::int) AS n
       CROSS JOIN LATERAL (SELECT parent.created_at + interval '1 day' + $2 * interval '1 hour' AS made) AS a`,
      [organizations, level, CATEGORIES[level]],
    );
  }
}

async function buildProducts(
  client: Client,
  organizations: readonly Organization[],
  products: number,
): Promise<void> {
  for (const ids of inPortions(organizations, products)) {
    await client.query(PRODUCTS, [ids, products, PRODUCT_QUALITIES, PRODUCT_THINGS]);
  }
}

/** As tasks: values vary with a hash, and rows of organizations come side by side. */
const PRODUCTS = `
  INSERT INTO products (org_id, id, category_id, sku, name, description, price_amount, currency, active, metadata,
    created_at, updated_at)
  SELECT org.id, pg_temp.made_id(made, 'product ' || n || org.id), categories[1 + r2 % cardinality(categories)],
    'P-' || lpad(n::text, 6, '0'), quality || ' ' || thing || ', no. ' || n,
    'Goes with a ' || ($4::text[])[1 + r3 % cardinality($4::text[])] || ' that is '
      || ($3::text[])[1 + r2 % cardinality($3::text[])] || ', and lasts.',
    190 + r3 % 20000, 'EUR', r1 % 50 > 0, jsonb_build_object('quality', quality), made, made
  FROM (
    SELECT id, ARRAY(SELECT id FROM categories WHERE org_id = id_of.id ORDER BY slug) AS categories
    FROM unnest($1::uuid[]) AS id_of (id)
  ) AS org
  CROSS JOIN generate_series(1, $2::int) AS n
  CROSS JOIN LATERAL (SELECT md5(n || ' in ' || org.id) AS hash,
    timestamptz '2025-03-01Z' + n * (interval '300 days' / $2::int) AS made) AS a
  CROSS JOIN LATERAL (SELECT ('x' || substr(hash, 20, 4))::bit(16)::int AS r1,
    ('x' || substr(hash, 24, 4))::bit(16)::int AS r2, ('x' || substr(hash, 28, 4))::bit(16)::int AS r3) AS b
  CROSS JOIN LATERAL (SELECT ($3::text[])[1 + r1 % cardinality($3::text[])] AS quality,
    ($4::text[])[1 + r1 / 16 % cardinality($4::text[])] AS thing) AS c
  ORDER BY n, org.id`;

/** One product in eight is sold out; of the others there is more than all workloads buy. */
async function buildStock(client: Client): Promise<void> {
  await client.query(
    `INSERT INTO stock_levels (org_id, product_id, on_hand, low_stock_threshold, low_since, units_sold)
     SELECT org_id, id, CASE WHEN is_sold_out THEN 0 ELSE 100000 + r END, 5, CASE WHEN is_sold_out THEN created_at END,
       r % 5000
     FROM products
     CROSS JOIN LATERAL (SELECT ('x' || substr(md5(id::text), 1, 6))::bit(24)::int AS r) AS a
     CROSS JOIN LATERAL (SELECT r % 8 = 0 AS is_sold_out) AS b`,
  );
}

/**
 * Values vary with the digits of a hash, so that they look random. Rows come in the order of time, as
 * organizations write them side by side: those of one organization are not neighbours on disk.
 */
const TASKS = `
  INSERT INTO tasks (org_id, id, project_id, assignee_id, title, description, status, completed, priority,
    due_at, created_at, updated_at)
  SELECT org.id, pg_temp.made_id(made, 'task ' || n || org.id),
    projects[1 + CASE WHEN n % 2 = 0 THEN n / 2 % $6 ELSE r2 % cardinality(projects) END],
    CASE WHEN r1 % 100 >= 15 THEN users[1 + r2 % cardinality(users)] END,
    ($4::text[])[1 + r1 % cardinality($4::text[])] || ' '
      || ($5::text[])[1 + r2 % cardinality($5::text[])] || ', no. ' || n,
    CASE WHEN r3 % 4 > 0 THEN 'Agreed in week ' || 1 + r3 % 52 || '; see what was noted there.' ELSE '' END,
    status, status = 'completed', r2 % 5,
    CASE WHEN r3 % 10 >= 3 THEN timestamptz '2026-06-01Z' + (r1 % 121 - 60) * interval '1 day' END,
    made, made + r3 % 3000 * interval '1 minute'
  FROM (
    SELECT id, ARRAY(SELECT id FROM users WHERE org_id = id_of.id ORDER BY created_at) AS users,
      ARRAY(SELECT id FROM projects WHERE org_id = id_of.id ORDER BY created_at) AS projects
    FROM unnest($1::uuid[]) AS id_of (id)
  ) AS org
  CROSS JOIN generate_series(1, $2::int) AS n
  CROSS JOIN LATERAL (SELECT md5(n || ' of ' || org.id) AS hash,
    timestamptz '2025-02-01Z' + n * (interval '300 days' / $2::int) AS made) AS a
  CROSS JOIN LATERAL (SELECT ('x' || substr(hash, 20, 4))::bit(16)::int AS r1,
    ('x' || substr(hash, 24, 4))::bit(16)::int AS r2,
    ('x' || substr(hash, 28, 4))::bit(16)::int AS r3) AS b
  CROSS JOIN LATERAL (SELECT CASE WHEN r1 % 100 < $3::int THEN 'pending' WHEN r3 % 3 = 0 THEN 'in_progress'
    ELSE 'completed' END AS status) AS c
  ORDER BY n, org.id`;
