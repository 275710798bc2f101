export { checkAuthorization } from './authorization.js';
export {
  createIdentity,
  createOrganizationAdministration,
  type Identity,
  type IdentityOptions,
  type IdentitySettings,
} from './identity.js';
export {
  type Erasure,
  ErasureIncompleteError,
  isDeletionDue,
  type OrganizationAdministration,
} from './organization/organization-administration.js';
export {
  type Caller,
  type Client,
  type Cookies,
  clientOf,
  may,
  type RequestContext,
  requireCaller,
} from './request-context.js';
export { isRole, type Permission, permissionsOf, type Role } from './roles.js';
export type { Credentials } from './session/authenticator.js';
export { PasswordHasher } from './session/password-hasher.js';

export type { UserBelongings } from './user/user.belongings.js';
export { requireUser, UserLoader } from './user/user.loader.js';
export { User } from './user/user.type.js';
