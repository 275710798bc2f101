import type { Feature } from '../../shared/graphql/index.js';
import type { IdentityParts } from '../identity-parts.js';
import type { RequestContext } from '../request-context.js';
import { RoleLoader } from './role.loader.js';
import { RoleResolver } from './role.resolver.js';
import { permitsOnRole } from './role.rules.js';
import { RoleService } from './role.service.js';

export function createRoles(parts: IdentityParts): Feature<RequestContext> {
  return {
    resolvers: [new RoleResolver(new RoleService(parts))],
    nodes: [
      {
        typeName: 'Role',
        idPrefix: 'role',
        load: (ctx, id) => ctx.use(RoleLoader).byId.load(id),
        permits: permitsOnRole,
      },
    ],
  };
}
