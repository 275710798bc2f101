import type { Feature } from '../../shared/graphql/index.js';
import type { EmailVerificationService } from '../account-token/email-verification.service.js';
import { RateLimit } from '../defence/rate-limit.js';
import type { IdentityParts } from '../identity-parts.js';
import type { RequestContext } from '../request-context.js';
import type { SessionService } from '../session/session.service.js';
import { SignUpResolver } from './sign-up.resolver.js';
import { SignUpService } from './sign-up.service.js';

export function createSignUp(
  parts: IdentityParts,
  sessions: SessionService,
  verification: EmailVerificationService,
): Feature<RequestContext> {
  const limit = new RateLimit(parts.settings.signIn.perAddress);
  const service = new SignUpService({
    ...parts,
    sessions,
    verification,
    limit,
    mailLimit: parts.limit,
    settings: parts.settings.signUp,
  });
  return { resolvers: [new SignUpResolver(service)], nodes: [] };
}
