import type { Feature } from '../../shared/graphql/index.js';
import type { IdentityParts } from '../identity-parts.js';
import type { RequestContext } from '../request-context.js';
import { loadApiKey } from './api-key.loader.js';
import { ApiKeyResolver } from './api-key.resolver.js';
import { ApiKeyService } from './api-key.service.js';

export function createApiKeys({ apiKeys, clock }: IdentityParts): Feature<RequestContext> {
  return {
    resolvers: [new ApiKeyResolver(new ApiKeyService(apiKeys, clock))],
    nodes: [{ typeName: 'ApiKey', idPrefix: 'key', load: loadApiKey }],
  };
}
