import type { RequestContext } from '../request-context.js';
import { OrganizationStore } from './organization.store.js';

const store = new OrganizationStore();

/**
 * Lets one change of the caller's organization after the other pass here; what is read from then on is what the one
 * before has left. For rules about many rows at once, none of which stands for all. No other organization waits, and
 * whoever does takes this before any row.
 *
 * @param ctx of a mutation
 */
export async function lockOrganization(ctx: RequestContext): Promise<void> {
  await store.lock(ctx.tx);
}
