import { NIL } from 'uuid';
import { unauthenticated } from '../../shared/errors.js';
import type { Tenancy } from '../../tenancy/index.js';
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
   * @throws UNAUTHENTICATED, with the same words and after the same work, whether the organization,
   *   the account or the password is wrong
   */
  async signIn({ organization, email, password }: SignInInput): Promise<AccessToken> {
    const orgId = await this.#tenancy.findOrganization(organization);
    // Looked for in any case, in an organization that nobody has: else the time would tell which slugs exist.
    const user = await this.#credentials(orgId ?? NIL, email);
    // No connection is held while the password is worked on.
    const matches = await this.#passwords.matches(user ? user.passwordHash : null, password);
    if (!orgId || !user || !matches || !isRole(user.role)) {
      throw unauthenticated('No account matches this organization, e-mail address and password.');
    }
    return this.#tokens.issue({ orgId, userId: user.id, role: user.role });
  }

  #credentials(orgId: string, email: string): Promise<UserCredentials | null> {
    return this.#tenancy.withTenant({ orgId, userId: null }, 'read', (tx) =>
      this.#users.findCredentials(tx, email.toLowerCase()),
    );
  }
}
