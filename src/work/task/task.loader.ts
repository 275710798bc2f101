import type { RequestContext } from '../../identity/index.js';
import { rowLoader } from '../../shared/batch.js';
import type { Page } from '../../shared/page.js';
import type { TaskList } from './task.list.js';
import { type ListedTask, TaskStore } from './task.store.js';

const store = new TaskStore();

/** The tasks of one request, each fetched once. */
export class TaskLoader extends rowLoader(store) {
  readonly #children;

  constructor(ctx: RequestContext) {
    super(ctx);
    this.#children = store.list.children(ctx);
  }

  ofProject(projectId: string, list: TaskList): Promise<Page<ListedTask>> {
    return this.#children('project_id', projectId, list);
  }

  ofAssignee(userId: string, list: TaskList): Promise<Page<ListedTask>> {
    return this.#children('assignee_id', userId, list);
  }
}
