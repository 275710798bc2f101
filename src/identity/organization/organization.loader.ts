import { loadById } from '../../shared/batch.js';
import type { RequestContext } from '../request-context.js';
import { OrganizationStore } from './organization.store.js';

const store = new OrganizationStore();

/** The organization of one request, fetched once. */
export class OrganizationLoader {
  readonly byId;

  constructor(ctx: RequestContext) {
    this.byId = loadById((ids) => store.findByIds(ctx.tx, ids));
  }
}
