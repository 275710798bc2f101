import type { TenantTransaction } from '../../tenancy/index.js';
import { AuditEventKind } from './audit.type.js';
import { trail } from './audit-trail.js';

/** What else is told of each kind of event about the organization itself. */
export interface OrganizationEventDetails {
  [AuditEventKind.ORGANIZATION_CREATED]: Record<string, never>;
  /** Names of the fields, not their values. */
  [AuditEventKind.ORGANIZATION_UPDATED]: { fields: string[] };
  /** In the operator's words. */
  [AuditEventKind.ORGANIZATION_SUSPENDED]: { reason: string };
  [AuditEventKind.ORGANIZATION_RESUMED]: Record<string, never>;
  /** When it becomes final, in ISO 8601. */
  [AuditEventKind.ORGANIZATION_DELETION_REQUESTED]: { dueAt: string };
  [AuditEventKind.ORGANIZATION_DELETION_CANCELLED]: Record<string, never>;
}

/**
 * Records what was done to the organization of the transaction.
 *
 * @param event.actorId UUID of the user who did it; null for the operator of the service
 */
export async function recordOrganizationEvent<Kind extends keyof OrganizationEventDetails>(
  tx: TenantTransaction,
  kind: Kind,
  event: {
    actorId: string | null;
    address: string | null;
    details: OrganizationEventDetails[Kind];
  },
): Promise<void> {
  await trail.add(tx, { kind, subjectId: null, ...event });
}
