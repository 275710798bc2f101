import { loadById } from '../../shared/batch.js';
import { requirePermissions } from '../authorization.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import type { Permission } from '../roles.js';
import { type TenantSecretRow, TenantSecretStore } from './tenant-secret.store.js';

const store = new TenantSecretStore();
const PERMISSIONS: ReadonlySet<Permission> = new Set(['credentials:write']);

/** The secrets of one request, each fetched once. */
export class TenantSecretLoader {
  readonly byId;

  constructor(ctx: RequestContext) {
    this.byId = loadById((ids) => store.findByIds(ctx.tx, ids));
  }
}

/**
 * A secret by its UUID, for `node`, which asks for no permission by itself.
 *
 * @throws FORBIDDEN before it is looked for, so that nobody learns which secrets there are
 */
export async function loadTenantSecret(
  ctx: RequestContext,
  id: string,
): Promise<TenantSecretRow | null> {
  requirePermissions(requireCaller(ctx), PERMISSIONS);
  return ctx.use(TenantSecretLoader).byId.load(id);
}
