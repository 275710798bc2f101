import { sql } from 'kysely';
import { fixedStatement, type Value } from '../../shared/statements/index.js';
import {
  entityList,
  findByIds,
  type model,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';
import { userIsLetIn } from '../let-in.js';

/** A row of `api_keys` without what opens it. */
export type ApiKeyRow = Omit<model.ApiKey, 'orgId' | 'secretHash' | 'stamp'>;

export type NewApiKey = Pick<
  model.ApiKey,
  'id' | 'userId' | 'name' | 'prefix' | 'permissions' | 'expiresAt'
> & { secretHash: Buffer };

/** A key as who presents it is judged by. */
export type PresentedApiKey = Pick<
  model.ApiKey,
  'name' | 'prefix' | 'userId' | 'stamp' | 'expiresAt' | 'permissions'
> & {
  secretHash: Buffer;
  /** Of its user, at this moment. */
  role: string;
  /** What the role grants, where it is one of the organization's own. */
  rolePermissions: string[] | null;
  /** Whether its organization wants its secret beside each key. */
  requiresTenantSecret: boolean;
};

/** What is remembered of a key between two requests. */
export interface ApiKeyClaim {
  orgId: string;
  id: string;
  stamp: number;
  requiresTenantSecret: boolean;
}

/** Which keys, checked and ready for a statement. */
export interface ApiKeyCriteria {
  userId?: Value<string>;
}

const COLUMNS = [
  'api_keys.id',
  'api_keys.user_id as userId',
  'api_keys.name',
  'api_keys.prefix',
  'api_keys.permissions',
  'api_keys.created_at as createdAt',
  'api_keys.expires_at as expiresAt',
  'api_keys.last_used_at as lastUsedAt',
] as const;

const SELECT = {
  id: true,
  userId: true,
  name: true,
  prefix: true,
  permissions: true,
  createdAt: true,
  expiresAt: true,
  lastUsedAt: true,
} as const;

/** Keys that count: their user is let in. */
const good = () =>
  query
    .selectFrom('api_keys')
    .innerJoin('users', (join) =>
      join.onRef('users.org_id', '=', 'api_keys.org_id').onRef('users.id', '=', 'api_keys.user_id'),
    )
    .innerJoin('organizations', 'organizations.id', 'api_keys.org_id')
    .where(userIsLetIn());

const presented = fixedStatement('api-keys.presented', (of: { orgId: string; id: string }) =>
  good()
    .leftJoin('roles', (join) =>
      join
        .onRef('roles.org_id', '=', 'users.org_id')
        .onRef('roles.id', '=', 'users.custom_role_id'),
    )
    .select([
      'api_keys.name',
      'api_keys.prefix',
      'api_keys.user_id as userId',
      'api_keys.stamp',
      'api_keys.secret_hash as secretHash',
      'api_keys.expires_at as expiresAt',
      'api_keys.permissions',
      'users.role',
      'roles.permissions as rolePermissions',
      'organizations.require_tenant_secret as requiresTenantSecret',
    ])
    .where('api_keys.org_id', '=', of.orgId)
    .where('api_keys.id', '=', of.id)
    .compile(),
);

/**
 * Gives a row while the key is there, counts, and nothing has changed of what its user may do. A key never
 * changes in what else is remembered of it.
 */
export const apiKeyStands = fixedStatement('api-keys.stands', (of: ApiKeyClaim) =>
  good()
    .select('api_keys.id')
    .where('api_keys.org_id', '=', of.orgId)
    .where('api_keys.id', '=', of.id)
    .where('api_keys.stamp', '=', of.stamp)
    .where('organizations.require_tenant_secret', '=', of.requiresTenantSecret)
    .compile(),
);

const used = fixedStatement(
  'api-keys.used',
  (of: { orgId: string; id: string; at: Date; unlessSince: Date }) =>
    sql<Record<string, never>>`
      UPDATE api_keys SET last_used_at = ${of.at}::timestamptz
      WHERE org_id = ${of.orgId}::uuid AND id = ${of.id}::uuid
        AND (last_used_at IS NULL OR last_used_at < ${of.unlessSince}::timestamptz)`.compile(query),
);

export class ApiKeyStore {
  readonly findByIds = findByIds('api_keys', COLUMNS);

  readonly list = entityList({
    table: 'api_keys',
    columns: COLUMNS,
    orders: {
      CREATED_AT: { column: 'api_keys.created_at', type: 'timestamp', property: 'createdAt' },
    },
    matching: (keys, { userId }: ApiKeyCriteria) =>
      userId ? keys.where('api_keys.user_id', '=', sql<string>`${userId}::uuid`) : keys,
  });

  create(tx: TenantTransaction, key: NewApiKey): Promise<ApiKeyRow> {
    // Prisma wants bytes that share their memory with nobody.
    const data = { ...key, secretHash: new Uint8Array(key.secretHash) };
    return tx.prisma.apiKey.create({ data, select: SELECT });
  }

  /** The key as it is judged by; null when there is none, or it does not count at the moment. */
  async findPresented(tx: TenantTransaction, id: string): Promise<PresentedApiKey | null> {
    const rows = await tx.execute(presented({ orgId: tx.tenant.orgId, id }));
    return (rows[0] as PresentedApiKey | undefined) ?? null;
  }

  /** @param unlessSince it is noted already that the key was used at this moment, or after it */
  async noteUse(tx: TenantTransaction, id: string, at: Date, unlessSince: Date): Promise<void> {
    await tx.execute(used({ orgId: tx.tenant.orgId, id, at, unlessSince }));
  }

  /** @returns whether there was one */
  async delete(tx: TenantTransaction, id: string): Promise<boolean> {
    const { count } = await tx.prisma.apiKey.deleteMany({ where: { id } });
    return count > 0;
  }

  /** Ends every key that acts for a user. */
  async deleteOfUser(tx: TenantTransaction, userId: string): Promise<void> {
    await tx.prisma.apiKey.deleteMany({ where: { userId } });
  }

  /** Has what was remembered of the keys of these users looked up again: what they may do has changed. */
  async renewStamps(tx: TenantTransaction, userIds: readonly string[]): Promise<void> {
    await tx.prisma.apiKey.updateMany({
      where: { userId: { in: [...userIds] } },
      data: { stamp: { increment: 1 } },
    });
  }
}
