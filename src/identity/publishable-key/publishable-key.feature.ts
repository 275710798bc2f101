import type { Feature } from '../../shared/graphql/index.js';
import type { IdentityParts } from '../identity-parts.js';
import type { RequestContext } from '../request-context.js';
import { loadPublishableKey } from './publishable-key.loader.js';
import { PublishableKeyResolver } from './publishable-key.resolver.js';
import { PublishableKeyService } from './publishable-key.service.js';

export function createPublishableKeys({ publishableKeys }: IdentityParts): Feature<RequestContext> {
  return {
    resolvers: [new PublishableKeyResolver(new PublishableKeyService(publishableKeys))],
    nodes: [{ typeName: 'PublishableKey', idPrefix: 'pub', load: loadPublishableKey }],
  };
}
