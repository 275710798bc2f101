import { encodeId } from '../../shared/ids.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import type { Permission } from '../roles.js';
import { AuditEventKind } from './audit.type.js';
import { trail } from './audit-trail.js';

/** A role of the organization's own, by its public id, and by its name, which tells something when it is gone. */
export interface RoleInTrail {
  id: string;
  name: string;
}

/** The role that an account has, or is to have. */
export interface RecordedRole {
  readonly role: string;
  /** Null for one that all organizations have. */
  readonly custom: RoleInTrail | null;
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
  await trail.add(ctx.tx, {
    kind,
    actorId,
    subjectId: null,
    address,
    details: { role, ...details },
  });
}

/** The role of an account, as the trail tells it. */
export function roleDetails({ role, custom }: RecordedRole) {
  return { role, ...(custom && { customRole: custom }) };
}
