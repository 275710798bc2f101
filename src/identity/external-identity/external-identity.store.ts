import { sql } from 'kysely';
import { newUuid } from '../../shared/ids.js';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';

/** Somebody of an identity provider, as far as it says whether they may come in. */
export interface KnownIdentity {
  id: string;
  userId: string;
  role: string;
  /** Whether the account is enabled, and the organization not suspended. */
  isWelcome: boolean;
}

/** What was true when a token was verified. All ids are UUIDs. */
export interface IdentityClaim {
  orgId: string;
  id: string;
  userId: string;
  role: string;
  providerId: string;
  providerVersion: number;
}

/** Gives a row while nothing has changed of who it is, what they may do, and how far their provider is trusted. */
export const identityStands = fixedStatement('external-identities.stands', (of: IdentityClaim) =>
  query
    .selectFrom('external_identities')
    .innerJoin('identity_providers', (join) =>
      join
        .onRef('identity_providers.org_id', '=', 'external_identities.org_id')
        .onRef('identity_providers.id', '=', 'external_identities.provider_id'),
    )
    .innerJoin('users', (join) =>
      join
        .onRef('users.org_id', '=', 'external_identities.org_id')
        .onRef('users.id', '=', 'external_identities.user_id'),
    )
    .innerJoin('organizations', 'organizations.id', 'external_identities.org_id')
    .select('external_identities.id')
    .where('external_identities.org_id', '=', of.orgId)
    .where('external_identities.id', '=', of.id)
    .where('external_identities.provider_id', '=', of.providerId)
    .where('external_identities.user_id', '=', of.userId)
    .where('identity_providers.enabled', '=', true)
    .where('identity_providers.version', '=', of.providerVersion)
    .where('users.role', '=', of.role)
    .where('users.disabled_at', 'is', null)
    .where('organizations.suspended_at', 'is', null)
    .compile(),
);

/** Notes the use along with it. */
const used = fixedStatement(
  'external-identities.use',
  (of: { orgId: string; providerId: string; subject: string; now: Date }) =>
    sql<KnownIdentity>`
      UPDATE external_identities SET last_used_at = ${of.now}::timestamptz
      FROM users, organizations
      WHERE external_identities.org_id = ${of.orgId}::uuid
        AND external_identities.provider_id = ${of.providerId}::uuid
        AND external_identities.subject = ${of.subject}::text
        AND users.org_id = external_identities.org_id AND users.id = external_identities.user_id
        AND organizations.id = external_identities.org_id
      RETURNING external_identities.id, external_identities.user_id AS "userId", users.role,
        users.disabled_at IS NULL AND organizations.suspended_at IS NULL AS "isWelcome"`.compile(
      query,
    ),
);

export class ExternalIdentityStore {
  /** Who that is here, at this moment; null for somebody who was never seen. */
  async use(
    tx: TenantTransaction,
    of: { providerId: string; subject: string; now: Date },
  ): Promise<KnownIdentity | null> {
    const rows = await tx.execute(used({ orgId: tx.tenant.orgId, ...of }));
    return rows[0] ?? null;
  }

  /** @returns the id of the new row, a UUID */
  async create(
    tx: TenantTransaction,
    identity: { providerId: string; subject: string; userId: string },
  ): Promise<string> {
    const id = newUuid();
    await tx.prisma.externalIdentity.create({ data: { id, ...identity } });
    return id;
  }

  async deleteOfProvider(tx: TenantTransaction, providerId: string): Promise<void> {
    await tx.prisma.externalIdentity.deleteMany({ where: { providerId } });
  }

  async deleteOfUser(tx: TenantTransaction, userId: string): Promise<void> {
    await tx.prisma.externalIdentity.deleteMany({ where: { userId } });
  }
}
