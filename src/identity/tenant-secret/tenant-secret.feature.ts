import type { Feature } from '../../shared/graphql/index.js';
import type { IdentityParts } from '../identity-parts.js';
import type { RequestContext } from '../request-context.js';
import { loadTenantSecret } from './tenant-secret.loader.js';
import { TenantSecretResolver } from './tenant-secret.resolver.js';
import { TenantSecretService } from './tenant-secret.service.js';

export function createTenantSecrets(parts: IdentityParts): Feature<RequestContext> {
  const service = new TenantSecretService({ ...parts, store: parts.tenantSecrets });
  return {
    resolvers: [new TenantSecretResolver(service)],
    nodes: [{ typeName: 'TenantSecret', idPrefix: 'sec', load: loadTenantSecret }],
  };
}
