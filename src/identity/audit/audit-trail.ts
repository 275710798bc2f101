import { AuditStore } from './audit.store.js';

/** The one store of events: what is recorded anywhere is added here, and read here. */
export const trail = new AuditStore();
