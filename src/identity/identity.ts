import type { Outbox } from '../mail/index.js';
import type { Clock } from '../shared/clock.js';
import type { Feature, NodeSources } from '../shared/graphql/index.js';
import type { SecretBox } from '../shared/secret-box.js';
import type { Tenancy } from '../tenancy/index.js';
import { AccountTokenResolver } from './account-token/account-token.resolver.js';
import { AccountTokenStore } from './account-token/account-token.store.js';
import { EmailChangeService } from './account-token/email-change.service.js';
import { EmailVerificationService } from './account-token/email-verification.service.js';
import { MailedTokens } from './account-token/mailed-tokens.js';
import { PasswordResetService } from './account-token/password-reset.service.js';
import { ApiKeyCredentials } from './api-key/api-key.credentials.js';
import { loadApiKey } from './api-key/api-key.loader.js';
import { ApiKeyResolver } from './api-key/api-key.resolver.js';
import { ApiKeyService } from './api-key/api-key.service.js';
import { ApiKeyStore } from './api-key/api-key.store.js';
import { loadEvent } from './audit/audit.loader.js';
import { AuditResolver } from './audit/audit.resolver.js';
import { AuditService } from './audit/audit.service.js';
import { trail } from './audit/audit-trail.js';
import { CredentialUses } from './credential-uses.js';
import { PasswordCheck } from './defence/password-check.js';
import { RateLimit } from './defence/rate-limit.js';
import { type SignInLimitSettings, SignInLimits } from './defence/sign-in-limits.js';
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
import { loadInvitation } from './invitation/invitation.loader.js';
import { InvitationResolver } from './invitation/invitation.resolver.js';
import { InvitationService } from './invitation/invitation.service.js';
import { InvitationStore } from './invitation/invitation.store.js';
import { OrganizationLoader } from './organization/organization.loader.js';
import { OrganizationResolver } from './organization/organization.resolver.js';
import { type DeletionSettings, OrganizationService } from './organization/organization.service.js';
import { OrganizationStore } from './organization/organization.store.js';
import { OrganizationAdministration } from './organization/organization-administration.js';
import { PermissionResolver } from './permission/permission.resolver.js';
import { PermissionService } from './permission/permission.service.js';
import type { RequestContext } from './request-context.js';
import { requestLimit } from './request-limit.js';
import { RoleLoader } from './role/role.loader.js';
import { RoleResolver } from './role/role.resolver.js';
import { permitsOnRole, permitsOnUser } from './role/role.rules.js';
import { RoleService } from './role/role.service.js';
import { RoleStore } from './role/role.store.js';
import { RecoveryCodeStore } from './second-factor/recovery-code.store.js';
import { SecondFactorResolver } from './second-factor/second-factor.resolver.js';
import { SecondFactorService } from './second-factor/second-factor.service.js';
import { SecondFactorStore } from './second-factor/second-factor.store.js';
import { SecondFactorCheck } from './second-factor/second-factor-check.js';
import { type AccessTokenSettings, AccessTokens } from './session/access-token.js';
import { Authenticator } from './session/authenticator.js';
import { OwnSessionsService } from './session/own-sessions.service.js';
import { PasswordHasher } from './session/password-hasher.js';
import { RefreshTokens } from './session/refresh-token.js';
import { SessionResolver, SessionTokensResolver } from './session/session.resolver.js';
import { type RefreshSettings, SessionService } from './session/session.service.js';
import { SessionStore } from './session/session.store.js';
import { SessionOpening, type SessionSettings } from './session/session-opening.js';
import { SignUpResolver } from './sign-up/sign-up.resolver.js';
import { SignUpService, type SignUpSettings } from './sign-up/sign-up.service.js';
import { TenantAuthenticator } from './tenant-secret/tenant-authenticator.js';
import { TenantSecretCredentials } from './tenant-secret/tenant-secret.credentials.js';
import { loadTenantSecret } from './tenant-secret/tenant-secret.loader.js';
import { TenantSecretResolver } from './tenant-secret/tenant-secret.resolver.js';
import { TenantSecretService } from './tenant-secret/tenant-secret.service.js';
import { TenantSecretStore } from './tenant-secret/tenant-secret.store.js';
import type { UserBelongings } from './user/user.belongings.js';
import { UserLoader } from './user/user.loader.js';
import { UserResolver } from './user/user.resolver.js';
import { UserService } from './user/user.service.js';
import { UserStore } from './user/user.store.js';
import { UserAdministrationService } from './user/user-administration.service.js';

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
  /** Where the frontend is, without a slash at the end: links in mail lead there. */
  appUrl: string;
  /** How many sign-ins may fail. */
  signIn: SignInLimitSettings;
  passwords: {
    /** How many are worked on at once. */
    readonly atOnce: number;
  };
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
  outbox,
  secretBox,
}: IdentityOptions): Identity {
  const users = new UserStore();
  const organizations = new OrganizationStore();
  const sessionStore = new SessionStore();
  const passwords = new PasswordHasher(settings.passwords);
  const apiKeyStore = new ApiKeyStore();
  const factors = new SecondFactorStore();
  const recoveryCodes = new RecoveryCodeStore();
  const secondFactor = new SecondFactorCheck({ factors, recoveryCodes, secretBox, clock });
  const limit = new RateLimit(settings.signIn.perPair);
  const passwordCheck = new PasswordCheck({ tenancy, users, passwords, limit });
  const accessTokens = new AccessTokens(settings.accessTokens, clock);
  const { secret, previousSecrets = [] } = settings.accessTokens;
  const refreshTokens = new RefreshTokens([secret, ...previousSecrets]);
  const opening = new SessionOpening(sessionStore, refreshTokens, clock, settings.sessions);
  const signInLimits = new SignInLimits(settings.signIn);
  const sessions = new SessionService({
    tenancy,
    users,
    organizations,
    sessions: sessionStore,
    opening,
    passwords,
    limits: signInLimits,
    secondFactor,
    accessTokens,
    refreshTokens,
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
  const roles = new RoleStore();
  const tokenStore = new AccountTokenStore();
  const tokens = new MailedTokens(tokenStore, users, clock);
  const invitations = new InvitationStore();
  // What sends mail, or lets passwords be guessed, is counted here.
  const mailing = {
    tenancy,
    users,
    outbox,
    clock,
    appUrl: settings.appUrl,
    limit: requestLimit(settings.signIn),
  };
  const mailFlows = {
    ...mailing,
    organizations,
    invitations,
    store: tokenStore,
    tokens,
    passwords,
    passwordCheck,
  };
  const verification = new EmailVerificationService(mailFlows);
  const userService = new UserService({
    users,
    sessions: sessionStore,
    roles,
    tokens: tokenStore,
    invitations,
    passwords,
    passwordCheck,
  });
  const userAdministration = new UserAdministrationService({
    users,
    sessions: sessionStore,
    roles,
    tokens: tokenStore,
    invitations,
    apiKeys: apiKeyStore,
    externalIdentities: identities,
    organizations,
    factors,
    recoveryCodes,
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
    verification,
    limit: new RateLimit(settings.signIn.perAddress),
    mailLimit: mailing.limit,
    signInLimits,
    settings: settings.signUp,
  });
  const machines = machineAccess({
    tenancy,
    accessTokens,
    external: externalIdentities,
    passwords,
    organizations,
    apiKeyStore,
    clock,
  });
  return {
    resolvers: [
      new OrganizationResolver(new OrganizationService(organizations, clock, settings.deletion)),
      new SignUpResolver(signUp),
      new UserResolver(userService, userAdministration),
      new RoleResolver(
        new RoleService({
          roles,
          users,
          sessions: sessionStore,
          apiKeys: apiKeyStore,
          organizations,
        }),
      ),
      new SessionTokensResolver(sessions),
      new SessionResolver(ownSessions),
      new AccountTokenResolver(
        verification,
        new PasswordResetService({ ...mailFlows, sessions: sessionStore, factors, signInLimits }),
        new EmailChangeService(mailFlows),
      ),
      new InvitationResolver(
        new InvitationService({ ...mailing, store: invitations, passwords, opening, sessions }),
      ),
      new SecondFactorResolver(
        new SecondFactorService({
          factors,
          recoveryCodes,
          check: secondFactor,
          organizations,
          users,
          sessions: sessionStore,
          passwordCheck,
          secretBox,
          clock,
        }),
      ),
      new AuditResolver(new AuditService(trail)),
      ...machines.resolvers,
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
      {
        typeName: 'User',
        idPrefix: 'user',
        load: (ctx, id) => ctx.use(UserLoader).byId.load(id),
        permits: permitsOnUser,
      },
      {
        typeName: 'Role',
        idPrefix: 'role',
        load: (ctx, id) => ctx.use(RoleLoader).byId.load(id),
        permits: permitsOnRole,
      },
      {
        typeName: 'Session',
        idPrefix: 'sess',
        load: (ctx, id) => ownSessions.find(ctx, id),
      },
      { typeName: 'Invitation', idPrefix: 'inv', load: loadInvitation },
      { typeName: 'AuditEvent', idPrefix: 'evt', load: loadEvent },
      ...machines.nodes,
      { typeName: 'IdentityProvider', idPrefix: 'idp', load: loadIdentityProvider },
    ],
    authenticator: machines.authenticator,
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

/** What tells frontends what their user may do, to anything that has an id. */
export function createPermissionResolver(nodes: NodeSources<RequestContext>): PermissionResolver {
  return new PermissionResolver(new PermissionService(nodes));
}

interface MachineAccessOptions {
  tenancy: Tenancy;
  accessTokens: AccessTokens;
  external: ExternalIdentityService;
  passwords: PasswordHasher;
  organizations: OrganizationStore;
  apiKeyStore: ApiKeyStore;
  clock: Clock;
}

/** API keys and tenant secrets, and the place where they meet the tokens of people. */
function machineAccess({
  tenancy,
  accessTokens,
  external,
  passwords,
  organizations,
  apiKeyStore,
  clock,
}: MachineAccessOptions): Feature<RequestContext> & { authenticator: Authenticator } {
  const store = new TenantSecretStore();
  const apiKeys = new ApiKeyCredentials({ tenancy, store: apiKeyStore, clock });
  const tenantSecrets = new TenantSecretCredentials({ tenancy, store, passwords, clock });
  const uses = new CredentialUses({
    tenancy,
    apiKeys: apiKeyStore,
    tenantSecrets: store,
    organizations,
    clock,
  });
  return {
    resolvers: [
      new ApiKeyResolver(new ApiKeyService(apiKeyStore, clock)),
      new TenantSecretResolver(new TenantSecretService({ store, organizations, passwords, clock })),
    ],
    nodes: [
      { typeName: 'ApiKey', idPrefix: 'key', load: loadApiKey },
      { typeName: 'TenantSecret', idPrefix: 'sec', load: loadTenantSecret },
    ],
    authenticator: new Authenticator({
      accessTokens,
      external,
      apiKeys,
      uses,
      tenants: new TenantAuthenticator({
        tenancy,
        accessTokens,
        apiKeys,
        tenantSecrets,
        uses,
        clock,
      }),
    }),
  };
}
