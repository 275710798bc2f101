import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { type model, perId, query, type TenantTransaction } from '../../tenancy/index.js';

/** What a code is checked with. */
export type SecondFactorRow = Pick<model.SecondFactor, 'secretSealed' | 'confirmedAt' | 'lastStep'>;

const SELECT = { secretSealed: true, confirmedAt: true, lastStep: true } as const;

const confirmedOf = fixedStatement(
  'second-factors.confirmed-of',
  (of: { orgId: string; userIds: readonly string[] }) =>
    perId(
      of.userIds,
      query
        .selectFrom('second_factors')
        .select('second_factors.user_id as id')
        .where('second_factors.org_id', '=', of.orgId)
        .where('second_factors.user_id', '=', sql<string>`key.id`)
        .where('second_factors.confirmed_at', 'is not', null),
    ),
);

/**
 * Organization and user are locked first, like everywhere: who removes the user, or turns a factor on, at the
 * same moment has locked them before going for the factor.
 */
const heldHolder = fixedStatement(
  'second-factors.hold-holder',
  (of: { orgId: string; userId: string }) =>
    sql<Record<string, never>>`
      SELECT FROM users JOIN organizations ON organizations.id = users.org_id
      WHERE users.org_id = ${of.orgId}::uuid AND users.id = ${of.userId}::uuid
      FOR SHARE OF organizations, users`.compile(query),
);

/**
 * For when the user is held, in a statement of its own: one that has waited for them goes on with the factor as
 * it was before, and would miss one that was confirmed meanwhile.
 */
const locked = fixedStatement('second-factors.lock', (of: { orgId: string; userId: string }) =>
  sql<{ secretSealed: Buffer; lastStep: string | null }>`
    SELECT second_factors.secret_sealed AS "secretSealed",
      second_factors.last_step::text AS "lastStep"
    FROM second_factors
    WHERE second_factors.org_id = ${of.orgId}::uuid
      AND second_factors.user_id = ${of.userId}::uuid AND second_factors.confirmed_at IS NOT NULL
    FOR UPDATE`.compile(query),
);

const enrolled = fixedStatement(
  'second-factors.enroll',
  (of: { orgId: string; userId: string; secretSealed: Buffer }) =>
    sql<{ id: string }>`
      INSERT INTO second_factors (org_id, user_id, secret_sealed)
      VALUES (${of.orgId}, ${of.userId}, ${of.secretSealed})
      ON CONFLICT (org_id, user_id) DO UPDATE
        SET secret_sealed = excluded.secret_sealed, created_at = excluded.created_at
        WHERE second_factors.confirmed_at IS NULL
      RETURNING user_id AS id`.compile(query),
);

/** One factor for each user at most. It counts once it is confirmed. */
export class SecondFactorStore {
  /** The users among these who have a confirmed factor. */
  findConfirmed(tx: TenantTransaction, userIds: readonly string[]): Promise<{ id: string }[]> {
    return tx.execute(confirmedOf({ orgId: tx.tenant.orgId, userIds }));
  }

  /** The factor of a user, confirmed or not. */
  find(tx: TenantTransaction, userId: string): Promise<SecondFactorRow | null> {
    return tx.prisma.secondFactor.findFirst({ where: { userId }, select: SELECT });
  }

  /** The confirmed factor of a user; no other code of it is checked until this transaction ends. */
  async findAndLock(
    tx: TenantTransaction,
    userId: string,
  ): Promise<Pick<SecondFactorRow, 'secretSealed' | 'lastStep'> | null> {
    const of = { orgId: tx.tenant.orgId, userId };
    // One behind the other, in one packet.
    const [, [row]] = await Promise.all([tx.execute(heldHolder(of)), tx.execute(locked(of))]);
    if (!row) return null;
    const { secretSealed, lastStep } = row;
    return {
      secretSealed: new Uint8Array(secretSealed),
      lastStep: lastStep === null ? null : BigInt(lastStep),
    };
  }

  /**
   * Puts down a secret that has yet to be confirmed, in the place of one that was not.
   *
   * @returns false where a confirmed one stands
   */
  async enroll(tx: TenantTransaction, userId: string, secretSealed: Buffer): Promise<boolean> {
    const rows = await tx.execute(enrolled({ orgId: tx.tenant.orgId, userId, secretSealed }));
    return rows.length > 0;
  }

  /** @returns false when it was confirmed, or is another secret, since it was read */
  async confirm(
    tx: TenantTransaction,
    userId: string,
    { secretSealed }: Pick<SecondFactorRow, 'secretSealed'>,
    { confirmedAt, lastStep }: { confirmedAt: Date; lastStep: bigint },
  ): Promise<boolean> {
    const { count } = await tx.prisma.secondFactor.updateMany({
      where: { userId, confirmedAt: null, secretSealed },
      data: { confirmedAt, lastStep },
    });
    return count > 0;
  }

  /** The code of this time step was used. */
  async use(tx: TenantTransaction, userId: string, lastStep: bigint): Promise<void> {
    await tx.prisma.secondFactor.updateMany({ where: { userId }, data: { lastStep } });
  }

  /** @returns whether there was a confirmed one */
  async deleteOfUser(tx: TenantTransaction, userId: string): Promise<boolean> {
    const factor = await this.findAndLock(tx, userId);
    await tx.prisma.secondFactor.deleteMany({ where: { userId } });
    return factor !== null;
  }
}
