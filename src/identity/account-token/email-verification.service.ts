import type { Outbox } from '../../mail/index.js';
import type { Clock } from '../../shared/clock.js';
import { notFound } from '../../shared/errors.js';
import { encodeId } from '../../shared/ids.js';
import type { Tenancy, TenantTransaction } from '../../tenancy/index.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordAccountEvent } from '../audit/user-events.js';
import { OrganizationLoader } from '../organization/organization.loader.js';
import { type Client, type RequestContext, requireCaller } from '../request-context.js';
import type { RequestLimit } from '../request-limit.js';
import type { UserRow, UserStore } from '../user/user.store.js';
import { verificationLetter } from './account-token.letters.js';
import type { MailedTokens } from './mailed-tokens.js';

export interface EmailVerificationOptions {
  readonly tenancy: Tenancy;
  readonly users: UserStore;
  readonly tokens: MailedTokens;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly appUrl: string;
  readonly limit: RequestLimit;
}

const KIND = 'verify_email';

/** Whether people read the mail of the address that their account has. */
export class EmailVerificationService {
  readonly #options: EmailVerificationOptions;

  constructor(options: EmailVerificationOptions) {
    this.#options = options;
  }

  /**
   * Sends the caller a mail with a link. That of a mail before is good no more.
   *
   * @returns false when the address is verified already, and nothing is sent
   * @throws NOT_FOUND when the caller's account was removed since the sign-in; RATE_LIMITED
   */
  async request(ctx: RequestContext): Promise<boolean> {
    const { users, limit } = this.#options;
    const { orgId, userId } = requireCaller(ctx);
    await limit('email_verification', { account: userId, address: ctx.client.address });
    const user = await users.findAndLock(ctx.tx, userId);
    if (!user) throw notFound(encodeId('user', userId));
    if (user.emailVerifiedAt !== null) return false;
    const organization = await ctx.use(OrganizationLoader).byId.load(orgId);
    await this.send(ctx.tx, user, organization?.name ?? '');
    return true;
  }

  /**
   * Puts down a mail with a link, in the transaction of who calls.
   *
   * @param user one who is locked, or was made in this transaction
   * @param organization its name
   */
  async send(tx: TenantTransaction, user: UserRow, organization: string): Promise<void> {
    const { tokens, outbox, appUrl } = this.#options;
    const token = await tokens.issue(tx, KIND, user);
    const { email, name } = user;
    await outbox.add(tx, verificationLetter({ appUrl, email, name, organization }, token));
  }

  /** @throws BAD_USER_INPUT for a token that is not good */
  async verify(token: string, client: Client): Promise<boolean> {
    const { tenancy, users, tokens, clock } = this.#options;
    const read = tokens.read(KIND, token);
    await tenancy.withTenant({ orgId: read.orgId, userId: null }, 'write', async (tx) => {
      const { user } = await tokens.redeem(tx, KIND, read);
      await users.update(tx, user.id, { emailVerifiedAt: clock.now() });
      await recordAccountEvent(tx, AuditEventKind.USER_EMAIL_VERIFIED, user.id, client);
    });
    return true;
  }
}
