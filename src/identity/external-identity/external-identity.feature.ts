import type { Feature } from '../../shared/graphql/index.js';
import { TokenLimits } from '../defence/token-limits.js';
import type { IdentityParts } from '../identity-parts.js';
import type { RequestContext } from '../request-context.js';
import type { SessionService } from '../session/session.service.js';
import { ExternalAccounts } from './external-accounts.js';
import { ExternalIdentityResolver } from './external-identity.resolver.js';
import { ExternalIdentityService } from './external-identity.service.js';
import { ExternalTokens } from './external-tokens.js';
import type { IssuerClient } from './issuer-client.js';
import { IssuerKeys } from './issuer-keys.js';

export interface ExternalIdentities extends Feature<RequestContext> {
  external: ExternalIdentityService;
}

export function createExternalIdentities(
  parts: IdentityParts,
  sessions: SessionService,
  issuers: IssuerClient,
): ExternalIdentities {
  const { externalIdentities: identities, settings, clock } = parts;
  const keys = new IssuerKeys(issuers, settings.externalIdentity);
  const tokens = new ExternalTokens(keys, clock);
  const limits = new TokenLimits(settings.signIn.perAddress);
  const accounts = new ExternalAccounts({ ...parts, identities });
  const external = new ExternalIdentityService({
    ...parts,
    identities,
    accounts,
    sessions,
    tokens,
    limits,
  });
  return { external, resolvers: [new ExternalIdentityResolver(external)], nodes: [] };
}
