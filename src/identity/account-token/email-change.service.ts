import type { Outbox } from '../../mail/index.js';
import type { Clock } from '../../shared/clock.js';
import { badField } from '../../shared/errors.js';
import type { Tenancy } from '../../tenancy/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordAccountEvent } from '../audit/user-events.js';
import { type PasswordCheck, wrongPassword } from '../defence/password-check.js';
import type { InvitationStore } from '../invitation/invitation.store.js';
import { OrganizationLoader } from '../organization/organization.loader.js';
import type { OrganizationStore } from '../organization/organization.store.js';
import { type Client, type RequestContext, requireSession } from '../request-context.js';
import type { RequestLimit } from '../request-limit.js';
import type { UserStore } from '../user/user.store.js';
import type { RequestEmailChangeInput } from './account-token.input.js';
import { emailChangedLetter, emailChangeLetter } from './account-token.letters.js';
import type { AccountTokenStore } from './account-token.store.js';
import type { MailedTokens } from './mailed-tokens.js';

export interface EmailChangeOptions {
  readonly tenancy: Tenancy;
  readonly users: UserStore;
  readonly organizations: OrganizationStore;
  readonly invitations: InvitationStore;
  readonly store: AccountTokenStore;
  readonly tokens: MailedTokens;
  readonly passwordCheck: PasswordCheck;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly appUrl: string;
  readonly limit: RequestLimit;
}

const KIND = 'change_email';

/** Other addresses for accounts, once it is known that their mail is read. */
export class EmailChangeService {
  readonly #options: EmailChangeOptions;

  constructor(options: EmailChangeOptions) {
    this.#options = options;
  }

  /**
   * Sends a mail with a link to the new address. Whether somebody has that already is told to nobody but
   * who reads its mail.
   *
   * @throws BAD_USER_INPUT for a wrong password, or the address that the account has; RATE_LIMITED
   */
  async request(ctx: RequestContext, input: RequestEmailChangeInput): Promise<true> {
    const { users, tokens, passwordCheck, outbox, appUrl, limit } = this.#options;
    const { orgId, userId } = requireSession(ctx);
    await limit('email_change', { account: userId, address: ctx.client.address });
    const path = 'input.password';
    const stored = await passwordCheck.require(ctx, input.password, path);
    const user = await users.findAndLock(ctx.tx, userId);
    // It may be another one by now.
    const isSame = user && (await users.findPasswordHash(ctx.tx, userId)) === stored;
    if (!isSame) throw wrongPassword(path);
    const email = input.newEmail.toLowerCase();
    if (email === user.email) {
      throw badField('input.newEmail', 'This is the e-mail address that the account has.');
    }
    const organization = await ctx.use(OrganizationLoader).byId.load(orgId);
    const token = await tokens.issue(ctx.tx, KIND, { id: userId, email });
    const to = { appUrl, email, name: user.name, organization: organization?.name ?? '' };
    await outbox.add(ctx.tx, emailChangeLetter(to, token));
    return true;
  }

  /**
   * Gives the account the address that the mail went to, which is verified by that.
   *
   * @throws BAD_USER_INPUT for a token that is not good; ALREADY_EXISTS when somebody has the address by now
   */
  async confirm(token: string, client: Client): Promise<true> {
    const { tenancy, users, organizations, invitations, store, tokens, outbox, clock, appUrl } =
      this.#options;
    const read = tokens.read(KIND, token);
    await tenancy.withTenant({ orgId: read.orgId, userId: null }, 'write', async (tx) => {
      const { user, email } = await tokens.redeem(tx, KIND, read);
      // First, as who accepts it: both want the address.
      await invitations.deleteOfEmail(tx, email);
      await users.changeEmail(tx, user.id, email, clock.now());
      // What else was sent, went to the address before.
      await store.deleteOfUser(tx, user.id);
      await recordAccountEvent(tx, AuditEventKind.USER_EMAIL_CHANGED, user.id, client);
      const [organization] = await organizations.findByIds(tx, [read.orgId]);
      const to = { appUrl, email: user.email, name: user.name };
      await outbox.add(tx, emailChangedLetter({ ...to, organization: organization?.name ?? '' }));
    });
    return true;
  }
}
