import type { InvitationRow } from '../invitation/invitation.store.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import { customPermissions, lacking } from '../roles.js';
import type { UserRow } from '../user/user.store.js';
import { permissionsOfUser } from './role.loader.js';
import type { RoleRow } from './role.store.js';

/** Whether the caller, who administers users, may administer this one: not themselves, nor who may do more. */
export async function permitsOnUser(
  ctx: RequestContext,
  user: UserRow,
  permission: string,
): Promise<boolean> {
  if (permission !== 'users:write') return true;
  const { userId, permissions } = requireCaller(ctx);
  if (user.id === userId) return false;
  return lacking(permissions, await permissionsOfUser(ctx, user)) === undefined;
}

/** Whether the caller, who administers users, may send or take back this invitation: none to what grants more. */
export async function permitsOnInvitation(
  ctx: RequestContext,
  invitation: InvitationRow,
  permission: string,
): Promise<boolean> {
  if (permission !== 'users:write') return true;
  const { permissions } = requireCaller(ctx);
  return lacking(permissions, await permissionsOfUser(ctx, invitation)) === undefined;
}

/** Whether the caller, who writes roles, may change this one: none that grants more than they may do. */
export function permitsOnRole(ctx: RequestContext, role: RoleRow, permission: string): boolean {
  if (permission !== 'roles:write') return true;
  const { permissions } = requireCaller(ctx);
  return lacking(permissions, customPermissions(role.permissions)) === undefined;
}
