import { RowhouseError } from '../../shared/errors.js';
import { newUuid } from '../../shared/ids.js';
import type { Tenancy } from '../../tenancy/index.js';
import type { EmailVerificationService } from '../account-token/email-verification.service.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordOrganizationEvent } from '../audit/organization-events.js';
import { recordSignIn } from '../audit/session-events.js';
import { recordNewUser } from '../audit/user-events.js';
import { addressKey } from '../defence/client-address.js';
import type { RateLimit } from '../defence/rate-limit.js';
import type { SignInLimits } from '../defence/sign-in-limits.js';
import { type OrganizationStore, slugTaken } from '../organization/organization.store.js';
import type { Client } from '../request-context.js';
import type { RequestLimit } from '../request-limit.js';
import type { PasswordHasher } from '../session/password-hasher.js';
import type { IssuedTokens, SessionService } from '../session/session.service.js';
import type { SessionOpening } from '../session/session-opening.js';
import type { UserStore } from '../user/user.store.js';
import type { SignUpInput } from './sign-up.input.js';

export interface SignUpSettings {
  /** Whether anybody may make an organization. */
  readonly isOpen: boolean;
}

export interface SignUpServiceOptions {
  readonly tenancy: Tenancy;
  readonly organizations: OrganizationStore;
  readonly users: UserStore;
  readonly passwords: PasswordHasher;
  readonly opening: SessionOpening;
  readonly sessions: SessionService;
  readonly verification: EmailVerificationService;
  /** Of sign-ups from one address. */
  readonly limit: RateLimit;
  /** Of mail to one address: who signs up need not be who reads it. */
  readonly mailLimit: RequestLimit;
  readonly signInLimits: SignInLimits;
  readonly settings: SignUpSettings;
}

export class SignUpService {
  readonly #options: SignUpServiceOptions;

  constructor(options: SignUpServiceOptions) {
    this.#options = options;
  }

  /**
   * Makes an organization, its owner and their first session in one transaction: there is never an
   * organization that nobody can enter. A mail that verifies the owner's address is put down in it as well, unless
   * that address was sent too many: then nobody is refused, and the owner can ask for one.
   *
   * @throws FORBIDDEN where sign-up is closed; RATE_LIMITED; ALREADY_EXISTS when another organization has
   *   the slug
   */
  async signUp(
    { organizationName, slug, name, password, ...input }: SignUpInput,
    client: Client,
  ): Promise<IssuedTokens> {
    const { tenancy, organizations, users, passwords, opening, sessions, verification } =
      this.#options;
    const { limit, signInLimits, settings } = this.#options;
    if (!settings.isOpen) throw signUpClosed();
    const { address } = client;
    await limit.take(addressKey(address));
    // The unique key decides; this spares the work on the password. Slugs are public, so it tells nothing.
    if ((await tenancy.findOrganization(slug)) !== null) throw slugTaken();
    // No connection is held meanwhile.
    const passwordHash = await passwords.hash(password);
    const email = input.email.toLowerCase();
    const isMailed = await this.#mayMail(email, address);
    const orgId = newUuid();
    const session = await tenancy.withTenant({ orgId, userId: null }, 'write', async (tx) => {
      await organizations.create(tx, { name: organizationName, slug });
      const user = await users.create(tx, {
        email,
        name,
        role: 'owner',
        customRoleId: null,
        passwordHash,
      });
      const { id, role } = user;
      await recordOrganizationEvent(tx, AuditEventKind.ORGANIZATION_CREATED, {
        actorId: id,
        address,
        details: {},
      });
      await recordNewUser(tx, { actorId: id, subjectId: id, address, details: { role } });
      const opened = await opening.open(tx, id, client);
      if (!opened) throw new Error('The owner of a new organization was refused a session');
      await recordSignIn(
        tx,
        { kind: AuditEventKind.SESSION_SIGNED_IN, details: {} },
        { userId: id, address },
      );
      if (isMailed) await verification.send(tx, user, organizationName);
      return opened;
    });
    await signInLimits.welcome({ organization: slug, email, address });
    return sessions.tokensOf(session);
  }

  async #mayMail(account: string, address: string | null): Promise<boolean> {
    try {
      await this.#options.mailLimit('email_verification', { account, address });
      return true;
    } catch (error) {
      if (error instanceof RowhouseError && error.code === 'RATE_LIMITED') return false;
      throw error;
    }
  }
}

/** No permission would help: whoever is to have an organization asks the operator. */
function signUpClosed() {
  return new RowhouseError(
    'FORBIDDEN',
    'Sign-up is closed here: new organizations are made by who operates this service. Ask them for one, or for an invitation to yours.',
    { permission: null },
  );
}
