import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';
import { userIsLetIn } from '../let-in.js';

/** Somebody of an identity provider, as far as it says whether they may come in. */
export interface KnownIdentity {
  id: string;
  userId: string;
  role: string;
  customRoleId: string | null;
  /** Of a role of the organization's own: what it grants, and how often it was changed. */
  rolePermissions: string[] | null;
  roleVersion: number | null;
  /** Whether the account is let in. */
  isWelcome: boolean;
  /** Whether the organization wants its secret beside each token, which those of others cannot come with. */
  requiresTenantSecret: boolean;
}

/** What was true when a token was verified. All ids are UUIDs. */
export interface IdentityClaim {
  orgId: string;
  id: string;
  userId: string;
  role: string;
  customRoleId: string | null;
  roleVersion: number | null;
  providerId: string;
  providerVersion: number;
  /** By which the organization was named; null where it was by its id. */
  slug: string | null;
}

/** Identities with whose they are, and with the role of the organization's own that they have, if it is one. */
const held = () =>
  query
    .selectFrom('external_identities')
    .innerJoin('users', (join) =>
      join
        .onRef('users.org_id', '=', 'external_identities.org_id')
        .onRef('users.id', '=', 'external_identities.user_id'),
    )
    .innerJoin('organizations', 'organizations.id', 'external_identities.org_id')
    .leftJoin('roles', (join) =>
      join
        .onRef('roles.org_id', '=', 'users.org_id')
        .onRef('roles.id', '=', 'users.custom_role_id'),
    );

/** Gives a row while nothing has changed of who it is, what they may do, and how far their provider is trusted. */
export const identityStands = fixedStatement('external-identities.stands', (of: IdentityClaim) =>
  held()
    .innerJoin('identity_providers', (join) =>
      join
        .onRef('identity_providers.org_id', '=', 'external_identities.org_id')
        .onRef('identity_providers.id', '=', 'external_identities.provider_id'),
    )
    .select('external_identities.id')
    .where('external_identities.org_id', '=', of.orgId)
    .where('external_identities.id', '=', of.id)
    .where('external_identities.provider_id', '=', of.providerId)
    .where('external_identities.user_id', '=', of.userId)
    .where('identity_providers.enabled', '=', true)
    .where('identity_providers.version', '=', of.providerVersion)
    .where('users.role', '=', of.role)
    .where(sql<boolean>`users.custom_role_id IS NOT DISTINCT FROM ${of.customRoleId}::uuid`)
    .where(sql<boolean>`roles.version IS NOT DISTINCT FROM ${of.roleVersion}::int`)
    .where(userIsLetIn())
    .where('organizations.require_tenant_secret', '=', false)
    .where(sql<boolean>`organizations.slug = COALESCE(${of.slug}::text, organizations.slug)`)
    .compile(),
);

const known = fixedStatement(
  'external-identities.known',
  (of: { orgId: string; providerId: string; subject: string }) =>
    held()
      .select([
        'external_identities.id',
        'external_identities.user_id as userId',
        'users.role',
        'users.custom_role_id as customRoleId',
        'roles.permissions as rolePermissions',
        'roles.version as roleVersion',
        userIsLetIn().as('isWelcome'),
        'organizations.require_tenant_secret as requiresTenantSecret',
      ])
      .where('external_identities.org_id', '=', of.orgId)
      .where('external_identities.provider_id', '=', of.providerId)
      .where('external_identities.subject', '=', of.subject)
      .compile(),
);

export class ExternalIdentityStore {
  /** Who that is here, at this moment; null for somebody who was never seen. */
  async find(
    tx: TenantTransaction,
    of: { providerId: string; subject: string },
  ): Promise<KnownIdentity | null> {
    const rows = await tx.execute(known({ orgId: tx.tenant.orgId, ...of }));
    return rows[0] ?? null;
  }

  /**
   * Notes a use. To be the last that a transaction does: who opens a session waits for the organization's lock,
   * and whoever holds that may wait for this row.
   */
  async touch(tx: TenantTransaction, id: string, lastUsedAt: Date): Promise<void> {
    await tx.prisma.externalIdentity.updateMany({ where: { id }, data: { lastUsedAt } });
  }

  async create(
    tx: TenantTransaction,
    identity: { providerId: string; subject: string; userId: string },
  ): Promise<void> {
    await tx.prisma.externalIdentity.create({ data: identity });
  }

  async deleteOfProvider(tx: TenantTransaction, providerId: string): Promise<void> {
    await tx.prisma.externalIdentity.deleteMany({ where: { providerId } });
  }

  async deleteOfUser(tx: TenantTransaction, userId: string): Promise<void> {
    await tx.prisma.externalIdentity.deleteMany({ where: { userId } });
  }
}
