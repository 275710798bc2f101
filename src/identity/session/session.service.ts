import { NIL } from 'uuid';
import type { Clock } from '../../shared/clock.js';
import { secondFactorRequired, unauthenticated } from '../../shared/errors.js';
import type { Tenancy } from '../../tenancy/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordSessionEvent, recordSignIn, type SignInEvent } from '../audit/session-events.js';
import type { SignInAttempt, SignInLimits } from '../defence/sign-in-limits.js';
import type { OrganizationStore } from '../organization/organization.store.js';
import { isDeletionDue } from '../organization/organization-administration.js';
import { type Client, type RequestContext, requireCaller } from '../request-context.js';
import type {
  SecondFactorCheck,
  SecondFactorVerdict,
} from '../second-factor/second-factor-check.js';
import type { UserCredentials, UserStore } from '../user/user.store.js';
import type { AccessTokens } from './access-token.js';
import type { PasswordHasher } from './password-hasher.js';
import type { SignInInput } from './session.input.js';
import type { SessionStore } from './session.store.js';
import type { OpenSession, SessionOpening } from './session-opening.js';
import type { SessionRefresh } from './session-refresh.js';

export interface SessionServiceOptions {
  readonly tenancy: Tenancy;
  readonly users: UserStore;
  readonly organizations: OrganizationStore;
  readonly sessions: SessionStore;
  readonly opening: SessionOpening;
  readonly refreshing: SessionRefresh;
  readonly passwords: PasswordHasher;
  readonly limits: SignInLimits;
  readonly secondFactor: SecondFactorCheck;
  readonly accessTokens: AccessTokens;
  readonly clock: Clock;
}

/** What is made for a client; whether it gets to see it depends on how it wants it delivered. */
export interface IssuedTokens {
  readonly accessToken: string;
  readonly expiresAt: Date;
  readonly refreshToken: string;
  readonly issuedAt: Date;
  readonly sessionExpiresAt: Date;
}

interface SignInOutcome {
  /** UUID of the organization; null where there is none of that name. */
  readonly orgId: string | null;
  /** As it was when the password was looked at. */
  readonly user: UserCredentials | null;
  readonly session: OpenSession | null;
  readonly isPasswordRight: boolean;
  readonly secondFactor: SecondFactorVerdict;
}

const NO_MATCH = 'No account matches this organization, e-mail address and password.';

export class SessionService {
  readonly #options: SessionServiceOptions;

  constructor(options: SessionServiceOptions) {
    this.#options = options;
  }

