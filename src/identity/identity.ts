import type { Outbox } from '../mail/index.js';
import type { Clock } from '../shared/clock.js';
import type { Feature } from '../shared/graphql/index.js';
import type { SecretBox } from '../shared/secret-box.js';
import type { Tenancy } from '../tenancy/index.js';
import { loadEvent } from './audit/audit.loader.js';
import { AuditResolver } from './audit/audit.resolver.js';
import { AuditService } from './audit/audit.service.js';
import { AuditStore } from './audit/audit.store.js';
import { PasswordCheck } from './defence/password-check.js';
import { RateLimit } from './defence/rate-limit.js';
import { type SignInLimitSettings, SignInLimits } from './defence/sign-in-limits.js';
import { OrganizationLoader } from './organization/organization.loader.js';
import { OrganizationResolver } from './organization/organization.resolver.js';
import { OrganizationStore } from './organization/organization.store.js';
import type { RequestContext } from './request-context.js';
import { RecoveryCodeStore } from './second-factor/recovery-code.store.js';
import { SecondFactorResolver } from './second-factor/second-factor.resolver.js';
import { SecondFactorService } from './second-factor/second-factor.service.js';
import { SecondFactorStore } from './second-factor/second-factor.store.js';
import { SecondFactorCheck } from './second-factor/second-factor-check.js';
import { type AccessTokenSettings, AccessTokens } from './session/access-token.js';
import { Authenticator } from './session/authenticator.js';
import { PasswordHasher } from './session/password-hasher.js';
import { SessionResolver } from './session/session.resolver.js';
import { type RefreshSettings, SessionService } from './session/session.service.js';
import { SessionStore } from './session/session.store.js';
import { SessionOpening, type SessionSettings } from './session/session-opening.js';
import type { UserBelongings } from './user/user.belongings.js';
import { UserLoader } from './user/user.loader.js';
import { UserResolver } from './user/user.resolver.js';
import { UserService } from './user/user.service.js';
import { UserStore } from './user/user.store.js';

export interface Identity extends Feature<RequestContext> {
  authenticator: Authenticator;
  sessions: SessionService;
}

export interface IdentitySettings {
  accessTokens: AccessTokenSettings;
  sessions: SessionSettings & RefreshSettings;
  /** How many sign-ins may fail. */
  signIn: SignInLimitSettings;
  passwords: {
    /** How many are worked on at once. */
    readonly atOnce: number;
  };
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
  secretBox,
}: IdentityOptions): Identity {
  const users = new UserStore();
  const sessionStore = new SessionStore();
  const passwords = new PasswordHasher(settings.passwords);
  const factors = new SecondFactorStore();
  const recoveryCodes = new RecoveryCodeStore();
  const secondFactor = new SecondFactorCheck({ factors, recoveryCodes, secretBox, clock });
  const limit = new RateLimit(settings.signIn.perPair);
  const passwordCheck = new PasswordCheck({ tenancy, users, passwords, limit });
  const accessTokens = new AccessTokens(settings.accessTokens, clock);
  const sessions = new SessionService({
    tenancy,
    users,
    sessions: sessionStore,
    opening: new SessionOpening(sessionStore, clock, settings.sessions),
    passwords,
    limits: new SignInLimits(settings.signIn),
    secondFactor,
    accessTokens,
    clock,
    refresh: settings.sessions,
  });
  const userService = new UserService({
    users,
    sessions: sessionStore,
    organizations: new OrganizationStore(),
    passwords,
    passwordCheck,
    factors,
    recoveryCodes,
    belongings,
    clock,
  });
  return {
    resolvers: [
      new OrganizationResolver(),
      new UserResolver(userService),
      new SessionResolver(sessions),
      new SecondFactorResolver(
        new SecondFactorService({
          factors,
          recoveryCodes,
          check: secondFactor,
          users,
          sessions: sessionStore,
          passwordCheck,
          secretBox,
          clock,
        }),
      ),
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
    sessions,
  };
}
