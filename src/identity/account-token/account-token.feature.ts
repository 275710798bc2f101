import type { Feature } from '../../shared/graphql/index.js';
import type { IdentityParts } from '../identity-parts.js';
import type { RequestContext } from '../request-context.js';
import { AccountTokenResolver } from './account-token.resolver.js';
import { EmailChangeService } from './email-change.service.js';
import { EmailVerificationService } from './email-verification.service.js';
import { MailedTokens } from './mailed-tokens.js';
import { PasswordResetService } from './password-reset.service.js';

export interface MailFlows extends Feature<RequestContext> {
  verification: EmailVerificationService;
}

/** What a token from the mail opens. */
export function createMailFlows(parts: IdentityParts): MailFlows {
  const { tokens: store, users, clock } = parts;
  const flows = { ...parts, store, tokens: new MailedTokens(store, users, clock) };
  const verification = new EmailVerificationService(flows);
  return {
    verification,
    resolvers: [
      new AccountTokenResolver(
        verification,
        new PasswordResetService(flows),
        new EmailChangeService(flows),
      ),
    ],
    nodes: [],
  };
}
