import { fixedStatement } from '../../shared/statements/index.js';
import { type model, query, type TenantTransaction } from '../../tenancy/index.js';
import { userIsLetIn } from '../let-in.js';
import { type Grant, grantOf } from '../roles.js';

/** What a refresh looks at. */
export type RefreshableSession = Pick<
  model.Session,
  'id' | 'userId' | 'stamp' | 'refreshHash' | 'successorSealed' | 'refreshedAt' | 'expiresAt'
> & { grant: Grant; requiresTenantSecret: boolean };

const locked = fixedStatement('sessions.lock', (of: { orgId: string; id: string }) =>
  query
    .selectFrom('sessions')
    .select([
      'sessions.id',
      'sessions.user_id as userId',
      'sessions.stamp',
      'sessions.refresh_hash as refreshHash',
      'sessions.successor_sealed as successorSealed',
      'sessions.refreshed_at as refreshedAt',
      'sessions.expires_at as expiresAt',
    ])
    .where('sessions.org_id', '=', of.orgId)
    .where('sessions.id', '=', of.id)
    .forUpdate()
    .compile(),
);

/**
 * For when the session is locked, in a statement of its own: one that waits for a lock goes on with the other
 * tables as they were before, and would give the role that somebody else has just taken away. What is
 * taken away later finds the session, and takes back its tokens.
 */
const roleOfHolder = fixedStatement(
  'sessions.role-of-holder',
  (of: { orgId: string; userId: string }) =>
    query
      .selectFrom('users')
      .innerJoin('organizations', 'organizations.id', 'users.org_id')
      .leftJoin('roles', (join) =>
        join
          .onRef('roles.org_id', '=', 'users.org_id')
          .onRef('roles.id', '=', 'users.custom_role_id'),
      )
      .select([
        'users.role',
        'roles.permissions',
        'organizations.deletion_due_at as deletionDueAt',
        'organizations.require_tenant_secret as requiresTenantSecret',
      ])
      .where('users.org_id', '=', of.orgId)
      .where('users.id', '=', of.userId)
      .where(userIsLetIn())
      .compile(),
);

/** What refreshing a session reads and writes of `sessions`. */
export class SessionRefreshStore {
  /**
   * The session as it is now, with what its user may do, and nobody else refreshes it until this transaction
   * ends. It expires with the organization, if that goes before.
   *
   * @param tx a write, whose statements see what others have committed in the meantime
   * @returns null also when its user is not let in
   */
  async findAndLock(tx: TenantTransaction, id: string): Promise<RefreshableSession | null> {
    const { orgId } = tx.tenant;
    const [session] = await tx.execute(locked({ orgId, id }));
    if (!session) return null;
    const [holder] = await tx.execute(roleOfHolder({ orgId, userId: session.userId }));
    const grant = holder ? grantOf(holder.role, holder.permissions) : null;
    if (!holder || !grant) return null;
    const expiresAt = earlier(session.expiresAt, holder.deletionDueAt);
    const { requiresTenantSecret } = holder;
    return { ...session, grant, expiresAt, requiresTenantSecret } as RefreshableSession;
  }

  /** Puts another refresh token in the place of the one before. */
  async rotate(
    tx: TenantTransaction,
    id: string,
    change: Pick<model.Session, 'address' | 'userAgent' | 'refreshedAt'> & {
      refreshHash: Buffer;
      successorSealed: Buffer | null;
    },
  ): Promise<void> {
    await tx.prisma.session.updateMany({
      where: { id },
      data: {
        ...change,
        refreshHash: bytes(change.refreshHash),
        successorSealed: change.successorSealed && bytes(change.successorSealed),
      },
    });
  }
}

function earlier(one: Date, other: Date | null): Date {
  return other !== null && other < one ? other : one;
}

/** Prisma wants one that shares its memory with nobody. */
function bytes(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer);
}
