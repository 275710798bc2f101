export { recordLowStock } from './audit/stock-events.js';
export {
  checkAuthorization,
  KEY_MUTATIONS,
  requirePermissions,
  requireStaff,
  SHOPPER_OPERATIONS,
  type ShopperRule,
  SIGNED_ROUTES,
} from './authorization.js';
export { type Access, type AccessRule, accessRules, declareAccess } from './declared-access.js';
export {
  createIdentity,
  createOrganizationAdministration,
  createPermissionResolver,
  type Identity,
} from './identity.js';
export type { IdentityOptions, IdentitySettings } from './identity-parts.js';
export { mailOf, nameInMail } from './letter.js';
export type { LocalDayRecords } from './organization/local-day-records.js';
export { lockOrganization } from './organization/lock-organization.js';
export { OrganizationLoader } from './organization/organization.loader.js';
export {
  type Erasure,
  ErasureIncompleteError,
  isDeletionDue,
  type OrganizationAdministration,
} from './organization/organization-administration.js';
export { timeZoneFault } from './organization/time-zone.validator.js';
export { printPermissionTable } from './permission-table.js';
export {
  type Caller,
  type Client,
  type CookiePath,
  type Cookies,
  clientOf,
  isShopper,
  type RequestContext,
  requireCaller,
  type Sender,
  type Visitor,
} from './request-context.js';
export {
  CUSTOMER_ROLE,
  PERMISSIONS,
  type Permission,
  permissionsOf,
  ROLES,
  type Role,
} from './roles.js';
export type { Credentials } from './session/authenticator.js';
export { PasswordHasher } from './session/password-hasher.js';
export { combinedBelongings, type UserBelongings } from './user/user.belongings.js';
export { findAdministrators, requireSelf, requireUser, UserLoader } from './user/user.loader.js';
export { User } from './user/user.type.js';
export type { ShopperWelcome } from './visitor/shopper-welcome.js';
export { VisitorLimit } from './visitor/visitor-limit.js';
