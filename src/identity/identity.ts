import type { Clock } from '../shared/clock.js';
import type { Feature } from '../shared/graphql/index.js';
import type { Tenancy } from '../tenancy/index.js';
import { loadEvent } from './audit/audit.loader.js';
import { AuditResolver } from './audit/audit.resolver.js';
import { AuditService } from './audit/audit.service.js';
import { AuditStore } from './audit/audit.store.js';
import { OrganizationLoader } from './organization/organization.loader.js';
import { OrganizationResolver } from './organization/organization.resolver.js';
import { OrganizationStore } from './organization/organization.store.js';
import type { RequestContext } from './request-context.js';
import { type AccessTokenSettings, AccessTokens } from './session/access-token.js';
import { Authenticator } from './session/authenticator.js';
import { PasswordHasher } from './session/password-hasher.js';
import { SessionResolver } from './session/session.resolver.js';
import { SessionService } from './session/session.service.js';
import type { UserBelongings } from './user/user.belongings.js';
import { UserLoader } from './user/user.loader.js';
import { UserResolver } from './user/user.resolver.js';
import { UserService } from './user/user.service.js';
import { UserStore } from './user/user.store.js';

export interface Identity extends Feature<RequestContext> {
  authenticator: Authenticator;
  accessTokens: AccessTokens;
}

/**
 * Organizations, users, sessions, permissions and the audit trail.
 *
 * @param belongings what the other features keep for users
 */
export function createIdentity(
  tenancy: Tenancy,
  tokenSettings: AccessTokenSettings,
  clock: Clock,
  belongings: UserBelongings,
): Identity {
  const users = new UserStore();
  const passwords = new PasswordHasher();
  const accessTokens = new AccessTokens(tokenSettings, clock);
  return {
    resolvers: [
      new OrganizationResolver(),
      new UserResolver(
        new UserService(tenancy, users, new OrganizationStore(), passwords, belongings),
      ),
      new SessionResolver(new SessionService(tenancy, users, passwords, accessTokens)),
      new AuditResolver(new AuditService(new AuditStore())),
    ],
    nodes: [
      {
        typeName: 'Organization',
        idPrefix: 'org',
        load: (ctx, id) => ctx.use(OrganizationLoader).byId.load(id),
      },
      { typeName: 'User', idPrefix: 'user', load: (ctx, id) => ctx.use(UserLoader).byId.load(id) },
      { typeName: 'AuditEvent', idPrefix: 'evt', load: loadEvent },
    ],
    authenticator: new Authenticator(accessTokens),
    accessTokens,
  };
}
