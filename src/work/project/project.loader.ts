import type DataLoader from 'dataloader';
import type { RequestContext } from '../../identity/index.js';
import { loadById } from '../../shared/batch.js';
import { LoaderCache, loadPages } from '../../shared/batched-pages.js';
import type { Page } from '../../shared/page.js';
import type { ProjectList } from './project.list.js';
import { type ListedProject, ProjectStore } from './project.store.js';

const store = new ProjectStore();

/** The projects of one request, each fetched once. */
export class ProjectLoader {
  readonly byId;
  readonly #ctx: RequestContext;
  readonly #lists = new LoaderCache<DataLoader<string, Page<ListedProject>>>();

  constructor(ctx: RequestContext) {
    this.#ctx = ctx;
    this.byId = loadById((ids) => store.findByIds(ctx.tx, ids));
  }

  ofOwner(ownerId: string, { key, order, request, listing, keyOf }: ProjectList) {
    const { tx } = this.#ctx;
    return this.#lists
      .get(key, () =>
        loadPages<ListedProject>({
          order,
          request,
          keyOf,
          find: (ids) => store.listPerOwner(tx, ids, listing),
          count: (ids) => store.countPerOwner(tx, ids, listing.criteria),
        }),
      )
      .load(ownerId);
  }
}
