import type { TenantTransaction } from '../../tenancy/index.js';
import { type Client, type RequestContext, requireCaller } from '../request-context.js';
import { AuditEventKind } from './audit.type.js';
import { trail } from './audit-trail.js';
import type { RoleInTrail } from './role-events.js';

/** What else is told of each kind of event about a user. Nothing that opens anything belongs here. */
export interface UserEventDetails {
  [AuditEventKind.USER_CREATED]: { role: string; customRole?: RoleInTrail };
  /** Names of the fields, not their values: the trail is no copy of the account. */
  [AuditEventKind.USER_UPDATED]: { fields: string[] };
  [AuditEventKind.USER_ROLE_CHANGED]: {
    from: string;
    to: string;
    fromCustomRole?: RoleInTrail;
    toCustomRole?: RoleInTrail;
  };
  [AuditEventKind.USER_PASSWORD_CHANGED]: Record<string, never>;
  [AuditEventKind.USER_DISABLED]: Record<string, never>;
  [AuditEventKind.USER_ENABLED]: Record<string, never>;
  [AuditEventKind.USER_REMOVED]: { role: string; customRole?: RoleInTrail };
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
  await trail.add(ctx.tx, { kind, actorId, subjectId, address, details });
}

/**
 * Records an account that was made otherwise than by a signed-in user, in the transaction that makes it.
 *
 * @param event.actorId UUID of who made it: the user itself, who signed up
 * @param event.subjectId UUID of the new user
 */
export async function recordNewUser(
  tx: TenantTransaction,
  event: {
    actorId: string | null;
    subjectId: string;
    address: string | null;
    details: UserEventDetails[AuditEventKind.USER_CREATED];
  },
): Promise<void> {
  await trail.add(tx, { kind: AuditEventKind.USER_CREATED, ...event });
}

/** What who holds a token from the mail has done to an account. */
export type AccountEventKind =
  | AuditEventKind.USER_EMAIL_VERIFIED
  | AuditEventKind.USER_PASSWORD_RESET
  | AuditEventKind.USER_EMAIL_CHANGED;

/**
 * Records what was done by a token from the mail: whose account it is, is known; who it was, is not.
 *
 * @param subjectId UUID of the user
 */
export async function recordAccountEvent(
  tx: TenantTransaction,
  kind: AccountEventKind,
  subjectId: string,
  { address }: Client,
): Promise<void> {
  await trail.add(tx, { kind, actorId: null, subjectId, address, details: {} });
}
