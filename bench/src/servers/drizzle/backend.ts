import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { v7 as uuidV7 } from 'uuid';
import type { Caller } from '../../calls.ts';
import type { RestBackend, TaskListQuery } from '../shared/rest.backend.ts';
import type { Settings } from '../shared/settings.ts';
import { taskPage } from '../shared/task-page.ts';
import { createPool } from './pool.ts';
import {
  findNestedProjects,
  insertTask,
  searchTasks,
  selectProject,
  selectTasks,
  updateTask,
} from './queries.ts';
import { isRefusal } from './refusal.ts';
import * as schema from './schema.ts';
import { callerTransaction } from './transaction.ts';

/** One Drizzle over the pool; each request builds its queries on its own transaction. */
export class DrizzleBackend implements RestBackend {
  readonly isRefusal = isRefusal;
  readonly #pool: pg.Pool;
  readonly #db: NodePgDatabase<typeof schema>;

  constructor(settings: Settings) {
    this.#pool = createPool(settings);
    this.#db = drizzle(this.#pool, { schema });
  }

  project(caller: Caller, id: string) {
    return callerTransaction(this.#db, caller, 'read', async (tx) => {
      const [project = null] = await selectProject(tx, id);
      return project;
    });
  }

  async tasks(caller: Caller, { status, projectId, first, after }: TaskListQuery) {
    const rows = await callerTransaction(this.#db, caller, 'read', (tx) =>
      selectTasks(tx, { status, projectId, after, limit: first + 1 }),
    );
    return taskPage(rows, first);
  }

  nestedProjects(caller: Caller) {
    return callerTransaction(this.#db, caller, 'read', findNestedProjects);
  }

  updateTask(caller: Caller, change: { id: string; version: number; title: string }) {
    return callerTransaction(this.#db, caller, 'write', async (tx) => {
      const [task = null] = await updateTask(tx, change);
      return task;
    });
  }

  createTask(caller: Caller, task: { projectId: string; title: string }) {
    return callerTransaction(this.#db, caller, 'write', async (tx) => {
      const [created] = await insertTask(tx, { ...task, id: uuidV7() });
      if (!created) throw new Error('INSERT has returned no row.');
      return created;
    });
  }

  search(caller: Caller, text: string) {
    return callerTransaction(this.#db, caller, 'read', (tx) => searchTasks(tx, text));
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}
