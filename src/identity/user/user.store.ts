import { sql } from 'kysely';
import { alreadyExists, notFound } from '../../shared/errors.js';
import { encodeId } from '../../shared/ids.js';
import { type Keyset, type KeysetOrder, keyset } from '../../shared/keyset.js';
import type { PageRequest } from '../../shared/page.js';
import {
  fixedStatement,
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
  'id' | 'email' | 'name' | 'role' | 'createdAt' | 'updatedAt'
>;

/** What a sign-in checks. */
export type UserCredentials = Pick<model.User, 'id' | 'role' | 'passwordHash'>;

export interface UserListing {
  roles: string[] | null;
}

const COLUMNS = [
  'users.id',
  'users.email',
  'users.name',
  'users.role',
  'users.created_at as createdAt',
  'users.updated_at as updatedAt',
] as const;

const SELECT = {
  id: true,
  email: true,
  name: true,
  role: true,
  createdAt: true,
  updatedAt: true,
} as const;

const byIds = fixedStatement('users.by-ids', (of: { orgId: string; ids: readonly string[] }) =>
  perId(
    of.ids,
    query
      .selectFrom('users')
      .select(COLUMNS)
      .where('users.org_id', '=', of.orgId)
      .where('users.id', '=', sql<string>`key.id`),
  ),
);

export class UserStore {
  findByIds(tx: TenantTransaction, ids: readonly string[]): Promise<UserRow[]> {
    return tx.execute(byIds({ orgId: tx.tenant.orgId, ids }));
  }

  list(
    tx: TenantTransaction,
    listing: UserListing,
    order: KeysetOrder,
    request: PageRequest,
  ): Promise<UserRow[]> {
    const { condition, orderBy, limit }: Keyset = keyset(order, request);
    return tx.execute(
      this.#matching(tx, listing)
        .select(COLUMNS)
        .$if(condition !== null, (users) => users.where(condition as NonNullable<typeof condition>))
        .orderBy(orderBy)
        .limit(limit)
        .compile(),
    );
  }

  async count(tx: TenantTransaction, listing: UserListing): Promise<number> {
    const rows = await tx.execute(
      this.#matching(tx, listing).select(sql<number>`count(*)::int`.as('count')).compile(),
    );
    return rows[0]?.count ?? 0;
  }

  /**
   * @throws ALREADY_EXISTS when the organization has this e-mail address already; NOT_FOUND when the
   *   organization itself is gone
   */
  async create(
    tx: TenantTransaction,
    user: Pick<model.User, 'email' | 'name' | 'role' | 'passwordHash'>,
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

  findCredentials(tx: TenantTransaction, email: string): Promise<UserCredentials | null> {
    return tx.prisma.user.findFirst({
      where: { email },
      select: { id: true, role: true, passwordHash: true },
    });
  }

  #matching(tx: TenantTransaction, { roles }: UserListing) {
    return query
      .selectFrom('users')
      .where('users.org_id', '=', tx.tenant.orgId)
      .$if(roles !== null, (users) =>
        users.where('users.role', '=', sql<string>`ANY(${roles}::text[])`),
      );
  }
}
