import type { TenantTransaction } from '../../tenancy/index.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import { AuditStore } from './audit.store.js';
import { AuditEventKind } from './audit.type.js';

const store = new AuditStore();

/** Longer than any address; what a proxy passes on is cut off there. */
const LONGEST_ADDRESS = 64;

/** What else is told of each kind of event about a user. Nothing that opens anything belongs here. */
export interface UserEventDetails {
  [AuditEventKind.USER_CREATED]: { role: string };
  /** Names of the fields, not their values: the trail is no copy of the account. */
  [AuditEventKind.USER_UPDATED]: { fields: string[] };
  [AuditEventKind.USER_ROLE_CHANGED]: { from: string; to: string };
  [AuditEventKind.USER_PASSWORD_CHANGED]: Record<string, never>;
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
  const address = cut(ctx.address);
  await store.add(ctx.tx, { kind, actorId, subjectId, address, details });
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
    address: cut(address),
    details: {},
  });
}

function cut(address: string | null): string | null {
  return address ? address.slice(0, LONGEST_ADDRESS) : null;
}
