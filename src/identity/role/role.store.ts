import { alreadyExists } from '../../shared/errors.js';
import {
  entityList,
  findAndHold,
  findAndLock,
  findByIds,
  isForeignKeyViolation,
  isUniqueViolation,
  type model,
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

export class RoleStore {
  readonly findByIds = findByIds('roles', COLUMNS);

  /** A role that stays as it is until this transaction ends. */
  readonly findAndHold = findAndHold('roles', COLUMNS);

  /** A role that nobody else changes, gives or reads for a session until this transaction ends. */
  readonly findAndLock = findAndLock('roles', COLUMNS);

  readonly list = entityList({
    table: 'roles',
    columns: COLUMNS,
    orders: {
      CREATED_AT: { column: 'roles.created_at', type: 'timestamp', property: 'createdAt' },
    },
  });

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

  /** @returns whether it is gone; false while somebody has it, or is invited to it */
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
