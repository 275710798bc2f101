import { encodeId } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import { type Client, type RequestContext, requireCaller } from '../request-context.js';
import type { Permission } from '../roles.js';
import { AuditStore, type NewAuditEvent } from './audit.store.js';
import { AuditEventKind } from './audit.type.js';

const store = new AuditStore();

/** A role of the organization's own, by its public id, and by its name, which tells something when it is gone. */
export interface RoleInTrail {
  id: string;
  name: string;
}

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

/** What else is told of each kind of event about a role. */
export interface RoleEventDetails {
  [AuditEventKind.ROLE_CREATED]: { permissions: Permission[] };
  /** What it grants now and did not before, and the other way round. */
  [AuditEventKind.ROLE_UPDATED]: { granted: Permission[]; revoked: Permission[] };
  [AuditEventKind.ROLE_REMOVED]: Record<string, never>;
}

/**
 * Records what the caller has done to a role, in the transaction that does it.
 *
 * @param role with its UUID
 * @throws UNAUTHENTICATED
 */
export async function recordRoleEvent<Kind extends keyof RoleEventDetails>(
  ctx: RequestContext,
  kind: Kind,
  { id, name }: { id: string; name: string },
  details: RoleEventDetails[Kind],
): Promise<void> {
  const actorId = requireCaller(ctx).userId;
  const { address } = ctx.client;
  const role: RoleInTrail = { id: encodeId('role', id), name };
  await store.add(ctx.tx, {
    kind,
    actorId,
    subjectId: null,
    address,
    details: { role, ...details },
  });
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
  await store.add(tx, { kind, actorId: null, subjectId, address, details: {} });
}

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
  await store.add(ctx.tx, { kind, actorId, subjectId: null, address, details });
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
  await store.add(tx, { ...event, kind: AuditEventKind.INVITATION_ACCEPTED, details });
  await store.add(tx, { ...event, kind: AuditEventKind.USER_CREATED, details: { role } });
  await store.add(tx, { ...event, kind: AuditEventKind.SESSION_SIGNED_IN, details: {} });
}

function invitationDetails({ id, email, role }: RecordedInvitation): object {
  return { invitationId: encodeId('inv', id), email, role };
}

/** Who did something, as far as is known, and from where. */
export interface EventSource {
  /** UUID of the user; null where that is not known. */
  actorId: string | null;
  /** Of the client. */
  address: string | null;
}

export type ApiKeyEventKind =
  | AuditEventKind.API_KEY_CREATED
  | AuditEventKind.API_KEY_USED
  | AuditEventKind.API_KEY_REVOKED;

/** A key, as far as the trail tells of it. */
export interface RecordedApiKey {
  /** UUID. */
  readonly id: string;
  /** UUID of whom it acts for. */
  readonly userId: string;
  readonly name: string;
  readonly prefix: string;
}

/** Records what has become of a key, in the transaction in which it does. It is about the key's user. */
export async function recordApiKeyEvent(
  tx: TenantTransaction,
  kind: ApiKeyEventKind,
  key: RecordedApiKey,
  source: EventSource,
): Promise<void> {
  await store.add(tx, apiKeyEvent(kind, key, source));
}

export function apiKeyEvent(
  kind: ApiKeyEventKind,
  { id, userId, name, prefix }: RecordedApiKey,
  source: EventSource,
): NewAuditEvent {
  const details = { apiKeyId: encodeId('key', id), name, prefix };
  return { kind, subjectId: userId, ...source, details };
}

export type TenantSecretEventKind =
  | AuditEventKind.TENANT_SECRET_CREATED
  | AuditEventKind.TENANT_SECRET_USED
  | AuditEventKind.TENANT_SECRET_REVOKED;

/** A tenant secret, as far as the trail tells of it. */
export interface RecordedTenantSecret {
  /** UUID. */
  readonly id: string;
  readonly prefix: string;
}

/** Records what has become of a secret, in the transaction in which it does. */
export async function recordTenantSecretEvent(
  tx: TenantTransaction,
  kind: TenantSecretEventKind,
  secret: RecordedTenantSecret,
  source: EventSource,
): Promise<void> {
  await store.add(tx, tenantSecretEvent(kind, secret, source));
}

export function tenantSecretEvent(
  kind: TenantSecretEventKind,
  { id, prefix }: RecordedTenantSecret,
  source: EventSource,
): NewAuditEvent {
  const details = { tenantSecretId: encodeId('sec', id), prefix };
  return { kind, subjectId: null, ...source, details };
}

/** Records that credentials which named the organization of the transaction were refused. */
export async function recordTenantSecretRefused(
  tx: TenantTransaction,
  address: string | null,
): Promise<void> {
  const kind = AuditEventKind.TENANT_SECRET_REFUSED;
  await store.add(tx, { kind, actorId: null, subjectId: null, address, details: {} });
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
