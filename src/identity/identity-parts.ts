import type { Outbox } from '../mail/index.js';
import type { Clock } from '../shared/clock.js';
import type { SecretBox } from '../shared/secret-box.js';
import type { Tenancy } from '../tenancy/index.js';
import { AccountTokenStore } from './account-token/account-token.store.js';
import { ApiKeyStore } from './api-key/api-key.store.js';
import { PasswordCheck } from './defence/password-check.js';
import { type Limit, RateLimit } from './defence/rate-limit.js';
import { type SignInLimitSettings, SignInLimits } from './defence/sign-in-limits.js';
import { ExternalIdentityStore } from './external-identity/external-identity.store.js';
import type { IssuerClientSettings } from './external-identity/issuer-client.js';
import type { IssuerKeysSettings } from './external-identity/issuer-keys.js';
import { IdentityProviderStore } from './identity-provider/identity-provider.store.js';
import { InvitationStore } from './invitation/invitation.store.js';
import type { LocalDayRecords } from './organization/local-day-records.js';
import type { DeletionSettings } from './organization/organization.service.js';
import { OrganizationStore } from './organization/organization.store.js';
import { PublishableKeyStore } from './publishable-key/publishable-key.store.js';
import { requestLimit } from './request-limit.js';
import { RoleStore } from './role/role.store.js';
import { RecoveryCodeStore } from './second-factor/recovery-code.store.js';
import { SecondFactorStore } from './second-factor/second-factor.store.js';
import { type AccessTokenSettings, AccessTokens } from './session/access-token.js';
import { PasswordHasher } from './session/password-hasher.js';
import { RefreshTokens } from './session/refresh-token.js';
import { SessionStore } from './session/session.store.js';
import { SessionOpening, type SessionSettings } from './session/session-opening.js';
import type { RefreshSettings } from './session/session-refresh.js';
import type { SignUpSettings } from './sign-up/sign-up.service.js';
import { TenantSecretStore } from './tenant-secret/tenant-secret.store.js';
import type { UserBelongings } from './user/user.belongings.js';
import { UserStore } from './user/user.store.js';
import type { ShopperWelcome } from './visitor/shopper-welcome.js';

export interface IdentitySettings {
  accessTokens: AccessTokenSettings;
  sessions: SessionSettings & RefreshSettings;
  signUp: SignUpSettings;
  deletion: DeletionSettings;
  /** Where the frontend is, without a slash at the end: links in mail lead there. */
  appUrl: string;
  /** How many sign-ins may fail. */
  signIn: SignInLimitSettings;
  /** How many cart tokens a network address can have made in an organization. */
  guestCarts: Limit;
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
  /** What becomes of a guest's cart at the sign-in. */
  welcome: ShopperWelcome;
  /** What the other features keep by local days. */
  dayRecords: LocalDayRecords;
  /** Seals what has to be read again. */
  secretBox: SecretBox;
  /** Where mail is put down. */
  outbox: Outbox;
}

/** What several folders are made of, under the names by which their services ask for it. */
export type IdentityParts = ReturnType<typeof createParts>;

export function createParts(options: IdentityOptions) {
  const { tenancy, settings, clock, welcome } = options;
  const users = new UserStore();
  const sessions = new SessionStore();
  const passwords = new PasswordHasher(settings.passwords);
  const limit = new RateLimit(settings.signIn.perPair);
  const { secret, previousSecrets = [] } = settings.accessTokens;
  const refreshTokens = new RefreshTokens([secret, ...previousSecrets]);
  return {
    ...options,
    users,
    sessions,
    organizations: new OrganizationStore(),
    roles: new RoleStore(),
    invitations: new InvitationStore(),
    tokens: new AccountTokenStore(),
    apiKeys: new ApiKeyStore(),
    tenantSecrets: new TenantSecretStore(),
    publishableKeys: new PublishableKeyStore(),
    factors: new SecondFactorStore(),
    recoveryCodes: new RecoveryCodeStore(),
    providers: new IdentityProviderStore(),
    externalIdentities: new ExternalIdentityStore(),
    passwords,
    passwordCheck: new PasswordCheck({ tenancy, users, passwords, limit }),
    accessTokens: new AccessTokens(settings.accessTokens, clock),
    refreshTokens,
    opening: new SessionOpening(sessions, refreshTokens, clock, settings.sessions, welcome),
    signInLimits: new SignInLimits(settings.signIn),
    appUrl: settings.appUrl,
    /** Of what sends mail: counted in one place for all that does. */
    limit: requestLimit(settings.signIn),
  };
}
