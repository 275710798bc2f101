import type { RequestContext } from '../../identity/index.js';
import { rowLoader } from '../../shared/batch.js';
import type { Page } from '../../shared/page.js';
import type { ProjectList } from './project.list.js';
import { type ListedProject, ProjectStore } from './project.store.js';

const store = new ProjectStore();

/** The projects of one request, each fetched once. */
export class ProjectLoader extends rowLoader(store) {
  readonly #children;

  constructor(ctx: RequestContext) {
    super(ctx);
    this.#children = store.list.children(ctx);
  }

  ofOwner(ownerId: string, list: ProjectList): Promise<Page<ListedProject>> {
    return this.#children('owner_id', ownerId, list);
  }
}
