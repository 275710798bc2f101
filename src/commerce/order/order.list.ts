import type { ListDemand } from '../../shared/graphql/index.js';
import { decodeId } from '../../shared/ids.js';
import type { PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import type { ListRequest } from '../../tenancy/index.js';
import type { OrderFilter, OrderOrder } from './order.input.js';
import type { OrderCriteria } from './order.store.js';

/** A list of orders as asked for, checked and ready for the store. */
export type OrderList = ListRequest<OrderCriteria, OrderOrder['field']>;

/** @throws BAD_USER_INPUT for malformed ids */
export function orderList(
  filter: OrderFilter | null,
  orderBy: OrderOrder,
  request: PageRequest,
  demand: ListDemand,
): OrderList {
  return { criteria: orderCriteria(filter ?? {}), orderBy, request, demand };
}

function orderCriteria(filter: OrderFilter): OrderCriteria {
  const { status, customerId, placedSince, placedUntil, number } = filter;
  const criteria: OrderCriteria = {};
  // One of them has an index of its own.
  if (status?.length === 1) criteria.status = value(status[0] as string);
  else if (status != null) criteria.statuses = value(status);
  if (customerId != null) {
    criteria.customerId = value(decodeId('user', customerId, 'filter.customerId'));
  }
  if (placedSince != null) criteria.placedSince = value(placedSince);
  if (placedUntil != null) criteria.placedUntil = value(placedUntil);
  if (number != null) criteria.number = value(number);
  return criteria;
}
