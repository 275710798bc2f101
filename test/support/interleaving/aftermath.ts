import { encodeId } from '../../../src/shared/ids.js';
import { withAdminConnection } from '../../../src/tenancy/admin-connection.js';
import type { TestDatabase } from '../database.js';
import type { History, Row, WriteRecord } from './history.js';

/** A row as it is stored, in the form in which answers show it. */
export interface StoredRow extends Row {
  /** Slug of the organization that it belongs to. */
  organization: string;
  table: 'tasks' | 'projects';
  /** Title of a task, name of a project. */
  text: string;
  /** The tag that it was made with. */
  description: string;
  /** Of a task. */
  projectId: string | null;
}

/** Every task and project there is, seen past row-level security. */
export async function storedRows(database: TestDatabase): Promise<StoredRow[]> {
  return withAdminConnection(database.superuserUrl, async (client) => {
    const tasks = await client.query(
      `SELECT slug AS organization, 'tasks' AS table, tasks.id, project_id AS "projectId", title AS text,
         title, description, version, upper(status) AS status, completed, due_at AS "dueAt",
         (ARRAY['NONE', 'LOW', 'MEDIUM', 'HIGH', 'URGENT'])[priority + 1] AS priority,
         tasks.created_at AS "createdAt", tasks.updated_at AS "updatedAt", deleted_at AS "deletedAt"
       FROM tasks JOIN organizations ON organizations.id = org_id`,
    );
    const projects = await client.query(
      `SELECT slug AS organization, 'projects' AS table, projects.id, projects.name AS text,
         projects.name, description, version, projects.created_at AS "createdAt",
         projects.updated_at AS "updatedAt", deleted_at AS "deletedAt"
       FROM projects JOIN organizations ON organizations.id = org_id`,
    );
    return [...tasks.rows, ...projects.rows].map((row) => ({
      ...JSON.parse(JSON.stringify(row)),
      id: encodeId(row.table === 'tasks' ? 'task' : 'proj', row.id),
      projectId: row.projectId ? encodeId('proj', row.projectId) : null,
    }));
  });
}

/** The organization of every row there is, by the row's UUID; of an organization, itself. */
export async function ownersOfIds(database: TestDatabase): Promise<Map<string, string>> {
  return withAdminConnection(database.superuserUrl, async (client) => {
    const { rows } = await client.query<{ id: string; slug: string }>(
      `SELECT owned.id, slug FROM organizations JOIN (
         SELECT id, org_id FROM tasks UNION ALL SELECT id, org_id FROM projects
         UNION ALL SELECT id, org_id FROM users UNION ALL SELECT id, id FROM organizations
       ) AS owned ON org_id = organizations.id`,
    );
    return new Map(rows.map(({ id, slug }) => [id, slug]));
  });
}

/** Texts that do not carry the marker of the organization that they belong to. */
export async function strayTexts(database: TestDatabase): Promise<object[]> {
  return withAdminConnection(database.superuserUrl, async (client) => {
    const { rows } = await client.query(
      `SELECT slug, text FROM organizations JOIN (
         SELECT org_id, title || description AS text FROM tasks
         UNION ALL SELECT org_id, name || description FROM projects
         UNION ALL SELECT org_id, email FROM users
       ) AS owned ON org_id = organizations.id
       WHERE position(slug IN text) = 0
          OR EXISTS (SELECT FROM organizations AS other
                     WHERE other.slug <> organizations.slug AND position(other.slug IN text) > 0)`,
    );
    return rows;
  });
}

/**
 * What the database lacks of what was acknowledged, or has of what was refused.
 *
 * A row with its version is one state, so a write that was superseded still shows: in the states that
 * answers saw in between, and in the count of versions.
 */
