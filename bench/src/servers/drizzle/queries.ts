import { and, asc, eq, isNull, type Placeholder, type SQL, sql } from 'drizzle-orm';
import { projects, tasks } from './schema.ts';
import type { Database } from './transaction.ts';

/**
 * The queries of the endpoints, for values, or for placeholders of them when they are to be prepared. They
 * leave the organization to row-level security, as the database was made for; it uses the same indexes for it.
 */
type Value<T> = T | Placeholder;

const CHANGED_TASK = { id: tasks.id, title: tasks.title, version: tasks.version };

export function selectProject(db: Database, id: Value<string>) {
  return db
    .select({ id: projects.id, name: projects.name, version: projects.version })
    .from(projects)
    .where(eq(projects.id, id));
}

export interface TaskList {
  readonly status: Value<string>;
  readonly limit: Value<number>;
  /** null for those of all projects */
  readonly projectId: Value<string> | null;
  /** null for the first page */
  readonly after: { readonly createdAt: Value<string>; readonly id: Value<string> } | null;
}

export function selectTasks(db: Database, { status, limit, projectId, after }: TaskList) {
  return db
    .select({
      id: tasks.id,
      title: tasks.title,
      status: tasks.status,
      version: tasks.version,
      createdAt: tasks.createdAt,
    })
    .from(tasks)
    .where(
      and(
        eq(tasks.status, status),
        isNull(tasks.deletedAt),
        projectId === null ? undefined : eq(tasks.projectId, projectId),
        // A row comparison, which an index answers, unlike the OR that says the same.
        after
          ? sql`(${tasks.createdAt}, ${tasks.id}) > (${after.createdAt}, ${after.id})`
          : undefined,
      ),
    )
    .orderBy(asc(tasks.createdAt), asc(tasks.id))
    .limit(limit);
}

export function findNestedProjects(db: Database) {
  return db.query.projects.findMany({
    columns: { id: true, name: true },
    where: isNull(projects.deletedAt),
    orderBy: [asc(projects.createdAt), asc(projects.id)],
    limit: 20,
    with: {
      owner: { columns: { id: true, name: true } },
      tasks: {
        columns: { id: true, title: true },
        where: isNull(tasks.deletedAt),
        orderBy: [asc(tasks.createdAt), asc(tasks.id)],
        limit: 5,
        with: { assignee: { columns: { id: true, name: true } } },
      },
    },
  });
}

export function updateTask(
  db: Database,
  // Drizzle takes no bare placeholder for what is set.
  change: { id: Value<string>; version: Value<number>; title: string | SQL },
) {
  return db
    .update(tasks)
    .set({ title: change.title, version: sql`${tasks.version} + 1`, updatedAt: sql`now()` })
    .where(and(eq(tasks.id, change.id), eq(tasks.version, change.version), isNull(tasks.deletedAt)))
    .returning(CHANGED_TASK);
}

export function insertTask(
  db: Database,
  task: { id: Value<string>; projectId: Value<string>; title: Value<string> },
) {
  return db.insert(tasks).values(task).returning(CHANGED_TASK);
}

export function searchTasks(db: Database, text: Value<string>) {
  return db
    .select({ id: tasks.id, title: tasks.title })
    .from(tasks)
    .where(
      and(
        isNull(tasks.deletedAt),
        sql`${tasks.search} @@ websearch_to_tsquery('english', ${text})`,
      ),
    )
    .orderBy(asc(tasks.createdAt), asc(tasks.id))
    .limit(20);
}
