import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { findByIds, type model, query, type TenantTransaction } from '../../tenancy/index.js';

/** A row of `tenant_secrets` without what opens it. */
export type TenantSecretRow = Omit<model.TenantSecret, 'orgId' | 'secretHash'>;

export type NewTenantSecret = Pick<
  model.TenantSecret,
  'id' | 'prefix' | 'secretHash' | 'createdBy' | 'expiresAt'
>;

/** A secret as who presents it is judged by. */
export type PresentedTenantSecret = Pick<model.TenantSecret, 'prefix' | 'secretHash' | 'expiresAt'>;

/** Two are live at most, so a list this long has every secret but such as have ended long ago. */
const MOST_LISTED = 100;

const COLUMNS = [
  'tenant_secrets.id',
  'tenant_secrets.prefix',
  'tenant_secrets.created_at as createdAt',
  'tenant_secrets.created_by as createdBy',
  'tenant_secrets.expires_at as expiresAt',
  'tenant_secrets.last_used_at as lastUsedAt',
] as const;

const SELECT = {
  id: true,
  prefix: true,
  createdAt: true,
  createdBy: true,
  expiresAt: true,
  lastUsedAt: true,
} as const;

const presented = fixedStatement('tenant-secrets.presented', (of: { orgId: string; id: string }) =>
  query
    .selectFrom('tenant_secrets')
    .select([
      'tenant_secrets.prefix',
      'tenant_secrets.secret_hash as secretHash',
      'tenant_secrets.expires_at as expiresAt',
    ])
    .where('tenant_secrets.org_id', '=', of.orgId)
    .where('tenant_secrets.id', '=', of.id)
    .compile(),
);

/** Gives a row while the secret is there. It never changes in what is remembered of it. */
export const tenantSecretStands = fixedStatement(
  'tenant-secrets.stands',
  (of: { orgId: string; id: string }) =>
    query
      .selectFrom('tenant_secrets')
      .select('tenant_secrets.id')
      .where('tenant_secrets.org_id', '=', of.orgId)
      .where('tenant_secrets.id', '=', of.id)
      .compile(),
);

const used = fixedStatement(
  'tenant-secrets.used',
  (of: { orgId: string; id: string; at: Date; unlessSince: Date }) =>
    sql<Record<string, never>>`
      UPDATE tenant_secrets SET last_used_at = ${of.at}::timestamptz
      WHERE org_id = ${of.orgId}::uuid AND id = ${of.id}::uuid
        AND (last_used_at IS NULL OR last_used_at < ${of.unlessSince}::timestamptz)`.compile(query),
);

// Ids sort by the time of making.
const listed = fixedStatement('tenant-secrets.list', (of: { orgId: string }) =>
  query
    .selectFrom('tenant_secrets')
    .select(COLUMNS)
    .where('tenant_secrets.org_id', '=', of.orgId)
    .orderBy('tenant_secrets.id', 'desc')
    .limit(MOST_LISTED)
    .compile(),
);

const countedLive = fixedStatement('tenant-secrets.live', (of: { orgId: string; now: Date }) =>
  query
    .selectFrom('tenant_secrets')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('tenant_secrets.org_id', '=', of.orgId)
    .where(
      sql<boolean>`(tenant_secrets.expires_at IS NULL OR tenant_secrets.expires_at > ${of.now}::timestamptz)`,
    )
    .compile(),
);

/** Gives a row for a secret that does not end by itself, beside one. */
const lasting = fixedStatement(
  'tenant-secrets.lasting',
  (of: { orgId: string; exceptId: string | null }) =>
    query
      .selectFrom('tenant_secrets')
      .select('tenant_secrets.id')
      .where('tenant_secrets.org_id', '=', of.orgId)
      .where('tenant_secrets.expires_at', 'is', null)
      .where(sql<boolean>`tenant_secrets.id IS DISTINCT FROM ${of.exceptId}::uuid`)
      .limit(1)
      .compile(),
);

export class TenantSecretStore {
  readonly findByIds = findByIds('tenant_secrets', COLUMNS);

  /** The newest first. */
  list(tx: TenantTransaction): Promise<TenantSecretRow[]> {
    return tx.execute(listed({ orgId: tx.tenant.orgId }));
  }

  /** How many have not ended. */
  async countLive(tx: TenantTransaction, now: Date): Promise<number> {
    const rows = await tx.execute(countedLive({ orgId: tx.tenant.orgId, now }));
    return rows[0]?.count ?? 0;
  }

  /** Whether there is one that does not end by itself. @param exceptId UUID of one that does not count */
  async hasLasting(tx: TenantTransaction, exceptId: string | null = null): Promise<boolean> {
    const rows = await tx.execute(lasting({ orgId: tx.tenant.orgId, exceptId }));
    return rows.length > 0;
  }

  create(tx: TenantTransaction, secret: NewTenantSecret): Promise<TenantSecretRow> {
    return tx.prisma.tenantSecret.create({ data: secret, select: SELECT });
  }

  async findPresented(tx: TenantTransaction, id: string): Promise<PresentedTenantSecret | null> {
    const rows = await tx.execute(presented({ orgId: tx.tenant.orgId, id }));
    return rows[0] ?? null;
  }

  /** @param unlessSince it is noted already that the secret was used at this moment, or after it */
  async noteUse(tx: TenantTransaction, id: string, at: Date, unlessSince: Date): Promise<void> {
    await tx.execute(used({ orgId: tx.tenant.orgId, id, at, unlessSince }));
  }

  /** @returns whether there was one */
  async delete(tx: TenantTransaction, id: string): Promise<boolean> {
    const { count } = await tx.prisma.tenantSecret.deleteMany({ where: { id } });
    return count > 0;
  }
}
