import { sql } from 'kysely';
import { alreadyExists } from '../../shared/errors.js';
import { type KeysetPage, onPage } from '../../shared/keyset.js';
import {
  fixedStatement,
  shapedStatement,
  type Value,
  value,
} from '../../shared/statements/index.js';
import {
  isForeignKeyViolation,
  isUniqueViolation,
  type model,
  perId,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';

export type RoleRow = Omit<model.Role, 'orgId'>;

const COLUMNS = [
  'roles.id',
  'roles.name',
  'roles.permissions',
  'roles.version',
  'roles.created_at as createdAt',
  'roles.updated_at as updatedAt',
] as const;

const byIds = fixedStatement('roles.by-ids', (of: { orgId: string; ids: readonly string[] }) =>
  perId(
    of.ids,
    query
      .selectFrom('roles')
      .select(COLUMNS)
      .where('roles.org_id', '=', of.orgId)
      .where('roles.id', '=', sql<string>`key.id`),
  ),
);

const byId = (of: { orgId: string; id: string }) =>
  query
    .selectFrom('roles')
    .select(COLUMNS)
    .where('roles.org_id', '=', of.orgId)
    .where('roles.id', '=', of.id);

const held = fixedStatement('roles.hold', (of: { orgId: string; id: string }) =>
  byId(of).forShare().compile(),
);

const locked = fixedStatement('roles.lock', (of: { orgId: string; id: string }) =>
  byId(of).forUpdate().compile(),
);

const ofOrganization = ({ orgId }: { orgId: Value<string> }) =>
  query.selectFrom('roles').where('roles.org_id', '=', sql<string>`${orgId}`);

const listed = shapedStatement((of: { orgId: Value<string>; page: KeysetPage }) =>
  onPage(ofOrganization(of).select(COLUMNS), of.page).compile(),
);

const counted = shapedStatement((of: { orgId: Value<string> }) =>
  ofOrganization(of).select(sql<number>`count(*)::int`.as('count')).compile(),
);

export class RoleStore {
  findByIds(tx: TenantTransaction, ids: readonly string[]): Promise<RoleRow[]> {
    return tx.execute(byIds({ orgId: tx.tenant.orgId, ids }));
  }

  /** A role that stays as it is until this transaction ends. */
  async findAndHold(tx: TenantTransaction, id: string): Promise<RoleRow | null> {
    const rows = await tx.execute(held({ orgId: tx.tenant.orgId, id }));
    return rows[0] ?? null;
  }

  /** A role that nobody else changes, gives or reads for a session until this transaction ends. */
  async findAndLock(tx: TenantTransaction, id: string): Promise<RoleRow | null> {
    const rows = await tx.execute(locked({ orgId: tx.tenant.orgId, id }));
    return rows[0] ?? null;
  }

  list(tx: TenantTransaction, page: KeysetPage): Promise<RoleRow[]> {
    return tx.execute(listed({ orgId: value(tx.tenant.orgId), page }));
  }

  async count(tx: TenantTransaction): Promise<number> {
    const rows = await tx.execute(counted({ orgId: value(tx.tenant.orgId) }));
    return rows[0]?.count ?? 0;
  }

  /** @throws ALREADY_EXISTS when the organization has a role of this name */
  create(tx: TenantTransaction, role: Pick<RoleRow, 'name' | 'permissions'>): Promise<RoleRow> {
    return naming(() => tx.prisma.role.create({ data: role, omit: { orgId: true } }));
  }

  /**
   * Writes `changes` over a role that is at `version`.
   *
   * @returns the new row; null when there is none of that version
   * @throws ALREADY_EXISTS when the organization has another role of this name
   */
  async update(
    tx: TenantTransaction,
    { id, version }: { id: string; version: number },
    changes: Partial<Pick<RoleRow, 'name' | 'permissions'>>,
  ): Promise<RoleRow | null> {
    const rows = await naming(() =>
      tx.prisma.role.updateManyAndReturn({
        where: { id, version },
        data: { ...changes, version: { increment: 1 } },
        omit: { orgId: true },
      }),
    );
    return rows[0] ?? null;
  }

  /** @returns whether it is gone; false while somebody has it */
  async delete(tx: TenantTransaction, id: string): Promise<boolean> {
    try {
      await tx.prisma.role.deleteMany({ where: { id } });
      return true;
    } catch (error) {
      if (isForeignKeyViolation(error)) return false;
      throw error;
    }
  }
}

async function naming<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error, 'roles_org_id_name_key')) throw error;
    throw alreadyExists('input.name', 'This organization has a role of this name already.');
  }
}
