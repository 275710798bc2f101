import { fixedStatement } from '../../shared/statements/index.js';
import {
  entityList,
  findByIds,
  type model,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';
import { organizationLetsIn } from '../let-in.js';

/** A row of `publishable_keys` without what opens it. */
export type PublishableKeyRow = Omit<model.PublishableKey, 'orgId' | 'secretHash'>;

export type NewPublishableKey = Pick<
  model.PublishableKey,
  'id' | 'name' | 'prefix' | 'createdBy'
> & { secretHash: Buffer };

const COLUMNS = [
  'publishable_keys.id',
  'publishable_keys.name',
  'publishable_keys.prefix',
  'publishable_keys.created_by as createdBy',
  'publishable_keys.created_at as createdAt',
] as const;

const SELECT = { id: true, name: true, prefix: true, createdBy: true, createdAt: true } as const;

interface KeyOf {
  orgId: string;
  id: string;
}

/** Keys of an organization that lets anybody in. */
const good = ({ orgId, id }: KeyOf) =>
  query
    .selectFrom('publishable_keys')
    .innerJoin('organizations', 'organizations.id', 'publishable_keys.org_id')
    .where('publishable_keys.org_id', '=', orgId)
    .where('publishable_keys.id', '=', id)
    .where(organizationLetsIn());

const presented = fixedStatement('publishable-keys.presented', (of: KeyOf) =>
  good(of).select('publishable_keys.secret_hash as secretHash').compile(),
);

/** Gives a row while the key is there, and its organization lets anybody in. A key never changes. */
export const publishableKeyStands = fixedStatement('publishable-keys.stands', (of: KeyOf) =>
  good(of).select('publishable_keys.id').compile(),
);

export class PublishableKeyStore {
  readonly findByIds = findByIds('publishable_keys', COLUMNS);

  readonly list = entityList({
    table: 'publishable_keys',
    columns: COLUMNS,
    orders: {
      CREATED_AT: {
        column: 'publishable_keys.created_at',
        type: 'timestamp',
        property: 'createdAt',
      },
    },
  });

  create(tx: TenantTransaction, key: NewPublishableKey): Promise<PublishableKeyRow> {
    // Prisma wants bytes that share their memory with nobody.
    const data = { ...key, secretHash: new Uint8Array(key.secretHash) };
    return tx.prisma.publishableKey.create({ data, select: SELECT });
  }

  /** The hash of a key; null when there is none, or its organization lets nobody in at the moment. */
  async findPresented(tx: TenantTransaction, id: string): Promise<Buffer | null> {
    const rows = await tx.execute(presented({ orgId: tx.tenant.orgId, id }));
    return rows[0]?.secretHash ?? null;
  }

  /** @returns whether there was one */
  async delete(tx: TenantTransaction, id: string): Promise<boolean> {
    const { count } = await tx.prisma.publishableKey.deleteMany({ where: { id } });
    return count > 0;
  }
}
