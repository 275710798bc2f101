import { sql } from 'kysely';
import { alreadyExists } from '../../shared/errors.js';
import { fixedStatement } from '../../shared/statements/index.js';
import {
  entityList,
  findAndHold,
  findAndLock,
  findByIds,
  isUniqueViolation,
  type model,
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

/** The checks of the table let nothing but an object in. */
const texts = (column: 'required_claims' | 'role_mapping') =>
  sql.ref<Texts>(`identity_providers.${column}`);

const COLUMNS = [
  'identity_providers.id',
  'identity_providers.name',
  'identity_providers.issuer',
  'identity_providers.audience',
  'identity_providers.jwks_url as jwksUrl',
  texts('required_claims').as('requiredClaims'),
  'identity_providers.email_claim as emailClaim',
  'identity_providers.name_claim as nameClaim',
  'identity_providers.role_claim as roleClaim',
  texts('role_mapping').as('roleMapping'),
  'identity_providers.default_role as defaultRole',
  'identity_providers.link_by_email as linkByEmail',
  'identity_providers.enabled',
  'identity_providers.version',
  'identity_providers.created_at as createdAt',
  'identity_providers.updated_at as updatedAt',
] as const;

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

export class IdentityProviderStore {
  readonly findByIds = findByIds('identity_providers', COLUMNS);

  /** The provider as it is now; nobody else changes it until this transaction ends. */
  readonly findAndLock = findAndLock('identity_providers', COLUMNS);

  readonly #findAndHold = findAndHold('identity_providers', COLUMNS);

  readonly list = entityList({
    table: 'identity_providers',
    columns: COLUMNS,
    orders: {
      CREATED_AT: {
        column: 'identity_providers.created_at',
        type: 'timestamp',
        property: 'createdAt',
      },
    },
  });

  /**
   * Keeps a provider as it was when a token was verified until this transaction ends: whoever changes or
   * removes it at the same moment waits, and finds what the transaction has made.
   *
   * @returns whether it still is; waits for who changes it
   */
  async hold(
    tx: TenantTransaction,
    { id, version }: Pick<IdentityProviderRow, 'id' | 'version'>,
  ): Promise<boolean> {
    const provider = await this.#findAndHold(tx, id);
    return provider?.enabled === true && provider.version === version;
  }

  /** The provider that a token says it is of, if the organization trusts it at this moment. */
  async findTrusted(
    tx: TenantTransaction,
    issuer: string,
    audiences: readonly string[],
  ): Promise<IdentityProviderRow | null> {
    const rows = await tx.execute(trusted({ orgId: tx.tenant.orgId, issuer, audiences }));
    return rows[0] ?? null;
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

/** The same of what Prisma has read. */
function asRow<Row extends { requiredClaims: unknown; roleMapping: unknown }>(row: Row) {
  return row as Row & { requiredClaims: Texts; roleMapping: Texts };
}

function taken(error: unknown): unknown {
  return isUniqueViolation(error, 'identity_providers_org_id_issuer_audience_key')
    ? alreadyExists('input.audience', 'This issuer is trusted already, for this audience.')
    : error;
}
