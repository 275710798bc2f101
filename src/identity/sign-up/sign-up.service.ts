import { RowhouseError } from '../../shared/errors.js';
import { newUuid } from '../../shared/ids.js';
import type { Tenancy } from '../../tenancy/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordNewUser, recordOrganizationEvent, recordSignIn } from '../audit/record-event.js';
import { addressKey } from '../defence/client-address.js';
import type { RateLimit } from '../defence/rate-limit.js';
import { type OrganizationStore, slugTaken } from '../organization/organization.store.js';
import type { Client } from '../request-context.js';
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
  /** Of sign-ups from one address. */
  readonly limit: RateLimit;
  readonly settings: SignUpSettings;
}

export class SignUpService {
  readonly #options: SignUpServiceOptions;

  constructor(options: SignUpServiceOptions) {
    this.#options = options;
  }

  /**
   * Makes an organization, its owner and their first session in one transaction: there is never an
   * organization that nobody can enter.
   *
   * @throws FORBIDDEN where sign-up is closed; RATE_LIMITED; ALREADY_EXISTS when another organization has
   *   the slug
   */
  async signUp(
    { organizationName, slug, name, email, password }: SignUpInput,
    client: Client,
  ): Promise<IssuedTokens> {
    const { tenancy, organizations, users, passwords, opening, sessions, limit, settings } =
      this.#options;
    if (!settings.isOpen) throw signUpClosed();
    await limit.take(addressKey(client.address));
    // The unique key decides; this spares the work on the password. Slugs are public, so it tells nothing.
    if ((await tenancy.findOrganization(slug)) !== null) throw slugTaken();
    // No connection is held meanwhile.
    const passwordHash = await passwords.hash(password);
    const orgId = newUuid();
    const session = await tenancy.withTenant({ orgId, userId: null }, 'write', async (tx) => {
      await organizations.create(tx, { name: organizationName, slug });
      const user = {
        email: email.toLowerCase(),
        name,
        role: 'owner',
        customRoleId: null,
        passwordHash,
      };
      const { id, role } = await users.create(tx, user);
      const { address } = client;
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
      return opened;
    });
    return sessions.tokensOf(session);
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
