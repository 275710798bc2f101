import type { RequestContext } from '../request-context.js';
import { AuditEventKind } from './audit.type.js';
import { trail } from './audit-trail.js';

/** What is told of a product that has become low in stock. */
export interface LowStockInTrail {
  /** Public id. */
  productId: string;
  /** It tells something when the product is gone. */
  sku: string;
  onHand: number;
  threshold: number;
}

/** Records products that have become low in stock by what the caller does, in the transaction that does it. */
export async function recordLowStock(
  ctx: RequestContext,
  products: readonly LowStockInTrail[],
): Promise<void> {
  // A guest who buys the last ones is nobody whom the trail knows.
  const actorId = ctx.caller?.userId ?? null;
  const { address } = ctx.client;
  const event = { kind: AuditEventKind.STOCK_LOW, actorId, subjectId: null, address };
  await trail.addAll(
    ctx.tx,
    products.map((details) => ({ ...event, details })),
  );
}
