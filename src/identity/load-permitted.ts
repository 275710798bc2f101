import type DataLoader from 'dataloader';
import { requirePermissions } from './authorization.js';
import { type RequestContext, requireCaller } from './request-context.js';
import type { Permission } from './roles.js';

/**
 * Finds a row by its UUID for `node`, which asks for no permission by itself.
 *
 * @param permission that it takes to see rows of this kind
 * @returns what throws FORBIDDEN before it looks for the row, so that nobody learns which there are
 */
export function loadPermitted<Row>(
  permission: Permission,
  loader: new (ctx: RequestContext) => { readonly byId: DataLoader<string, Row | null> },
): (ctx: RequestContext, id: string) => Promise<Row | null> {
  const permissions: ReadonlySet<Permission> = new Set([permission]);
  return async (ctx, id) => {
    requirePermissions(requireCaller(ctx), permissions);
    return ctx.use(loader).byId.load(id);
  };
}
