import type DataLoader from 'dataloader';
import type { RequestContext } from '../../identity/index.js';
import { loadById } from '../../shared/batch.js';
import { LoaderCache, loadPages } from '../../shared/batched-pages.js';
import type { Page } from '../../shared/page.js';
import type { TaskList } from './task.list.js';
import { type ListedTask, type TaskParent, TaskStore } from './task.store.js';

const store = new TaskStore();

/** The tasks of one request, each fetched once. */
export class TaskLoader {
  readonly byId;
  readonly #ctx: RequestContext;
  readonly #lists = new LoaderCache<DataLoader<string, Page<ListedTask>>>();

  constructor(ctx: RequestContext) {
    this.#ctx = ctx;
    this.byId = loadById((ids) => store.findByIds(ctx.tx, ids));
  }

  ofProject(projectId: string, list: TaskList): Promise<Page<ListedTask>> {
    return this.#pagesOf('project_id', list).load(projectId);
  }

  ofAssignee(userId: string, list: TaskList): Promise<Page<ListedTask>> {
    return this.#pagesOf('assignee_id', list).load(userId);
  }

  #pagesOf(parent: TaskParent, { key, order, request, listing, keyOf }: TaskList) {
    const { tx } = this.#ctx;
    return this.#lists.get([parent, key], () =>
      loadPages<ListedTask>({
        order,
        request,
        keyOf,
        find: (ids) => store.listPerParent(tx, parent, ids, listing),
        count: (ids) => store.countPerParent(tx, parent, ids, listing.criteria),
      }),
    );
  }
}
