import { encodeId } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import { type Client, type RequestContext, requireCaller } from '../request-context.js';
import { AuditEventKind } from './audit.type.js';
import { trail } from './audit-trail.js';

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
  readonly role: string;
}

/** Records what the caller has done about an invitation. @throws UNAUTHENTICATED */
export async function recordInvitationEvent(
  ctx: RequestContext,
  kind: InvitationEventKind,
  invitation: RecordedInvitation,
): Promise<void> {
  const actorId = requireCaller(ctx).userId;
  const { address } = ctx.client;
  const details = invitationDetails(invitation);
  await trail.add(ctx.tx, { kind, actorId, subjectId: null, address, details });
}

/**
 * Records that an invitation was accepted, and what came of it: an account, and somebody who is signed in.
 *
 * @param userId UUID of the new user
 */
export async function recordAcceptance(
  tx: TenantTransaction,
  invitation: RecordedInvitation,
  userId: string,
  { address }: Client,
): Promise<void> {
  const event = { actorId: userId, subjectId: userId, address };
  const { role } = invitation;
  const details = invitationDetails(invitation);
  await trail.add(tx, { ...event, kind: AuditEventKind.INVITATION_ACCEPTED, details });
  await trail.add(tx, { ...event, kind: AuditEventKind.USER_CREATED, details: { role } });
  await trail.add(tx, { ...event, kind: AuditEventKind.SESSION_SIGNED_IN, details: {} });
}

function invitationDetails({ id, email, role }: RecordedInvitation): object {
  return { invitationId: encodeId('inv', id), email, role };
}
