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
  isUniqueViolation,
  type model,
  perId,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';

/** From the names of claims, or values of one, to what is meant by them. */
type Texts = Readonly<Record<string, string>>;

export type IdentityProviderRow = Omit<
  model.IdentityProvider,
  'orgId' | 'requiredClaims' | 'roleMapping'
> & { requiredClaims: Texts; roleMapping: Texts };

/** What somebody decides about a provider; the rest the store knows by itself. */
export type IdentityProviderData = Omit<
  IdentityProviderRow,
  'id' | 'version' | 'createdAt' | 'updatedAt'
>;

const COLUMNS = [
  'identity_providers.id',
  'identity_providers.name',
  'identity_providers.issuer',
  'identity_providers.audience',
  'identity_providers.jwks_url as jwksUrl',
  'identity_providers.required_claims as requiredClaims',
  'identity_providers.email_claim as emailClaim',
  'identity_providers.name_claim as nameClaim',
  'identity_providers.role_claim as roleClaim',
  'identity_providers.role_mapping as roleMapping',
  'identity_providers.default_role as defaultRole',
  'identity_providers.link_by_email as linkByEmail',
  'identity_providers.enabled',
  'identity_providers.version',
  'identity_providers.created_at as createdAt',
  'identity_providers.updated_at as updatedAt',
] as const;

const byIds = fixedStatement(
  'identity-providers.by-ids',
  (of: { orgId: string; ids: readonly string[] }) =>
    perId(
      of.ids,
      query
        .selectFrom('identity_providers')
        .select(COLUMNS)
        .where('identity_providers.org_id', '=', of.orgId)
        .where('identity_providers.id', '=', sql<string>`key.id`),
    ),
);

const lockedById = fixedStatement('identity-providers.lock', (of: { orgId: string; id: string }) =>
  query
    .selectFrom('identity_providers')
    .select(COLUMNS)
    .where('identity_providers.org_id', '=', of.orgId)
    .where('identity_providers.id', '=', of.id)
    .forUpdate()
    .compile(),
);

const trusted = fixedStatement(
  'identity-providers.trusted',
  (of: { orgId: string; issuer: string; audiences: readonly string[] }) =>
    query
      .selectFrom('identity_providers')
      .select(COLUMNS)
      .where('identity_providers.org_id', '=', of.orgId)
      .where('identity_providers.issuer', '=', of.issuer)
      .where('identity_providers.audience', '=', sql<string>`ANY(${of.audiences}::text[])`)
      .where('identity_providers.enabled', '=', true)
      .orderBy('identity_providers.audience')
      .limit(1)
      .compile(),
);

interface Selection {
  orgId: Value<string>;
}

function matching({ orgId }: Selection) {
  return query
    .selectFrom('identity_providers')
    .where('identity_providers.org_id', '=', sql<string>`${orgId}`);
}

const listed = shapedStatement((of: Selection & { page: KeysetPage }) =>
  onPage(matching(of).select(COLUMNS), of.page).compile(),
);

const counted = shapedStatement((of: Selection) =>
  matching(of).select(sql<number>`count(*)::int`.as('count')).compile(),
);

export class IdentityProviderStore {
  async findByIds(tx: TenantTransaction, ids: readonly string[]): Promise<IdentityProviderRow[]> {
    return (await tx.execute(byIds({ orgId: tx.tenant.orgId, ids }))).map(asRow);
  }

  /** The provider as it is now; nobody else changes it until this transaction ends. */
  async findAndLock(tx: TenantTransaction, id: string): Promise<IdentityProviderRow | null> {
    const rows = await tx.execute(lockedById({ orgId: tx.tenant.orgId, id }));
    return rows[0] ? asRow(rows[0]) : null;
  }

  /** The provider that a token says it is of, if the organization trusts it at this moment. */
  async findTrusted(
    tx: TenantTransaction,
    issuer: string,
    audiences: readonly string[],
  ): Promise<IdentityProviderRow | null> {
    const rows = await tx.execute(trusted({ orgId: tx.tenant.orgId, issuer, audiences }));
    return rows[0] ? asRow(rows[0]) : null;
  }

  async list(tx: TenantTransaction, page: KeysetPage): Promise<IdentityProviderRow[]> {
    return (await tx.execute(listed({ orgId: value(tx.tenant.orgId), page }))).map(asRow);
  }

  async count(tx: TenantTransaction): Promise<number> {
    const rows = await tx.execute(counted({ orgId: value(tx.tenant.orgId) }));
    return rows[0]?.count ?? 0;
  }

  /** @throws ALREADY_EXISTS when there is one for this issuer and audience */
  async create(tx: TenantTransaction, data: IdentityProviderData): Promise<IdentityProviderRow> {
    try {
      return asRow(await tx.prisma.identityProvider.create({ data }));
    } catch (error) {
      throw taken(error);
    }
  }

  /**
   * @throws ALREADY_EXISTS
   * @returns null when there is no such provider in that version
   */
  async update(
    tx: TenantTransaction,
    { id, version }: Pick<IdentityProviderRow, 'id' | 'version'>,
    changes: Partial<IdentityProviderData>,
  ): Promise<IdentityProviderRow | null> {
    try {
      const rows = await tx.prisma.identityProvider.updateManyAndReturn({
        where: { id, version },
        data: { ...changes, version: { increment: 1 } },
      });
      return rows[0] ? asRow(rows[0]) : null;
    } catch (error) {
      throw taken(error);
    }
  }

  /** Nothing may refer to it any more. */
  async delete(tx: TenantTransaction, id: string): Promise<void> {
    await tx.prisma.identityProvider.deleteMany({ where: { id } });
  }
}

/** The checks of the table let nothing but an object in. */
function asRow<Row extends { requiredClaims: unknown; roleMapping: unknown }>(row: Row) {
  return row as Row & { requiredClaims: Texts; roleMapping: Texts };
}

function taken(error: unknown): unknown {
  return isUniqueViolation(error, 'identity_providers_org_id_issuer_audience_key')
    ? alreadyExists('input.audience', 'This issuer is trusted already, for this audience.')
    : error;
}
