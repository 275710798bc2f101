import type { Feature } from '../../shared/graphql/index.js';
import type { RequestContext } from '../request-context.js';
import { loadEvent } from './audit.loader.js';
import { AuditResolver } from './audit.resolver.js';
import { AuditService } from './audit.service.js';
import { trail } from './audit-trail.js';

export function createAudit(): Feature<RequestContext> {
  return {
    resolvers: [new AuditResolver(new AuditService(trail))],
    nodes: [{ typeName: 'AuditEvent', idPrefix: 'evt', load: loadEvent }],
  };
}
