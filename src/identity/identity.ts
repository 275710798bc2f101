import type { Outbox } from '../mail/index.js';
import type { Clock } from '../shared/clock.js';
import type { Feature } from '../shared/graphql/index.js';
import type { SecretBox } from '../shared/secret-box.js';
import type { Tenancy } from '../tenancy/index.js';
import { loadEvent } from './audit/audit.loader.js';
import { AuditResolver } from './audit/audit.resolver.js';
import { AuditService } from './audit/audit.service.js';
import { AuditStore } from './audit/audit.store.js';
import { ExternalIdentityResolver } from './external-identity/external-identity.resolver.js';
import { ExternalIdentityService } from './external-identity/external-identity.service.js';
import { ExternalIdentityStore } from './external-identity/external-identity.store.js';
import { ExternalTokens } from './external-identity/external-tokens.js';
import { IssuerClient, type IssuerClientSettings } from './external-identity/issuer-client.js';
import { IssuerKeys, type IssuerKeysSettings } from './external-identity/issuer-keys.js';
import { loadIdentityProvider } from './identity-provider/identity-provider.loader.js';
import { IdentityProviderResolver } from './identity-provider/identity-provider.resolver.js';
import { IdentityProviderService } from './identity-provider/identity-provider.service.js';
import { IdentityProviderStore } from './identity-provider/identity-provider.store.js';
import { OrganizationLoader } from './organization/organization.loader.js';
import { OrganizationResolver } from './organization/organization.resolver.js';
import { type DeletionSettings, OrganizationService } from './organization/organization.service.js';
import { OrganizationStore } from './organization/organization.store.js';
import { OrganizationAdministration } from './organization/organization-administration.js';
import type { RequestContext } from './request-context.js';
import { type AccessTokenSettings, AccessTokens } from './session/access-token.js';
import { Authenticator } from './session/authenticator.js';
import { OwnSessionsService } from './session/own-sessions.service.js';
import { PasswordHasher } from './session/password-hasher.js';
import { SessionResolver, SessionTokensResolver } from './session/session.resolver.js';
import { type RefreshSettings, SessionService } from './session/session.service.js';
import { SessionStore } from './session/session.store.js';
import { SessionOpening, type SessionSettings } from './session/session-opening.js';
import { SignUpResolver } from './sign-up/sign-up.resolver.js';
import { SignUpService, type SignUpSettings } from './sign-up/sign-up.service.js';
import type { UserBelongings } from './user/user.belongings.js';
import { UserLoader } from './user/user.loader.js';
import { UserResolver } from './user/user.resolver.js';
import { UserService } from './user/user.service.js';
import { UserStore } from './user/user.store.js';

export interface Identity extends Feature<RequestContext> {
  authenticator: Authenticator;
  sessions: SessionService;
  /** What verifies our access tokens: a JWK Set. */
  publicKeys: object;
}

export interface IdentitySettings {
  accessTokens: AccessTokenSettings;
  sessions: SessionSettings & RefreshSettings;
  signUp: SignUpSettings;
  deletion: DeletionSettings;
  /** How identity providers of organizations are asked for their keys. */
  externalIdentity: IssuerClientSettings & IssuerKeysSettings;
}

export interface IdentityOptions {
  tenancy: Tenancy;
  settings: IdentitySettings;
  clock: Clock;
  /** What the other features keep for users. */
  belongings: UserBelongings;
  /** Seals what has to be read again. */
  secretBox: SecretBox;
  /** Where mail is put down. */
  outbox: Outbox;
}

/** Organizations, users, sessions, permissions and the audit trail. */
export function createIdentity({
  tenancy,
  settings,
  clock,
  belongings,
}: IdentityOptions): Identity {
  const users = new UserStore();
  const organizations = new OrganizationStore();
  const sessionStore = new SessionStore();
  const passwords = new PasswordHasher();
  const accessTokens = new AccessTokens(settings.accessTokens, clock);
  const opening = new SessionOpening(sessionStore, clock, settings.sessions);
  const sessions = new SessionService({
    tenancy,
    users,
    organizations,
    sessions: sessionStore,
    opening,
    passwords,
    accessTokens,
    clock,
    refresh: settings.sessions,
  });
  const ownSessions = new OwnSessionsService(sessionStore, clock);
  const issuers = new IssuerClient(settings.externalIdentity);
  const providers = new IdentityProviderStore();
  const identities = new ExternalIdentityStore();
  const externalIdentities = new ExternalIdentityService({
    tenancy,
    providers,
    identities,
    organizations,
    users,
    opening,
    sessions,
    tokens: new ExternalTokens(new IssuerKeys(issuers, settings.externalIdentity), clock),
    clock,
  });
  const userService = new UserService({
    tenancy,
    users,
    sessions: sessionStore,
    externalIdentities: identities,
    organizations,
    passwords,
    belongings,
    clock,
  });
  const signUp = new SignUpService({
    tenancy,
    organizations,
    users,
    passwords,
    opening,
    sessions,
    settings: settings.signUp,
  });
  return {
    resolvers: [
      new OrganizationResolver(new OrganizationService(organizations, clock, settings.deletion)),
      new SignUpResolver(signUp),
      new UserResolver(userService),
      new SessionTokensResolver(sessions),
      new SessionResolver(ownSessions),
      new AuditResolver(new AuditService(new AuditStore())),
      new ExternalIdentityResolver(externalIdentities),
      new IdentityProviderResolver(
        new IdentityProviderService({
          providers,
          identities,
          sessions: sessionStore,
          ownIssuer: accessTokens.issuer,
          addressFault: (url) => issuers.addressFault(url),
        }),
      ),
    ],
    nodes: [
      {
        typeName: 'Organization',
        idPrefix: 'org',
        load: (ctx, id) => ctx.use(OrganizationLoader).byId.load(id),
      },
      { typeName: 'User', idPrefix: 'user', load: (ctx, id) => ctx.use(UserLoader).byId.load(id) },
      {
        typeName: 'Session',
        idPrefix: 'sess',
        load: (ctx, id) => ownSessions.find(ctx, id),
      },
      { typeName: 'AuditEvent', idPrefix: 'evt', load: loadEvent },
      { typeName: 'IdentityProvider', idPrefix: 'idp', load: loadIdentityProvider },
    ],
    authenticator: new Authenticator(accessTokens, externalIdentities),
    sessions,
    publicKeys: accessTokens.publicKeys,
  };
}

/** What the operator does to organizations, without all that only requests need. */
export function createOrganizationAdministration(
  tenancy: Tenancy,
  clock: Clock,
): OrganizationAdministration {
  const stores = { organizations: new OrganizationStore(), sessions: new SessionStore() };
  return new OrganizationAdministration({ tenancy, ...stores, clock });
}
