import { rowLoader } from '../../shared/batch.js';
import { loadPermitted } from '../load-permitted.js';
import { AuditStore } from './audit.store.js';

/** The events of one request, each fetched once. */
export class AuditLoader extends rowLoader(new AuditStore()) {}

export const loadEvent = loadPermitted('audit:read', AuditLoader);
