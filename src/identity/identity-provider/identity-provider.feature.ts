import type { Feature } from '../../shared/graphql/index.js';
import type { IssuerClient } from '../external-identity/issuer-client.js';
import type { IdentityParts } from '../identity-parts.js';
import type { RequestContext } from '../request-context.js';
import { loadIdentityProvider } from './identity-provider.loader.js';
import { IdentityProviderResolver } from './identity-provider.resolver.js';
import { IdentityProviderService } from './identity-provider.service.js';

export function createIdentityProviders(
  parts: IdentityParts,
  issuers: IssuerClient,
): Feature<RequestContext> {
  const service = new IdentityProviderService({
    ...parts,
    identities: parts.externalIdentities,
    ownIssuer: parts.accessTokens.issuer,
    addressFault: (url) => issuers.addressFault(url),
  });
  return {
    resolvers: [new IdentityProviderResolver(service)],
    nodes: [{ typeName: 'IdentityProvider', idPrefix: 'idp', load: loadIdentityProvider }],
  };
}