export function lostOrPhantomWrites(history: History, rows: readonly StoredRow[]): string[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const made = countBy(rows, ({ description }) => description);
  const texts = new Set(rows.map(({ text }) => text));
  return history.writes.flatMap((write) => {
    const { outcome, tag, row } = write;
    const what = `${write.kind} ${tag ?? write.id} (${outcome})`;
    if (outcome === 'acknowledged' && row) {
      const stored = byId.get(row.id);
      if (!stored) return [`${what} is not there`];
      if (stored.version < row.version) return [`${what} has gone back to ${stored.version}`];
    }
    if (tag === null) return [];
    const times = made.get(tag) ?? 0;
    if (write.id === null) {
      if (outcome === 'acknowledged' && times !== 1) return [`${what} was made ${times} times`];
      if (outcome === 'unknown' && times > 1) return [`${what} was made ${times} times`];
    }
    const shown = times > 0 || texts.has(tag) || history.tagsShown.has(tag);
    return outcome === 'refused' && shown ? [`${what} is there`] : [];
  });
}

/** Units and transactions of which a part was kept. */
export function halfKept(history: History, rows: readonly StoredRow[]): string[] {
  const made = countBy(rows, ({ description }) => description);
  const pairs = new Map<number, string[]>();
  for (const { kind, outcome, request, tag } of history.writes) {
    if (kind !== 'create two' || outcome !== 'unknown' || tag === null) continue;
    pairs.set(request, [...(pairs.get(request) ?? []), tag]);
  }
  const halves = [...pairs.values()]
    .filter((tags) => new Set(tags.map((tag) => made.has(tag))).size > 1)
    .map((tags) => `half of a request: ${tags.filter((tag) => made.has(tag))} of ${tags}`);
  return [...halves, ...halfDeletions(history, rows)];
}

/** A project and its tasks are deleted, and brought back, together. */
function halfDeletions(history: History, rows: readonly StoredRow[]): string[] {
  const projects = rows.filter(({ table }) => table === 'projects');
  return projects.flatMap((project) => {
    const tasks = rows.filter(({ projectId }) => projectId === project.id);
    if (project.deletedAt !== null) {
      const alive = tasks.filter(({ deletedAt }) => deletedAt === null);
      return alive.map(({ text }) => `${text} is alive in the deleted ${project.text}`);
    }
    const moments = new Set(history.deletionsOf(project.id));
    const left = tasks.filter(({ deletedAt }) => deletedAt !== null && moments.has(deletedAt));
    return left.map(({ text }) => `${text} stayed deleted with ${project.text}`);
  });
}

/** Rows that were changed more often than anybody asked for. */
export function unexplainedVersions(history: History, rows: readonly StoredRow[]): string[] {
  const acknowledged = new Map<string, Set<number>>();
  const uncertain = new Map<string, number>();
  for (const write of history.writes) {
    if (write.outcome === 'acknowledged' && write.row) {
      const versions = acknowledged.get(write.row.id) ?? new Set();
      acknowledged.set(write.row.id, versions.add(write.row.version));
    } else if (write.outcome === 'unknown' && write.id !== null) {
      uncertain.set(write.id, (uncertain.get(write.id) ?? 0) + 1);
    }
  }
  return rows.flatMap((row) => {
    const changes = row.version - 1;
    const known = [...(acknowledged.get(row.id) ?? [])].filter((version) => version > 1).length;
    // A project that is deleted or restored takes its tasks along.
    const { version: cascades = 1 } = rows.find(({ id }) => id === row.projectId) ?? {};
    const possible = known + (uncertain.get(row.id) ?? 0) + cascades - 1;
    if (changes <= possible) return [];
    return [`${row.text} was changed ${changes} times; at most ${possible} were asked for`];
  });
}

/** What each organization was shown that another one owns. */
export function foreignIds(history: History, owners: Map<string, string>): string[] {
  return [...history.shown].flatMap(([{ marker }, ids]) =>
    [...ids]
      .filter((id) => owners.get(id) !== marker)
      .map((id) => `${marker} was shown ${id} of ${owners.get(id) ?? 'nobody'}`),
  );
}

/** How many writes ended so. */
export function writesThat(history: History, outcome: WriteRecord['outcome']): number {
  return history.writes.filter((write) => write.outcome === outcome).length;
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