  /**
   * Records the attempt before it answers, where there is such an account.
   *
   * @throws UNAUTHENTICATED, with the same words and after the same work, whether the organization,
   *   the account or the password is wrong, or the account is held by a limit; SECOND_FACTOR_REQUIRED when
   *   the password is right and the code is not; RATE_LIMITED
   */
  async signIn(input: SignInInput, client: Client): Promise<IssuedTokens> {
    const attempt = await this.#options.limits.begin({ ...input, address: client.address });
    const outcome = await this.#attempt(input, client, attempt).catch(async (error: unknown) => {
      await attempt.forget();
      throw error;
    });
    if (outcome.session) {
      await attempt.succeed();
      return this.tokensOf(outcome.session);
    }
    // To guess at codes is as good as to guess at passwords; to have neither failed at is nothing to count.
    if (outcome.isPasswordRight && outcome.secondFactor !== 'wrong') await attempt.forget();
    throw await this.#refusalOf(outcome);
  }

  async #attempt(
    { organization, email, password, code }: SignInInput,
    client: Client,
    attempt: SignInAttempt,
  ): Promise<SignInOutcome> {
    const { tenancy, passwords, opening, secondFactor } = this.#options;
    const orgId = await tenancy.findOrganization(organization);
    // Looked for in any case, in an organization that nobody has: else the time would tell which slugs exist.
    const user = await this.#credentials(orgId ?? NIL, email);
    // No connection is held while the password is worked on. It is worked on in any case: else the time
    // would tell who is held by a limit.
    const matches = await passwords.matches(user ? user.passwordHash : null, password);
    const isPasswordRight = matches && !attempt.isHeld;
    // The same statements in any case but that of a right password: where it is wrong, or there is no such
    // account, or it is held, they find nobody to open a session for, and none to record the attempt of.
    // Statements, round trips and the wait for the commit are those of a wrong password.
    return tenancy.withTenant({ orgId: orgId ?? NIL, userId: null }, 'write', async (tx) => {
      const { address } = client;
      const verdict =
        isPasswordRight && user
          ? await secondFactor.check(tx, user.id, code ?? null, address)
          : 'not needed';
      const isProven = isPasswordRight && (verdict === 'not needed' || verdict === 'good');
      // It may be another password by now, and who has set it has ended what was open.
      const session = await opening.open(tx, isProven && user ? user.id : NIL, client, {
        passwordHash: user?.passwordHash,
      });
      const event = eventOf(session, verdict, attempt);
      await recordSignIn(tx, event ?? REFUSED, {
        userId: (event && user?.id) ?? NIL,
        address,
      });
      return { orgId, user, session, isPasswordRight, secondFactor: verdict };
    });
  }

  /**
   * Opens a session for somebody of whom it is known otherwise who it is.
   *
   * @param lifetimeSeconds of the session and of its access token, where they differ from the settings
   * @throws UNAUTHENTICATED when the user is gone or disabled, or the organization suspended
   */
  async open(
    { orgId, userId }: { orgId: string; userId: string },
    client: Client = { address: null, userAgent: null },
    lifetimeSeconds?: number,
  ): Promise<IssuedTokens> {
    const { tenancy, opening } = this.#options;
    const session = await tenancy.withTenant({ orgId, userId }, 'write', (tx) =>
      opening.open(tx, userId, client, { lifetimeSeconds }),
    );
    if (!session) throw unauthenticated('This account is gone or disabled.');
    return this.tokensOf(session, lifetimeSeconds);
  }

  /** What the client is given of a session that was just opened or refreshed. */
  async tokensOf(session: OpenSession, lifetimeSeconds?: number): Promise<IssuedTokens> {
    const { accessTokens, clock } = this.#options;
    const issuedAt = clock.now();
    const { token, expiresAt } = await accessTokens.issue(session, lifetimeSeconds);
    return {
      accessToken: token,
      expiresAt,
      refreshToken: session.refreshToken,
      issuedAt,
      sessionExpiresAt: session.expiresAt,
    };
  }

  /** @throws UNAUTHENTICATED where the refresh token is not good, or not any more */
  async refresh(token: string, client: Client): Promise<IssuedTokens> {
    return this.tokensOf(await this.#options.refreshing.exchange(token, client));
  }

  /**
   * Ends the session that the caller's access token is of.
   *
   * @returns whether there was one: a key or a foreign token has none
   */
  async signOut(ctx: RequestContext): Promise<boolean> {
    const { sessionId, userId } = requireCaller(ctx);
    if (sessionId === null || !(await this.#options.sessions.delete(ctx.tx, sessionId)))
      return false;
    await recordSessionEvent(ctx.tx, AuditEventKind.SESSION_SIGNED_OUT, {
      actorId: userId,
      subjectId: userId,
      address: ctx.client.address,
    });
    return true;
  }

  /** What keeps somebody out who has the right password, and so may know; null for one that was right. */
  async #whyShut(orgId: string, user: UserCredentials): Promise<string | null> {
    const { tenancy, organizations, users, clock } = this.#options;
    const tenant = { orgId, userId: null };
    const { organization, passwordHash } = await tenancy.withTenant(tenant, 'read', async (tx) => ({
      organization: (await organizations.findByIds(tx, [orgId]))[0],
      passwordHash: await users.findPasswordHash(tx, user.id),
    }));
    if (!organization || isDeletionDue(organization, clock.now())) {
      return 'This organization was deleted.';
    }
    if (passwordHash !== user.passwordHash) return null;
    return organization.suspendedAt === null
      ? 'This account is disabled. Ask who administers the organization.'
      : 'This organization is suspended. Ask who operates this service.';
  }

  async #refusalOf({ orgId, user, isPasswordRight, secondFactor }: SignInOutcome) {
    if (!isPasswordRight || !user || orgId === null) return unauthenticated(NO_MATCH);
    if (secondFactor === 'lacking') {
      return secondFactorRequired(
        'This account has a second factor. Send the code of your authenticator app, or a recovery code, as well.',
      );
    }
    if (secondFactor === 'wrong') {
      return secondFactorRequired(
        'This code is not good, or was used. Send the next one of your authenticator app, or a recovery code.',
      );
    }
    return unauthenticated((await this.#whyShut(orgId, user)) ?? NO_MATCH);
  }

  #credentials(orgId: string, email: string): Promise<UserCredentials | null> {
    const { tenancy, users } = this.#options;
    return tenancy.withTenant({ orgId, userId: null }, 'read', (tx) =>
      users.findCredentials(tx, email.toLowerCase()),
    );
  }
}

const REFUSED = { kind: AuditEventKind.SESSION_REFUSED, details: {} } satisfies SignInEvent;

/** What is recorded of an attempt; null for nothing, as of those that come while a limit holds. */
function eventOf(
  session: OpenSession | null,
  verdict: SecondFactorVerdict,
  { isHeld, newlyHeldBy }: SignInAttempt,
): SignInEvent | null {
  if (session) return { kind: AuditEventKind.SESSION_SIGNED_IN, details: {} };
  if (newlyHeldBy !== null) {
    return { kind: AuditEventKind.SESSION_THROTTLED, details: { limit: newlyHeldBy } };
  }
  if (isHeld) return null;
  if (verdict === 'not needed' || verdict === 'good') return REFUSED;
  return { ...REFUSED, details: { lacking: 'second factor' } };
}
