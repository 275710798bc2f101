import { and, asc, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { Database } from './connection.ts';
import { projects, tasks } from './schema.ts';

/**
 * Every query of the endpoints, prepared. They leave the organization to row-level security, as the
 * database was made for; it uses the same indexes for it.
 */
export type PreparedQueries = ReturnType<typeof prepareQueries>;

const { placeholder } = sql;

export function prepareQueries(db: Database) {
  return {
    project: db
      .select({ id: projects.id, name: projects.name, version: projects.version })
      .from(projects)
      .where(eq(projects.id, placeholder('id')))
      .prepare('project'),

    tasks: prepareList(db, 'tasks'),
    tasksAfter: prepareList(db, 'tasks_after', AFTER),
    tasksOfProject: prepareList(db, 'tasks_of_project', IN_PROJECT),
    tasksOfProjectAfter: prepareList(db, 'tasks_of_project_after', IN_PROJECT, AFTER),

    nestedProjects: db.query.projects
      .findMany({
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
      })
      .prepare('nested_projects'),

    updateTask: db
      .update(tasks)
      .set({
        title: sql`${placeholder('title')}`,
        version: sql`${tasks.version} + 1`,
        updatedAt: sql`now()`,
      })
      .where(
        and(
          eq(tasks.id, placeholder('id')),
          eq(tasks.version, placeholder('version')),
          isNull(tasks.deletedAt),
        ),
      )
      .returning({ id: tasks.id, title: tasks.title, version: tasks.version })
      .prepare('update_task'),

    createTask: db
      .insert(tasks)
      .values({
        id: placeholder('id'),
        projectId: placeholder('projectId'),
        title: placeholder('title'),
      })
      .returning({ id: tasks.id, title: tasks.title, version: tasks.version })
      .prepare('create_task'),

    search: db
      .select({ id: tasks.id, title: tasks.title })
      .from(tasks)
      .where(
        and(
          isNull(tasks.deletedAt),
          sql`${tasks.search} @@ websearch_to_tsquery('english', ${placeholder('text')})`,
        ),
      )
      .orderBy(asc(tasks.createdAt), asc(tasks.id))
      .limit(20)
      .prepare('search'),
  };
}

const IN_PROJECT = eq(tasks.projectId, placeholder('projectId'));

/** A row comparison, which an index answers, unlike the OR that says the same. */
const AFTER = sql`(${tasks.createdAt}, ${tasks.id}) > (${placeholder('createdAt')}, ${placeholder('afterId')})`;

function prepareList(db: Database, name: string, ...conditions: SQL[]) {
  return db
    .select({
      id: tasks.id,
      title: tasks.title,
      status: tasks.status,
      version: tasks.version,
      createdAt: tasks.createdAt,
    })
    .from(tasks)
    .where(and(eq(tasks.status, placeholder('status')), isNull(tasks.deletedAt), ...conditions))
    .orderBy(asc(tasks.createdAt), asc(tasks.id))
    .limit(placeholder('limit'))
    .prepare(name);
}
