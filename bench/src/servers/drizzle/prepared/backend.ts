import { v7 as uuidV7 } from 'uuid';
import type { Caller } from '../../../calls.ts';
import type { RestBackend, TaskListQuery } from '../../shared/rest.backend.ts';
import type { Settings } from '../../shared/settings.ts';
import { taskPage } from '../../shared/task-page.ts';
import { isRefusal } from '../refusal.ts';
import { ConnectionPool } from './connection.ts';
import type { PreparedQueries } from './queries.ts';

/** Queries are built once for each connection, and executed with a request's values. */
export class PreparedDrizzleBackend implements RestBackend {
  readonly isRefusal = isRefusal;
  readonly #pool: ConnectionPool;

  constructor(settings: Settings) {
    this.#pool = new ConnectionPool(settings);
  }

  project(caller: Caller, id: string) {
    return this.#pool.transaction(caller, 'read', async (queries) => {
      const [project = null] = await queries.project.execute({ id });
      return project;
    });
  }

  async tasks(caller: Caller, query: TaskListQuery) {
    const rows = await this.#pool.transaction(caller, 'read', (queries) =>
      listQuery(queries, query).execute({
        status: query.status,
        limit: query.first + 1,
        projectId: query.projectId,
        createdAt: query.after?.createdAt,
        afterId: query.after?.id,
      }),
    );
    return taskPage(rows, query.first);
  }

  nestedProjects(caller: Caller) {
    return this.#pool.transaction(caller, 'read', (queries) => queries.nestedProjects.execute());
  }

  updateTask(caller: Caller, change: { id: string; version: number; title: string }) {
    return this.#pool.transaction(caller, 'write', async (queries) => {
      const [task = null] = await queries.updateTask.execute(change);
      return task;
    });
  }

  createTask(caller: Caller, task: { projectId: string; title: string }) {
    return this.#pool.transaction(caller, 'write', async (queries) => {
      const [created] = await queries.createTask.execute({ ...task, id: uuidV7() });
      if (!created) throw new Error('INSERT has returned no row.');
      return created;
    });
  }

  search(caller: Caller, text: string) {
    return this.#pool.transaction(caller, 'read', (queries) => queries.search.execute({ text }));
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

function listQuery(queries: PreparedQueries, { projectId, after }: TaskListQuery) {
  if (projectId === null) return after ? queries.tasksAfter : queries.tasks;
  return after ? queries.tasksOfProjectAfter : queries.tasksOfProject;
}
