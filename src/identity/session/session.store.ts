import { sql } from 'kysely';
import { fixedStatement, type Value } from '../../shared/statements/index.js';
import {
  entityList,
  findByIds,
  type model,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';
import { organizationLetsIn } from '../let-in.js';
import { heldGrant } from '../role/held-grant.js';
import type { Grant } from '../roles.js';

/** A row of `sessions` without what opens it. */
export type SessionRow = Pick<
  model.Session,
  'id' | 'userId' | 'address' | 'userAgent' | 'createdAt' | 'refreshedAt' | 'expiresAt'
>;

export type NewSession = Pick<
  model.Session,
  'id' | 'userId' | 'address' | 'userAgent' | 'expiresAt'
> & {
  refreshHash: Buffer;
  /** What the user must still have; null where it was no password that let them in. */
  passwordHash: string | null;
  /** This moment: what had expired before goes. */
  now: Date;
};

/** A session that was made, as far as it is not known before. */
export interface MadeSession extends Grant {
  /** Of the session; or when the organization goes, if that is before. */
  expiresAt: Date;
  /** Whether the organization wants its secret beside each token. */
  requiresTenantSecret: boolean;
}

/** Whose sessions, and when: those that have expired by then are not there. */
export interface OpenSessionsOf {
  /** UUID. */
  userId: string;
  now: Date;
}

/**
 * Sessions that a user has at most: with another one the oldest ends. Nobody has so many devices; a program that
 * signs in again and again, instead of refreshing, has no end of them.
 */
export const MOST_OPEN = 100;

/** Of how many sessions that are over a sign-in rids the user at most; each adds but one. */
const MOST_SWEPT = 100;

const COLUMNS = [
  'sessions.id',
  'sessions.user_id as userId',
  'sessions.address',
  'sessions.user_agent as userAgent',
  'sessions.created_at as createdAt',
  'sessions.refreshed_at as refreshedAt',
  'sessions.expires_at as expiresAt',
] as const;

/**
 * Locks who may sign in against a change of just that, so that whoever disables the account, changes its
 * role or password or suspends the organization at the same moment finds the session, and ends it, or is found. The
 * organization comes first, as it does for them: the other way round the two would wait for each other.
 *
 * In the same statement goes what has expired of the user's sessions, and what is too old among too many; not
 * what a refresh is looking at.
 */
const inserted = fixedStatement('sessions.insert', (of: NewSession & { orgId: string }) =>
  sql<{
    role: string;
    customRoleId: string | null;
    expiresAt: Date;
    requiresTenantSecret: boolean;
  }>`
    WITH organization AS MATERIALIZED (
      SELECT organizations.id, organizations.deletion_due_at, organizations.require_tenant_secret
      FROM organizations
      WHERE organizations.id = ${of.orgId}::uuid
        AND ${organizationLetsIn(sql<Date>`${of.now}::timestamptz`)}
      FOR SHARE
    ), holder AS (
      SELECT users.org_id, users.id, users.role, users.custom_role_id, organization.deletion_due_at,
        organization.require_tenant_secret
      FROM users CROSS JOIN organization
      WHERE users.org_id = ${of.orgId}::uuid AND users.id = ${of.userId}::uuid
        AND users.disabled_at IS NULL
        AND users.password_hash = COALESCE(${of.passwordHash}::text, users.password_hash)
      FOR SHARE OF users
    ), inserted AS (
      INSERT INTO sessions (org_id, id, user_id, refresh_hash, address, user_agent, expires_at)
      SELECT org_id, ${of.id}::uuid, id, ${of.refreshHash}::bytea, ${of.address}::text,
        ${of.userAgent}::text, ${of.expiresAt}::timestamptz
      FROM holder
    ), expired AS (
      SELECT sessions.id FROM sessions
      WHERE sessions.org_id = ${of.orgId}::uuid AND sessions.user_id = ${of.userId}::uuid
        AND sessions.expires_at <= ${of.now}::timestamptz
      ORDER BY sessions.created_at, sessions.id LIMIT ${sql.lit(MOST_SWEPT)}
      FOR UPDATE SKIP LOCKED
    ), surplus AS (
      SELECT sessions.id
      FROM (
        SELECT sessions.id FROM sessions
        WHERE sessions.org_id = ${of.orgId}::uuid AND sessions.user_id = ${of.userId}::uuid
        ORDER BY sessions.created_at DESC, sessions.id DESC
        OFFSET ${sql.lit(MOST_OPEN - 1)} LIMIT ${sql.lit(MOST_SWEPT)}
      ) AS oldest
      JOIN sessions ON sessions.org_id = ${of.orgId}::uuid AND sessions.id = oldest.id
      WHERE EXISTS (SELECT FROM holder)
      FOR UPDATE OF sessions SKIP LOCKED
    ), swept AS (
      DELETE FROM sessions USING (SELECT id FROM expired UNION SELECT id FROM surplus) AS gone
      WHERE sessions.org_id = ${of.orgId}::uuid AND sessions.id = gone.id
    )
    SELECT role, custom_role_id AS "customRoleId",
      LEAST(${of.expiresAt}::timestamptz, deletion_due_at) AS "expiresAt",
      require_tenant_secret AS "requiresTenantSecret"
    FROM holder`.compile(query),
);

const endedOfUser = fixedStatement(
  'sessions.end-of-user',
  (of: OpenSessionsOf & { orgId: string }) =>
    sql<{ count: number }>`
    WITH ended AS (
      DELETE FROM sessions
      WHERE sessions.org_id = ${of.orgId}::uuid AND sessions.user_id = ${of.userId}::uuid
      RETURNING sessions.expires_at
    )
    SELECT count(*)::int AS count FROM ended WHERE expires_at > ${of.now}::timestamptz`.compile(
      query,
    ),
);

const deletedOfProvider = fixedStatement(
  'sessions.delete-of-provider',
  (of: { orgId: string; providerId: string; exceptId: string | null }) =>
    sql<Record<string, never>>`
      DELETE FROM sessions USING external_identities
      WHERE external_identities.org_id = ${of.orgId}::uuid
        AND external_identities.provider_id = ${of.providerId}::uuid
        AND sessions.org_id = external_identities.org_id
        AND sessions.user_id = external_identities.user_id
        AND sessions.id IS DISTINCT FROM ${of.exceptId}::uuid`.compile(query),
);

export class SessionStore {
  /** Whosever they are, and expired ones too. */
  readonly findByIds = findByIds('sessions', COLUMNS);

  readonly list = entityList({
    table: 'sessions',
    columns: COLUMNS,
    orders: {
      CREATED_AT: { column: 'sessions.created_at', type: 'timestamp', property: 'createdAt' },
    },
    matching: (sessions, { userId, now }: { userId: Value<string>; now: Value<Date> }) =>
      sessions
        .where('sessions.user_id', '=', sql<string>`${userId}`)
        .where('sessions.expires_at', '>', sql<Date>`${now}::timestamptz`),
  });

  /**
   * Makes a session, unless its user is gone or disabled or has another password, or the organization is suspended
   * or due to be erased.
   *
   * @returns null when there is no session
   */
  async create(tx: TenantTransaction, session: NewSession): Promise<MadeSession | null> {
    const [made] = await tx.execute(inserted({ ...session, orgId: tx.tenant.orgId }));
    const grant = made && (await heldGrant(tx, made));
    if (!grant) return null;
    const { expiresAt, requiresTenantSecret } = made;
    return { ...grant, expiresAt, requiresTenantSecret };
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

  /**
   * Ends what the people of an identity provider have open.
   *
   * @param exceptId UUID of a session that stays
   */
  async deleteOfProvider(
    tx: TenantTransaction,
    providerId: string,
    exceptId: string | null,
  ): Promise<void> {
    await tx.execute(deletedOfProvider({ orgId: tx.tenant.orgId, providerId, exceptId }));
  }

  /** Ends everything that a user has open. @returns how many there were that had not expired */
  async endOfUser(tx: TenantTransaction, of: OpenSessionsOf): Promise<number> {
    const rows = await tx.execute(endedOfUser({ ...of, orgId: tx.tenant.orgId }));
    return rows[0]?.count ?? 0;
  }

  /** Ends every session of the organization. @returns how many there were */
  async deleteAll(tx: TenantTransaction): Promise<number> {
    const { count } = await tx.prisma.session.deleteMany({});
    return count;
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

  /** The same for everybody in the organization. */
  async renewAllStamps(tx: TenantTransaction): Promise<void> {
    await tx.prisma.session.updateMany({ data: { stamp: { increment: 1 } } });
  }
}
