import { decodeId } from '../../shared/ids.js';
import type { PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import type { ChildListRequest } from '../../tenancy/index.js';
import type { StockMovementFilter, StockMovementOrder } from './stock-movement.input.js';
import type { StockMovementCriteria } from './stock-movement.store.js';

/** A list of movements as asked for, checked and ready for the store. */
export type StockMovementList = ChildListRequest<
  StockMovementCriteria,
  StockMovementOrder['field']
>;

/** @throws BAD_USER_INPUT for malformed ids */
export function stockMovementList(
  filter: StockMovementFilter | null,
  orderBy: StockMovementOrder,
  request: PageRequest,
): StockMovementList {
  return { filter, criteria: movementCriteria(filter ?? {}), orderBy, request };
}

function movementCriteria(filter: StockMovementFilter): StockMovementCriteria {
  const { productId, kind, since, until } = filter;
  const criteria: StockMovementCriteria = {};
  if (productId != null)
    criteria.productId = value(decodeId('prod', productId, 'filter.productId'));
  if (kind != null) criteria.kinds = value(kind);
  if (since != null) criteria.since = value(since);
  if (until != null) criteria.until = value(until);
  return criteria;
}
