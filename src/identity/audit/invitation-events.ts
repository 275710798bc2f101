import { encodeId } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import { type Client, type RequestContext, requireCaller } from '../request-context.js';
import { AuditEventKind } from './audit.type.js';
import { trail } from './audit-trail.js';
import { type RecordedRole, roleDetails } from './role-events.js';

/** What can become of an invitation. */
export type InvitationEventKind =
  | AuditEventKind.INVITATION_CREATED
  | AuditEventKind.INVITATION_RESENT
  | AuditEventKind.INVITATION_REVOKED;

/** An invitation, as far as the trail tells of it: with the address, because no account stands for it. */
export interface RecordedInvitation {
  /** UUID. */
  readonly id: string;
  readonly email: string;
}

/** Records what the caller has done about an invitation. @throws UNAUTHENTICATED */
export async function recordInvitationEvent(
  ctx: RequestContext,
  kind: InvitationEventKind,
  invitation: RecordedInvitation,
  role: RecordedRole,
): Promise<void> {
  const actorId = requireCaller(ctx).userId;
  const { address } = ctx.client;
  const details = invitationDetails(invitation, role);
  await trail.add(ctx.tx, { kind, actorId, subjectId: null, address, details });
}

/**
 * Records that an invitation was accepted, and what came of it: an account, and somebody who is signed in.
 *
 * @param by.userId UUID of the new user
 */
export async function recordAcceptance(
  tx: TenantTransaction,
  invitation: RecordedInvitation,
  role: RecordedRole,
  { userId, client: { address } }: { userId: string; client: Client },
): Promise<void> {
  const event = { actorId: userId, subjectId: userId, address };
  const details = invitationDetails(invitation, role);
  await trail.add(tx, { ...event, kind: AuditEventKind.INVITATION_ACCEPTED, details });
  await trail.add(tx, { ...event, kind: AuditEventKind.USER_CREATED, details: roleDetails(role) });
  await trail.add(tx, { ...event, kind: AuditEventKind.SESSION_SIGNED_IN, details: {} });
}

function invitationDetails({ id, email }: RecordedInvitation, role: RecordedRole): object {
  return { invitationId: encodeId('inv', id), email, ...roleDetails(role) };
}
