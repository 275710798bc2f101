import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { type model, query, type TenantTransaction } from '../../tenancy/index.js';

export type OrganizationRow = model.Organization;

const byIds = fixedStatement('organizations.by-ids', (of: { ids: readonly string[] }) =>
  query
    .selectFrom('organizations')
    .select(['id', 'name', 'slug', 'created_at as createdAt', 'updated_at as updatedAt'])
    .where('id', '=', sql<string>`ANY(${of.ids}::uuid[])`)
    .compile(),
);

export class OrganizationStore {
  findByIds(tx: TenantTransaction, ids: readonly string[]): Promise<OrganizationRow[]> {
    return tx.execute(byIds({ ids }));
  }
}
