import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { type model, query, type TenantTransaction } from '../../tenancy/index.js';

export type OrganizationRow = model.Organization;

const byIds = fixedStatement('organizations.by-ids', (of: { ids: readonly string[] }) =>
  query
    .selectFrom('organizations')
    .select([
      'id',
      'name',
      'slug',
      'created_at as createdAt',
      'updated_at as updatedAt',
      'suspended_at as suspendedAt',
      'deletion_due_at as deletionDueAt',
    ])
    .where('id', '=', sql<string>`ANY(${of.ids}::uuid[])`)
    .compile(),
);

const locked = fixedStatement('organizations.lock', (of: { orgId: string }) =>
  query
    .selectFrom('organizations')
    .select('id')
    .where('id', '=', of.orgId)
    .forNoKeyUpdate()
    .compile(),
);

export class OrganizationStore {
  findByIds(tx: TenantTransaction, ids: readonly string[]): Promise<OrganizationRow[]> {
    return tx.execute(byIds({ ids }));
  }

  /**
   * Lets one transaction of the organization after the other pass here. New rows of the organization,
   * whose foreign keys share its key, need not wait.
   */
  async lock(tx: TenantTransaction): Promise<void> {
    await tx.execute(locked({ orgId: tx.tenant.orgId }));
  }
}
