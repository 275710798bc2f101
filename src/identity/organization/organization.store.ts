import { sql } from 'kysely';
import { type model, query, type TenantTransaction } from '../../tenancy/index.js';

export type OrganizationRow = model.Organization;

export class OrganizationStore {
  findByIds(tx: TenantTransaction, ids: readonly string[]): Promise<OrganizationRow[]> {
    return tx.execute(
      query
        .selectFrom('organizations')
        .select(['id', 'name', 'slug', 'created_at as createdAt', 'updated_at as updatedAt'])
        .where('id', '=', sql<string>`ANY(${ids}::uuid[])`)
        .compile(),
      { name: 'organizations.by-ids' },
    );
  }
}
