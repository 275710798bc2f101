import { sql } from 'kysely';
import { alreadyExists, badField } from '../../shared/errors.js';
import { fixedStatement } from '../../shared/statements/index.js';
import {
  DatabaseError,
  isUniqueViolation,
  type model,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';

export type OrganizationRow = model.Organization;

const COLUMNS = [
  'id',
  'name',
  'slug',
  'created_at as createdAt',
  'updated_at as updatedAt',
  'suspended_at as suspendedAt',
  'deletion_due_at as deletionDueAt',
  'require_tenant_secret as requireTenantSecret',
  'time_zone as timeZone',
  'order_mail as orderMail',
] as const;

const byIds = fixedStatement('organizations.by-ids', (of: { ids: readonly string[] }) =>
  query
    .selectFrom('organizations')
    .select(COLUMNS)
    .where('id', '=', sql<string>`ANY(${of.ids}::uuid[])`)
    .compile(),
);

const locked = fixedStatement('organizations.lock', (of: { orgId: string }) =>
  query
    .selectFrom('organizations')
    .select(COLUMNS)
    .where('id', '=', of.orgId)
    .forNoKeyUpdate()
    .compile(),
);

const held = fixedStatement('organizations.hold', (of: { orgId: string }) =>
  query.selectFrom('organizations').select('id').where('id', '=', of.orgId).forShare().compile(),
);

const now = fixedStatement('organizations.time-in-zone', (of: { timeZone: string }) =>
  sql<Record<string, never>>`SELECT FROM timezone(${of.timeZone}::text, now())`.compile(query),
);

/** invalid_parameter_value */
const UNKNOWN_ZONE = '22023';

export class OrganizationStore {
  findByIds(tx: TenantTransaction, ids: readonly string[]): Promise<OrganizationRow[]> {
    return tx.execute(byIds({ ids }));
  }

  /**
   * Lets one transaction of the organization after the other pass here. New rows of the organization,
   * whose foreign keys share its key, need not wait.
   *
   * @returns the organization as it is now; null when it is gone
   */
  async lock(tx: TenantTransaction): Promise<OrganizationRow | null> {
    const rows = await tx.execute(locked({ orgId: tx.tenant.orgId }));
    return rows[0] ?? null;
  }

  /**
   * Waits for whoever has locked the organization, and has who comes to lock it wait until the transaction ends;
   * any number may hold it. For the beginning of what ends by opening a session, which does the same: whoever
   * came to it last, with other rows locked, could wait for somebody who waits for those.
   */
  async hold(tx: TenantTransaction): Promise<void> {
    await tx.execute(held({ orgId: tx.tenant.orgId }));
  }

  /**
   * Makes the organization whose id the transaction has in its context.
   *
   * @throws ALREADY_EXISTS when another one has the slug
   */
  async create(
    tx: TenantTransaction,
    organization: Pick<OrganizationRow, 'name' | 'slug'>,
  ): Promise<void> {
    await asUnique(
      tx.prisma.organization.create({ data: { id: tx.tenant.orgId, ...organization } }),
    );
  }

  /**
   * @returns the new row; null when the organization is gone
   * @throws ALREADY_EXISTS when another one has the slug
   */
  async update(
    tx: TenantTransaction,
    changes: Partial<
      Pick<
        OrganizationRow,
        | 'name'
        | 'slug'
        | 'suspendedAt'
        | 'deletionDueAt'
        | 'requireTenantSecret'
        | 'timeZone'
        | 'orderMail'
      >
    >,
  ): Promise<OrganizationRow | null> {
    const where = { id: tx.tenant.orgId };
    const rows = await asUnique(
      tx.prisma.organization.updateManyAndReturn({ where, data: changes }),
    );
    return rows[0] ?? null;
  }

  /**
   * Asks whether PostgreSQL knows a time zone, by using it: of the same database, it may have another edition.
   *
   * @throws BAD_USER_INPUT when it does not; nothing more can be done in the unit then
   */
  async requireTimeZone(tx: TenantTransaction, timeZone: string): Promise<void> {
    try {
      await tx.execute(now({ timeZone }));
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.sqlState !== UNKNOWN_ZONE) throw error;
      throw badField('input.timeZone', 'The database does not know this time zone.');
    }
  }

  /** Deletes the organization and, by its tables' foreign keys, all that belongs to it. */
  async delete(tx: TenantTransaction): Promise<void> {
    await tx.prisma.organization.deleteMany({ where: { id: tx.tenant.orgId } });
  }
}

/** A slug that somebody else has. */
export function slugTaken() {
  return alreadyExists('input.slug', 'Another organization has this slug. Take another one.');
}

async function asUnique<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isUniqueViolation(error, 'organizations_slug_key')) throw slugTaken();
    throw error;
  }
}
