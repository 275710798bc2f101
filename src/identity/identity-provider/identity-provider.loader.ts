import { loadById } from '../../shared/batch.js';
import { requirePermissions } from '../authorization.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import type { Permission } from '../roles.js';
import { type IdentityProviderRow, IdentityProviderStore } from './identity-provider.store.js';

const store = new IdentityProviderStore();
const PERMISSIONS: ReadonlySet<Permission> = new Set(['organization:write']);

/** The identity providers of one request, each fetched once. */
export class IdentityProviderLoader {
  readonly byId;

  constructor(ctx: RequestContext) {
    this.byId = loadById((ids) => store.findByIds(ctx.tx, ids));
  }
}

/**
 * An identity provider by its UUID, for `node`, which asks for no permission by itself.
 *
 * @throws FORBIDDEN before it is looked for
 */
export async function loadIdentityProvider(
  ctx: RequestContext,
  id: string,
): Promise<IdentityProviderRow | null> {
  requirePermissions(requireCaller(ctx), PERMISSIONS);
  return ctx.use(IdentityProviderLoader).byId.load(id);
}
