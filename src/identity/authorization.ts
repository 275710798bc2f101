import type { AuthCheckerFn } from 'type-graphql';
import { forbidden } from '../shared/errors.js';
import { type RequestContext, requireCaller } from './request-context.js';
import type { Permission } from './roles.js';

/**
 * What `@Authorized()` and `@Authorized('tasks:write')` mean: signed in, and with a role that holds
 * every permission named.
 *
 * @throws UNAUTHENTICATED, FORBIDDEN with the permission that is lacking
 */
export const checkAuthorization: AuthCheckerFn<RequestContext, Permission> = (
  { context },
  permissions,
) => {
  const held = requireCaller(context).permissions;
  for (const permission of permissions) {
    if (!held.has(permission)) throw forbidden(permission);
  }
  return true;
};
