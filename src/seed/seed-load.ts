import { sql } from 'kysely';
import { PasswordHasher } from '../identity/index.js';
import { type Clock, systemClock } from '../shared/clock.js';
import {
  isUniqueViolation,
  query,
  type Tenancy,
  type TenantTransaction,
} from '../tenancy/index.js';
import { DEMO_PASSWORD } from './demo-organizations.js';
import type { LoadScale } from './load-scale.js';
import { TASK_OBJECTS, TASK_VERBS } from './load-words.js';
import { stableUuid } from './stable-uuid.js';

export interface LoadOptions {
  scale: LoadScale;
  clock?: Clock;
  /** Told after each organization how many of all are there. */
  onProgress?: (done: number, total: number) => void;
}

export interface LoadResult {
  /** Organizations that were made, and those that were there before. */
  made: number;
  found: number;
}

const FOUNDED = new Date('2025-01-06T08:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The time over which an organization's tasks were written, in milliseconds. */
const HISTORY_MS = 300 * 24 * HOUR;
/** Keeps a statement, however many tasks there are, well below a second. */
const TASKS_PER_STATEMENT = 5_000;
/** PostgreSQL has two cores to itself on the smallest machine that this is meant for. */
const AT_ONCE = 2;

/**
 * Makes organizations `load-001`, `load-002` … with users, projects and tasks, each in one transaction
 * of its own. One that is there is left alone, so running it again with more organizations adds those.
 */
export async function seedLoad(tenancy: Tenancy, options: LoadOptions): Promise<LoadResult> {
  const { scale, clock = systemClock, onProgress = () => undefined } = options;
  const passwordHash = await new PasswordHasher().hash(DEMO_PASSWORD);
  const result = { made: 0, found: 0 };
  let next = 1;
  const worker = async () => {
    while (next <= scale.organizations) {
      const organization = describeOrganization(next++, scale.tasks, passwordHash, clock.now());
      const isNew = await seedOrganization(tenancy, organization);
      result[isNew ? 'made' : 'found'] += 1;
      onProgress(result.made + result.found, scale.organizations);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return result;
}

interface LoadOrganization {
  orgId: string;
  slug: string;
  name: string;
  passwordHash: string;
  today: Date;
  tasks: number;
  userIds: string[];
  projectIds: string[];
}

function describeOrganization(
  number: number,
  tasks: number,
  passwordHash: string,
  today: Date,
): LoadOrganization {
  const slug = `load-${String(number).padStart(3, '0')}`;
  const ids = (kind: string, count: number, millisecondsApart: number) =>
    Array.from({ length: count }, (_, index) =>
      stableUuid(
        `${slug} ${kind} ${index}`,
        new Date(FOUNDED.getTime() + (index + 1) * millisecondsApart),
      ),
    );
  return {
    orgId: stableUuid(slug, FOUNDED),
    slug,
    name: `Load ${slug.slice(5)}`,
    passwordHash,
    today,
    tasks,
    userIds: ids('user', clamp(Math.round(tasks / 200), 3, 50), MINUTE),
    projectIds: ids('project', clamp(Math.round(tasks / 100), 1, 50), HOUR),
  };
}

/** @returns false when the organization is there already */
async function seedOrganization(tenancy: Tenancy, organization: LoadOrganization) {
  const { slug, orgId } = organization;
  if ((await tenancy.findOrganization(slug)) !== null) return false;
  try {
    await tenancy.withTenant({ orgId, userId: null }, 'write', async (tx) => {
      await insertOrganization(tx, organization);
      await insertUsers(tx, organization);
      await insertProjects(tx, organization);
      for (let first = 1; first <= organization.tasks; first += TASKS_PER_STATEMENT) {
        const last = Math.min(first + TASKS_PER_STATEMENT - 1, organization.tasks);
        await insertTasks(tx, organization, first, last);
      }
    });
    return true;
  } catch (error) {
    // Somebody else makes the same data at this moment.
    if (isUniqueViolation(error, 'organizations_pkey')) return false;
    throw error;
  }
}

function insertOrganization(tx: TenantTransaction, { orgId, name, slug }: LoadOrganization) {
  return tx.execute(
    sql`INSERT INTO organizations (id, name, slug, created_at, updated_at)
        VALUES (${orgId}, ${name}, ${slug}, ${FOUNDED}, ${FOUNDED})`.compile(query),
  );
}

function insertUsers(
  tx: TenantTransaction,
  { orgId, slug, passwordHash, userIds }: LoadOrganization,
) {
  return tx.execute(
    sql`
      INSERT INTO users (org_id, id, email, name, role, password_hash, created_at, updated_at)
      SELECT ${orgId}::uuid, id,
        CASE n WHEN 1 THEN 'admin' ELSE 'user-' || n END || '@' || ${slug}::text || '.example',
        CASE n WHEN 1 THEN 'Admin' ELSE 'User ' || n END,
        CASE n WHEN 1 THEN 'owner' WHEN 2 THEN 'admin' WHEN 3 THEN 'viewer' ELSE 'member' END,
        ${passwordHash}, ${FOUNDED}::timestamptz + n * interval '1 minute', ${FOUNDED}
      FROM unnest(${userIds}::uuid[]) WITH ORDINALITY AS made (id, n)`.compile(query),
  );
}

function insertProjects(tx: TenantTransaction, { orgId, userIds, projectIds }: LoadOrganization) {
  return tx.execute(
    sql`
      INSERT INTO projects (org_id, id, owner_id, name, description, created_at, updated_at)
      SELECT ${orgId}::uuid, id, (${userIds}::uuid[])[1 + n % ${userIds.length}::int],
        'Project ' || n, 'Made to see how the API behaves with many rows.',
        ${FOUNDED}::timestamptz + n * interval '1 hour', ${FOUNDED}
      FROM unnest(${projectIds}::uuid[]) WITH ORDINALITY AS made (id, n)`.compile(query),
  );
}

/**
 * Values vary with the digits of a hash, so that they look random and are the same everywhere. An id is
 * a UUIDv7 put together from the time and that hash: PostgreSQL has `uuidv7()` only from version 18 on.
 */
function insertTasks(
  tx: TenantTransaction,
  { orgId, slug, today, tasks, userIds, projectIds }: LoadOrganization,
  first: number,
  last: number,
) {
  const millisecondsApart = Math.floor(HISTORY_MS / tasks);
  return tx.execute(
    sql`
      INSERT INTO tasks (org_id, id, project_id, assignee_id, title, description, status, completed,
        priority, due_at, created_at, updated_at)
      SELECT ${orgId}::uuid,
        (lpad(to_hex(millis), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
        (${projectIds}::uuid[])[1 + n % ${projectIds.length}::int],
        CASE WHEN r1 % 100 >= 15 THEN (${userIds}::uuid[])[1 + r2 % ${userIds.length}::int] END,
        (${TASK_VERBS}::text[])[1 + r1 % ${TASK_VERBS.length}::int] || ' '
          || (${TASK_OBJECTS}::text[])[1 + r2 % ${TASK_OBJECTS.length}::int] || ', no. ' || n,
        CASE WHEN r3 % 4 > 0 THEN 'Agreed in week ' || 1 + r3 % 52 || '; see what was noted there.' ELSE '' END,
        status, status = 'completed', r2 % 5,
        CASE WHEN r3 % 10 >= 3 THEN ${today}::timestamptz + (r1 % 121 - 60) * interval '1 day' END,
        written, written + r3 % 3000 * interval '1 minute'
      FROM generate_series(${first}::int, ${last}::int) AS n
      CROSS JOIN LATERAL (SELECT md5(${slug}::text || ' ' || n) AS hash,
        ${FOUNDED.getTime()}::bigint + n * ${millisecondsApart}::bigint AS millis) AS a
      CROSS JOIN LATERAL (SELECT to_timestamp(millis / 1000.0) AS written,
        ('x' || substr(hash, 20, 4))::bit(16)::int AS r1,
        ('x' || substr(hash, 24, 4))::bit(16)::int AS r2,
        ('x' || substr(hash, 28, 4))::bit(16)::int AS r3) AS b
      CROSS JOIN LATERAL (SELECT CASE WHEN r1 % 10 < 4 THEN 'pending' WHEN r1 % 10 < 6 THEN 'in_progress'
        ELSE 'completed' END AS status) AS c`.compile(query),
  );
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
