export { checkAuthorization } from './authorization.js';
export { createIdentity, type Identity } from './identity.js';
export { type Caller, type RequestContext, requireCaller } from './request-context.js';
export { isRole, type Permission, type Role, roleGrants } from './roles.js';
export type { AccessTokenSettings } from './session/access-token.js';
export { PasswordHasher } from './session/password-hasher.js';
export type { UserBelongings } from './user/user.belongings.js';
export { requireUser, UserLoader } from './user/user.loader.js';
export { User } from './user/user.type.js';
