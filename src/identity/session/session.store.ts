import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { type model, query, type TenantTransaction } from '../../tenancy/index.js';

/** A row of `sessions` without what opens it. */
export type SessionRow = Pick<
  model.Session,
  'id' | 'userId' | 'address' | 'userAgent' | 'createdAt' | 'refreshedAt' | 'expiresAt'
>;

export type NewSession = Pick<
  model.Session,
  'id' | 'userId' | 'address' | 'userAgent' | 'expiresAt'
> & { refreshHash: Buffer };

/** What a refresh looks at. */
export type RefreshableSession = Pick<
  model.Session,
  'id' | 'userId' | 'stamp' | 'refreshHash' | 'successorSealed' | 'refreshedAt' | 'expiresAt'
> & { role: string };

/** What an access token claims of its session. */
export interface SessionClaim {
  orgId: string;
  id: string;
  stamp: number;
}

/**
 * Gives a row while the session is there and nothing has changed of what its user may do. Whose session it
 * is, the signed token says.
 */
export const sessionStands = fixedStatement('sessions.stands', (of: SessionClaim) =>
  query
    .selectFrom('sessions')
    .select('sessions.id')
    .where('sessions.org_id', '=', of.orgId)
    .where('sessions.id', '=', of.id)
    .where('sessions.stamp', '=', of.stamp)
    .compile(),
);

/**
 * Locks who may sign in against a change of just that, so that whoever disables the account, changes its
 * role or suspends the organization at the same moment finds the session, and ends it, or is found. The
 * organization is locked first, like by who changes any of it: else the two could wait for each other.
 */
const inserted = fixedStatement('sessions.insert', (of: NewSession & { orgId: string }) =>
  sql<{ role: string }>`
    WITH holder AS (
      SELECT users.org_id, users.id, users.role FROM users
      JOIN organizations ON organizations.id = users.org_id
      WHERE users.org_id = ${of.orgId}::uuid AND users.id = ${of.userId}::uuid
        AND users.disabled_at IS NULL AND organizations.suspended_at IS NULL
      FOR SHARE OF organizations, users
    ), inserted AS (
      INSERT INTO sessions (org_id, id, user_id, refresh_hash, address, user_agent, expires_at)
      SELECT org_id, ${of.id}::uuid, id, ${of.refreshHash}::bytea, ${of.address}::text,
        ${of.userAgent}::text, ${of.expiresAt}::timestamptz
      FROM holder
    )
    SELECT role FROM holder`.compile(query),
);

const locked = fixedStatement('sessions.lock', (of: { orgId: string; id: string }) =>
  query
    .selectFrom('sessions')
    .innerJoin('users', (join) =>
      join.onRef('users.org_id', '=', 'sessions.org_id').onRef('users.id', '=', 'sessions.user_id'),
    )
    .select([
      'sessions.id',
      'sessions.user_id as userId',
      'sessions.stamp',
      'sessions.refresh_hash as refreshHash',
      'sessions.successor_sealed as successorSealed',
      'sessions.refreshed_at as refreshedAt',
      'sessions.expires_at as expiresAt',
      'users.role',
    ])
    .where('sessions.org_id', '=', of.orgId)
    .where('sessions.id', '=', of.id)
    .forUpdate('sessions')
    .compile(),
);

export class SessionStore {
  /**
   * Makes a session, unless its user is gone or disabled, or the organization suspended.
   *
   * @returns the user's role at this moment; null when there is no session
   */
  async create(tx: TenantTransaction, session: NewSession): Promise<string | null> {
    const rows = await tx.execute(inserted({ ...session, orgId: tx.tenant.orgId }));
    return rows[0]?.role ?? null;
  }

  /** The session as it is now, and nobody else refreshes it until this transaction ends. */
  async findAndLock(tx: TenantTransaction, id: string): Promise<RefreshableSession | null> {
    const rows = await tx.execute(locked({ orgId: tx.tenant.orgId, id }));
    return (rows[0] as RefreshableSession | undefined) ?? null;
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

  /** Ends a session, and with it every token of it. @returns whether there was one */
  async delete(tx: TenantTransaction, id: string): Promise<boolean> {
    const { count } = await tx.prisma.session.deleteMany({ where: { id } });
    return count > 0;
  }

  /**
   * Ends what a user has open.
   *
   * @param exceptId UUID of a session that stays
   * @returns how many there were
   */
  async deleteOfUser(
    tx: TenantTransaction,
    userId: string,
    exceptId: string | null = null,
  ): Promise<number> {
    const { count } = await tx.prisma.session.deleteMany({
      where: { userId, ...(exceptId !== null && { id: { not: exceptId } }) },
    });
    return count;
  }

  /** Ends every session of the organization. */
  async deleteAll(tx: TenantTransaction): Promise<void> {
    await tx.prisma.session.deleteMany({});
  }

  /**
   * Takes back the access tokens of these users, because what they may do has changed. The sessions
   * stay: refreshed, they give tokens of what holds now.
   */
  async renewStamps(tx: TenantTransaction, userIds: readonly string[]): Promise<void> {
    await tx.prisma.session.updateMany({
      where: { userId: { in: [...userIds] } },
      data: { stamp: { increment: 1 } },
    });
  }
}

/** Prisma wants one that shares its memory with nobody. */
function bytes(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer);
}
