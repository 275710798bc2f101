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
  await store.add(tx, { kind: AuditEventKind.USER_CREATED, ...event });
}

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
  await store.add(tx, { kind, subjectId: null, ...event });
}

/** How a sign-in went. */
export interface SignInAttempt {
  /** UUID of the account that was meant; any other UUID where there is none. */
  userId: string;
  isRefused: boolean;
  /** Of the client. */
  address: string | null;
}

/**
 * Records a sign-in, if there is such an account in the organization of the transaction; costs the same
 * if there is none.
 */
export async function recordSignIn(
  tx: TenantTransaction,
  { userId, isRefused, address }: SignInAttempt,
): Promise<void> {
  await store.addOfUser(tx, {
    kind: isRefused ? AuditEventKind.SESSION_REFUSED : AuditEventKind.SESSION_SIGNED_IN,
    // Who gave a wrong password may be anybody.
    actorId: isRefused ? null : userId,
    subjectId: userId,
    address,
    details: {},
  });
}

/** What has become of a session otherwise. */
export type SessionEventKind =
  | AuditEventKind.SESSION_SIGNED_OUT
  | AuditEventKind.SESSION_REVOKED
  | AuditEventKind.SESSION_REFRESH_REUSED;

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
  await store.add(tx, { kind, details: {}, ...event });
}

/** Of whom it is told, as the provider's token has it. */
interface Arrival {
  /** Public id of the identity provider. */
  provider: string;
  subject: string;
}

export interface ArrivalDetails {
  [AuditEventKind.USER_LINKED]: Arrival;
  [AuditEventKind.USER_CREATED]: Arrival & { role: string };
}

/**
 * Records how somebody of an identity provider has come to an account, in the transaction in which they do.
 *
 * @param event.subjectId UUID of the user
 */
export async function recordArrival<Kind extends keyof ArrivalDetails>(
  tx: TenantTransaction,
  kind: Kind,
  event: { subjectId: string; address: string | null; details: ArrivalDetails[Kind] },
): Promise<void> {
  await store.add(tx, { kind, actorId: null, ...event });
}

/** What the caller has done about an identity provider. */
export type ProviderEventKind =
  | AuditEventKind.IDENTITY_PROVIDER_CREATED
  | AuditEventKind.IDENTITY_PROVIDER_UPDATED
  | AuditEventKind.IDENTITY_PROVIDER_REMOVED;

/**
 * Records it in the transaction that does it.
 *
 * @param details.provider public id
 * @param details.fields names of those that have changed
 * @throws UNAUTHENTICATED
 */
export async function recordProviderEvent(
  ctx: RequestContext,
  kind: ProviderEventKind,
  details: { provider: string; name: string; issuer: string; audience: string; fields?: string[] },
): Promise<void> {
  const actorId = requireCaller(ctx).userId;
  const { address } = ctx.client;
  await store.add(ctx.tx, { kind, actorId, subjectId: null, address, details });
}
