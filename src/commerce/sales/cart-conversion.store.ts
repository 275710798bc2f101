import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { query, type TenantTransaction } from '../../tenancy/index.js';
import { dayBegins } from './day-begins.js';
import type { DayRange } from './local-days.js';

export interface CartCounts {
  opened: number;
  ordered: number;
}

const counted = fixedStatement(
  'carts.conversion',
  (of: { orgId: string; from: string; to: string }) =>
    sql<CartCounts>`
      SELECT count(*)::float8 AS opened, (count(*) FILTER (WHERE carts.status = 'ordered'))::float8 AS ordered
      FROM carts
      WHERE carts.org_id = ${of.orgId}::uuid AND carts.status <> 'merged'
        AND carts.created_at >= ${dayBegins(of.orgId, sql`${of.from}::date`)}
        AND carts.created_at < ${dayBegins(of.orgId, sql`${of.to}::date + 1`)}`.compile(query),
);

export class CartConversionStore {
  async count(tx: TenantTransaction, { from, to }: DayRange): Promise<CartCounts> {
    const [row] = await tx.execute(counted({ orgId: tx.tenant.orgId, from, to }));
    return row ?? { opened: 0, ordered: 0 };
  }
}
