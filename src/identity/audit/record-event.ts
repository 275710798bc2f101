import type { TenantTransaction } from '../../tenancy/index.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import { AuditStore } from './audit.store.js';
import { AuditEventKind } from './audit.type.js';

const store = new AuditStore();

/** What else is told of each kind of event about a user. Nothing that opens anything belongs here. */
export interface UserEventDetails {
  [AuditEventKind.USER_CREATED]: { role: string };
  /** Names of the fields, not their values: the trail is no copy of the account. */
  [AuditEventKind.USER_UPDATED]: { fields: string[] };
  [AuditEventKind.USER_ROLE_CHANGED]: { from: string; to: string };
  [AuditEventKind.USER_PASSWORD_CHANGED]: Record<string, never>;
  [AuditEventKind.USER_DISABLED]: Record<string, never>;
  [AuditEventKind.USER_ENABLED]: Record<string, never>;
  [AuditEventKind.USER_REMOVED]: { role: string };
  [AuditEventKind.USER_SECOND_FACTOR_ENABLED]: Record<string, never>;
  [AuditEventKind.USER_SECOND_FACTOR_DISABLED]: Record<string, never>;
}

/**
 * Records what the caller has done to a user, in the transaction that does it: both stand or neither.
 *
 * @param subjectId UUID of the user whom it is about
 * @throws UNAUTHENTICATED
 */
export async function recordUserEvent<Kind extends keyof UserEventDetails>(
  ctx: RequestContext,
  kind: Kind,
  subjectId: string,
  details: UserEventDetails[Kind],
): Promise<void> {
  const actorId = requireCaller(ctx).userId;
  const { address } = ctx.client;
  await store.add(ctx.tx, { kind, actorId, subjectId, address, details });
}

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
  await store.addOfUser(tx, { kind, actorId, subjectId: userId, address, details });
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
 */
export async function recordSessionEvent(
  tx: TenantTransaction,
  kind: SessionEventKind,
  event: { actorId: string | null; subjectId: string; address: string | null },
): Promise<void> {
  await store.add(tx, { kind, ...event, details: {} });
}
