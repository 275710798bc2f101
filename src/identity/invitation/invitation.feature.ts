import type { Feature } from '../../shared/graphql/index.js';
import type { IdentityParts } from '../identity-parts.js';
import type { RequestContext } from '../request-context.js';
import { permitsOnInvitation } from '../role/role.rules.js';
import type { SessionService } from '../session/session.service.js';
import { loadInvitation } from './invitation.loader.js';
import { InvitationResolver } from './invitation.resolver.js';
import { InvitationService } from './invitation.service.js';

export function createInvitations(
  parts: IdentityParts,
  sessions: SessionService,
): Feature<RequestContext> {
  const service = new InvitationService({ ...parts, store: parts.invitations, sessions });
  return {
    resolvers: [new InvitationResolver(service)],
    nodes: [
      {
        typeName: 'Invitation',
        idPrefix: 'inv',
        load: loadInvitation,
        permits: permitsOnInvitation,
      },
    ],
  };
}
