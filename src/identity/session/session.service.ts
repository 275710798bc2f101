import { NIL } from 'uuid';
import { unauthenticated } from '../../shared/errors.js';
import type { Tenancy } from '../../tenancy/index.js';
import { recordSignIn } from '../audit/record-event.js';
import { isRole } from '../roles.js';
import type { UserCredentials, UserStore } from '../user/user.store.js';
import type { AccessToken, AccessTokens } from './access-token.js';
import type { PasswordHasher } from './password-hasher.js';
import type { SignInInput } from './sign-in.input.js';

export class SessionService {
  readonly #tenancy: Tenancy;
  readonly #users: UserStore;
  readonly #passwords: PasswordHasher;
  readonly #tokens: AccessTokens;

  constructor(tenancy: Tenancy, users: UserStore, passwords: PasswordHasher, tokens: AccessTokens) {
    this.#tenancy = tenancy;
    this.#users = users;
    this.#passwords = passwords;
    this.#tokens = tokens;
  }

  /**
   * Records the attempt before it answers, where there is such an account.
   *
   * @param address of the client
   * @throws UNAUTHENTICATED, with the same words and after the same work, whether the organization,
   *   the account or the password is wrong
   */
  async signIn(
    { organization, email, password }: SignInInput,
    address: string | null,
  ): Promise<AccessToken> {
    const orgId = await this.#tenancy.findOrganization(organization);
    // Looked for in any case, in an organization that nobody has: else the time would tell which slugs exist.
    const user = await this.#credentials(orgId ?? NIL, email);
    // No connection is held while the password is worked on.
    const matches = await this.#passwords.matches(user ? user.passwordHash : null, password);
    const role = orgId && user && matches && isRole(user.role) ? user.role : null;
    const isRefused = role === null;
    // One write in any case, of the same statement: where there is no such account it finds none to record
    // the attempt of. Statements, round trips and the wait for the commit are those of a wrong password.
    await this.#tenancy.withTenant({ orgId: orgId ?? NIL, userId: null }, 'write', (tx) =>
      recordSignIn(tx, { userId: user?.id ?? NIL, isRefused, address }),
    );
    if (!orgId || !user || role === null) {
      throw unauthenticated('No account matches this organization, e-mail address and password.');
    }
    return this.#tokens.issue({ orgId, userId: user.id, role });
  }

  #credentials(orgId: string, email: string): Promise<UserCredentials | null> {
    return this.#tenancy.withTenant({ orgId, userId: null }, 'read', (tx) =>
      this.#users.findCredentials(tx, email.toLowerCase()),
    );
  }
}
