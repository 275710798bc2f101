import type DataLoader from 'dataloader';
import type { RequestContext } from '../../identity/index.js';
import { loadById } from '../../shared/batch.js';
import { LoaderCache, loadPages } from '../../shared/batched-pages.js';
import type { Page } from '../../shared/page.js';
import type { TaskList } from './task.list.js';
import { type TaskParent, type TaskRow, TaskStore } from './task.store.js';

const store = new TaskStore();

/** The tasks of one request, each fetched once. */
export class TaskLoader {
  readonly byId;
  readonly #ctx: RequestContext;
  readonly #lists = new LoaderCache<DataLoader<string, Page<TaskRow>>>();

  constructor(ctx: RequestContext) {
    this.#ctx = ctx;
    this.byId = loadById((ids) => store.findByIds(ctx.tx, ids));
  }

  ofProject(projectId: string, list: TaskList): Promise<Page<TaskRow>> {
    return this.#pagesOf('project_id', list).load(projectId);
  }

  ofAssignee(userId: string, list: TaskList): Promise<Page<TaskRow>> {
    return this.#pagesOf('assignee_id', list).load(userId);
  }

  #pagesOf(parent: TaskParent, { args, criteria, order, request, page, keyOf }: TaskList) {
    const { tx } = this.#ctx;
    return this.#lists.get([parent, args], () =>
      loadPages<TaskRow>({
        order,
        request,
        keyOf,
        find: (ids) => store.listPerParent(tx, parent, ids, criteria, page),
        count: (ids) => store.countPerParent(tx, parent, ids, criteria),
      }),
    );
  }
}
