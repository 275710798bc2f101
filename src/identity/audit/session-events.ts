import type { TenantTransaction } from '../../tenancy/index.js';
import { AuditEventKind } from './audit.type.js';
import { trail } from './audit-trail.js';

/** How a sign-in went: of who was refused, what was lacking; of a limit that begins to hold, which. */
export type SignInEvent =
  | { kind: AuditEventKind.SESSION_SIGNED_IN; details: Record<string, never> }
  | { kind: AuditEventKind.SESSION_REFUSED; details: { lacking?: 'second factor' } }
  | { kind: AuditEventKind.SESSION_THROTTLED; details: { limit: string } };

/**
 * Records a sign-in, if there is such an account in the organization of the transaction; costs the same
 * if there is none.
 *
 * @param attempt.userId UUID of the account that was meant; any other UUID where there is none
 * @param attempt.address of the client
 */
export async function recordSignIn(
  tx: TenantTransaction,
  { kind, details }: SignInEvent,
  { userId, address }: { userId: string; address: string | null },
): Promise<void> {
  // Who gave a wrong password may be anybody.
  const actorId = kind === AuditEventKind.SESSION_SIGNED_IN ? userId : null;
  await trail.addOfUser(tx, { kind, actorId, subjectId: userId, address, details });
}

/** What has become of a session otherwise, or of what opens one. */
export type SessionEventKind =
  | AuditEventKind.SESSION_SIGNED_OUT
  | AuditEventKind.SESSION_REVOKED
  | AuditEventKind.SESSION_REFRESH_REUSED
  | AuditEventKind.USER_RECOVERY_CODE_USED;

/**
 * Records what has become of a user's session, in the transaction in which it does.
 *
 * @param event.actorId UUID of who did it; null where that is not known
 * @param event.subjectId UUID of the user whose session it is
 * @param event.details.sessions how many were ended, where that may be several
 */
export async function recordSessionEvent(
  tx: TenantTransaction,
  kind: SessionEventKind,
  event: {
    actorId: string | null;
    subjectId: string;
    address: string | null;
    details?: { sessions: number };
  },
): Promise<void> {
  await trail.add(tx, { kind, details: {}, ...event });
}
