import type { AuthCheckerFn } from 'type-graphql';
import { forbidden, notForShoppers, sessionRequired, unauthenticated } from '../shared/errors.js';
import { type Caller, isShopper, type RequestContext, requireCaller } from './request-context.js';
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

/** What an operation is to shoppers, who are customers and guests. */
export interface ShopperRule {
  /** Whether guests may use it as well, who are not signed in. */
  readonly isForGuests: boolean;
  /**
   * Whether the whole of it is done by the organization on their behalf: it is about the caller's own account and
   * nothing else, and needs tables that the database keeps from shoppers. For mutations.
   */
  readonly asOrganization?: boolean;
}

const FOR_ALL: ShopperRule = { isForGuests: true };
const FOR_CUSTOMERS: ShopperRule = { isForGuests: false };
const OWN_ACCOUNT: ShopperRule = { isForGuests: false, asOrganization: true };

/**
 * What customers and guests may use beside what is for everybody; of whatever is not listed they are refused. The
 * database has its own say about what they see there, also in the fields below: sql/60-policies.sql.
 */
export const SHOPPER_OPERATIONS: ReadonlyMap<string, ShopperRule> = new Map([
  ['Query.products', FOR_ALL],
  ['Query.product', FOR_ALL],
  ['Query.productBySku', FOR_ALL],
  ['Query.productFacets', FOR_ALL],
  ['Query.categories', FOR_ALL],
  ['Query.category', FOR_ALL],
  ['Query.node', FOR_ALL],
  ['Query.nodes', FOR_ALL],
  ['Mutation.createCartToken', FOR_ALL],
  ['Query.cart', FOR_ALL],
  ['Mutation.addCartItem', FOR_ALL],
  ['Mutation.updateCartItem', FOR_ALL],
  ['Mutation.removeCartItem', FOR_ALL],
  ['Mutation.clearCart', FOR_ALL],
  ['Mutation.confirmCart', FOR_ALL],
  ['Query.checkout', FOR_ALL],
  ['Mutation.beginCheckout', FOR_ALL],
  ['Mutation.endCheckout', FOR_ALL],
  ['Mutation.placeOrder', FOR_ALL],
  ['Query.orders', FOR_ALL],
  ['Query.order', FOR_ALL],
  ['Mutation.cancelOrder', FOR_ALL],
  ['Mutation.payOrder', FOR_ALL],
  ['Query.payment', FOR_ALL],
  ['Query.viewer', FOR_CUSTOMERS],
  ['Query.can', FOR_CUSTOMERS],
  ['Query.sessions', FOR_CUSTOMERS],
  ['Mutation.signOut', OWN_ACCOUNT],
  ['Mutation.signOutEverywhere', OWN_ACCOUNT],
  ['Mutation.revokeSession', OWN_ACCOUNT],
  ['Mutation.updateProfile', OWN_ACCOUNT],
  ['Mutation.changePassword', OWN_ACCOUNT],
  ['Mutation.requestEmailVerification', OWN_ACCOUNT],
  ['Mutation.requestEmailChange', OWN_ACCOUNT],
  ['Mutation.enrollSecondFactor', OWN_ACCOUNT],
  ['Mutation.confirmSecondFactor', OWN_ACCOUNT],
  ['Mutation.disableSecondFactor', OWN_ACCOUNT],
  ['Mutation.renewRecoveryCodes', OWN_ACCOUNT],
]);

/**
 * What an API key may change though the operation asks for no permission: beyond reading, a key may do what its
 * permissions name. Whatever else is the business of who is signed in, and no key's. By the permission that the key needs
 * for it; null where it changes nothing.
 */
export const KEY_MUTATIONS: ReadonlyMap<string, Permission | null> = new Map([
  ['Mutation.createCartToken', null],
  ['Mutation.addCartItem', 'orders:write'],
  ['Mutation.updateCartItem', 'orders:write'],
  ['Mutation.removeCartItem', 'orders:write'],
  ['Mutation.clearCart', 'orders:write'],
  ['Mutation.confirmCart', 'orders:write'],
  ['Mutation.beginCheckout', 'orders:write'],
  ['Mutation.endCheckout', 'orders:write'],
  ['Mutation.placeOrder', 'orders:write'],
  ['Mutation.cancelOrder', 'orders:write'],
  ['Mutation.payOrder', 'orders:write'],
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
 * every permission named; or a shopper to whom it is open. An API key changes nothing that it was not given a permission for.
 *
 * @throws UNAUTHENTICATED, FORBIDDEN with the permission that is lacking
 */
export const checkAuthorization: AuthCheckerFn<RequestContext, Permission> = (
  { context, info },
  permissions,
) => {
  const name = `${info.parentType.name}.${info.fieldName}`;
  if (isShopper(context)) requireOpenToShoppers(context, name);
  else requirePermissions(requireCaller(context), new Set(permissions));
  if (context.caller?.isKey && permissions.length === 0) requireOpenToKeys(context.caller, name);
  return true;
};

function requireOpenToShoppers({ caller }: RequestContext, name: string): void {
  const rule = SHOPPER_OPERATIONS.get(name);
  if (caller ? !rule : !rule?.isForGuests) throw caller ? notForShoppers() : unauthenticated();
}

function requireOpenToKeys(caller: Caller, name: string): void {
  if (!name.startsWith('Mutation.')) return;
  const needed = KEY_MUTATIONS.get(name);
  if (needed === undefined) throw sessionRequired();
  if (needed !== null) requirePermissions(caller, new Set([needed]));
}

/**
 * Refuses shoppers a part of what they may look at otherwise.
 *
 * @throws FORBIDDEN for customers and guests
 */
export function requireStaff(ctx: Pick<RequestContext, 'caller' | 'visitor'>): void {
  if (isShopper(ctx)) throw notForShoppers();
}

/**
 * Nobody gives what they don't have, nor takes it from others, nor administers who may do more: whoever makes,
 * changes or gives a role, or administers an account, holds all that it grants.
 *
 * @throws FORBIDDEN with the greatest of the permissions that the caller lacks
 */
export function requirePermissions(
  { permissions, isKey }: Pick<Caller, 'permissions' | 'isKey'>,
  wanted: ReadonlySet<Permission>,
): void {
  const permission = lacking(permissions, wanted);
  if (permission !== undefined) throw forbidden(permission, isKey ? 'This API key' : 'Your role');
}
