import type { AuthCheckerFn } from 'type-graphql';
import { forbidden } from '../shared/errors.js';
import { type Caller, type RequestContext, requireCaller } from './request-context.js';
import { lacking, type Permission } from './roles.js';

/**
 * The operations that are for everybody, signed in or not. Any other that does not say by `@Authorized()` who
 * may use it is refused when the schema is made: what somebody forgot to protect never serves.
 */
export const PUBLIC_OPERATIONS: ReadonlySet<string> = new Set([
  'Mutation.signIn',
  'Mutation.signUp',
  'Mutation.signInWithToken',
  'Mutation.refreshSession',
  'Mutation.verifyEmail',
  'Mutation.requestPasswordReset',
  'Mutation.resetPassword',
  'Mutation.confirmEmailChange',
  'Mutation.acceptInvitation',
]);

/**
 * The routes that have no caller: what they let in is checked by their feature, a signature. Any other that has none is
 * refused when the server starts.
 */
export const SIGNED_ROUTES: ReadonlySet<string> = new Set([
  'POST /payments/webhooks/:provider/:organizationId',
]);

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
  requirePermissions(requireCaller(context), new Set(permissions));
  return true;
};

/**
 * Nobody gives what they don't have, nor takes it from others, nor administers who may do more: whoever makes,
 * changes or gives a role, or administers an account, holds all that it grants.
 *
 * @throws FORBIDDEN with the greatest of the permissions that the caller lacks
 */
export function requirePermissions(
  { permissions }: Pick<Caller, 'permissions'>,
  wanted: ReadonlySet<Permission>,
): void {
  const permission = lacking(permissions, wanted);
  if (permission !== undefined) throw forbidden(permission);
}
