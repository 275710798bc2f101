import { rowLoader } from '../../shared/batch.js';
import { loadPermitted } from '../load-permitted.js';
import { trail } from './audit-trail.js';

/** The events of one request, each fetched once. */
class AuditLoader extends rowLoader(trail) {}

export const loadEvent = loadPermitted('audit:read', AuditLoader);
