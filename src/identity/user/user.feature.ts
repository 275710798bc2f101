import type { Feature } from '../../shared/graphql/index.js';
import type { IdentityParts } from '../identity-parts.js';
import type { RequestContext } from '../request-context.js';
import { permitsOnUser } from '../role/role.rules.js';
import { UserLoader } from './user.loader.js';
import { UserResolver } from './user.resolver.js';
import { UserService } from './user.service.js';
import { UserAdministrationService } from './user-administration.service.js';

export function createUsers(parts: IdentityParts): Feature<RequestContext> {
  return {
    resolvers: [new UserResolver(new UserService(parts), new UserAdministrationService(parts))],
    nodes: [
      {
        typeName: 'User',
        idPrefix: 'user',
        load: (ctx, id) => ctx.use(UserLoader).byId.load(id),
        permits: permitsOnUser,
      },
    ],
  };
}
