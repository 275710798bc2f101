import type { RequestContext } from '../../identity/index.js';
import { badField } from '../../shared/errors.js';
import { textFault } from '../../shared/graphql/index.js';
import { fetchedPage, keysetPage } from '../../shared/keyset.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { ProjectLoader } from '../project/project.loader.js';
import { TaskLoader } from '../task/task.loader.js';
import { BY_RANK, type Hit, type SearchStore } from './search.store.js';

export class SearchService {
  readonly #store: SearchStore;

  constructor(store: SearchStore) {
    this.#store = store;
  }

  /** @throws BAD_USER_INPUT for a text that is empty or too long */
  async search(ctx: RequestContext, text: string, request: PageRequest): Promise<Page<Hit>> {
    const fault = textFault(text, { min: 1, max: 200 });
    if (fault) throw badField('text', fault);
    const hits = await this.#store.find(ctx.tx, text, keysetPage(BY_RANK, request));
    const found: Hit[] = await Promise.all(hits.map((hit) => this.#fetch(ctx, hit)));
    return fetchedPage(BY_RANK, request, found, () => this.#store.count(ctx.tx, text));
  }

  /** The row behind a hit, tagged with the type that it has in the union. */
  async #fetch(ctx: RequestContext, { typeName, id, rank }: Hit): Promise<Hit> {
    const loader = typeName === 'Task' ? ctx.use(TaskLoader) : ctx.use(ProjectLoader);
    const tags = { rank, typeName, __typename: typeName };
    return { ...(await loader.byId.load(id)), id, ...tags };
  }
}
