import type { TenantTransaction } from '../../tenancy/index.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import { AuditEventKind } from './audit.type.js';
import { trail } from './audit-trail.js';

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
  await trail.add(tx, { kind, actorId: null, ...event });
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
  await trail.add(ctx.tx, { kind, actorId, subjectId: null, address, details });
}
