import DataLoader from 'dataloader';
import { rowLoader } from '../../shared/batch.js';
import type { RequestContext } from '../request-context.js';
import { customPermissions, type Permission, permissionsOf } from '../roles.js';
import { type UserRow, UserStore } from '../user/user.store.js';
import { RoleStore } from './role.store.js';

const users = new UserStore();

/** The roles of one request, each fetched once, and how many people have them. */
export class RoleLoader extends rowLoader(new RoleStore()) {
  readonly userCount;

  constructor(ctx: RequestContext) {
    super(ctx);
    this.userCount = new DataLoader<string, number>(async (ids) => {
      const rows = await users.countByCustomRole(ctx.tx, ids);
      const counts = new Map(rows.map(({ customRoleId, count }) => [customRoleId, count]));
      return ids.map((id) => counts.get(id) ?? 0);
    });
  }
}

/** What a user may do beyond reading. Only a role of the organization's own has to be looked up. */
export async function permissionsOfUser(
  ctx: RequestContext,
  { role, customRoleId }: Pick<UserRow, 'role' | 'customRoleId'>,
): Promise<ReadonlySet<Permission>> {
  if (customRoleId === null) return permissionsOf(role);
  const custom = await ctx.use(RoleLoader).byId.load(customRoleId);
  return customPermissions(custom?.permissions ?? []);
}
