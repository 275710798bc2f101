import type { Feature } from '../../shared/graphql/index.js';
import type { IdentityParts } from '../identity-parts.js';
import type { RequestContext } from '../request-context.js';
import { OrganizationLoader } from './organization.loader.js';
import { OrganizationResolver } from './organization.resolver.js';
import { OrganizationService } from './organization.service.js';

export function createOrganizations(parts: IdentityParts): Feature<RequestContext> {
  const { deletion } = parts.settings;
  return {
    resolvers: [new OrganizationResolver(new OrganizationService({ ...parts, deletion }))],
    nodes: [
      {
        typeName: 'Organization',
        idPrefix: 'org',
        load: (ctx, id) => ctx.use(OrganizationLoader).byId.load(id),
      },
    ],
  };
}
