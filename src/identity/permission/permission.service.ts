import { RowhouseError } from '../../shared/errors.js';
import type { FoundNode, NodeSources } from '../../shared/graphql/index.js';
import { may, type RequestContext, requireCaller } from '../request-context.js';
import { requirePermission } from '../role/role.validator.js';
import { OWNERS_PERMISSION, PERMISSION_DESCRIPTIONS, PERMISSIONS } from '../roles.js';
import { UserLoader } from '../user/user.loader.js';
import type { Permission } from './permission.type.js';

export class PermissionService {
  readonly #nodes: NodeSources<RequestContext>;

  /** @param nodes everything that has an id, of all features */
  constructor(nodes: NodeSources<RequestContext>) {
    this.#nodes = nodes;
  }

  async list(ctx: RequestContext): Promise<Permission[]> {
    await confirmCaller(ctx);
    return PERMISSIONS.map((name) => ({
      name,
      description: PERMISSION_DESCRIPTIONS[name],
      isReserved: name === OWNERS_PERMISSION,
    }));
  }

  /**
   * Whether the caller holds a permission and, where something is named, may use it on that.
   *
   * @param on public id
   * @throws BAD_USER_INPUT for what is no permission, or no id
   */
  async can(ctx: RequestContext, name: string, on?: string | null): Promise<boolean> {
    const permission = requirePermission(name, 'permission');
    if (on == null) {
      await confirmCaller(ctx);
      return may(ctx, permission);
    }
    const node = await this.#find(ctx, on);
    if (!node || !may(ctx, permission)) return false;
    return node.source.permits?.(ctx, node.row, permission) ?? true;
  }

  async #find(ctx: RequestContext, on: string): Promise<FoundNode<RequestContext> | null> {
    try {
      return await this.#nodes.find(ctx, on, 'on');
    } catch (error) {
      // What the caller may not see, they may not change either.
      if (error instanceof RowhouseError && error.code === 'FORBIDDEN') return null;
      throw error;
    }
  }
}

/**
 * Only the database knows whether the caller's session still stands, and nothing else here would ask it.
 *
 * @throws UNAUTHENTICATED
 */
async function confirmCaller(ctx: RequestContext): Promise<void> {
  await ctx.use(UserLoader).byId.load(requireCaller(ctx).userId);
}
