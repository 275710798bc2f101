import { setTimeout as delay } from 'node:timers/promises';
import { NIL } from 'uuid';
import type { Outbox } from '../../mail/index.js';
import type { Tenancy, TenantTransaction } from '../../tenancy/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordAccountEvent } from '../audit/user-events.js';
import type { SignInLimits } from '../defence/sign-in-limits.js';
import type { OrganizationStore } from '../organization/organization.store.js';
import type { Client } from '../request-context.js';
import type { RequestLimit } from '../request-limit.js';
import type { SecondFactorStore } from '../second-factor/second-factor.store.js';
import type { PasswordHasher } from '../session/password-hasher.js';
import type { SessionStore } from '../session/session.store.js';
import type { UserStore } from '../user/user.store.js';
import type { RequestPasswordResetInput, ResetPasswordInput } from './account-token.input.js';
import { passwordResetLetter, passwordWasResetLetter } from './account-token.letters.js';
import type { AccountTokenStore } from './account-token.store.js';
import type { MailedTokens } from './mailed-tokens.js';

export interface PasswordResetOptions {
  readonly tenancy: Tenancy;
  readonly users: UserStore;
  readonly organizations: OrganizationStore;
  readonly sessions: SessionStore;
  readonly store: AccountTokenStore;
  readonly tokens: MailedTokens;
  readonly passwords: PasswordHasher;
  readonly factors: SecondFactorStore;
  readonly signInLimits: SignInLimits;
  readonly outbox: Outbox;
  readonly appUrl: string;
  readonly limit: RequestLimit;
}

const KIND = 'reset_password';

/**
 * Answers leave this long after their requests came, or twice as long, and so on. Whatever is found is done within
 * one step, if not on a server that is overloaded, so the time tells nothing; a sign-in takes about as long.
 */
const STEP_MS = 100;

/** New passwords for people who have forgotten theirs, and read their mail. */
export class PasswordResetService {
  readonly #options: PasswordResetOptions;

  constructor(options: PasswordResetOptions) {
    this.#options = options;
  }

  /**
   * Sends a mail with a link to whoever has this address, if there is such an account and it can sign in.
   *
   * @returns true, after the same time, whether there is or not
   * @throws RATE_LIMITED, by what was asked for and not by what there is
   */
  async request(
    { organization, email }: RequestPasswordResetInput,
    { address }: Client,
  ): Promise<true> {
    const { tenancy, limit } = this.#options;
    const account = `${organization}/${email.toLowerCase()}`;
    await limit('password_reset', { account, address });
    const start = performance.now();
    const orgId = await tenancy.findOrganization(organization);
    // In any case the same statements, in an organization that nobody has if need be, and a commit.
    await tenancy.withTenant({ orgId: orgId ?? NIL, userId: null }, 'write', (tx) =>
      this.#send(tx, email.toLowerCase()),
    );
    await delay(STEP_MS - ((performance.now() - start) % STEP_MS));
    return true;
  }

  /**
   * Gives the account another password and ends all its sessions. Opens none: the account may ask for a second
   * factor, and a mailbox is none. Where it asks for none, limits on sign-in let whoever did this in.
   *
   * @throws BAD_USER_INPUT for a token that is not good
   */
  async reset({ token, newPassword }: ResetPasswordInput, client: Client): Promise<true> {
    const { tenancy, tokens, passwords, signInLimits } = this.#options;
    const read = tokens.read(KIND, token);
    const tenant = { orgId: read.orgId, userId: null };
    // First a look, so that nobody has passwords hashed for nothing; and no connection is held meanwhile.
    await tenancy.withTenant(tenant, 'read', (tx) => tokens.check(tx, KIND, read));
    const passwordHash = await passwords.hash(newPassword);
    const proven = await tenancy.withTenant(tenant, 'write', async (tx) => {
      const { users, organizations, sessions, store, factors, outbox, appUrl } = this.#options;
      const { user } = await tokens.redeem(tx, KIND, read);
      await users.update(tx, user.id, { passwordHash });
      await sessions.deleteOfUser(tx, user.id);
      // Whoever had the password may have asked for another address, to come back by.
      await store.deleteOfUser(tx, user.id, [KIND, 'change_email']);
      await recordAccountEvent(tx, AuditEventKind.USER_PASSWORD_RESET, user.id, client);
      const [organization] = await organizations.findByIds(tx, [read.orgId]);
      const { email, name } = user;
      const to = { appUrl, email, name, organization: organization?.name ?? '' };
      await outbox.add(tx, passwordWasResetLetter(to));
      // Else who reads the mail alone could guess at more codes with each link.
      const hasFactor = (await factors.findConfirmed(tx, [user.id])).length > 0;
      if (!organization || hasFactor) return null;
      return { organization: organization.slug, email, address: client.address };
    });
    if (proven) await signInLimits.welcome(proven);
    return true;
  }

  async #send(tx: TenantTransaction, email: string): Promise<void> {
    const { store, tokens, outbox, appUrl } = this.#options;
    const issued = await tokens.issueReset(tx, email);
    if (!issued) return store.sendNothing(tx);
    const { token, addressee } = issued;
    await outbox.add(tx, passwordResetLetter({ appUrl, email, ...addressee }, token));
  }
}
