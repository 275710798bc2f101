import { sql } from 'kysely';
import { alreadyExists, notFound } from '../../shared/errors.js';
import { encodeId } from '../../shared/ids.js';
import { fixedStatement, type Value } from '../../shared/statements/index.js';
import {
  entityList,
  findAndKeep,
  findAndLock,
  findByIds,
  isForeignKeyViolation,
  isUniqueViolation,
  type model,
  perId,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';

/** A row of `users` without its secret. */
export type UserRow = Pick<
  model.User,
  | 'id'
  | 'email'
  | 'name'
  | 'role'
  | 'customRoleId'
  | 'createdAt'
  | 'updatedAt'
  | 'disabledAt'
  | 'emailVerifiedAt'
>;

/** What a sign-in checks. */
export type UserCredentials = Pick<model.User, 'id' | 'passwordHash'>;

/** Which users, checked and ready for a statement. */
export interface UserCriteria {
  roles?: Value<readonly string[]>;
  customRoleId?: Value<string>;
  isDisabled?: Value<boolean>;
  /** In lower case. */
  search?: Value<string>;
}

const COLUMNS = [
  'users.id',
  'users.email',
  'users.name',
  'users.role',
  'users.custom_role_id as customRoleId',
  'users.created_at as createdAt',
  'users.updated_at as updatedAt',
  'users.disabled_at as disabledAt',
  'users.email_verified_at as emailVerifiedAt',
] as const;

const SELECT = {
  id: true,
  email: true,
  name: true,
  role: true,
  customRoleId: true,
  createdAt: true,
  updatedAt: true,
  disabledAt: true,
  emailVerifiedAt: true,
} as const;

// The oldest first: who founded the organization is an owner, as a rule, and nobody else is looked at. Two,
// because one of them may be the one who goes.
const twoOwners = fixedStatement('users.two-owners', (of: { orgId: string }) =>
  query
    .selectFrom('users')
    .select('users.id')
    .where('users.org_id', '=', of.orgId)
    .where('users.role', '=', 'owner')
    .where('users.disabled_at', 'is', null)
    .orderBy('users.created_at')
    .orderBy('users.id')
    .limit(2)
    .compile(),
);

// Literals, which an index with the same condition is known to serve.
const administrators = fixedStatement(
  'users.administrators',
  (of: { orgId: string; limit: number }) =>
    query
      .selectFrom('users')
      .select(['users.email', 'users.name'])
      .where('users.org_id', '=', of.orgId)
      .where(sql<boolean>`users.role IN ('owner', 'admin') AND users.disabled_at IS NULL`)
      .orderBy('users.created_at')
      .orderBy('users.id')
      .limit(of.limit)
      .compile(),
);

const countedByCustomRole = fixedStatement(
  'users.count-by-custom-role',
  (of: { orgId: string; roleIds: readonly string[] }) =>
    perId(
      of.roleIds,
      query
        .selectFrom('users')
        .select([sql<string>`key.id`.as('customRoleId'), sql<number>`count(*)::int`.as('count')])
        .where('users.org_id', '=', of.orgId)
        .where('users.custom_role_id', '=', sql<string>`key.id`),
    ),
);

const idsByCustomRole = fixedStatement(
  'users.ids-by-custom-role',
  (of: { orgId: string; roleId: string }) =>
    query
      .selectFrom('users')
      .select('users.id')
      .where('users.org_id', '=', of.orgId)
      .where('users.custom_role_id', '=', of.roleId)
      .compile(),
);

export class UserStore {
  readonly findByIds = findByIds('users', COLUMNS);

  /**
   * The user as it is now. Until this transaction ends nobody else can change it, nor make anything
   * that refers to it.
   */
  readonly findAndLock = findAndLock('users', COLUMNS);

  /**
   * A user who is there until this transaction ends. Whoever is about to make something that refers to a user reads
   * it this way: one who is being removed would be missed by the removal, and then by the foreign key.
   */
  readonly findAndKeep = findAndKeep('users', COLUMNS);

  readonly list = entityList({
    table: 'users',
    columns: COLUMNS,
    orders: {
      CREATED_AT: { column: 'users.created_at', type: 'timestamp', property: 'createdAt' },
      NAME: { column: 'users.name', type: 'text', property: 'name' },
    },
    matching: (rows, { roles, customRoleId, isDisabled, search }: UserCriteria) => {
      let users = rows;
      if (roles) users = users.where('users.role', '=', sql<string>`ANY(${roles}::text[])`);
      if (customRoleId) {
        users = users.where('users.custom_role_id', '=', sql<string>`${customRoleId}`);
      }
      if (isDisabled) {
        users = users.where(sql<boolean>`(users.disabled_at IS NOT NULL) = ${isDisabled}::boolean`);
      }
      if (search) {
        const text = sql`lower(users.name) || ' ' || users.email`;
        users = users.where(sql<boolean>`strpos(${text}, ${search}::text) > 0`);
      }
      return users;
    },
  });

  /** How many people have each of these roles of the organization's own. */
  countByCustomRole(
    tx: TenantTransaction,
    roleIds: readonly string[],
  ): Promise<{ customRoleId: string; count: number }[]> {
    return tx.execute(countedByCustomRole({ orgId: tx.tenant.orgId, roleIds }));
  }

  /** UUIDs of all who have a role of the organization's own. */
  async findIdsByCustomRole(tx: TenantTransaction, roleId: string): Promise<string[]> {
    const rows = await tx.execute(idsByCustomRole({ orgId: tx.tenant.orgId, roleId }));
    return rows.map(({ id }) => id);
  }

  /**
   * @throws ALREADY_EXISTS when the organization has this e-mail address already; NOT_FOUND when the
   *   organization itself is gone
   */
  async create(
    tx: TenantTransaction,
    user: Pick<model.User, 'email' | 'name' | 'role' | 'customRoleId' | 'passwordHash'> &
      Partial<Pick<model.User, 'emailVerifiedAt'>>,
  ): Promise<UserRow> {
    try {
      return await tx.prisma.user.create({ data: user, select: SELECT });
    } catch (error) {
      if (isUniqueViolation(error, 'users_org_id_email_key')) {
        throw alreadyExists(
          'input.email',
          'Somebody in this organization has this e-mail address.',
        );
      }
      if (isForeignKeyViolation(error)) throw notFound(encodeId('org', tx.tenant.orgId));
      throw error;
    }
  }

  /** Owners and admins who can sign in, the oldest accounts first. */
  findAdministrators(
    tx: TenantTransaction,
    limit: number,
  ): Promise<Pick<UserRow, 'email' | 'name'>[]> {
    return tx.execute(administrators({ orgId: tx.tenant.orgId, limit }));
  }

  /** Whether anybody but this user is an owner, and can sign in. */
  async hasOtherOwner(tx: TenantTransaction, id: string): Promise<boolean> {
    const owners = await tx.execute(twoOwners({ orgId: tx.tenant.orgId }));
    return owners.some((owner) => owner.id !== id);
  }

  /**
   * @param changes.passwordHash of a new password
   * @param onlyWith a hash that must still be there, so that of two changes at once one wins
   * @returns the new row; null when there is no such user, or no such hash any more
   */
  async update(
    tx: TenantTransaction,
    id: string,
    changes: Partial<
      Pick<
        model.User,
        'name' | 'role' | 'customRoleId' | 'passwordHash' | 'disabledAt' | 'emailVerifiedAt'
      >
    >,
    onlyWith: Partial<Pick<model.User, 'passwordHash'>> = {},
  ): Promise<UserRow | null> {
    const rows = await tx.prisma.user.updateManyAndReturn({
      where: { id, ...onlyWith },
      data: changes,
      select: SELECT,
    });
    return rows[0] ?? null;
  }

  /**
   * Gives a user another address, which is verified.
   *
   * @throws ALREADY_EXISTS when somebody in the organization has it
   */
  async changeEmail(
    tx: TenantTransaction,
    id: string,
    email: string,
    emailVerifiedAt: Date,
  ): Promise<void> {
    try {
      await tx.prisma.user.updateMany({ where: { id }, data: { email, emailVerifiedAt } });
    } catch (error) {
      if (!isUniqueViolation(error, 'users_org_id_email_key')) throw error;
      throw alreadyExists('input.token', 'Somebody in this organization has this e-mail address.');
    }
  }

  /** Nothing may refer to the user any more. */
  async delete(tx: TenantTransaction, id: string): Promise<void> {
    await tx.prisma.user.deleteMany({ where: { id } });
  }

  async findPasswordHash(tx: TenantTransaction, id: string): Promise<string | null> {
    const user = await tx.prisma.user.findFirst({ where: { id }, select: { passwordHash: true } });
    return user?.passwordHash ?? null;
  }

  /** @param email in lower case */
  async hasAddress(tx: TenantTransaction, email: string): Promise<boolean> {
    return (await this.findCredentials(tx, email)) !== null;
  }

  findCredentials(tx: TenantTransaction, email: string): Promise<UserCredentials | null> {
    return tx.prisma.user.findFirst({
      where: { email },
      select: { id: true, passwordHash: true },
    });
  }
}
